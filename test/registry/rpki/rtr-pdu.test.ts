import { expect } from 'chai';
import fc from 'fast-check';
import {
  HEADER,
  MAX_PDU,
  prefixFault,
  type RtrPdu,
  type RtrReading,
  type RtrVersion,
  readPdu,
  writePdu,
} from '../../../src/registry/rpki/rtr-pdu.ts';
import { rtrStream } from '../../../src/registry/rpki/rtr-stream.ts';
import { hex, toHex } from '../../bgp/octets.ts';

/** Octets by hand, from the figures of RFC 6810, RFC 8210 section 5 and 8210bis-25 section 5. */
const VECTORS: readonly [string, string, RtrPdu][] = [
  ['Serial Notify', '01 00 0102 0000000c 00000007', { version: 1, type: 'serial-notify', session: 258, serial: 7 }],
  [
    'Serial Query',
    '00 01 ffff 0000000c fffffffe',
    { version: 0, type: 'serial-query', session: 65535, serial: 4294967294 },
  ],
  ['Reset Query', '02 02 0000 00000008', { version: 2, type: 'reset-query' }],
  ['Cache Response', '01 03 74d4 00000008', { version: 1, type: 'cache-response', session: 0x74d4 }],
  [
    'IPv4 Prefix',
    '01 04 0000 00000014 01 18 1c 00 c0000200 0000fbf0',
    {
      ...{ version: 1, type: 'prefix', announce: true, afi: 1, words: [0xc0000200 | 0, 0, 0, 0] },
      ...{ length: 24, maxLength: 28, asn: 64496 },
    },
  ],
  [
    'IPv6 Prefix, withdrawn',
    '02 06 0000 00000020 00 20 30 00 20010db8 00000000 00000000 00000000 ffffffff',
    {
      ...{ version: 2, type: 'prefix', announce: false, afi: 2, words: [0x20010db8, 0, 0, 0] },
      ...{ length: 32, maxLength: 48, asn: 4294967295 },
    },
  ],
  [
    'End of Data, version 0',
    '00 07 74d4 0000000c 00000009',
    { version: 0, type: 'end-of-data', session: 0x74d4, serial: 9, intervals: null },
  ],
  [
    'End of Data',
    '01 07 74d4 00000018 00000009 00000e10 00000258 00001c20',
    {
      ...{ version: 1, type: 'end-of-data', session: 0x74d4, serial: 9 },
      intervals: { refresh: 3600, retry: 600, expire: 7200 },
    },
  ],
  ['Cache Reset', '01 08 0000 00000008', { version: 1, type: 'cache-reset' }],
  [
    'Router Key',
    `01 09 0100 00000024 ${'ab'.repeat(20)} 0000fbf0 01020304`,
    {
      ...{ version: 1, type: 'router-key', announce: true, ski: hex('ab'.repeat(20)), asn: 64496 },
      key: hex('01020304'),
    },
  ],
  [
    'Error Report',
    '01 0a 0002 00000016 00000000 00000006 6c6174657200',
    { version: 1, type: 'error-report', code: 2, enclosed: hex(''), text: 'later\0' },
  ],
  [
    'Error Report with a PDU',
    '00 0a 0004 00000018 00000008 02 02 0000 00000008 00000000',
    { version: 0, type: 'error-report', code: 4, enclosed: hex('02 02 0000 00000008'), text: '' },
  ],
  [
    'ASPA',
    '02 0b 0100 00000014 0000fbf4 0000fbf0 0000fbf1',
    { version: 2, type: 'aspa', announce: true, customer: 64500, providers: [64496, 64497], afi: null },
  ],
  [
    'ASPA, withdrawn',
    '02 0b 0000 0000000c 0000fbf4',
    { version: 2, type: 'aspa', announce: false, customer: 64500, providers: [], afi: null },
  ],
  [
    'ASPA as 8210bis-10 has it',
    '02 0b 0000 00000018 01 01 0002 0000fbf4 0000fbf0 0000fbf1',
    { version: 2, type: 'aspa', announce: true, customer: 64500, providers: [64496, 64497], afi: 2 },
  ],
  [
    'ASPA as 8210bis-10 has it, withdrawn',
    '02 0b 0000 00000010 00 00 0000 0000fbf4',
    { version: 2, type: 'aspa', announce: false, customer: 64500, providers: [], afi: 1 },
  ],
];

