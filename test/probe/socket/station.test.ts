import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import type { ProbeConfig } from '../../../src/config/tree.ts';
import { encodeFrame, frameReader } from '../../../src/net/frames.ts';
import { epochKey } from '../../../src/packet/itk1.ts';
import type { KnownNeighbors } from '../../../src/probe/neighbors/vantage.ts';
import type { VantageReport } from '../../../src/probe/neighbors/vantage-rows.ts';
import type { ProbeAnswer, Question } from '../../../src/probe/question.ts';
import type { ProbeEpochs } from '../../../src/probe/sealed/kept-messages.ts';
import { openProbeLink, type ProbeLink } from '../../../src/probe/socket/link.ts';
import { PROBE_VERSION, readToDaemon, readToProbe } from '../../../src/probe/socket/messages.ts';
import { openProbeStation, type ProbeStation } from '../../../src/probe/socket/station.ts';
import { probeBlock, SECRET } from '../tapped.ts';

const TAP1: ProbeConfig = {
  ...probeBlock({ neighbors: [{ as: 64496, macs: ['00:00:5e:00:53:01'] }] }),
  memory: 2 ** 31,
};
const NEIGHBORS: KnownNeighbors = {
  owners: [
    { address: '192.0.2.1', as: 64496, from: 'bgp' },
    { address: '2001:db8::1', as: 4_200_000_000, from: 'session' },
  ],
  members: [{ mac: '00:00:5e:00:53:07', as: 64497 }],
};
const REPORT: VantageReport = {
  rows: [
    {
      ...{ mac: '00:00:5e:00:53:01', vlan: null, interface: 'eth1', direction: 'both', as: 64496 },
      ...{ from: 'configured', conflict: '', packets: 7, lastSeen: 1_265_630_400_000 },
    },
    {
      ...{ mac: null, vlan: 7, interface: 'eth2', direction: 'in', as: null },
      ...{ from: 'configured', conflict: 'x', packets: 0, lastSeen: null },
    },
  ],
  notes: ['192.0.2.1 is claimed'],
};
const QUESTION: Question = {
  epoch: 351_564,
  digest: '0123456789abcdef',
  from: 1_265_630_400_000,
  to: 1_265_630_404_000,
};
const ANSWER: ProbeAnswer = {
  probe: 'tap1',
  sightings: [
    {
      vantage: { direction: 'in', neighbor: 64496 },
      from: 1_265_630_400_000,
      to: 1_265_630_410_000,
      question: 0,
      provisional: false,
    },
  ],
  vantages: [
    { direction: 'inside', neighbor: null },
    { direction: 'in', neighbor: 64496 },
  ],
  retained: { from: 1_265_630_400_000, to: 1_265_630_420_000 },
  covered: true,
  sealed: true,
  falsePositive: 2 ** -16,
  windowsAsked: 3,
  packets: 12,
  lost: 0,
  sampling: 1,
};

const EPOCHS: ProbeEpochs = {
  epochs: [
    {
      ...{ epoch: 351_564, key: '0123456789abcdef', created: 1, destroyed: null, windows: 2 },
      ...{ first: 126_563_040, last: 126_563_041, root: 'ab'.repeat(32), chain: 'cd'.repeat(32) },
    },
    {
      ...{ epoch: 351_563, key: null, created: null, destroyed: 5, windows: 0 },
      ...{ first: null, last: null, root: '01'.repeat(32), chain: '23'.repeat(32) },
    },
  ],
  head: 'ef'.repeat(32),
};

