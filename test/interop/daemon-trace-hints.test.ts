import { expect } from 'chai';
import type { HintRow } from '../../src/traceback/hints.ts';
import { skipFor } from '../programs.ts';
import { makeIdentity } from '../traceback/certificates.ts';
import { loopbackAddress, type Router, startRouter, until, whyNot } from './bgp-peers.ts';
import { type Intertrackd, intertrackd } from './intertrackd.ts';

const PORT = 1797;
const OURS = 64500;
const OTHER = 64511;
const lines = (...all: string[]) => all.join('\n');

/** BIRD originates prefixes of its own AS with the large community that hints at a traceback manager. */
describe('interop/daemon-trace-hints', function () {
  this.timeout(240_000);
  const [ours, borderAt] = Array.from({ length: 2 }, loopbackAddress) as [string, string];
  let daemon: Intertrackd;
  let router: Router;

  before(async function () {
    skipFor(this, whyNot('bird'));
    daemon = intertrackd(ours, OURS);
    makeIdentity(OURS, daemon.directory);
    daemon.configure(`
bgp listen ${ours} port ${PORT};
protocol bgp border { neighbor ${borderAt} port ${PORT} as ${OTHER}; local address ${ours}; ipv4; ipv6; connect retry time 1s; }
traceback {
    identity "${daemon.at(`as${OURS}.key`)}" certificate "${daemon.at(`as${OURS}.crt`)}";
    hints;
}
`);
    const neighbor = { address: ours, port: PORT, as: OURS, passive: false };
    router = await startRouter('bird', {
      ...{ address: borderAt, port: PORT, as: OTHER, neighbors: [neighbor], prefixes: [] },
      config: lines(
        ...['log stderr all;', `router id ${borderAt};`, 'protocol device { scan time 1; }'],
        'protocol static { ipv4;',
        `  route 150.1.0.0/24 blackhole { bgp_large_community.add((${OTHER}, 1769237250, 463706)); };`,
        // Another AS speaks, another marker, nothing at all, no port.
        `  route 150.2.0.0/24 blackhole { bgp_large_community.add((64999, 1769237250, 463706)); };`,
        `  route 150.3.0.0/24 blackhole { bgp_large_community.add((${OTHER}, 7, 463706)); };`,
        '  route 150.4.0.0/24 blackhole;',
        `  route 150.5.0.0/24 blackhole { bgp_large_community.add((${OTHER}, 1769237250, 458752)); };`,
        '}',
        'protocol static { ipv6;',
        `  route 2a00:1::/32 blackhole { bgp_large_community.add((${OTHER}, 1769237250, 70490)); };`,
        '}',
        `protocol bgp n0 { local ${borderAt} port ${PORT} as ${OTHER}; neighbor ${ours} port ${PORT} as ${OURS};`,
        '  multihop 255; strict bind; connect delay time 1; connect retry time 2; error wait time 1, 2;',
        '  ipv4 { import none; export all; next hop self; };',
        '  ipv6 { import none; export all; next hop address 2001:db8::1; };',
        '}',
      ),
    });
    await daemon.start();
  });
  after(async () => {
    await daemon?.close();
    await router?.stop();
  });

  it('shows what routes of their own origin hint at, and asks nobody without a federation', async () => {
    let rows: HintRow[] = [];
    await until(
      'the hints are seen',
      async () => {
        rows = (await daemon.ask('show', 'traceback', 'hints')) as HintRow[];
        return rows.length === 2;
      },
      60_000,
    );
    const none = { state: 'waiting', at: null, error: '' };
    expect(rows).to.have.deep.members([
      { as: OTHER, address: '150.1.0.7', port: 4954, prefix: '150.1.0.0/24', ...none },
      { as: OTHER, address: '2a00:1::1', port: 4954, prefix: '2a00:1::/32', ...none },
    ]);
    const { stdout } = await daemon.itctl('show', 'traceback', 'hints');
    expect(stdout).to.match(/^AS64511 +150\.1\.0\.7:4954 +150\.1\.0\.0\/24 +to be asked for its record$/m);
  });
});