/** Octets, the code they are refused by, and the offset at which. */
const WRONG: readonly [string, string, number, number][] = [
  ['version 3', '03 02 0000 00000008', 4, 0],
  ['type 5', '01 05 0000 00000008', 5, 1],
  ['type 255', '01 ff 0000 00000008', 5, 1],
  ['a router key in version 0', '00 09 0100 00000024', 5, 1],
  ['an ASPA in version 1', '01 0b 0100 00000010', 5, 1],
  ['a length of 2 GB', '01 04 0000 80000000', 0, 4],
  ['a length of 4 GB of a type with any', '01 09 0000 ffffffff', 0, 4],
  ['a length below the header', '01 03 0000 00000007', 0, 4],
  ['a length of 0', '01 0a 0000 00000000', 0, 4],
  ['an IPv4 prefix with the length of IPv6', '01 04 0000 00000020', 0, 4],
  ['End of Data of version 0 in version 1', '01 07 0000 0000000c', 0, 4],
  ['End of Data of version 1 in version 0', '00 07 0000 00000018', 0, 4],
  ['a maximum length below the length', '01 04 0000 00000014 01 18 17 00 c0000200 0000fbf0', 0, 9],
  ['an IPv4 maximum length of 33', '01 04 0000 00000014 01 18 21 00 c0000200 0000fbf0', 0, 9],
  ['an IPv6 length of 129', `01 06 0000 00000020 01 81 81 00 ${'0'.repeat(40)}`, 0, 9],
  ['host bits', '01 04 0000 00000014 01 17 18 00 c0000100 0000fbf0', 0, 9],
  ['an Error Report whose PDU is longer than it', '01 0a 0000 00000010 00000001 00000000', 0, 8],
  ['an Error Report with a text of 4 GB', '01 0a 0000 00000010 00000000 ffffffff', 0, 8],
  ['an ASPA that announces no provider', '02 0b 0100 0000000c 0000fbf4', 9, 8],
  ['an ASPA withdrawn with providers', '02 0b 0000 00000010 0000fbf4 0000fbf0', 9, 8],
  ['an ASPA that ends within a provider', '02 0b 0100 00000012 0000fbf4 0000fbf0 0000', 9, 8],
];

describe('the PDUs of the RPKI to Router protocol', () => {
  for (const [what, octets, pdu] of VECTORS) {
    it(`reads ${what}`, () =>
      expect(readPdu(hex(octets))).to.deep.equal({ how: 'pdu', pdu, size: hex(octets).length }));
    it(`writes ${what}`, () => expect(toHex(writePdu(pdu))).to.equal(octets.replaceAll(' ', '')));
  }

  for (const [what, octets, code, offset] of WRONG)
    it(`refuses ${what}`, () => {
      const reading = readPdu(hex(octets));
      expect(reading.how === 'fault' && [reading.fault.code, reading.fault.offset]).to.deep.equal([code, offset]);
    });

  it('says how many octets are missing', () => {
    const octets = hex('01 04 0000 00000014 01 18 1c 00 c0000200 0000fbf0');
    for (let end = 0; end < octets.length; end++)
      expect(readPdu(octets, 0, end)).to.deep.equal({ how: 'more', size: end < HEADER ? HEADER : 20 });
  });

  it('knows host bits in every word of an address', () => {
    for (let length = 0; length < 128; length++) {
      const word = (i: number) => (length >> 5 === i ? 1 << (31 - (length & 31)) : 0);
      expect(prefixFault(2, word(0), word(1), word(2), word(3), length, 128), `${length}`).to.be.a('string');
      expect(prefixFault(2, word(0), word(1), word(2), word(3), length + 1, 128), `${length}`).to.equal(null);
    }
  });
});

const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffffffff });

