/**
 * ASes that a hint in BGP says take part (intertrack-protocol(7), DISCOVERY HINTS). Each is dialled once, to be told its record:
 * believed is what an authority of a federation vouches for, at both ends, and nothing else.
 */
import type { Members } from './members.ts';
import type { Participants } from './participants.ts';

/** Hints that are dialled in one look; and for how long one that led nowhere is left alone, ms. */
const DIALS = 16;
const REST = 3_600_000;

/** What a route says. */
export interface Hint {
  readonly as: number;
  readonly address: string;
  readonly port: number;
  readonly prefix: string;
}

/** A hint, and what became of it. */
export interface HintRow extends Hint {
  /**
   * `own`: of this AS; `peer`: of a configured one, which needs none; `known`: its record is; `asked`: it was dialled, `at`;
   * `waiting`: it will be.
   */
  readonly state: 'own' | 'peer' | 'known' | 'asked' | 'waiting';
  readonly at: number | null;
  /** Why it has told nothing yet; empty when nothing is known of that. */
  readonly error: string;
}

export interface Hints {
  /** Takes what routes say now, in place of what they said before, and dials some of whom nothing is known. */
  take(hints: readonly Hint[]): void;
  rows(): HintRow[];
}

export interface HintsOptions {
  readonly as: number;
  readonly participants: Pick<Participants, 'of'>;
  readonly members: Pick<Members, 'introduce' | 'errorOf'>;
  readonly isPeer: (as: number) => boolean;
  readonly clock: () => number;
}

export function createHints({ as, participants, members, isPeer, clock }: HintsOptions): Hints {
  let hints: readonly Hint[] = [];
  /** By AS, address and port, when it was dialled. */
  const dialled = new Map<string, number>();
  const nameOf = (hint: Hint) => `${hint.as} ${hint.address} ${hint.port}`;
  const stateOf = (hint: Hint): HintRow['state'] => {
    if (hint.as === as) return 'own';
    if (isPeer(hint.as)) return 'peer';
    if (participants.of(hint.as, clock()) !== null) return 'known';
    return dialled.has(nameOf(hint)) ? 'asked' : 'waiting';
  };
  return {
    take(next) {
      hints = next;
      const now = clock();
      const names = new Set(next.map(nameOf));
      for (const [name, at] of dialled) if (!names.has(name) || now - at > REST || now < at) dialled.delete(name);
      let dials = 0;
      const busy = new Set<number>();
      for (const hint of next) {
        if (dials >= DIALS) break;
        if (stateOf(hint) !== 'waiting' || busy.has(hint.as) || !members.introduce(hint)) continue;
        busy.add(hint.as);
        dialled.set(nameOf(hint), now);
        dials++;
      }
    },
    rows: () =>
      hints.map(hint => {
        const state = stateOf(hint);
        const error = state === 'asked' ? members.errorOf(hint.as) : '';
        return { ...hint, state, at: dialled.get(nameOf(hint)) ?? null, error };
      }),
  };
}
