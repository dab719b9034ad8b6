/** What blocks of servers have in common: addresses with ports, where they listen, and the files of what they show. */
import { all, type Entry, first, must, number, stated, text } from './entry.ts';
import type { BlockName } from './statement-spec.ts';

/** `ADDRESS port PORT` of a statement. */
export const endpointOf = (one: Entry): { readonly address: string; readonly port: number } => ({
  address: must(text(one, 'address')),
  port: must(number(one, 'port')),
});

/** Where a block listens: where its statements say, or where the default of the schema is. */
export const listensOf = (block: readonly Entry[], name: BlockName) =>
  (first(block, 'listen') ? all(block, 'listen') : [stated(block, name, 'listen')]).map(endpointOf);

/** The files of `identity FILE certificate CERTIFICATE`; null when it is not stated. */
export const identityOf = (
  identity: Entry | undefined,
): { readonly key: string; readonly certificate: string } | null =>
  identity === undefined
    ? null
    : { key: must(text(identity, 'file')), certificate: must(text(identity, 'certificate')) };
