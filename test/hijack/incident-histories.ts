/** Made histories of cases, for the rule by which they are of one incident. */
import fc from 'fast-check';
import { createIncidents, type Incidents } from '../../src/hijack/incident.ts';
import type { IncidentAsk } from '../../src/store/records.ts';

/** A case that is opened so many milliseconds after the one before, in one of the books; or the end of one that is open. */
export type Step =
  | {
      readonly after: number;
      readonly book: number;
      readonly offender: number | null;
      readonly upstream: number;
      readonly victim: number;
    }
  | { readonly end: number };

export interface Opened {
  readonly id: string;
  readonly book: number;
  readonly opened: number;
  readonly offender: number | null;
  readonly incident: string;
  /** Number of the step in which it ended. */
  ended: number | null;
}

export const BOOKS = 3;
const T0 = Date.UTC(2026, 10, 22, 4);

/** Of few ASes, so that much has something in common. */
export const steps = (after: fc.Arbitrary<number>): fc.Arbitrary<readonly Step[]> =>
  fc.array(
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({
          after,
          book: fc.nat(BOOKS - 1),
          offender: fc.option(fc.integer({ min: 64601, max: 64604 }), { freq: 9 }),
          upstream: fc.integer({ min: 64510, max: 64514 }),
          victim: fc.integer({ min: 64496, max: 64499 }),
        }),
      },
      { weight: 2, arbitrary: fc.record({ end: fc.nat(40) }) },
    ),
    { maxLength: 24 },
  );

/** What the books have in common: the answers to what one of them asks, and what becomes of its cases. */
export interface Agreement {
  link(asks: readonly IncidentAsk[], book: number): Promise<readonly string[]>;
  wrote(one: Omit<Opened, 'ended'>, over: boolean): Promise<void>;
}

/** What the books make of a history. Without an agreement it is one book that has all cases. */
export async function play(history: readonly Step[], agreement: Agreement | null): Promise<readonly Opened[]> {
  const alone = createIncidents();
  const books: readonly Incidents[] = Array.from({ length: BOOKS }, () =>
    agreement === null ? alone : createIncidents(true),
  );
  const cases: Opened[] = [];
  let now = T0;
  for (const [number, step] of history.entries()) {
    if ('end' in step) {
      const running = cases.filter(({ ended }) => ended === null);
      const one = running[step.end % Math.max(1, running.length)];
      if (one === undefined) continue;
      one.ended = number;
      books[one.book]!.leave(one.incident, one.offender, now);
      await agreement?.wrote(one, true);
      continue;
    }
    now += step.after;
    const { book, offender } = step;
    const id = `2026-11-22-${String(cases.length * BOOKS + book + 1).padStart(2, '0')}`;
    const at = { since: now, until: null, state: 'holds' as const };
    const path = [64500, step.upstream, offender ?? [64998, 64999]];
    const witness = { peer: 'a', as: 64500, address: '203.0.113.1', ...at, path };
    const of = { id, opened: now, offender, expected: [step.victim], witnesses: [witness] };
    let incident = books[book]!.place(of);
    const asks = books[book]!.asks();
    if (agreement !== null && asks.length > 0) {
      const names = new Map((await agreement.link(asks, book)).map((name, i) => [asks[i]!.incident, name]));
      books[book]!.agreed(names);
      incident = names.get(incident) ?? incident;
    }
    const one = { id, book, opened: now, offender, incident, ended: null };
    cases.push(one);
    await agreement?.wrote(one, false);
  }
  return cases;
}

/** A pair of cases of one offender, of which the first was not over when the second was opened, that are of two incidents. */
export function torn(history: readonly Step[], cases: readonly Opened[]): readonly [Opened, Opened] | null {
  const openings = [...history.keys()].filter(number => !('end' in history[number]!));
  for (const [i, later] of cases.entries())
    for (const earlier of cases.slice(0, i)) {
      const together = earlier.ended === null || earlier.ended > openings[i]!;
      if (together && later.offender !== null && earlier.offender === later.offender)
        if (earlier.incident !== later.incident) return [earlier, later];
    }
  return null;
}
