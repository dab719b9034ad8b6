/** `show probe PROBE vantages`. */
import type { VantageRow } from '../../probe/neighbors/vantage-rows.ts';
import { table } from './text.ts';
import { duration } from './time.ts';

/** Addresses first, then interfaces, each as the probe tells them; an own router's way is `own`. */
export function renderVantages(rows: readonly VantageRow[], now: number): string[] {
  if (rows.length === 0) return ['nothing is known of neighbours'];
  return table(
    [
      { head: 'Address' },
      { head: 'VLAN' },
      { head: 'Interface' },
      { head: 'Way' },
      { head: 'AS', right: true },
      { head: 'Packets', right: true },
      { head: 'Seen', right: true },
      { head: 'Known from', free: true },
      { head: 'Contradicted by' },
    ],
    rows.map(row => [
      row.mac ?? '-',
      row.vlan ?? '-',
      row.interface ?? '-',
      row.direction === 'inside' ? 'own' : row.direction,
      row.as ?? '-',
      row.packets,
      row.lastSeen === null ? '-' : duration(now - row.lastSeen),
      row.from,
      row.conflict,
    ]),
  );
}
