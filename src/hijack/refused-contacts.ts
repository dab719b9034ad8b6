import { keiroOf } from '../registry/keiro.ts';
import { readRpslObject } from '../registry/rpsl.ts';
import type { Case } from './case.ts';
import { MAX_RECIPIENTS } from './recipients.ts';

/** Lines that are told of one case; a forged object could have thousands. */
const MOST = 100;

/**
 * Whom a case's objects name, and who is not told all the same, each in words with the reason: what is no plain mail address
 * (local names, header lines, commands), what is beyond the number that is taken of one object, or of one case. Their
 * text is escaped: strangers wrote it. Each once.
 */
export function refusedContacts(of: Pick<Case, 'objects' | 'recipients'>): readonly string[] {
  const refused = new Set<string>();
  const told = new Set(of.recipients.map(({ address }) => address.toLowerCase()));
  for (const { source, text } of of.objects) {
    const object = readRpslObject(Buffer.from(text));
    if (object === null) continue;
    const found = keiroOf(object);
    for (const { why } of found.refused) refused.add(`${source}: ${why}`);
    if (of.recipients.length < MAX_RECIPIENTS) continue;
    for (const address of found.addresses)
      if (!told.has(address.toLowerCase()))
        refused.add(`${source}: ${address} is one more than ${MAX_RECIPIENTS} recipients of one case: refused`);
  }
  const all = [...refused];
  return all.length <= MOST ? all : [...all.slice(0, MOST), `${all.length - MOST} more`];
}
