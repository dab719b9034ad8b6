/** What came of the rounds: a line for each kind of fault, what went twice or was lost, and one JSON object. */
import type { Case } from '../../../src/hijack/case.ts';
import type { Taken } from './mail-door.ts';
import { tellCases } from './told.ts';

export interface Row {
  readonly fault: string;
  /** A mail may come twice by what was done. */
  readonly doubtful: boolean;
  /** What was gone within the fault may be seen once more after it, and is a case of its own then. */
  readonly late: boolean;
  /** Nobody was there to see what was gone within the fault. */
  readonly blind: boolean;
  readonly lasted: number;
  /** Prefixes of the round: four that stay, one that was gone within the fault, one that came and went and came. */
  readonly mine: readonly string[];
  /** Until all begins were told, and until all machines were there and had all partitions, after it was healed: ms. */
  readonly told: number;
  readonly whole: number;
}

export interface Outcome {
  readonly rows: readonly Row[];
  readonly cases: readonly Case[];
  readonly taken: readonly Taken[];
  /** When a notice was recorded as sent, by its id; ms since the epoch. */
  readonly recorded: ReadonlyMap<string, number>;
}

const idOf = ({ mail }: Taken): string => mail.messageId ?? '';
/** A notice's id: `CASE.EVENT.N`. */
const noticeOf = (one: Taken): string => idOf(one).slice(1).split('@')[0]!;
const speaksOf = (one: Taken, prefix: string): boolean => one.mail.subject?.includes(`${prefix} `) === true;

/** In a storm a case is a line of a summary of begins, and of one of ends. */
const SUMMARY_OF: Readonly<Record<string, string>> = { begin: 'storm', end: 'storm-end' };
const sumsUp = (one: Taken, prefix: string, event: string): boolean =>
  noticeOf(one).split('.')[1] === SUMMARY_OF[event] && one.mail.text?.includes(` ${prefix} `) === true;

/** Notices of an event of a prefix, each counted once, summaries that list it among them. */
export function countOf(taken: readonly Taken[], prefix: string, event: string): number {
  const tells = (one: Taken) =>
    (speaksOf(one, prefix) && noticeOf(one).split('.')[1] === event) || sumsUp(one, prefix, event);
  return new Set(taken.filter(tells).map(idOf)).size;
}

const middle = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

interface Judged {
  readonly doubled: number;
  readonly lost: number;
  /** Mails that came again and said that they might, and those that came again and did not. */
  readonly said: number;
  readonly silent: number;
}

/** What was told of the prefixes of a round, and what was not. */
function judge({ mine, blind }: Row, { taken, cases }: Outcome): Judged {
  let lost = 0;
  for (const [i, prefix] of mine.entries()) {
    const of = cases.filter(one => one.prefix === prefix);
    const begins = countOf(taken, prefix, 'begin');
    const ends = countOf(taken, prefix, 'end');
    // What was over before anybody was told is told by its end alone.
    lost +=
      i === 4
        ? (of.length === 0 && !blind) || (of.length > 0 && ends === 0)
          ? 1
          : 0
        : (begins === 0 ? 1 : 0) + (ends === 0 ? 1 : 0);
    for (const { id, state } of of) {
      const told = (event: string) => taken.some(one => noticeOf(one).startsWith(`${id}.${event}.`));
      if (state !== 'resolved' || (told('begin') && !told('end'))) lost++;
    }
  }
  const mails = Map.groupBy(
    taken.filter(one => mine.some(prefix => speaksOf(one, prefix))),
    idOf,
  );
  let [doubled, said, silent] = [0, 0, 0];
  for (const [, ...again] of mails.values())
    for (const { mail } of again) {
      doubled++;
      if (mail.headers.has('x-intertrack-doubt')) said++;
      else silent++;
    }
  return { doubled, lost, said, silent };
}

