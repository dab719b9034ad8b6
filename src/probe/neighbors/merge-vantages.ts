/** What several intakes of one tap tell of its vantages, as one report. */
import { MOST_ROWS, type VantageReport, type VantageRow } from './vantage-rows.ts';

/** Rows about the same are one: packets added, seen when it was last seen by any. Notes stand once. */
export function mergeVantages(reports: readonly VantageReport[]): VantageReport {
  const rows = new Map<string, VantageRow>();
  for (const row of reports.flatMap(({ rows }) => rows)) {
    const { mac, vlan, interface: name, direction, as, from } = row;
    const key = JSON.stringify([mac, vlan, name, direction, as, from]);
    const there = rows.get(key);
    rows.set(key, there === undefined ? row : joined(there, row));
  }
  return { rows: [...rows.values()].slice(0, MOST_ROWS), notes: [...new Set(reports.flatMap(({ notes }) => notes))] };
}

function joined(one: VantageRow, other: VantageRow): VantageRow {
  const seen = [one.lastSeen, other.lastSeen].filter(time => time !== null);
  return {
    ...one,
    packets: one.packets + other.packets,
    lastSeen: seen.length === 0 ? null : Math.max(...seen),
    conflict: one.conflict === '' ? other.conflict : one.conflict,
  };
}
