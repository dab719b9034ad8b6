/** What an RTR cache sends: its PDUs one by one, and as a stream cut anywhere, by the short way and by the long one. */
import { isDeepStrictEqual } from 'node:util';
import { type RtrPdu, readPdu, writePdu } from '../../src/registry/rpki/rtr-pdu.ts';
import { rtrStream } from '../../src/registry/rpki/rtr-stream.ts';
import { hex } from '../bgp/octets.ts';
import { mutate } from './mutate.ts';
import type { Target } from './target.ts';

const SEEDS: readonly Uint8Array[] = [
  '01 03 74d4 00000008 01 04 0000 00000014 01 18 1c 00 c0000200 0000fbf0 01 07 74d4 00000018 00000009 00000e10 00000258 00001c20',
  `02 03 0001 00000008 02 06 0000 00000020 00 20 30 00 20010db8 ${'0'.repeat(24)} ffffffff 02 0b 0100 00000014 0000fbf4 0000fbf0 0000fbf1`,
  '02 0b 0000 00000018 01 01 0002 0000fbf4 0000fbf0 0000fbf1 02 0b 0000 0000000c 0000fbf4 02 08 0000 00000008',
  `01 09 0100 00000024 ${'ab'.repeat(20)} 0000fbf0 01020304 01 00 0102 0000000c 00000007`,
  '01 0a 0002 00000016 00000000 00000006 6c6174657200 00 0a 0004 00000018 00000008 02 02 0000 00000008 00000000',
  '00 03 0001 00000008 00 04 0000 00000014 01 00 00 00 00000000 00000000 00 07 0001 0000000c 00000001',
].map(hex);

/** What a stream tells of octets that come in pieces of so many; of no version (-1), it takes the long way only. */
function streamed(octets: Uint8Array, piece: number, version: number): string {
  const told: string[] = [];
  const tell = (pdu: RtrPdu) => {
    const again = readPdu(writePdu(pdu));
    // A PDU that is enclosed is cut when it is written.
    const same = pdu.type === 'error-report' || (again.how === 'pdu' && isDeepStrictEqual(again.pdu, pdu));
    if (!same) throw new Error('a PDU reads otherwise when it is written again');
    told.push(pdu.type);
  };
  const stream = rtrStream({
    version: () => version,
    onPrefix: (announce, afi, w0, w1, w2, w3, length, maxLength, asn) => {
      tell({
        ...{ version: version as 0 | 1 | 2, type: 'prefix', announce, afi, words: [w0, w1, w2, w3] },
        ...{ length, maxLength, asn },
      });
      return null;
    },
    onPdu: tell,
    onFault: ({ code, offset }) => told.push(`${code} at ${offset}`),
  });
  for (let at = 0; at < octets.length; at += piece) stream.push(octets.subarray(at, at + piece));
  return told.join('; ');
}

export function rtrTarget(): Target {
  return {
    name: 'RTR streams',
    seeds: SEEDS,
    mutate,
    judge(input) {
      const whole = streamed(input, input.length + 1, 1);
      for (const [piece, version] of [
        [1, 1],
        [7, 2],
        [input.length + 1, -1],
      ] as const)
        if (streamed(input, piece, version) !== whole) throw new Error('cut otherwise it is another stream');
      return whole;
    },
    begin() {},
  };
}