export function printTable(outcome: Outcome, facts: Readonly<Record<string, number>>): void {
  const { rows, cases, taken, recorded } = outcome;
  const judged = rows.map(row => ({ ...row, ...judge(row, outcome) }));
  for (const row of judged) if (row.lost > 0 || (row.doubled > 0 && !row.doubtful)) tellOf(row, outcome);
  const columns = 'rounds   told after, median / most   whole after, median / most ms   doubled   lost';
  console.log(`\n${'fault'.padEnd(54)} ${columns}`);
  for (const [name, of] of [...Map.groupBy(judged, ({ fault }) => fault)].sort()) {
    const times = (field: 'told' | 'whole') => {
      const sorted = of.map(one => one[field]).sort((a, b) => a - b);
      return `${middle(sorted, 0.5)} / ${sorted.at(-1)}`;
    };
    const sum = (field: 'doubled' | 'lost') => of.reduce((total, one) => total + one[field], 0);
    const name2 = of[0]!.doubtful ? `${name} (aimed)` : name;
    console.log(
      `${name2.padEnd(54)} ${String(of.length).padStart(6)} ${times('told').padStart(27)} ${times('whole').padStart(31)} ${String(sum('doubled')).padStart(10)} ${String(sum('lost')).padStart(6)}`,
    );
  }
  const windows = new Map<string, number>();
  for (const one of taken) {
    const at = recorded.get(noticeOf(one));
    if (at !== undefined) windows.set(noticeOf(one), at - one.time);
  }
  const sorted = [...windows.values()].sort((a, b) => a - b);
  const tenths = (value: number) => Math.round(value * 10) / 10;
  console.log(
    `from 250 to the record of it: median ${tenths(middle(sorted, 0.5))} ms, p90 ${tenths(middle(sorted, 0.9))} ms, p99 ${tenths(middle(sorted, 0.99))} ms, most ${tenths(sorted.at(-1) ?? 0)} ms, of ${sorted.length} mails`,
  );
  const total = (field: keyof Judged, of: readonly (Judged & Row)[]) => of.reduce((sum, one) => sum + one[field], 0);
  const [aimed, others] = [judged.filter(one => one.doubtful), judged.filter(one => !one.doubtful)];
  /** Prefixes that were hijacked once, and have two cases all the same. */
  const isTwice = (prefix: string) => cases.filter(one => one.prefix === prefix).length > 1;
  const twice = judged.flatMap(({ mine, late }) => mine.slice(0, late ? 4 : 5).filter(isTwice));
  const seenLate = judged.filter(({ late, mine }) => late && isTwice(mine[4]!)).length;
  for (const prefix of twice) tellCases(prefix, cases);
  console.log(
    JSON.stringify({
      ...facts,
      prefixes: judged.reduce((sum, { mine }) => sum + mine.length, 0),
      cases: cases.length,
      casesTwice: twice.length,
      seenLate,
      casesOpen: cases.filter(({ state }) => state !== 'resolved').length,
      mails: taken.length,
      lost: total('lost', judged),
      doubled: total('doubled', others),
      aimed: aimed.length,
      aimedDoubled: total('doubled', aimed),
      doubledUnsaid: total('silent', judged),
      toldMost: Math.max(...rows.map(({ told }) => told)),
      wholeMost: Math.max(...rows.map(({ whole }) => whole)),
      recordMedian: tenths(middle(sorted, 0.5)),
      recordP99: tenths(middle(sorted, 0.99)),
    }),
  );
}

/** What there is to know of a round that went wrong. */
function tellOf({ fault, mine, doubled, lost }: Row & Judged, { taken, cases }: Outcome): void {
  console.log(`\n${fault}: doubled ${doubled}, lost ${lost}`);
  for (const one of taken)
    if (mine.some(prefix => speaksOf(one, prefix)))
      console.log(`    ${new Date(one.time).toISOString()} ${idOf(one)} ${one.mail.subject}`);
  for (const prefix of mine) tellCases(prefix, cases);
}
