/** What was of probes while this daemon has run: what they reported, now and then, and what they were asked. */
import type { ProbeStatus } from './messages.ts';

/** One report. Times are ms since the epoch. */
export interface ProbeSample {
  readonly at: number;
  /** Packets a second; null of a probe that captures nothing. */
  readonly rate: number | null;
  /** Packets lost since it began. */
  readonly lost: number;
  /** Fill of its fullest ring, and the share of the digests that it kept, from 0 to 1; null where it does not say. */
  readonly fill: number | null;
  readonly sampling: number | null;
}

/** The question that a probe was asked last. */
export interface LastQuestion {
  readonly at: number;
  /** Digests of it, and those of them that the probe has seen; null: it has not answered. */
  readonly digests: number;
  /** Digests of it that the probe has seen; null: it has not answered. */
  readonly seen: number | null;
}

export interface ProbePast {
  /** Questions so far. */
  readonly questions: number;
  readonly lastQuestion: LastQuestion | null;
  /** The oldest first. */
  readonly samples: readonly ProbeSample[];
}

/** Reports that are kept: half an hour of those that come every five seconds. */
const MOST_SAMPLES = 360;
/** Reports within so many ms of the one before are not kept. */
const LEAST_APART = 2500;

export interface ProbePasts {
  reported(probe: string, status: ProbeStatus): void;
  asked(probe: string, digests: number, seen: number | null): void;
  of(probe: string): ProbePast;
  /** Forgets all others. */
  keep(probes: ReadonlySet<string>): void;
}

export function createProbePasts(clock: () => number): ProbePasts {
  const pasts = new Map<string, { questions: number; lastQuestion: LastQuestion | null; samples: ProbeSample[] }>();
  const past = (probe: string) => {
    const known = pasts.get(probe) ?? { questions: 0, lastQuestion: null, samples: [] };
    pasts.set(probe, known);
    return known;
  };
  return {
    reported(probe, { rate = null, lost, kept }) {
      const { samples } = past(probe);
      const at = clock();
      // A clock that was set back must not keep out what comes until it is there again.
      if (Math.abs(at - (samples.at(-1)?.at ?? 0)) < LEAST_APART) return;
      samples.push({ at, rate, lost, fill: kept?.fill ?? null, sampling: kept?.sampling ?? null });
      if (samples.length > MOST_SAMPLES) samples.shift();
    },
    asked(probe, digests, seen) {
      const known = past(probe);
      known.questions++;
      known.lastQuestion = { at: clock(), digests, seen };
    },
    of: probe => ({ ...past(probe) }),
    keep(probes) {
      for (const name of pasts.keys()) if (!probes.has(name)) pasts.delete(name);
    },
  };
}
