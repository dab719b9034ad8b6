/** Records of evidence as they are shown: what one leaves out, for it is as in the one before, is put back where it changed. */
import type { WhyRecord, Witness } from './case.ts';
import type { Evidence } from './evidence-chain.ts';
import { FEW } from './witness-ledger.ts';

/** A record with its hash, in which a part that has changed is whole. */
export type WholeEvidence = Omit<Evidence, 'rejudged'> & { readonly hash: string };

/**
 * The records of a chain, the first first: where witnesses have changed all of them, as long as there are no more than 64, else
 * those that have; where another path was judged the whole why-record. Records of older versions leave out less. What was
 * forged may be anything, and nothing is put back into it.
 */
export function wholeEvidence(records: readonly (Evidence & { readonly hash: string })[]): readonly WholeEvidence[] {
  const known = new Map<string, Witness>();
  let why: WhyRecord | null | undefined;
  return records.map(({ rejudged, ...record }) => {
    const { witnesses, witnessed } = record;
    if (isList(witnesses)) known.clear();
    for (const one of listOf(witnesses ?? witnessed)) known.set(one.peer, one);
    if (record.why !== undefined) why = record.why;
    else if (rejudged && why) why = { ...why, ...rejudged };
    const { witnessed: _, ...rest } = record;
    return {
      ...(witnessed !== undefined && known.size <= FEW ? { ...rest, witnesses: [...known.values()] } : record),
      ...(rejudged && why && { why }),
    };
  });
}

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
const listOf = (value: unknown): readonly Witness[] =>
  isList(value) ? value.filter((one): one is Witness => typeof one === 'object' && one !== null) : [];