/** A sound PDU of any type. */
const somePdu: fc.Arbitrary<RtrPdu> = fc
  .tuple(
    fc.constantFrom<RtrVersion>(0, 1, 2),
    ...([u16, u32, fc.boolean(), fc.integer({ min: 0, max: 32 }), fc.nat(96), u32, fc.nat(11)] as const),
    fc.uint8Array({ maxLength: 200 }),
    fc.uniqueArray(u32, { maxLength: 20, minLength: 1 }),
  )
  .map(([version, session, serial, announce, length, more, asn, type, octets, asns]): RtrPdu => {
    switch (type) {
      case 0:
        return { version, type: 'serial-notify', session, serial };
      case 1:
        return { version, type: 'serial-query', session, serial };
      case 2:
        return { version, type: 'reset-query' };
      case 3:
        return { version, type: 'cache-response', session };
      case 4:
      case 5: {
        const w0 = length === 0 ? 0 : (serial & (-1 << (32 - length))) | 0;
        return type === 4
          ? { version, type: 'prefix', announce, afi: 1, words: [w0, 0, 0, 0], length, maxLength: 32, asn }
          : { version, type: 'prefix', announce, afi: 2, words: [w0, 0, 0, 0], length, maxLength: length + more, asn };
      }
      case 6: {
        const intervals = version === 0 ? null : { refresh: asn, retry: session, expire: serial };
        return { version, type: 'end-of-data', session, serial, intervals };
      }
      case 7:
        return { version, type: 'cache-reset' };
      case 8: {
        const ski = new Uint8Array(20).fill(session);
        return { version: version === 0 ? 1 : version, type: 'router-key', announce, ski, asn, key: octets };
      }
      case 9:
        return { version, type: 'error-report', code: session, enclosed: octets, text: String(serial) };
      default: {
        const afi = type === 10 ? null : announce ? 1 : 2;
        return { version: 2, type: 'aspa', announce, customer: asn, providers: announce ? asns : [], afi };
      }
    }
  });

/** Everything that a stream delivers of octets that come in these pieces. */
function streamed(octets: Uint8Array, cuts: readonly number[], version: number): unknown[] {
  const found: unknown[] = [];
  const stream = rtrStream({
    version: () => version,
    onPrefix: (announce, afi, w0, w1, w2, w3, length, maxLength, asn) => {
      found.push({ version, type: 'prefix', announce, afi, words: [w0, w1, w2, w3], length, maxLength, asn });
      return null;
    },
    onPdu: pdu => {
      found.push(pdu);
    },
    onFault: ({ code, reason }) => {
      found.push({ code, reason });
    },
  });
  let from = 0;
  for (const cut of [...cuts.map(one => one % (octets.length + 1)).sort((a, b) => a - b), octets.length]) {
    stream.push(octets.subarray(from, cut));
    from = cut;
  }
  return found;
}

const joined = (parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts));

describe('a stream of PDUs', () => {
  it('reads back whatever is written', () => {
    fc.assert(
      fc.property(somePdu, pdu => {
        const octets = writePdu(pdu);
        expect(readPdu(octets)).to.deep.equal({ how: 'pdu', pdu, size: octets.length });
      }),
    );
  });

  it('is the same however it is cut, by the short way and by the long one', () => {
    const pieces = fc.array(u16, { maxLength: 12 });
    fc.assert(
      fc.property(fc.array(somePdu, { maxLength: 20 }), pieces, fc.constantFrom(0, 1, 2), (pdus, cuts, version) => {
        expect(streamed(joined(pdus.map(writePdu)), cuts, version)).to.deep.equal(pdus);
      }),
    );
  });

  it('is the same octet by octet', () => {
    const pdus = VECTORS.map(([, , pdu]) => pdu);
    const octets = joined(pdus.map(writePdu));
    expect(streamed(octets, [...octets.keys()], 1)).to.deep.equal(pdus);
  });

  it('ends at the first fault and delivers nothing after it, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(somePdu, { maxLength: 4 }), fc.uint8Array({ maxLength: 400 }), (pdus, noise) => {
        const octets = joined([...pdus.map(writePdu), noise]);
        const found = streamed(octets, [], 1);
        expect(found.slice(0, pdus.length)).to.deep.equal(pdus);
        const faults = found.filter(one => typeof one === 'object' && one !== null && 'reason' in one);
        expect(faults.length).to.be.at.most(1);
        if (faults.length > 0) expect(found.at(-1)).to.equal(faults[0]);
      }),
    );
  });

  it('never throws and never reads behind its end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(40), fc.nat(40), (octets, before, behind) => {
        const inside = new Uint8Array(before + octets.length + behind).fill(0xa5);
        inside.set(octets, before);
        const strip = (reading: RtrReading) => JSON.stringify(reading);
        expect(strip(readPdu(inside, before, before + octets.length))).to.equal(strip(readPdu(octets)));
      }),
    );
  });

  it('keeps no more than came of a PDU that claims to be long', () => {
    const head = hex(`01 09 0000 ${MAX_PDU.toString(16).padStart(8, '0')}`);
    expect(streamed(joined([head, new Uint8Array(1000)]), [3, 9, 500], 1)).to.deep.equal([]);
  });
});