describe('probe/station', () => {
  let folder: string;
  let path: string;
  let station: ProbeStation | undefined;
  const open: (ProbeLink | Socket)[] = [];
  const said: string[] = [];
  const neighbors: KnownNeighbors[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'intertrack-'));
    path = join(folder, 'itprobe.sock');
    said.length = 0;
    neighbors.length = 0;
  });
  afterEach(async () => {
    for (const end of open.splice(0)) 'destroy' in end ? end.destroy() : end.close();
    await station?.close();
    station = undefined;
    rmSync(folder, { recursive: true });
  });

  const start = async (probes: readonly ProbeConfig[] = [TAP1]) => {
    station = await openProbeStation({
      socket: { path },
      probes,
      epochKey: epoch => (epoch === QUESTION.epoch ? epochKey(SECRET, epoch) : null),
      log: (_, line) => said.push(line),
    });
    return station;
  };

  /** A link that answers with `answer`; resolves at its first welcome. */
  const dial = (name: string, answer: ProbeAnswer, welcomed: (probe: ProbeConfig) => void = () => {}) =>
    new Promise<ProbeLink>(resolve => {
      const link = openProbeLink({
        socket: path,
        name,
        onWelcome: probe => {
          welcomed(probe);
          setImmediate(() => resolve(link));
        },
        answer: async () => answer,
        status: async () => ({ packets: 12, windows: 3, retained: ANSWER.retained, lost: 1 }),
        onNeighbors: found => neighbors.push(found),
        flows: async () => ({ probe: '', places: [], retained: null }),
        epochs: async () => EPOCHS,
        vantages: async () => REPORT,
        forms: () => [],
        log: () => {},
      });
      open.push(link);
    });

  /** Sends octets as a probe would, and resolves with all messages that come back until the station hangs up. */
  const converse = (...octets: Uint8Array[]) =>
    new Promise<unknown[]>(resolve => {
      const messages: unknown[] = [];
      const socket = connect(path);
      open.push(socket);
      const read = frameReader(
        2 ** 20,
        message => messages.push(message),
        () => {},
      );
      socket.on('data', read);
      socket.on('error', () => {});
      socket.on('close', () => resolve(messages));
      for (const chunk of octets) socket.write(chunk);
    });

  it('welcomes a probe, hands out the keys it is asked for, and gets its answers', async () => {
    const { ask, status } = await start();
    const configs: ProbeConfig[] = [];
    const link = await dial('tap1', ANSWER, probe => configs.push(probe));
    expect(configs).to.deep.equal([TAP1]);
    expect(await link.key(QUESTION.epoch)).to.deep.equal(epochKey(SECRET, QUESTION.epoch));
    expect(await link.key(1)).to.equal(null);
    expect(await ask([QUESTION], Date.now() + 5000)).to.deep.equal({ answers: [ANSWER], silent: [] });
    const [row] = status();
    expect(row).to.include({ probe: 'tap1', packets: 12, windows: 3, lost: 1, retainedTo: 1_265_630_420_000 });
    expect(row!.connectedSince).to.be.a('number');
  });

  it('names the probes that are silent: away, late, or not to the point', async () => {
    const { ask, status } = await start([TAP1, { ...TAP1, name: 'tap2' }, { ...TAP1, name: 'tap3' }]);
    await dial('tap1', ANSWER);
    await dial('tap3', { ...ANSWER, sightings: [{ ...ANSWER.sightings[0]!, question: 7 }] });
    const { answers, silent } = await ask([QUESTION], Date.now() + 5000);
    expect(answers).to.have.length(1);
    expect(silent).to.deep.equal(['tap2', 'tap3']);
    expect(status().find(({ probe }) => probe === 'tap2')).to.deep.include({ connectedSince: null, packets: null });
    const passed = await ask([QUESTION], Date.now() - 1);
    expect(passed, 'a deadline that has passed').to.deep.include({ answers: [] });
  });

  it('refuses who is not configured, is there already, or speaks another version', async () => {
    await start();
    const hello = (version: number, name: string) => encodeFrame({ type: 'hello', version, name });
    const reason = async (...octets: Uint8Array[]) =>
      (await converse(...octets)).map(m => (m as { reason?: string }).reason);
    expect((await reason(hello(PROBE_VERSION, 'tap9')))[0]).to.contain('"tap9"');
    expect((await reason(hello(PROBE_VERSION + 1, 'tap1')))[0]).to.contain(`version ${PROBE_VERSION + 1}`);
    expect((await reason(encodeFrame({ type: 'key', epoch: 1 })))[0]).to.contain('before hello');
    await dial('tap1', ANSWER);
    expect((await reason(hello(PROBE_VERSION, 'tap1')))[0]).to.contain('already');
  });

  it('answers nonsense with a reason and goes on with the others', async () => {
    const { ask } = await start();
    await dial('tap1', ANSWER);
    const nonsense = [
      Uint8Array.from([0xff, 0xff, 0xff, 0xff, 0]),
      Uint8Array.from([0, 0, 0, 1, 0xff]),
      encodeFrame(['hello']),
      encodeFrame({ type: 'hello', version: 1 }),
      encodeFrame({ type: 'nothing' }),
    ];
    for (const octets of nonsense) {
      const [message] = await converse(octets);
      expect(message).to.include({ type: 'refused' });
    }
    expect((await ask([QUESTION], Date.now() + 5000)).answers).to.have.length(1);
  });

  it('tells a probe its new configuration, and hangs up on one that is gone from it', async () => {
    const { reconfigure, status } = await start();
    const configs: ProbeConfig[] = [];
    const changed = { ...TAP1, retention: 1000 };
    await new Promise<void>(resolve => {
      dial('tap1', ANSWER, probe => {
        configs.push(probe);
        if (configs.length === 1) reconfigure([changed]);
        else resolve();
      });
    });
    expect(configs).to.deep.equal([TAP1, changed]);
    reconfigure([]);
    expect(status()).to.deep.equal([]);
  });

  it('tells a probe of its neighbours when it comes and when they change, and asks for what it makes of them', async () => {
    const { tell, vantages, reconfigure } = await start();
    tell('tap1', NEIGHBORS);
    const refused = await vantages('tap1').catch((error: Error) => error.message);
    expect(refused).to.equal('probe tap1 is not connected');
    await dial('tap1', ANSWER);
    expect(await vantages('tap1')).to.deep.equal(REPORT);
    tell('tap1', { owners: [...NEIGHBORS.owners], members: NEIGHBORS.members });
    tell('tap1', { owners: [], members: [] });
    await vantages('tap1');
    expect(neighbors, 'nothing is told twice').to.deep.equal([NEIGHBORS, { owners: [], members: [] }]);
    expect(await vantages('tap9').catch((error: Error) => error.message)).to.equal('no probe tap9 is configured');
    const gone = vantages('tap1').catch((error: Error) => error.message);
    reconfigure([]);
    expect(['probe tap1 does not answer', REPORT]).to.deep.include(await gone);
  });

  it('tells as many neighbours as a probe takes', async () => {
    const { tell, vantages } = await start();
    const mac = (i: number) =>
      `00:00:5e:00:${(i >> 8).toString(16).padStart(2, '0')}:${(i & 255).toString(16).padStart(2, '0')}`;
    const owners = Array.from({ length: 20_000 }, (_, i) => ({
      ...{
        address: `2001:db8:1111:2222:3333:4444:5555:${(i + 1).toString(16)}`,
        as: 4_200_000_000 + i,
        from: 'session' as const,
      },
    }));
    const members = Array.from({ length: 20_000 }, (_, i) => ({ mac: mac(i & 0xffff), as: 4_200_000_000 + i }));
    tell('tap1', { owners, members });
    await dial('tap1', ANSWER);
    await vantages('tap1');
    expect(neighbors).to.deep.equal([{ owners: owners.slice(0, 8192), members: members.slice(0, 4096) }]);
  });

  it('is dialled again after it was away, and asked again for the keys', async () => {
    await start();
    let welcomes = 0;
    const again = Promise.withResolvers<void>();
    const link = await dial('tap1', ANSWER, () => {
      if (++welcomes === 2) again.resolve();
    });
    await station!.close();
    const key = link.key(QUESTION.epoch);
    await start();
    await again.promise;
    expect(await key).to.deep.equal(epochKey(SECRET, QUESTION.epoch));
  });

  it('opens its socket to its group only, and takes the place of a socket file that nobody listens at', async () => {
    await start();
    expect(statSync(path).mode & 0o777).to.equal(0o660);
    const second = await start().catch((error: Error) => error);
    expect((second as Error).message).to.contain('another daemon answers');
    await station!.close();

    // A program that was killed leaves its socket file behind.
    const killed = createServer();
    await new Promise<void>(resolve => killed.listen(path, resolve));
    const { renameSync } = await import('node:fs');
    renameSync(path, `${path}.kept`);
    await new Promise(resolve => killed.close(resolve));
    renameSync(`${path}.kept`, path);
    await start();
    await station!.close();
    station = undefined;

    writeFileSync(path, 'a file');
    expect(((await start().catch((error: Error) => error)) as Error).message).to.contain('a file that is no socket');
    path = join(folder, 'other.sock');
    const grouped = openProbeStation({
      socket: { path, group: 'no-such-group' },
      probes: [],
      epochKey: () => null,
      log: () => {},
    });
    expect(((await grouped.catch((error: Error) => error)) as Error).message).to.contain('no-such-group');
  });
});

