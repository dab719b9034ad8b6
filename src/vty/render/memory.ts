import type { MemoryStatus } from '../../control/daemon.ts';
import { table } from './text.ts';
import { octets } from './time.ts';

/** What is counted: the part, its octets, and what there is to say of it. */
type Line = readonly [part: string, octets: number, what: string];

function linesOf({ main, collectors }: MemoryStatus): Line[] {
  const lines: Line[] = [];
  for (const { parts, setsInUse, snapshot, heap } of collectors) {
    const counted = parts.reduce((sum, part) => sum + part.octets, 0);
    for (const { part, octets: size, holds, of } of parts) {
      const inUse = part === 'attribute sets' ? `, ${octets(setsInUse)} of it in use` : '';
      lines.push([part, size, `${holds} ${of}${inUse}`]);
    }
    lines.push(['registry snapshot', snapshot, 'shared by all threads']);
    lines.push([
      'collector, other buffers',
      Math.max(0, heap.arrays - counted),
      'of sockets, for comparisons, and what was just given up',
    ]);
    lines.push(['collector, heap', heap.heap, `${octets(heap.heapUsed)} of it in use`]);
    lines.push(['collector, external', heap.external, 'what objects hold outside the heap']);
  }
  lines.push(['main thread, heap', main.heap, `${octets(main.heapUsed)} of it in use`]);
  lines.push(['main thread, buffers and external', main.arrays + main.external, '']);
  return lines;
}

/** `show memory`: what is counted, part by part, and what is left of the process beside it. */
export function renderMemory(status: MemoryStatus): string[] {
  const { rss, collectors } = status;
  const lines = linesOf(status);
  const counted = lines.reduce((sum, [, size]) => sum + size, 0);
  const rest = rss - counted;
  const resting =
    rest < 0
      ? `${octets(-rest)} less than counted: reserved and never touched.`
      : `${octets(rest)} more than counted: the program, database and other threads, stacks, allocator.`;
  const peers = collectors.flatMap(one => one.peers);
  const routes = peers.reduce((sum, peer) => sum + peer.routes, 0);
  const tables = collectors.flatMap(({ parts }) => parts).reduce((sum, part) => sum + part.octets, 0);
  const each = (size: number, of = routes) => (of === 0 ? '-' : (size / of).toFixed(1));
  const rows = [...lines, ['counted', counted, ''] as const].map(([part, size, what]) => [part, octets(size), what]);
  return [
    ...table([{ head: 'Part' }, { head: 'Octets', right: true }, { head: 'Holds' }], rows),
    `Resident: ${octets(rss)}, ${resting}`,
    `For each of ${routes} routes (prefix and peer): ${each(tables)} octets of tables, ${each(rss)} of all that is resident.`,
    ...collectors.map(
      ({ forecast: { prefixes, columns, ownSets } }) =>
        `One more peer with all ${prefixes} prefixes: ${octets(columns)}, and about ${octets(ownSets)} more if its attribute sets are its own.`,
    ),
    '',
    ...table(
      [
        { head: 'Peer' },
        { head: 'Routes', right: true },
        { head: 'Octets', right: true },
        { head: 'Each', right: true },
      ],
      peers.map(one => [one.peer, one.routes, octets(one.octets), each(one.octets, one.routes)]),
    ),
  ];
}
