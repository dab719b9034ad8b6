import type { Case, CaseEvent, Witness } from './case.ts';

/** Lines of a timeline; beyond that the middle is left out, and a line says how much. */
export const MAX_TIMELINE = 400;
const KEPT_HEAD = 50;

/** A case that is not over, while the case book works on it. The fields of Case, changeable, and what only runs. */
export interface OpenCase extends Omit<Case, 'witnesses' | 'timeline' | 'told' | 'state'> {
  state: Case['state'];
  changed: number;
  ended: number | null;
  peakWitnesses: number;
  upstream: number | null;
  /** By name of the peer. */
  readonly witnesses: Map<string, Witness>;
  readonly timeline: CaseEvent[];
  readonly told: ('begin' | 'end')[];
  /** Since when somebody has held the route without a break; null when nobody holds it. */
  heldSince: number | null;
  /** When the last witness let go; null while one holds it or is out of sight. */
  goneAt: number | null;
  /** Lines of the timeline that were left out. */
  leftOut: number;
  /** After a restart: peers whose tables are still awaited, and until when. */
  readonly awaited: Set<string>;
  awaitUntil: number;
}

/** Witnesses by state. */
export function tally(open: OpenCase): Readonly<Record<Witness['state'], number>> {
  const count = { holds: 0, gone: 0, unseen: 0 };
  for (const { state } of open.witnesses.values()) count[state]++;
  return count;
}

/** Writes a line into the timeline. */
export function note(open: OpenCase, time: number, what: string): void {
  open.changed = Math.max(open.changed, time);
  open.timeline.push({ time, what, state: open.state });
  if (open.timeline.length <= MAX_TIMELINE) return;
  // The first cut takes one line more: its place is taken by the line that tells of the cut.
  const cut = open.leftOut === 0 ? 2 : 1;
  const from = open.leftOut === 0 ? KEPT_HEAD : KEPT_HEAD + 1;
  const [first] = open.timeline.splice(from, cut);
  open.leftOut += cut;
  const at = open.leftOut === cut ? first!.time : open.timeline[KEPT_HEAD]!.time;
  const line = { time: at, what: `${open.leftOut} events left out`, state: first!.state };
  if (cut === 2) open.timeline.splice(KEPT_HEAD, 0, line);
  else open.timeline[KEPT_HEAD] = line;
}

/** The case as it stands now: plain data that later changes do not touch. */
export function snapshotOf(open: OpenCase): Case {
  return {
    id: open.id,
    kind: open.kind,
    state: open.state,
    prefix: open.prefix,
    origin: open.origin,
    offender: open.offender,
    ground: open.ground,
    expected: open.expected,
    decidedBy: open.decidedBy,
    watches: open.watches,
    critical: open.critical,
    opened: open.opened,
    changed: open.changed,
    ended: open.ended,
    witnesses: [...open.witnesses.values()],
    peakWitnesses: open.peakWitnesses,
    upstream: open.upstream,
    objects: open.objects,
    recipients: open.recipients,
    timeline: [...open.timeline],
    told: [...open.told],
  };
}

/**
 * A stored case taken up again after a restart at `now`. Nobody is watched any more: who held the route is out of sight
 * until the session is back, and no end is believed before the witnesses' tables are whole or `patience` has passed.
 */
export function reopen(stored: Case, now: number, patience: number): OpenCase {
  const witnesses = new Map<string, Witness>();
  for (const witness of stored.witnesses)
    witnesses.set(witness.peer, witness.state === 'holds' ? { ...witness, state: 'unseen', until: now } : witness);
  const open: OpenCase = {
    ...stored,
    // Cases of before there were paths to be blamed.
    origin: stored.origin === undefined ? stored.offender : stored.origin,
    ground: stored.ground ?? '',
    witnesses,
    timeline: [...stored.timeline],
    told: [...stored.told],
    heldSince: null,
    goneAt: null,
    leftOut: 0,
    awaited: new Set(witnesses.keys()),
    awaitUntil: now + patience,
  };
  const leftOut = stored.timeline[KEPT_HEAD]?.what.match(/^(\d+) events left out$/);
  if (leftOut) open.leftOut = Number(leftOut[1]);
  if (tally(open).unseen === 0) open.goneAt = Math.max(0, ...[...witnesses.values()].map(({ until }) => until ?? 0));
  return open;
}
