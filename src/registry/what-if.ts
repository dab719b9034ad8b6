/** What would change a verdict: the same rules over again, with one thing more or less in the registry. */
import { formatPrefix } from '../net/prefix.ts';
import { irrState } from './irr-state.ts';
import type { RouteObject } from './objects.ts';
import { formatOrigin } from './origin.ts';
import { type CheckedRoute, type Grounds, rankOf } from './route-check.ts';
import { rov } from './rov.ts';
import { type IrrState, type RovState, type Severity, severityOf } from './verdict.ts';

export interface WhatIf {
  /** `if AS64496 had a ROA for 192.0.2.0/24`, as the begin of a sentence. */
  readonly condition: string;
  readonly rov: RovState;
  readonly irr: IrrState;
  readonly severity: Severity;
}

/** The single changes that would move one of the two states, and what it would come to. */
export function whatWouldChange({ prefix, origin, remark }: CheckedRoute, grounds: Grounds): readonly WhatIf[] {
  // Of an origin that was lost on the way nothing can be registered.
  if (remark === 'unreadable') return [];
  const rank = (object: RouteObject) => rankOf(object, grounds);
  const origins = rov(prefix, origin, grounds.vrps);
  const irr = irrState(prefix, origin, grounds.objects, rank);
  const found: WhatIf[] = [];
  const add = (condition: string, change: { readonly rov?: RovState; readonly irr?: IrrState }) => {
    const after = { rov: change.rov ?? origins.state, irr: change.irr ?? irr.state };
    if (after.rov === origins.state && after.irr === irr.state) return;
    found.push({ condition, ...after, severity: severityOf(after.rov, after.irr) });
  };

  const text = formatPrefix(prefix);
  if (typeof origin === 'number') {
    // Where a better source has the prefix, an object must be in such a one to count.
    const best = Math.max(0, ...irr.deciding.filter(object => object.prefix.length === prefix.length).map(rank));
    const where = best === 2 ? ' declared by the watch' : best === 1 ? ' in an authoritative source' : '';
    if (prefix.length > 0) add(`if there were an object ${text} AS${origin}${where}`, { irr: 'match' });
    add(`if AS${origin} had a ROA for ${text}`, { rov: 'valid' });
  } else {
    for (const member of origin) {
      const alone = rov(prefix, member, grounds.vrps).state;
      const known = irrState(prefix, member, grounds.objects, rank).state;
      add(`if AS${member} announced it alone, without an AS_SET`, { rov: alone, irr: known });
    }
  }
  if (irr.deciding.length > 0) {
    const left = grounds.objects.filter(object => !irr.deciding.includes(object));
    const [first] = irr.deciding;
    const what = irr.deciding.length === 1 ? 'the object' : `the ${irr.deciding.length} objects`;
    add(`if ${what} for ${formatPrefix(first!.prefix)} went`, { irr: irrState(prefix, origin, left, rank).state });
  }
  if (origins.matching.length > 0) {
    const left = grounds.vrps.filter(vrp => !origins.matching.includes(vrp));
    add(`if what allows it to ${formatOrigin(origin)} went from the RPKI`, { rov: rov(prefix, origin, left).state });
  }
  if (origins.state === 'not-found') add('if there were a ROA that covers it for another AS alone', { rov: 'invalid' });
  return found;
}
