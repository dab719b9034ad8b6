import type { Severity } from '../registry/verdict.ts';
import type { AsPath, Case, CaseEvent, CaseHint, Dismissal, Mark, WhyRecord } from './case.ts';
import { type Roomless, roomless } from './roomless.ts';
import { FEW, type WitnessLedger, witnessLedger } from './witness-ledger.ts';
import type { WitnessRoom } from './witness-room.ts';
import { RPKI_PEER } from './witness-words.ts';

/** Lines of a timeline; beyond that the middle is left out but for what people did, and a line says how much. */
export const MAX_TIMELINE = 400;
const KEPT_HEAD = 50;

/** A case that is not over, while the case book works on it. The fields of Case, changeable, and what only runs. */
export interface OpenCase
  extends Omit<
    Case,
    | 'witnesses'
    | 'timeline'
    | 'told'
    | 'state'
    | 'severity'
    | 'hints'
    | 'why'
    | 'incident'
    | 'acknowledged'
    | 'dismissed'
    | 'flaps'
  > {
  state: Case['state'];
  severity: Severity | undefined;
  hints: readonly CaseHint[] | undefined;
  why: WhyRecord | undefined;
  incident: string | undefined;
  acknowledged: Mark | undefined;
  dismissed: Dismissal | undefined;
  flaps: number;
  ground: string;
  hadBy?: number;
  rightly?: number;
  changed: number;
  ended: number | null;
  peakWitnesses: number;
  upstream: number | null;
  readonly witnesses: WitnessLedger;
  readonly roomless: Roomless;
  readonly timeline: CaseEvent[];
  readonly told: ('begin' | 'end')[];
  /** Since when somebody has held the route without a break; null when nobody holds it. */
  heldSince: number | null;
  /** Of a case that is told only when it is grave enough: since when it is (case-life.ts). */
  graveSince: number | null;
  /** When the last witness let go; null while one holds it or is out of sight. */
  goneAt: number | null;
  /** Lines of the timeline that were left out. */
  leftOut: number;
  /** After a restart: peers whose tables are still awaited, and until when. */
  readonly awaited: Set<string>;
  awaitUntil: number;
  /** When it came back, or its like ended, within the last hour. */
  comebacks: readonly number[];
  /** What the assessment was made from; empty when it has to be made anew. */
  assessedFrom: string;
  /** The path that most holders had when that was looked at, and how many witnesses have changed since. */
  path: AsPath;
  sincePath: number;
  /** The witness that was the only one left when that was looked at. */
  lone: string | null;
}

/** Awaited like a peer: of many witnesses some may have waited to be written (case-reports.ts), or had no room. No peer has the name. */
const UNWRITTEN = '(unwritten)';

const UNJUDGED = { assessedFrom: '', path: [] as AsPath, sincePath: 0, lone: null };

/** What a case has before anything was heard of it. */
export function unheardOf(offender: number | null, room: WitnessRoom) {
  return {
    witnesses: witnessLedger(offender),
    roomless: roomless(room),
    peakWitnesses: 0,
    upstream: null,
    timeline: [] as CaseEvent[],
    told: [] as ('begin' | 'end')[],
    heldSince: null,
    graveSince: null,
    goneAt: null,
    leftOut: 0,
    awaited: new Set<string>(),
    awaitUntil: 0,
    severity: undefined,
    hints: undefined,
    why: undefined,
    incident: undefined,
    acknowledged: undefined,
    dismissed: undefined,
    flaps: 0,
    comebacks: [],
    ...UNJUDGED,
  };
}

