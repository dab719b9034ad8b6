import { expect } from 'chai';
import fc from 'fast-check';
import type { IodefIncident } from '../../src/bridge/iodef-v1.ts';
import {
  type DigestRecord,
  decodeDigest,
  decodePacket,
  encodeDigest,
  readInstant,
} from '../../src/bridge/packet-record.ts';
import { decodeRid, encodeRid, type RidMessage } from '../../src/bridge/rid-message.ts';
import { installed, lint } from './exported.ts';
import { FOREIGN } from './samples.ts';

const read = (text: string): RidMessage => {
  const found = decodeRid(text);
  if ('wrong' in found) throw new Error(found.wrong);
  return found;
};
const fault = (text: string): string => {
  const found = decodeRid(text);
  return 'wrong' in found ? found.wrong : 'nothing is wrong';
};

describe('bridge/rid-message', () => {
  it('reads a request as another system writes it', () => {
    const { report, ...message } = read(FOREIGN);
    expect(message).to.deep.equal({
      ...{ type: 'TraceRequest', region: 'IntraConsortium', traffic: 'Network', node: '192.0.2.3' },
      ...{ incident: { name: 'csirt.example.com', id: '207-1' }, status: null, source: null },
    });
    expect(report).to.deep.include({
      purpose: 'traceback',
      detected: Date.UTC(2004, 1, 2, 22, 49, 24),
      confidence: 80,
    });
    expect(report!.creator).to.deep.equal({ name: 'CSIRT', contact: 'c@example.com' });
    expect(report!.systems).to.deep.equal([{ category: 'source', ases: [64500], words: '' }]);
    const [record, ...more] = report!.records;
    expect(more).to.deep.equal([]);
    expect(record).to.deep.include({ kind: 'packet', version: 4, time: Date.UTC(2004, 1, 2, 22, 49, 24, 500) });
    expect(record!.kind === 'packet' && Buffer.from(record!.octets).toString('hex')).to.match(/^45000028.*5002/);
  });

  it('says what is wrong', () => {
    for (const [from, to, wrong] of [
      ['iodef-rid-2.0', 'iodef-rid-3.0', 'it is no RID of urn:ietf:params:xml:ns:iodef-rid-2.0'],
      ['MsgType="TraceRequest"', 'MsgType="Order"', 'it has no known MsgType, but "Order"'],
      ['region="IntraConsortium"', 'region="Moon"', 'it has no known PolicyRegion'],
      ['type="Network"', 'type="Rail"', 'it has no known TrafficType'],
      [
        'xmlns:i="urn:ietf:params:xml:ns:iodef-1.0"',
        'xmlns:i="urn:x"',
        'its report is no IODEF-Document of urn:ietf:params:xml:ns:iodef-1.0',
      ],
      ['purpose="traceback"', 'purpose="fun"', 'an Incident has no purpose "fun"'],
      ['450000280001', '650000280001', 'a packet of IPv4 does not begin so'],
      ['450000280001', '4500002800x1', 'a packet is hex, 20 octets at least'],
      [
        'i:IncidentID name="csirt.example.com">207-1',
        'i:IncidentID name="">207-1',
        'an IncidentID has a name of 1 to 256 characters',
      ],
      ['<r:RIDPolicy MsgType', '<r:Policy MsgType', /^line \d+, column \d+: /],
    ] as const) {
      const text = FOREIGN.replaceAll(from, to);
      expect(text, from).not.to.equal(FOREIGN);
      if (typeof wrong === 'string') expect(fault(text)).to.equal(wrong);
      else expect(fault(text)).to.match(wrong);
    }
  });

  it('reads and writes a digest as one line', () => {
    const record: DigestRecord = {
      kind: 'digest',
      ...{ packet: 3, epoch: 492300, digest: '6f6cfad95ecccf84' },
      ...{ time: Date.UTC(2026, 2, 1, 12), federation: 'jp, isp' },
    };
    const line = '3,492300,6f6cfad95ecccf84,2026-03-01T12:00:00.000Z,jp, isp';
    expect(encodeDigest(record)).to.equal(line);
    expect(decodeDigest(line)).to.deep.equal(record);
    for (const wrong of [
      '',
      line.slice(1),
      line.replace('f', 'g'),
      line.replace('3,', '64,'),
      line.replace('T12', ' 12'),
    ])
      expect(decodeDigest(wrong), wrong).to.be.a('string');
    expect(decodePacket('00'.repeat(70_000), 4, null)).to.equal('a packet has at most 65535 octets');
    for (const wrong of ['2026-03-01', '2026-03-01T12:00:00', '2026-13-01T12:00:00Z', 'x'])
      expect(readInstant(wrong), wrong).to.equal(null);
  });

  const words = fc.string({ minLength: 1, maxLength: 40 }).filter(text => /^[\x21-\x7e]+$/.test(text));
  const as = fc.integer({ min: 1, max: 0xffffffff });
  const time = fc.integer({ min: 0, max: 4_000_000_000_000 });
  const incidentId = fc.record({ name: words, id: words });
  const report: fc.Arbitrary<IodefIncident> = fc.record({
    purpose: fc.constantFrom('traceback', 'mitigation', 'reporting', 'other'),
    incident: incidentId,
    detected: fc.option(time),
    reported: time,
    descriptions: fc.array(words, { maxLength: 3 }),
    confidence: fc.option(fc.integer({ min: 0, max: 100 })),
    creator: fc.record({ name: words, contact: fc.option(words) }),
    contacts: fc.constant([]),
    systems: fc.array(
      fc.record({
        category: fc.constantFrom('source', 'sensor', 'intermediate'),
        ases: fc.array(as, { minLength: 1, maxLength: 3 }),
        words,
      }),
      { maxLength: 3 },
    ),
    expected: fc.oneof(fc.constant(''), words),
    records: fc.array(
      fc.oneof(
        fc.record({
          ...{
            kind: fc.constant('digest' as const),
            packet: fc.integer({ min: 0, max: 63 }),
            epoch: fc.integer({ min: 0, max: 999_999 }),
          },
          ...{ digest: fc.stringMatching(/^[0-9a-f]{16}$/), time, federation: words },
        }),
        fc.record({
          ...{ kind: fc.constant('packet' as const), version: fc.constant(4 as const), time: fc.option(time) },
          octets: fc.uint8Array({ minLength: 19, maxLength: 60 }).map(rest => Uint8Array.of(0x45, ...rest)),
        }),
      ),
      { maxLength: 4 },
    ),
    data: fc.array(fc.record({ meaning: words, text: words }), { maxLength: 2 }),
  });
  const message: fc.Arbitrary<RidMessage> = fc.record({
    type: fc.constantFrom('TraceRequest', 'InvestigationRequest', 'Query', 'Acknowledgement', 'Result', 'Report'),
    region: fc.constantFrom('ClientToSP', 'SPToClient', 'IntraConsortium', 'PeerToPeer', 'BetweenConsortiums'),
    traffic: fc.constantFrom(
      'Attack',
      'Network',
      'Content',
      'DataWithHandlingRequirements',
      'AudienceRestriction',
      'Other',
    ),
    node: words,
    incident: incidentId,
    status: fc.option(
      fc.record({
        authorization: fc.constantFrom('Approved', 'Denied', 'Pending'),
        justification: fc.constantFrom(null, 'SystemResource', 'Authentication', 'CannotProcess', 'Other'),
      }),
    ),
    source: fc.option(fc.record({ found: fc.boolean(), ases: fc.array(as, { maxLength: 3 }) })),
    report: fc.option(report),
  });

  it('reads what it writes', () => {
    fc.assert(
      fc.property(message, one => {
        expect(read(encodeRid(one))).to.deep.equal(one);
      }),
    );
  });

  it('writes what the schema of RFC 6545 allows, whatever the message', function () {
    if (!installed('xmllint', '--version')) this.skip();
    fc.assert(
      fc.property(message, one => {
        expect(lint(encodeRid(one), 'rid-2')).to.equal('');
      }),
      { numRuns: 40 },
    );
  });

  it('never throws, whatever is changed in a message', () => {
    const pieces = ['<', '>', '"', '&', '/', '\u0000', 'i:', 'xmlns:i="urn:y"', '<i:Record>', '9'.repeat(400), '<!--'];
    fc.assert(
      fc.property(fc.nat(FOREIGN.length), fc.nat(30), fc.constantFrom(...pieces, ''), (at, length, piece) => {
        const found = decodeRid(FOREIGN.slice(0, at) + piece + FOREIGN.slice(at + length));
        expect(found).to.be.an('object');
      }),
      { numRuns: 400 },
    );
  });
});