describe('probe/messages', () => {
  const hostile = fc.anything({ withTypedArray: true });

  it('reads what is sent, and says what is wrong with anything else', () => {
    const answer = { type: 'answer', id: 1, answer: ANSWER };
    expect(readToDaemon(answer)).to.deep.equal(answer);
    const wrong: [object, string][] = [
      [{ ...ANSWER, sightings: 1 }, 'sightings'],
      [{ ...ANSWER, sightings: [{ ...ANSWER.sightings[0], vantage: { direction: 'up', neighbor: 1 } }] }, 'direction'],
      [{ ...ANSWER, vantages: [{ direction: 'inside', neighbor: 1 }] }, 'neighbor'],
      [{ ...ANSWER, vantages: [{ direction: 'unknown', neighbor: 1 }] }, 'neighbor'],
      [{ ...ANSWER, retained: { from: 2, to: 1 } }, 'to is before from'],
      [{ ...ANSWER, falsePositive: 1.5 }, 'falsePositive'],
      [{ ...ANSWER, packets: -1 }, 'packets'],
      [{ ...ANSWER, covered: 1 }, 'covered'],
    ];
    for (const [bad, field] of wrong) expect(readToDaemon({ type: 'answer', id: 1, answer: bad })).to.contain(field);
    const keys = [{ epoch: 1, check: '0123456789abcdef' }];
    const question = { type: 'question', id: 1, questions: [QUESTION], keys };
    expect(readToProbe(question)).to.deep.equal(question);
    expect(readToProbe({ ...question, questions: [{ ...QUESTION, digest: '0123456789ABCDEF' }] })).to.contain('digest');
    expect(readToProbe({ ...question, keys: [{ epoch: 1, check: 'no' }] })).to.contain('check');
    expect(readToProbe({ ...question, questions: Array(257).fill(QUESTION) })).to.contain('questions');
    expect(readToProbe({ type: 'key', epoch: 1, key: new Uint8Array(15) })).to.contain('key');
    const report = { type: 'vantages', id: 1, report: REPORT };
    expect(readToDaemon(report)).to.deep.equal(report);
    const rows = [{ ...REPORT.rows[0], vlan: 5000 }];
    expect(readToDaemon({ ...report, report: { ...REPORT, rows } })).to.contain('vlan');
    expect(readToDaemon({ ...report, report: { ...REPORT, rows: Array(2049).fill(REPORT.rows[0]) } })).to.contain(
      'rows',
    );
    expect(readToProbe({ type: 'neighbors', neighbors: { owners: [['192.0.2.1', 1, 'x']], members: [] } })).to.contain(
      'source',
    );
    expect(readToProbe({ type: 'neighbors', neighbors: { owners: [], members: [['00:00:5e:00:53:07']] } })).to.contain(
      '2 values',
    );
    const probe = { ...TAP1, interfaces: [{ interface: 'eth1', direction: 'up' }] };
    expect(readToProbe({ type: 'welcome', version: 1, probe })).to.contain('direction');
  });

  it('never throws', () => {
    const types = fc.constantFrom(
      ...['hello', 'welcome', 'refused', 'key', 'question', 'answer', 'status', 'neighbors', 'vantages'],
    );
    const shaped = fc.record({
      type: types,
      id: hostile,
      answer: hostile,
      probe: hostile,
      questions: hostile,
      status: hostile,
      neighbors: fc.oneof(hostile, fc.record({ owners: hostile, members: hostile })),
      report: fc.oneof(hostile, fc.record({ rows: fc.array(hostile), notes: hostile })),
    });
    fc.assert(
      fc.property(fc.oneof(hostile, shaped), value => {
        expect(['string', 'object']).to.include(typeof readToDaemon(value));
        expect(['string', 'object']).to.include(typeof readToProbe(value));
      }),
    );
  });
});
