/** intertrackd ended, by SIGKILL and by SIGTERM, while a trace is in work: no trace vanishes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { TracePeerRow } from '../../src/control/traceback-rows.ts';
import type { Probes } from '../../src/traceback/btm.ts';
import type { Trace } from '../../src/traceback/trace.ts';
import { type Ases, newAses, peerStatement, probeAnswer, sawTo } from '../traceback/ases.ts';
import { makeIdentity } from '../traceback/certificates.ts';
import { until } from './bgp-peers.ts';
import { type Intertrackd, intertrackd } from './intertrackd.ts';

const [DAEMON, PEER] = [64500, 64501];
const DIGEST = '0123456789abcdef';

describe('interop/daemon-traces', function () {
  this.timeout(240_000);
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
    const nothing = { answers: [probeAnswer([])], silent: [] };
    const probes: Probes = {
      // Decoys are asked for too (intertrack-protocol(7)): who says yes to them is believed no more.
      ask: asked => {
        if (!asked.some(({ digest }) => digest === DIGEST)) return Promise.resolve(nothing);
        return slow ? new Promise(resolve => held.push(() => resolve(answer))) : Promise.resolve(answer);
      },
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
    ${peerStatement(ases, { as: PEER, port })}
}
`;
  const established = () =>
    until('the session', async () => {
      const [row] = (await daemon.ask('show', 'traceback')) as TracePeerRow[];
      return row?.state === 'Established';
    });
  const traces = async () => (await daemon.ask('show', 'trace')) as Trace[];
  const trace = async (id: string) => ((await daemon.ask('show', 'trace', id)) as Trace[])[0]!;

  /**
   * Ends the daemon while a trace is in work, so often as `ends` says, and starts it again; resolves with what became of the
   * trace. A trace that was over before the signal came, on a machine that is slow, is none.
   */
  async function endInMidTrace(time: () => number, ends: readonly NodeJS.Signals[], then: () => void): Promise<Trace> {
    for (let attempt = 0; attempt < 8; attempt++) {
      slow = true;
      const asked = held.length;
      void daemon.ask('trace', 'digest', DIGEST, new Date(time()).toISOString()).catch(() => {});
      await until('the trace is in work', async () => held.length > asked);
      const [{ id }] = (await traces()) as [Trace];
      for (const [i, signal] of ends.entries()) {
        const before = held.length;
        await daemon.end(signal);
        if (i === ends.length - 1) then();
        await daemon.start();
        if (i < ends.length - 1)
          await until('it is asked again', async () => held.length > before || (await trace(id)).state === 'final');
      }
      // What was ended in an orderly way says so until it is asked again.
      await until('it is over', async () => {
        const { state, interrupted } = await trace(id);
        return state !== 'partial' && interrupted !== 'the daemon ended';
      });
      const found = await trace(id);
      const late = found.tree.children.some(({ reason }) => /deadline|session/.test(reason));
      if (found.state === 'interrupted' || (found.again !== undefined && ends.length === 1 && !late)) return found;
    }
    throw new Error('every trace was over before the daemon ended');
  }
  const justNow = () => Date.now() - 5000;
  const fast = () => {
    slow = false;
  };

  it('is watched as it grows, until it is over', async () => {
    void daemon.ask('trace', 'digest', DIGEST, new Date(justNow()).toISOString()).catch(() => {});
    await until('the trace is in work', async () => held.length > 0);
    const [{ id }] = (await traces()) as [Trace];
    const watching = daemon.ask('watch', 'trace', id);
    slow = false;
    for (const answer of held) answer();
    const rows = (await watching) as Trace[];
    expect(rows.at(-1)).to.include({ id, state: 'final' });
    expect(rows.at(-1)!.tree.children.map(({ as }) => as)).to.deep.equal([PEER]);
    // It is over: it comes once.
    expect(await daemon.ask('watch', 'trace', id)).to.have.length(1);
  });

  it('asks again for a trace that was in work when it was killed, under its name', async () => {
    const found = await endInMidTrace(justNow, ['SIGKILL'], fast);
    expect(found.state).to.equal('final');
    expect(found.tree.children.map(({ as, verdict }) => [as, verdict])).to.deep.equal([[PEER, 'saw']]);
    expect(found.again!.first).to.be.lessThan(found.asked);
    const { stdout } = await daemon.itctl('show', 'trace', found.id);
    expect(stdout).to.match(/Asked first at .*; the daemon ended then, and it was asked again at /);
    // It is over: another start has nothing to ask.
    await daemon.end('SIGKILL');
    await daemon.start();
    expect((await trace(found.id)).asked).to.equal(found.asked);
  });

  it('does so too when it was ended in an orderly way', async () => {
    const found = await endInMidTrace(justNow, ['SIGTERM'], fast);
    expect(found.state).to.equal('final');
    expect(found.tree.children.map(({ verdict }) => verdict)).to.deep.equal(['saw']);
  });

  it('leaves one alone that was in work when the daemon ended twice, and shows what was known', async () => {
    const { id } = await endInMidTrace(justNow, ['SIGKILL', 'SIGKILL'], fast);
    const { stdout } = await daemon.itctl('show', 'trace', id);
    expect(stdout).to.match(/interrupted after/);
    expect(stdout).to.contain('Interrupted, below is what was known: the daemon ended a second time');
    expect(stdout).to.contain(`AS${DAEMON}`);
  });

  it('leaves one alone of whose time no windows are kept', async () => {
    const long = () => Date.UTC(2026, 0, 1, 12);
    const found = await endInMidTrace(long, ['SIGKILL'], fast);
    expect(found.interrupted).to.match(/windows of that time are no longer kept/);
  });

  it('goes on as it was when it cannot listen as another AS', async () => {
    const rows = async () => (await daemon.ask('show', 'traceback')) as TracePeerRow[];
    const [before] = await rows();
    const other = makeIdentity(DAEMON + 9, ases.directory);
    const { port } = ases.at(PEER);
    const block = traceback(other.key, other.certificate, port);
    daemon.configure(block.replace('traceback {', `traceback {\n    listen 127.0.0.1 port ${port};`));
    const text = readFileSync(daemon.at('conf'), 'utf8');
    daemon.write('conf', text.replace(`local as ${DAEMON};`, `local as ${DAEMON + 9};`));
    const { status } = await daemon.itctl('reload');
    expect(status).not.to.equal(0);
    expect(daemon.log()).to.match(/reload refused: .*EADDRINUSE.*; nothing has changed/);
    expect(await rows()).to.deep.equal([before]);
  });

  it('goes on as it was when a bridge cannot listen', async () => {
    const rows = async () => (await daemon.ask('show', 'traceback')) as TracePeerRow[];
    const [before] = await rows();
    const other = makeIdentity(DAEMON + 9, ases.directory);
    const { port } = ases.at(PEER);
    daemon.configure(`${traceback(other.key, other.certificate, port)}
rid {
    listen 127.0.0.1 port ${port};
    peer csirt { url "https://127.0.0.1:1/"; certificate "${join(ases.directory, `as${PEER}.crt`)}"; in allow; }
}
`);
    const text = readFileSync(daemon.at('conf'), 'utf8');
    daemon.write('conf', text.replace(`local as ${DAEMON};`, `local as ${DAEMON + 9};`));
    const { status } = await daemon.itctl('reload');
    expect(status).not.to.equal(0);
    expect(daemon.log()).to.match(/reload refused: rid .*EADDRINUSE.*; nothing has changed/);
    expect(await rows()).to.deep.equal([before]);
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
