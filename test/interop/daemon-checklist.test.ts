/** intertrackd and the real rpki-client: a trace peer is who it says because the holder of its AS number says so. */
import { join } from 'node:path';
import { expect } from 'chai';
import type { TracebackPeerRow } from '../../src/control/traceback-rows.ts';
import { type MadeRpki, makeRpki, noRpkiClient } from '../registry/rpki/made/made-rpki.ts';
import { type Ases, newAses } from '../traceback/ases.ts';
import { makeIdentity } from '../traceback/certificates.ts';
import { until } from './bgp-peers.ts';
import { type Intertrackd, intertrackd, run } from './intertrackd.ts';

const [DAEMON, PEER] = [64500, 64510];

describe('interop/daemon-checklist', function () {
  this.timeout(180_000);
  let daemon: Intertrackd;
  let ases: Ases;
  let rpki: MadeRpki;
  let own: { readonly key: string; readonly certificate: string };
  let port: number;

  before(function () {
    const reason = noRpkiClient();
    if (reason === null) return;
    if (process.env.REQUIRE_PEERS === '1') throw new Error(reason);
    console.log(`      ${reason}`);
    this.skip();
  });
  beforeEach(async () => {
    rpki = makeRpki();
    await rpki.publish();
    ases = newAses();
    ({ port } = await ases.start({ as: PEER, peers: [DAEMON] }));
    own = makeIdentity(DAEMON, ases.directory);
    ases.strange(DAEMON);
    await ases.link();
    daemon = intertrackd('192.0.2.10', DAEMON);
  });
  afterEach(async () => {
    await daemon?.close();
    ases?.close();
    rpki?.remove();
  });

  const configure = (program = rpki.client.program) =>
    daemon.configure(`
traceback {
    identity "${own.key}" certificate "${own.certificate}";
    checklists { program "${program}"; cache directory "${rpki.client.cache}"; tal "${rpki.client.tals[0]}"; }
    peer as ${PEER} {
        address 127.0.0.1 port ${port};
        checklist "${join(rpki.directory, 'list.sig')}";
        in allow;
        out allow;
    }
}
`);
  /** Signs a checklist of what itctl says is to be signed for a certificate. */
  const sign = async (as: number, serial: number) => {
    const file = join(ases.directory, `as${as}.crt`);
    const { stdout } = await run('itctl', '-j', 'cert', 'checklist', file);
    const hashes = (JSON.parse(stdout) as { sha256: string }[]).map(({ sha256 }) => Buffer.from(sha256, 'hex'));
    rpki.sign({ name: 'list.sig', hashes, serial });
  };
  const row = async () => ((await daemon.ask('show', 'traceback', 'peers')) as TracebackPeerRow[])[0]!;
  const comesTo = (what: string, wanted: (row: TracebackPeerRow) => boolean) =>
    until(what, async () => wanted(await row()));
  const says = (what: RegExp) => until('what the log says', async () => what.test(daemon.log()));
  const established = () => comesTo('the session', ({ state }) => state === 'Established');

  it('believes the peer while the checklist is valid, and no longer', async () => {
    await sign(PEER, 10);
    configure();
    await daemon.start();
    await established();
    await says(/the checklist of AS 64510, .*list.sig, is valid/);

    // Taken back by the holder: the session ends, and the other side cannot begin one.
    await rpki.publish({ revoked: [10] });
    await daemon.ask('reload');
    await comesTo('its end', ({ state, checklist }) => state !== 'Established' && !checklist!.believed);
    const problem = /the checklist of AS 64510, .*list.sig, is not believed: certificate revoked/;
    await says(problem);
    expect((await daemon.status()).problems.join('\n')).to.match(problem);
    expect((await daemon.itctl('show', 'traceback', 'peers')).stdout).to.match(/certificate revoked/);
    await comesTo('a refusal', ({ lastError }) => /its checklist is not believed/.test(lastError));

    await sign(PEER, 11);
    await daemon.ask('reload');
    await established();
    expect((await row()).checklist).to.include({ believed: true, problem: '' });
  });

  it('does not believe it by a checklist of another certificate, nor by none', async () => {
    await sign(DAEMON, 10);
    configure();
    await daemon.start();
    await comesTo('a refusal', ({ lastError }) => /neither the certificate nor its key/.test(lastError));
    await sign(PEER, 10);
    configure(join(rpki.directory, 'none'));
    await daemon.ask('reload');
    await comesTo('no verdict', ({ checklist }) => /none: spawn .* ENOENT/.test(checklist!.problem));
    expect(await row()).to.have.nested.property('checklist.believed', false);
    configure();
    await daemon.ask('reload');
    await established();
  });
});
