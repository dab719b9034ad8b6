import { expect } from 'chai';
import fc from 'fast-check';
import { decodeCaseMessage, encodeCaseMessage, VERSIONS } from '../../src/bus/case-event.ts';
import { readAlive, versionFor } from '../../src/bus/presence.ts';
import { isMachine, machineOf, partitionOf } from '../../src/bus/subjects.ts';
import type { FoundKind } from '../../src/registry/judged-change.ts';
import { judgedChange } from './judged.ts';

const octets = (text: string) => new TextEncoder().encode(text);
const message = (events: unknown, more: object = {}) =>
  octets(JSON.stringify({ v: 1, life: 1, sequence: 1, events, ...more }));

describe('bus/case-event', () => {
  it('reads what it writes', () => {
    const written = {
      life: 1_700_000_000_000,
      sequence: 7,
      events: [
        { what: 'hello' },
        {
          what: 'judged',
          changes: [judgedChange(1), judgedChange(2, { origin: null, offender: null, path: [1, [2, 3]] })],
        },
        { what: 'session', peer: 'tyo1' },
        { what: 'end-of-rib', peer: 'tyo1', time: 5 },
        { what: 'forgotten', peer: 'tyo1' },
        { what: 'peers', names: ['tyo1', 'osa1'] },
        { what: 'registry' },
        { what: 'resync' },
        { what: 'resynced', up: ['tyo1'], whole: [] },
      ],
    } as const;
    expect(decodeCaseMessage(encodeCaseMessage(written))).to.deep.equal(written);
  });

  for (const [what, of, why] of [
    ['no JSON', octets('{'), 'it is no JSON in UTF-8'],
    ['no UTF-8', Uint8Array.of(0x22, 0xff, 0x22), 'it is no JSON in UTF-8'],
    ['a list', octets('[]'), 'it is no object'],
    ['no version', octets('{}'), 'v: undefined is no version'],
    ['a version that none will be', octets('{"v":9000}'), 'v: 9000 is no version'],
    ['no life', message([], { life: -1 }), 'life: no time'],
    ['no sequence', message([], { sequence: 0 }), 'sequence: no number from 1 on'],
    ['too many events', message(Array(1_001).fill({ what: 'registry' })), 'events: no list of 1000 at most'],
    ['an unknown event', message([{ what: 'registry' }, { what: 'bye' }]), 'events[1]: what: "bye" is not known here'],
    ['no peer', message([{ what: 'session', peer: '' }]), 'events[0]: peer: no name'],
    ['a change of nothing', message([{ what: 'judged', changes: [null] }]), 'events[0]: changes[0]: no object'],
    [
      'no prefix',
      message([{ what: 'judged', changes: [judgedChange(1, { prefix: '10.0.0.1/24' })] }]),
      'events[0]: changes[0]: prefix',
    ],
    [
      'an AS of 33 bits',
      message([{ what: 'judged', changes: [judgedChange(1, { path: [2 ** 32] })] }]),
      'events[0]: changes[0]: path',
    ],
  ] as const)
    it(`refuses ${what}, and says where`, () => {
      expect(decodeCaseMessage(of)).to.equal(why);
    });

  // What a version is, to the octet: programs that are installed read it so.
  const [first, second] = [judgedChange(1), judgedChange(2, { decidedBy: '10.0.0.0/16', drawing: true })];
  const vectors = [
    [
      1,
      '{"v":1,"life":1,"sequence":7,"events":[{"what":"hello"},{"what":"judged","changes":[{"peer":"feed","peerAs":64497,' +
        '"peerAddress":"192.0.2.1","prefix":"10.0.1.0/24","origin":64666,"kind":"origin","offender":64666,"ground":"",' +
        '"what":"held","why":"update","time":1,"path":[64497,64666],"state":"mismatch","decidedBy":"10.0.1.0/24"},' +
        '{"peer":"feed","peerAs":64497,"peerAddress":"192.0.2.1","prefix":"10.0.2.0/24","origin":64666,"kind":"origin",' +
        '"offender":64666,"ground":"","what":"held","why":"update","time":2,"path":[64497,64666],"state":"mismatch",' +
        '"decidedBy":"10.0.0.0/16","drawing":true}]}]}',
    ],
    [
      2,
      '{"v":2,"life":1,"sequence":7,"events":[{"what":"hello"},{"what":"judged","same":{"peer":"feed","peerAs":64497,' +
        '"peerAddress":"192.0.2.1","origin":64666,"kind":"origin","offender":64666,"ground":"","what":"held",' +
        '"why":"update","path":[64497,64666],"state":"mismatch"},"changes":[{"prefix":"10.0.1.0/24","time":1},' +
        '{"prefix":"10.0.2.0/24","time":2,"decidedBy":"10.0.0.0/16","drawing":true}]}]}',
    ],
    [
      3,
      '{"v":3,"life":1,"sequence":7,"events":[{"what":"hello"},{"what":"judged","same":{"peer":"feed","peerAs":64497,' +
        '"peerAddress":"192.0.2.1","origin":64666,"kind":"roa-vanished","offender":64666,"ground":"","what":"held",' +
        '"why":"update","path":[64497,64666],"state":"mismatch"},"changes":[{"prefix":"10.0.1.0/24","time":1},' +
        '{"prefix":"10.0.2.0/24","time":2,"decidedBy":"10.0.0.0/16","drawing":true}]}]}',
    ],
  ] as const;
  for (const [version, text] of vectors)
    it(`is of version ${version} as it is written down`, () => {
      const kind: FoundKind = version < 3 ? 'origin' : 'roa-vanished';
      const of = {
        life: 1,
        sequence: 7,
        events: [{ what: 'hello' }, { what: 'judged', changes: [first, second].map(one => ({ ...one, kind })) }],
      } as const;
      expect(new TextDecoder().decode(encodeCaseMessage(of, version))).to.equal(text);
      expect(decodeCaseMessage(octets(text))).to.deep.equal(of);
    });

  it('has a vector of each version that it reads', () => {
    expect(vectors.map(([version]) => version)).to.deep.equal(VERSIONS);
  });

  const once = (event: object) =>
    octets(JSON.stringify({ v: 2, life: 1, sequence: 1, events: [{ what: 'judged', ...event }] }));
  for (const [what, of, why] of [
    ['nothing in common', once({ changes: [] }), 'events[0]: same: no object'],
    ['what is common and wrong', once({ same: { peer: '' }, changes: [] }), 'events[0]: same: peer'],
    ['a change of nothing', once({ same: {}, changes: [1] }), 'events[0]: changes[0]: no object'],
    ['no changes', once({ same: {} }), 'events[0]: changes: no list of 1000 at most'],
    ['a change that lacks a field', once({ same: first, changes: [{}, { path: 1 }] }), 'events[0]: changes[1]: path'],
    [
      'more than a message may have',
      octets(
        JSON.stringify({
          ...{ v: 2, life: 1, sequence: 1 },
          events: Array(5).fill({ what: 'judged', same: first, changes: Array(1_000).fill({}) }),
        }),
      ),
      'events: more than 4000 changes',
    ],
  ] as const)
    it(`refuses ${what} in version 2, and says where`, () => {
      expect(decodeCaseMessage(of)).to.equal(why);
    });

  it('tells a version that it does not know from what is wrong', () => {
    expect(decodeCaseMessage(octets('{"v":9,"anything":true}'))).to.deep.equal({ version: 9 });
  });

  it('comes back in every version as it was', () => {
    const change = fc
      .record({
        number: fc.integer({ min: 0, max: 3 }),
        peer: fc.constantFrom('a', 'b'),
        origin: fc.constantFrom(null, 1),
        path: fc.constantFrom([1, 2], [1, [2, 3]], []),
        more: fc.constantFrom({}, { drawing: true }, { beside: false }, { rightly: 0 }, { decidedBy: '10.0.0.0/8' }),
      })
      .map(({ number, more, ...rest }) => judgedChange(number, { ...rest, ...more }));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 6 }), fc.constantFrom(...VERSIONS), (changes, version) => {
        const of = { life: 1, sequence: 1, events: [{ what: 'judged', changes }] } as const;
        expect(decodeCaseMessage(encodeCaseMessage(of, version))).to.deep.equal(of);
      }),
    );
  });

  it('is of the newest version that all machines with cases read', () => {
    const cases = (...reads: number[]) => ({ roles: ['cases'], reads });
    expect(versionFor([]), 'nobody is known').to.equal(1);
    expect(versionFor([cases(1, 2), cases(1, 2, 3), { roles: ['collector'] }])).to.equal(2);
    expect(versionFor([cases(1, 2), { roles: ['cases'] }]), 'one says nothing').to.equal(1);
    expect(versionFor([cases(1, 2), cases(1)])).to.equal(1);
    expect(versionFor([cases(1, 2), cases(3, 4)]), 'nothing would do').to.equal(1);
  });

  it('passes over fields that it does not know', () => {
    expect(decodeCaseMessage(message([{ what: 'hello', colour: 'red' }], { w: 1 }))).to.be.an('object');
  });

  it('never throws, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 64 }),
          fc.json().map(octets),
          fc.json().map(text => message(JSON.parse(text))),
          fc
            .tuple(fc.json(), fc.json())
            .map(([same, of]) => once({ same: JSON.parse(same), changes: [JSON.parse(of)] })),
          fc
            .dictionary(fc.constantFrom(...Object.keys(first)), fc.jsonValue())
            .map(same => once({ same, changes: [{}, first] })),
        ),
        of => {
          const read = decodeCaseMessage(of);
          expect(typeof read === 'string' || 'version' in read || Array.isArray(read.events)).to.equal(true);
          readAlive(of);
        },
      ),
    );
  });

  it('knows a machine by the subject, and only one that is', () => {
    expect(machineOf('intertrack.judged.10-0-0-1.3')).to.equal('10-0-0-1');
    expect(machineOf('intertrack.judged.x.3')).to.equal(null);
    expect(machineOf('other.judged.10-0-0-1.3')).to.equal(null);
    expect(isMachine('10-0-0-1-2')).to.equal(false);
  });

  it('spreads prefixes over the partitions', () => {
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 4_000; i++) counts[partitionOf(`10.${i >> 8}.${i & 255}.0/24`, 4)]!++;
    expect(Math.min(...counts)).to.be.above(800);
  });
});
