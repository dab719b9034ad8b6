/** The hints of a case: what the registry gives (registry/hints.ts), after those that take the case's own facts. */
import type { Hint } from '../registry/hints.ts';
import type { Case, CaseHint, CaseHintName } from './case.ts';
import type { FoundException } from './exceptions.ts';
import { isStuck } from './stale-witness.ts';
import { FEW } from './witness-ledger.ts';

/** By how many steps a hint lowers the severity. */
export const SOFTENS: Readonly<Record<CaseHintName, number>> = {
  scrubbing: 2,
  blip: 1,
  'stuck-route': 1,
  // It makes nothing harmless: what is sent there is lost.
  blackhole: 0,
  unreadable: 2,
  'as-set': 0,
  'private-as': 1,
  'ix-lan': 1,
  'registration-error': 1,
  disputed: 1,
  'proxy-object': 1,
  sibling: 1,
  'customer-pa': 1,
  'covering-holder': 1,
};

/** The facts of a case that hints are made from. */
export type HintedCase = Pick<
  Case,
  'state' | 'witnesses' | 'opened' | 'ended' | 'peakWitnesses' | 'told' | 'kind' | 'offender' | 'objects'
>;

/** All hints of a case, in the order in which they are told; nothing is suppressed by any. */
export function caseHints(
  one: HintedCase,
  registered: readonly Hint[],
  exception: FoundException | null,
): readonly CaseHint[] {
  const own = [scrubbing(one, exception), blip(one), stuckRoute(one), blackhole(one)];
  return [...own.filter(hint => hint !== null), ...registered];
}

function scrubbing({ offender }: HintedCase, exception: FoundException | null): CaseHint | null {
  if (exception === null) return null;
  const { reason, until } = exception;
  const till = until === null ? '' : ` until ${day(until)}`;
  return {
    hint: 'scrubbing',
    text: `AS${offender} may announce it${till}, says watch ${exception.watch}: ${reason}.`,
  };
}

function blip({ state, opened, ended, peakWitnesses, told }: HintedCase): CaseHint | null {
  if (state !== 'resolved' || told.includes('begin')) return null;
  const peers = peakWitnesses === 1 ? '1 peer' : `${peakWitnesses} peers`;
  return {
    hint: 'blip',
    text: `It was seen from ${instant(opened)} to ${instant(ended ?? opened)} UTC by ${peers} at most, and is over now.`,
  };
}

function stuckRoute({ kind, witnesses }: HintedCase): CaseHint | null {
  // Of what peers have not, nothing can be stuck.
  if (kind === 'visibility' || !isStuck(witnesses)) return null;
  const holders = witnesses.filter(({ state }) => state === 'holds');
  const [first] = holders;
  const who = holders.length === 1 ? `peer ${first!.peer} (AS${first!.as})` : `${holders.length} peers`;
  return {
    hint: 'stuck-route',
    text: `Only ${who} still ${holders.length === 1 ? 'shows' : 'show'} it, ${first!.stale!.reasons.join(', ')}: probably a stuck route there.`,
  };
}

/** So many peers whose route asks to drop what is sent to it, in words that are other ones only where it is many more. */
export function blackholing(asking: number): string {
  if (asking === 1) return 'one peer';
  const some = 2 ** Math.floor(Math.log2(Math.max(1, asking)));
  return asking <= FEW ? `${asking} peers` : `${some} peers or more`;
}

function blackhole({ witnesses }: HintedCase): CaseHint | null {
  const asking = witnesses.filter(one => one.state === 'holds' && one.blackhole === true).length;
  if (asking === 0) return null;
  return {
    hint: 'blackhole',
    text: `The route asks to drop what is sent to it (BLACKHOLE, RFC 7999), at ${blackholing(asking)}: a third party blackholes the prefix, perhaps a service against attacks. Ask whether anybody ordered it.`,
  };
}

const instant = (time: number): string => new Date(time).toISOString().slice(0, 19).replace('T', ' ');
const day = (time: number): string => new Date(time).toISOString().slice(0, 16).replace('T', ' ');
