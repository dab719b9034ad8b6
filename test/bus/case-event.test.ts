import { expect } from 'chai';
import fc from 'fast-check';
import { decodeCaseMessage, encodeCaseMessage } from '../../src/bus/case-event.ts';
import { readAlive } from '../../src/bus/presence.ts';
import { isMachine, machineOf, partitionOf } from '../../src/bus/subjects.ts';
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
    ['another version', octets('{"v":9}'), 'v: 9 is a version that is not known here'],
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
