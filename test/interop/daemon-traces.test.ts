/** intertrackd ended, by SIGKILL and by SIGTERM, while a trace is in work: no trace vanishes. */
import { join } from 'node:path';
import { expect } from 'chai';
import type { TracePeerRow } from '../../src/control/traceback-rows.ts';
import type { Probes } from '../../src/traceback/btm.ts';
import type { Trace } from '../../src/traceback/trace.ts';
import { type Ases, newAses, probeAnswer, sawTo } from '../traceback/ases.ts';
import { makeIdentity } from '../traceback/certificates.ts';
import { until } from './bgp-peers.ts';
import { type Intertrackd, intertrackd } from './intertrackd.ts';

const [DAEMON, PEER] = [64500, 64501];
const DIGEST = '0123456789abcdef';

describe('interop/daemon-traces', function () {
  this.timeout(180_000);
  let daemon: Intertrackd;
  let ases: Ases;
  /** Questions to the probes of the peer that are not answered yet; none is until `slow` is false. */
  let slow: boolean;
  let held: (() => void)[];

  beforeEach(async () => {
    ases = newAses();
    daemon = intertrackd('192.0.2.10', DAEMON);
    slow = true;
    held = [];
    const answer = { answers: [probeAnswer([sawTo(DAEMON)])], silent: [] };
    const probes: Probes = {
      ask: () => (slow ? new Promise(resolve => held.push(() => resolve(answer))) : Promise.resolve(answer)),
    };
    const peer = await ases.start({ as: PEER, peers: [DAEMON], probes });
    const { key, certificate } = makeIdentity(DAEMON, ases.directory);
    ases.strange(DAEMON);
    await ases.link();
    daemon.configure(traceback(key, certificate, peer.port));
    await daemon.start();
    await established();
  });
  afterEach(async () => {
    await daemon.close();
    ases.close();
  });

  const traceback = (key: string, certificate: string, port: number) => `
traceback {
    identity "${key}" certificate "${certificate}";
    peer as ${PEER} {
        address 127.0.0.1 port ${port};
        certificate "${join(ases.directory, `as${PEER}.crt`)}";
        in allow;
        out allow;
    }
}
`;
  const established = () =>
    until('the session', async () => {
      const [row] = (await daemon.ask('show', 'traceback')) as TracePeerRow[];
      return row?.state === 'Established';
    });
  const traces = async () => (await daemon.ask('show', 'trace')) as Trace[];
  const trace = async (id: string) => ((await daemon.ask('show', 'trace', id)) as Trace[])[0]!;

  /** Starts a trace that nobody waits for, and resolves with its name once it is in work. */
  async function begin(): Promise<string> {
    void daemon.ask('trace', 'digest', DIGEST, new Date(Date.now() - 5000).toISOString()).catch(() => {});
    let id = '';
    await until('the trace is in work', async () => {
      const [one] = await traces();
      id = one?.id ?? '';
      return one?.state === 'partial' && held.length > 0;
    });
    return id;
  }

  it('asks again for a trace that was in work when it was killed, under its name', async () => {
    const id = await begin();
    await daemon.end('SIGKILL');
    slow = false;
    await daemon.start();
    await until('the trace is final', async () => (await trace(id)).state === 'final');
    const found = await trace(id);
    expect(found.tree.children.map(({ as, verdict }) => [as, verdict])).to.deep.equal([[PEER, 'saw']]);
    expect(found.again!.first).to.be.lessThan(found.asked);
    expect(await traces()).to.have.length(1);
    const { stdout } = await daemon.itctl('show', 'trace', id);
    expect(stdout).to.match(/Asked first at .*; the daemon ended then, and it was asked again at /);
    // It is over: another start has nothing to ask.
    await daemon.end('SIGKILL');
    await daemon.start();
    expect((await trace(id)).asked).to.equal(found.asked);
  });

  it('does so too when it was ended in an orderly way', async () => {
    const id = await begin();
    await daemon.end('SIGTERM');
    slow = false;
    await daemon.start();
    await until('the trace is final', async () => (await trace(id)).state === 'final');
    expect((await trace(id)).again).to.not.equal(undefined);
  });

  it('leaves one alone that was in work when the daemon ended twice, and shows what was known', async () => {
    const id = await begin();
    await daemon.end('SIGKILL');
    const before = held.length;
    await daemon.start();
    await until('it is asked again', async () => held.length > before && (await trace(id)).again !== undefined);
    await daemon.end('SIGKILL');
    await daemon.start();
    await until('it is left as interrupted', async () => (await trace(id)).state === 'interrupted');
    const { stdout, status } = await daemon.itctl('show', 'trace', id);
    expect(stdout).to.match(/interrupted after/);
    expect(stdout).to.contain('Interrupted, below is what was known: the daemon ended a second time');
    expect(status).to.equal(0);
    expect(stdout).to.contain(`AS${DAEMON}`);
  });

  it('leaves one alone of whose time no windows are kept', async () => {
    void daemon.ask('trace', 'digest', DIGEST, '2026-01-01T12:00:00Z').catch(() => {});
    let id = '';
    await until('the trace is in work', async () => {
      const [one] = await traces();
      id = one?.id ?? '';
      return held.length > 0 && one?.state === 'partial';
    });
    await daemon.end('SIGKILL');
    await daemon.start();
    await until('it is left as interrupted', async () => (await trace(id)).state === 'interrupted');
    expect((await trace(id)).interrupted).to.match(/windows of that time are no longer kept/);
  });

  it('withdraws when traceback is taken out of the configuration', async () => {
    const known = () =>
      ases
        .at(PEER)
        .traceback.participants()
        .find(({ as }) => as === DAEMON)?.withdrawn;
    await until('the record of the daemon', async () => known() === false);
    daemon.configure('');
    await daemon.itctl('reload');
    await until('the withdrawal', async () => known() === true);
    const [row] = ases.at(PEER).traceback.status();
    expect(row!.said).to.equal('shutdown: this AS takes part no more');
  });
});
