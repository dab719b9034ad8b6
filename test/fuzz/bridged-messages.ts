/** What other systems send: RID, the XML of InterTrack of 2010, datagrams of PACKTER. */
import { decodeRequest, encodeRequest } from '../../src/bridge/intertrack-2010.ts';
import { decodePackter } from '../../src/bridge/packter.ts';
import { decodeRid, encodeRid } from '../../src/bridge/rid-message.ts';
import { CLIENT, encodePackter, FOREIGN, HASH } from '../bridge/samples.ts';
import { mutate } from './mutate.ts';
import type { Target } from './target.ts';

const SEEDS: readonly Uint8Array[] = [
  FOREIGN,
  FOREIGN.replace('TraceRequest', 'Result').replace(
    '</r:RIDPolicy>',
    '</r:RIDPolicy><r:RequestStatus AuthorizationStatus="Approved"/>',
  ),
  CLIENT,
  CLIENT.replace('md5', 'hexstring').replace(HASH.toUpperCase(), '45'.repeat(28)),
  `PACKTER\n192.0.2.1,198.51.100.2,49305,80,4,${HASH}-172.16.45.1\n`,
].map(text => Buffer.from(text));

/** What is read is written so that it is read again as the same. */
function same(what: string, read: object, again: unknown): void {
  if (JSON.stringify(again) !== JSON.stringify(read)) throw new Error(`${what} is read again as something else`);
}

export function bridgedMessageTarget(): Target {
  return {
    name: 'messages at bridges',
    seeds: SEEDS,
    mutate,
    judge(input) {
      const text = Buffer.from(input).toString('utf8');
      const rid = decodeRid(text);
      if (!('wrong' in rid)) same('a RID message', rid, decodeRid(encodeRid(rid)));
      const asked = decodeRequest(text);
      if (typeof asked !== 'string') same('a request', asked, decodeRequest(encodeRequest(asked)));
      const hashes = decodePackter(input);
      if (typeof hashes !== 'string') same('a datagram', hashes, decodePackter(encodePackter(hashes)));
      const words = (one: string) => one.replace(/[\d"].*/s, '').slice(0, 40);
      return [
        'wrong' in rid ? words(rid.wrong) : rid.type,
        typeof asked === 'string' ? words(asked) : asked.packets.length,
        typeof hashes === 'string' ? words(hashes) : hashes.length,
      ].join('; ');
    },
    begin() {},
  };
}
