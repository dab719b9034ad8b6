/** When a case is judged anew: as it opens, and whenever something changed that its judgement was made from. */
import type { WatchConfig } from '../config/tree.ts';
import { parsePrefix } from '../net/prefix.ts';
import { type Assessment, assess, type GroundOf } from './assessment.ts';
import type { AsPath, WhyRecord, Witness } from './case.ts';
import { blackholing } from './case-hints.ts';
import { exceptionFor, exceptionsAt } from './exceptions.ts';
import { isOfRoa } from './kinds.ts';
import { note, type OpenCase } from './open-case.ts';
import { loneliness, staleness } from './stale-witness.ts';
import { FEW } from './witness-ledger.ts';

/**
 * Judges a case that changed, at `time`: sets its severity, hints and why-record, and scores its witnesses. Does nothing when
 * all is as it was; `assessedFrom` is emptied when the registry is another. True when something of that is another now.
 * `tables`: peers whose table is whole. `passed`: nothing but time has passed since, which makes no other case than one
 * whose witnesses have become stale; ten thousand cases are looked at so each minute.
 */
export function createAssessor(
  ground: GroundOf | null,
  settings: () => { readonly watches: readonly WatchConfig[] },
  tables: () => number,
): (open: OpenCase, time: number, passed?: boolean) => boolean {
  return (open, time, passed = false) => {
    const scored = score(open, tables(), time, passed);
    if (passed && !scored && open.sincePath === 0) return false;
    const prefix = parsePrefix(open.prefix);
    if (ground === null || prefix === null) return scored;
    const { counts, stale, blackholing: asking } = open.witnesses;
    const path = pathOf(open, passed);
    const exception = exceptionFor(exceptionsAt(settings().watches, time), open.prefix, open.origin);
    const over = open.state === 'resolved';
    // What was told stands: that nobody holds it any more is no reason to think of it otherwise.
    if (over && open.told.includes('begin')) return scored;
    if (!over && counts.holds === 0 && open.assessedFrom !== '') return scored;
    const isStuck = counts.holds > 0 && stale === counts.holds;
    const from = JSON.stringify([path, isStuck, blackholing(asking), exception?.reason ?? null, over]);
    if (from === open.assessedFrom) return scored;
    open.assessedFrom = from;
    const witnesses = [...open.witnesses.values()];
    const found = assess({ ...open, witnesses }, path, ground(prefix, open.origin, path), exception, time);
    const before = open.severity;
    const same = isSame(open, found);
    // The older record of the same is the one that was there at the beginning.
    if (!same || open.why === undefined) {
      open.severity = found.severity;
      open.hints = found.hints;
      open.why = found.why;
    }
    // The last word of a case that is over is why.
    if (before !== undefined && before !== found.severity && !over)
      note(open, time, `severity ${found.severity}, was ${before}: ${found.why.rule}`);
    return scored || !same;
  };
}

/** True when the case has been judged so already, by the same objects and VRPs, whatever their serials. */
function isSame({ severity, hints, why }: OpenCase, found: Assessment): boolean {
  const text = (record: WhyRecord | undefined) =>
    JSON.stringify({ ...record, time: 0, objects: record?.objects.map(object => ({ ...object, serial: null })) });
  return (
    severity === found.severity &&
    JSON.stringify(hints) === JSON.stringify(found.hints) &&
    text(why) === text(found.why)
  );
}

/**
 * Writes what speaks against them into the witnesses; true when that is something else than before. Looked at are those that
 * changed since the last time, who is or was the only one left, and with `all` the others too: their time may have come.
 */
function score(open: OpenCase, tables: number, now: number, all: boolean): boolean {
  const { witnesses } = open;
  const news = witnesses.news();
  open.sincePath += news.length;
  // What the RPKI says is stuck with nobody.
  if (isOfRoa(open.kind)) return false;
  const last = witnesses.counts.holds === 1 && witnesses.counts.unseen === 0;
  const alone = last ? loneliness([...witnesses.values()], tables, now) : null;
  const lone = alone === null ? null : [...witnesses.values()].find(({ state }) => state === 'holds')!.peer;
  const others = [open.lone, lone].filter(peer => peer !== null).map(peer => witnesses.get(peer)!);
  open.lone = lone;
  let changed = false;
  for (const witness of all || witnesses.size <= FEW ? [...witnesses.values()] : new Set([...news, ...others])) {
    const { stale: before, ...rest } = witness;
    const stale = staleness(witness, alone, now);
    if ((before?.reasons.join() ?? '') === (stale?.reasons.join() ?? '')) continue;
    changed = true;
    witnesses.set(stale === null ? rest : { ...rest, stale });
  }
  witnesses.news();
  return changed;
}

/** As `commonPath`, which looks at all: of many witnesses only once an eighth of them has changed, or a minute has passed. */
function pathOf(open: OpenCase, passed: boolean): AsPath {
  const { size } = open.witnesses;
  if (size <= FEW || passed || open.assessedFrom === '' || open.sincePath > size / 8 || open.state === 'resolved') {
    open.path = commonPath([...open.witnesses.values()]);
    open.sincePath = 0;
  }
  return open.path;
}

/** The path that most of those who hold the route have, or else of those who held it; the first heard of equals. */
export function commonPath(witnesses: readonly Witness[]): AsPath {
  const holders = witnesses.filter(({ state }) => state === 'holds');
  const votes = new Map<string, { count: number; path: AsPath }>();
  for (const { path } of holders.length > 0 ? holders : witnesses) {
    const key = JSON.stringify(path);
    const vote = votes.get(key) ?? { count: 0, path };
    vote.count++;
    votes.set(key, vote);
  }
  let best: { count: number; path: AsPath } = { count: 0, path: [] };
  for (const vote of votes.values()) if (vote.count > best.count) best = vote;
  return best.path;
}
