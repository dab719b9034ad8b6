/**
 * Commits to the windows of this AS as its probes seal them, and takes what others commit to (intertrack-protocol(7),
 * COMMIT): one root for ten seconds over the windows of all probes. What comes late has a root of its own.
 */

import type { SightProof } from '../probe/proof/sight-proof.ts';
import type { CommittedWindow } from '../probe/sealed/prove-sealed.ts';
import { WINDOW_SECONDS } from '../probe/window-messages.ts';
import { commitmentOver, MOST_WINDOWS, pathToCommitment } from './commitment.ts';
import type { CommittedTo, KeptCommitments } from './kept-commitments.ts';
import type { Log, Peering } from './peering.ts';
import { encodeProof, proofOf } from './proof.ts';

/** How long after the end of a window its commitment may come, ms: what comes later proves nothing. */
export const COMMIT_SLACK = 60_000;
/** What comes later than this is not even kept to say so, ms: an AS could fill the disk with what proves nothing. */
export const KEPT_LATE = 3_600_000;
/** How long the windows of other probes are waited for once that of one is sealed, ms. */
const GATHER = 2_000;
/** Roots for ten seconds: the first, and what came late. */
export const MOST_ROOTS = 4;

export interface CommittingOptions {
  readonly kept: KeptCommitments;
  readonly peerings: () => Iterable<Peering>;
  readonly clock: () => number;
  readonly log: Log;
  /** `GATHER`, but for tests. */
  readonly gather?: number;
}

export interface Committing {
  /** A probe has sealed windows. */
  sealed(windows: readonly CommittedWindow[]): void;
  /** A session came up: it is told of the last minute, for what is older would come too late. */
  up(peering: Peering): void;
  /** A COMMIT came in. */
  hear(roots: readonly { readonly window: number; readonly root: string }[], from: Peering): void;
  /** An item of a request's `proof`; null when this AS has not committed to that window. `root`: of the window. */
  itemOf(question: number, sight: SightProof, root: Uint8Array): Promise<Uint8Array | null>;
  /** What was committed to last: when its ten seconds began, ms. */
  latest(): { readonly from: number; readonly root: string } | null;
  close(): void;
}

const endOf = (window: number) => (window + 1) * WINDOW_SECONDS * 1000;

/** True when a commitment came in time to count: how late it came is for people. */
export function lateness(window: number, received: number): number {
  return Math.max(0, received - endOf(window));
}

export function createCommitting(options: CommittingOptions): Committing {
  const { kept, clock, log, gather = GATHER } = options;
  /** Roots of windows by their number, until they are committed to. */
  const gathered = new Map<number, Set<string>>();
  /** What was committed to in the last minute, the oldest first, and how many roots each window has. */
  let latest: CommittedTo[] = [];
  let timer: NodeJS.Timeout | null = null;
  let last: ReturnType<Committing['latest']> = null;

  const recent = () => {
    const now = clock();
    latest = latest.filter(({ window }) => lateness(window, now) <= COMMIT_SLACK);
    return latest;
  };
  const tell = (peering: Peering, told: readonly CommittedTo[]) => {
    if (told.length === 0) return;
    peering.tell({ type: 'commit', roots: told.map(({ window, commitment }) => ({ window, root: commitment })) });
  };
  const commit = () => {
    timer = null;
    const made: CommittedTo[] = [];
    for (const [window, roots] of gathered) {
      const all = [...roots].slice(0, MOST_WINDOWS);
      if (recent().filter(one => one.window === window).length >= MOST_ROOTS) continue;
      const commitment = commitmentOver(window, all);
      kept.keepOwn(window, { commitment, roots: all });
      made.push({ window, commitment });
      latest.push({ window, commitment });
      last = { from: window * WINDOW_SECONDS * 1000, root: commitment };
    }
    gathered.clear();
    for (const peering of options.peerings()) tell(peering, made);
  };

  return {
    sealed(windows) {
      const now = clock();
      for (const { number, root } of windows) {
        // Too late for anybody to believe, as when captures are read; or of a clock that is wrong.
        if (lateness(number, now) > COMMIT_SLACK || endOf(number) > now + COMMIT_SLACK) continue;
        const there = gathered.get(number);
        if (there === undefined) gathered.set(number, new Set([root]));
        else there.add(root);
      }
      if (gathered.size > 0) timer ??= setTimeout(commit, gather).unref();
    },
    up: peering => tell(peering, recent()),
    hear(roots, from) {
      const now = clock();
      const told = roots.filter(
        ({ window }) => endOf(window) <= now + COMMIT_SLACK && lateness(window, now) <= KEPT_LATE,
      );
      if (told.length < roots.length)
        log('debug', `traceback peer AS ${from.as}: commits to windows of the future, or long ago; they are not kept`);
      kept.hold(
        from.as,
        told.map(({ window, root }) => ({ window, commitment: root })),
        now,
      );
    },
    async itemOf(question, sight, root) {
      const name = Buffer.from(root).toString('hex');
      for (const { roots } of await kept.own(sight.number)) {
        const place = roots.indexOf(name);
        if (place < 0) continue;
        const above = pathToCommitment(roots, place);
        return encodeProof(proofOf(question, sight, { windows: roots.length, place, above }));
      }
      return null;
    },
    latest: () => last,
    close() {
      if (timer !== null) clearTimeout(timer);
    },
  };
}