/** Writes a line into the timeline. */
export function note(open: OpenCase, time: number, what: string, by?: string): void {
  open.changed = Math.max(open.changed, time);
  open.timeline.push({ time, what, state: open.state, ...(by !== undefined && { by }) });
  if (open.timeline.length <= MAX_TIMELINE) return;
  // The first cut takes one line more: its place is taken by the line that tells of the cut.
  const cut = open.leftOut === 0 ? 2 : 1;
  const from = open.leftOut === 0 ? KEPT_HEAD : KEPT_HEAD + 1;
  const first = cutOff(open.timeline, from);
  if (cut === 2) cutOff(open.timeline, from);
  open.leftOut += cut;
  const at = cut === 2 ? first.time : open.timeline[KEPT_HEAD]!.time;
  const line = { time: at, what: `${open.leftOut} events left out`, state: first.state };
  if (cut === 2) open.timeline.splice(KEPT_HEAD, 0, line);
  else open.timeline[KEPT_HEAD] = line;
}

/** Takes out the first line from this place on that is no person's: theirs stay as long as there are others. */
function cutOff(timeline: CaseEvent[], from: number): CaseEvent {
  const at = timeline.findIndex(({ by }, i) => i >= from && by === undefined);
  return timeline.splice(at < 0 ? from : at, 1)[0]!;
}

/**
 * Has what runs begin at `now` at the latest: where it began later a clock was set back, by which nobody is to wait longer. What
 * was begun before runs once more from its beginning.
 */
export function beginBy(open: OpenCase, now: number, patience: number): void {
  const by = (time: number | null) => (time === null ? null : Math.min(time, now));
  open.heldSince = by(open.heldSince);
  open.graveSince = by(open.graveSince);
  open.goneAt = by(open.goneAt);
  open.awaitUntil = Math.min(open.awaitUntil, now + patience);
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
    ...(open.hadBy !== undefined && { hadBy: open.hadBy }),
    ...(open.rightly !== undefined && { rightly: open.rightly }),
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
    ...(open.severity !== undefined && { severity: open.severity }),
    ...(open.hints !== undefined && { hints: open.hints }),
    ...(open.why !== undefined && { why: open.why }),
    ...(open.incident !== undefined && { incident: open.incident }),
    ...(open.acknowledged !== undefined && { acknowledged: open.acknowledged }),
    ...(open.dismissed !== undefined && { dismissed: open.dismissed }),
    ...(open.flaps > 0 && { flaps: open.flaps }),
    ...(open.drill && { drill: open.drill }),
  };
}

/**
 * A stored case taken up again after a restart at `now`. Nobody is watched any more: who held the route is out of sight
 * until the session is back, and no end is believed before the witnesses' tables are whole or `patience` has passed; where
 * there may be witnesses of whom nothing was written, before it has.
 */
export function reopen(stored: Case, now: number, patience: number, room: WitnessRoom): OpenCase {
  const witnesses = witnessLedger(
    stored.offender,
    stored.witnesses.map(one => (one.state === 'holds' ? { ...one, state: 'unseen', until: now } : one)),
  );
  const open: OpenCase = {
    ...stored,
    // Cases of before there were paths to be blamed.
    origin: stored.origin === undefined ? stored.offender : stored.origin,
    ground: stored.ground ?? '',
    witnesses,
    roomless: roomless(room),
    timeline: [...stored.timeline],
    told: [...stored.told],
    heldSince: null,
    graveSince: null,
    goneAt: null,
    leftOut: 0,
    // The RPKI has no table that could be whole: it says itself what is over.
    awaited: new Set([
      ...[...witnesses.peers()].filter(peer => peer !== RPKI_PEER),
      ...(witnesses.size < FEW ? [] : [UNWRITTEN]),
    ]),
    awaitUntil: now + patience,
    severity: stored.severity,
    hints: stored.hints,
    why: stored.why,
    incident: stored.incident,
    acknowledged: stored.acknowledged,
    dismissed: stored.dismissed,
    flaps: stored.flaps ?? 0,
    comebacks: [],
    ...UNJUDGED,
  };
  const leftOut = stored.timeline[KEPT_HEAD]?.what.match(/^(\d+) events left out$/);
  if (leftOut) open.leftOut = Number(leftOut[1]);
  if (witnesses.counts.unseen === 0)
    open.goneAt = [...witnesses.values()].reduce((latest, { until }) => Math.max(latest, until ?? 0), 0);
  return open;
}
