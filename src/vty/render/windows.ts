/** `show probe PROBE` and `retention prove`: how a probe keeps windows, and what it has committed to. */
import type { ProbeDetail, RetentionRow } from '../../control/daemon.ts';
import { count, facts, table } from './text.ts';
import { duration, instant, octets, percent } from './time.ts';

const EPOCH = 3_600_000;
const WINDOW = 10_000;

export function renderProbe({ kept, ...row }: ProbeDetail, now: number): string[] {
  const lost = row.packets + row.lost === 0 ? '' : ` (${percent(row.lost / (row.packets + row.lost))})`;
  const full = row.dropped === null || row.dropped === 0 ? '' : `, of these ${row.dropped} by a full ring`;
  const rate = row.rate === null ? '' : `; ${row.rate} a second now`;
  const general: [string, string][] = [
    ['Probe', row.probe],
    ['State', `${row.connected ? 'up' : 'down'} for ${duration(now - row.since)}`],
    ['Packets', `${row.packets}, ${row.lost} lost${lost}${full}${rate}`],
    ['Windows', String(row.windows)],
    ['Holds', row.retained === null ? 'nothing' : `${instant(row.retained.from)} to ${instant(row.retained.to)}`],
    ['Asked', asked(row, now)],
  ];
  if (kept === null) return facts(general);
  const { latest } = kept;
  return facts([
    ...general,
    [
      'Holes',
      kept.holes.length === 0
        ? 'none'
        : kept.holes.map(one => `${instant(one.from)} for ${duration(one.to - one.from)}`).join(', '),
    ],
    ['Memory', octets(kept.memory)],
    ['Disk', kept.disk === null ? 'none: in memory only' : octets(kept.disk)],
    ['Sampling', kept.sampling >= 1 ? 'none: all are kept' : `1 of ${Math.round(1 / kept.sampling)} digests is kept`],
    ['Ring', `${percent(kept.fill)} full at most`],
    ...(latest === null
      ? []
      : ([
          [
            'Filter',
            `${latest.kind === 'one' ? 'one that returns the vantage' : 'one a vantage'}, ${latest.bits} bits`,
          ],
          [
            'Last window',
            `${instant(latest.from)}, ${count(latest.packets, 'packet')} at ${count(latest.vantages, 'vantage')}, ${
              latest.packets === 0 ? 0 : Number(((latest.octets * 8) / latest.packets).toFixed(2))
            } bits a packet`,
          ],
          ['Last root', latest.root],
        ] as [string, string][])),
    ['Chain', kept.head],
    ...trouble(kept),
  ]);
}

function asked({ questions, lastQuestion }: Pick<ProbeDetail, 'questions' | 'lastQuestion'>, now: number): string {
  if (lastQuestion === null) return 'nothing yet';
  const { at, digests, seen } = lastQuestion;
  const came = seen === null ? 'not answered' : `${seen} of ${count(digests, 'digest')} seen`;
  return `${count(questions, 'time')}, last ${duration(now - at)} ago: ${came}`;
}

function trouble(kept: NonNullable<ProbeDetail['kept']>): [string, string][] {
  const lines: [string, string][] = [];
  if (kept.unread > 0) lines.push(['Reading back', `${count(kept.unread, 'window')} to go`]);
  if (kept.unsaved > 0) lines.push(['Not on disk', count(kept.unsaved, 'window')]);
  if (kept.trouble !== '') lines.push(['Disk refuses', kept.trouble]);
  if (kept.dropped > 0) lines.push(['Dropped early', `${count(kept.dropped, 'time')} for lack of room`]);
  if (kept.unsealed > 0) lines.push(['Not sealed', `${count(kept.unsealed, 'window')} for lack of memory`]);
  return lines;
}

/** A block for each hour when one is asked for, else a line. */
export function renderRetention(rows: readonly RetentionRow[]): string[] {
  if (rows.length === 0) return ['nothing was committed to'];
  if (rows.length === 1)
    return facts([
      ['Probe', rows[0]!.probe],
      ['Hour', `${instant(rows[0]!.epoch * EPOCH)} (${rows[0]!.epoch})`],
      ['Windows', windows(rows[0]!)],
      ['Root', rows[0]!.root],
      ['Key', rows[0]!.key ?? '-'],
      ['Created', time(rows[0]!.created)],
      ['Destroyed', rows[0]!.destroyed === null ? 'no' : instant(rows[0]!.destroyed)],
      ['Chain', rows[0]!.chain],
    ]);
  return table(
    [
      { head: 'Probe' },
      { head: 'Epoch', right: true },
      { head: 'Hour' },
      { head: 'Windows', right: true },
      { head: 'Root' },
      { head: 'Key' },
      { head: 'Created' },
      { head: 'Destroyed' },
    ],
    rows.map(row => [
      row.probe,
      row.epoch,
      instant(row.epoch * EPOCH),
      row.windows,
      row.root.slice(0, 16),
      row.key ?? '-',
      time(row.created),
      row.destroyed === null ? 'no' : instant(row.destroyed),
    ]),
  );
}

const time = (at: number | null) => (at === null ? '-' : instant(at));

function windows({ windows, first, last }: RetentionRow): string {
  if (first === null || last === null) return String(windows);
  return `${windows}, ${instant(first * WINDOW)} to ${instant((last + 1) * WINDOW)}`;
}
