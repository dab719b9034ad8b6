/** Completion of what the daemon holds now: every kind of argument that names something has its names. */
import { expect } from 'chai';
import { ARGUMENTS } from '../../src/control/argument.ts';
import type { RidEntry, RidPeerRow } from '../../src/control/bridge-rows.ts';
import { complete } from '../../src/control/commands.ts';
import { blockOf } from '../../src/control/live-names.ts';
import { completionLines } from '../../src/vty/shell-completion.ts';
import { CASE, NOON, ROUTES, scriptedDaemon, TRACE } from './scripted.ts';

/** Of each kind: a command up to it, what is typed of it, and a name that is found. */
const LIVE: Readonly<Record<string, readonly [line: string, begun: string, name: string]>> = {
  APPROVAL: ['trace approve', 'p', 'p3f9a02c1'],
  AS: ['show traceback peers', '64', '64510'],
  ASES: ['plan placement --peers', '64496,64', '64496,64497'],
  'CASE-ID': ['case ack', '', CASE.id],
  'INCIDENT-ID': ['show incident', 'I', `I${CASE.id}`],
  NAME: ['show irr', 'JP', 'JPIRR'],
  PEER: ['clear bgp', 'o', 'osa1'],
  PREFIX: ['show route', '192.0.', ROUTES[0]!.prefix],
  PROBE: ['retention prove', '', 'tap1'],
  REQUEST: ['rid approve', '', '7'],
  RIDPEER: ['trace report t20260301-120000-abcd to', 'cs', 'csirt'],
  RPKI: ['show rpki cache', '', 'validators'],
  SOURCE: ['reload irr', 'J', 'JPIRR'],
  MACHINE: ['show collector', '192', '192.0.2.20'],
  PARTITION: ['show partition', '1', '1'],
  'TRACE-ID': ['show trace', 't', TRACE.id],
  VICTIMS: ['plan placement --victim', '64500,192', `64500,${CASE.prefix}`],
};

/** Kinds with a fixed list of words. */
const FIXED = ['COMMUNITY', 'FAMILY', 'LEVEL', 'PURPOSE', 'ROLE', 'STATE'];

/** Kinds that name nothing which the daemon holds, or (CONFIRMATION) must not be completed. */
const NONE = [
  ...['CONFIRMATION', 'DIGEST', 'DURATION', 'EPOCH', 'FILE', 'LENGTH', 'MARK', 'NUMBER', 'NUMBERS', 'PATH', 'QUERY'],
  ...['REFERENCE', 'REGEX', 'SET', 'TEXT', 'TIME', 'UNTIL', 'WORD'],
];

const RID_PEER: RidPeerRow = {
  ...{ name: 'csirt', url: null, in: 'ask', packets: false, rate: 1, lastError: '' },
  ...{ received: 1, traced: 0, denied: 0, sent: 0, failed: 0 },
};
const RID_ENTRY: RidEntry = {
  ...{ number: 7, at: NOON, way: 'in', peer: 'csirt', type: 'TraceRequest', incident: 'csirt.example.net 207-1' },
  ...{ trace: null, state: 'pending', words: 'waits for a person' },
};

describe('control/live-names', () => {
  const daemon = scriptedDaemon({ ridPeers: async () => [RID_PEER], ridEntries: async () => [RID_ENTRY] });
  const client = {
    async complete(words: readonly string[]) {
      const found = await complete(daemon, words);
      return 'error' in found ? found.error : found;
    },
  };

  it('knows of every kind of argument whether it names something', () => {
    expect([...Object.keys(LIVE), ...FIXED, ...NONE].sort()).to.deep.equal(Object.keys(ARGUMENTS).sort());
  });
  for (const [kind, [line, begun, name]] of Object.entries(LIVE))
    it(`completes ${kind}`, async () => {
      const words = [...line.split(' '), begun];
      const found = await complete(daemon, words);
      if ('error' in found) return expect.fail(found.error);
      expect(found.some(one => one.kind === 'argument' && one.word === kind)).to.equal(true);
      expect(found.filter(one => one.kind === 'value').map(one => one.word)).to.include(name);
      expect(await completionLines(client, words)).to.include(`${name}\t`);
    });
  for (const kind of FIXED)
    it(`lists every ${kind}`, async () => {
      const values = await ARGUMENTS[kind]!.values!(daemon, { begun: '', words: [] });
      expect(values).not.to.deep.equal([]);
      for (const value of values) expect(ARGUMENTS[kind]!.refuse(value), value).to.equal(null);
    });

  it('finds the block of a prefix that is half typed', () => {
    const blocks: readonly (readonly [string, string | null])[] = [
      ['', null],
      ['10', null],
      ['10.', '10.0.0.0/8'],
      ['10.1', '10.0.0.0/8'],
      ['10.1.2.3', '10.1.2.0/24'],
      ['10.1.2.3.', null],
      ['10.1.2.0/2', '10.1.2.0'],
      ['10.300.', null],
      ['2001:', '2001::/16'],
      ['2001:db8:4', '2001:db8::/32'],
      ['2001:db8::', '2001:db8::/32'],
      ['2001:db8::/3', '2001:db8::'],
      ['::', '::/16'],
      ['tyo1', null],
    ];
    for (const [begun, block] of blocks) expect(blockOf(begun), begun).to.equal(block);
  });

  it('looks at no more routes than it must', async () => {
    let asked = 0;
    const endless = scriptedDaemon({
      async routes(_, take, signal) {
        for (; !signal.aborted; asked++)
          await take(Array.from({ length: 100 }, (_, i) => ({ ...ROUTES[0]!, prefix: `10.0.${asked % 250}.${i}/32` })));
        return { changed: 0 };
      },
    });
    const found = await complete(endless, ['show', 'route', '10.']);
    expect(asked).to.be.below(10);
    if ('error' in found) return expect.fail(found.error);
    expect(found.filter(one => one.kind === 'value')).to.have.length(200);
  });

  it('offers no AS twice, and an empty list when nothing can be asked', async () => {
    const broken = scriptedDaemon({
      tracePeers: () => Promise.reject(new Error('gone')),
      tracebackParticipants: () => Promise.reject(new Error('gone')),
    });
    const found = await complete(broken, ['show', 'traceback', 'peers', '']);
    if ('error' in found) return expect.fail(found.error);
    expect(found.filter(one => one.kind === 'value')).to.deep.equal([]);
    const all = await ARGUMENTS.AS!.values!(daemon, { begun: '', words: [] });
    expect(new Set(all).size).to.equal(all.length);
  });
});
