/** A case while its witness restarts gracefully: out of sight, seen again, and over when the route does not come again. */
import { expect } from 'chai';
import type { Case } from '../../src/hijack/case.ts';
import { skipFor } from '../programs.ts';
import { loopbackAddress, type Router, startRouter, until, whyNot } from './bgp-peers.ts';
import { type Intertrackd, intertrackd } from './intertrackd.ts';

const PORT = 1793;
const OFFENDER = 64496;
const PREFIX = '192.0.2.0/24';

describe('interop/daemon-restart', function () {
  this.timeout(240_000);
  const [ours, theirs] = [loopbackAddress(), loopbackAddress()];
  let daemon: Intertrackd;
  let router: Router | null = null;

  /** BIRD announces the prefix of another, or leaves it out. */
  const config = (announces: boolean) => `
log stderr all;
router id ${theirs};
graceful restart wait 10;
protocol device { scan time 1; }
protocol static { ipv4; ${announces ? `route ${PREFIX} blackhole;` : ''} route 198.51.100.0/24 blackhole; }
protocol bgp n0 {
  local ${theirs} port ${PORT} as ${OFFENDER};
  neighbor ${ours} port ${PORT} as 64500;
  multihop 255; strict bind; connect delay time 1; connect retry time 1; error wait time 1, 2;
  graceful restart on;
  ipv4 { import none; export all; next hop self; };
}
`;

  before(function () {
    skipFor(this, whyNot('bird'));
  });
  after(async () => {
    await daemon?.close();
    await router?.stop();
  });

  it('goes on with the same case, and ends it only when the table is whole without the route', async () => {
    daemon = intertrackd(ours);
    daemon.configure(`
bgp listen ${ours} port ${PORT};
protocol bgp tyo { local address ${ours}; neighbor ${theirs} port ${PORT} as ${OFFENDER}; connect retry time 1s; ipv4; }
watch dns { prefix ${PREFIX} origin 64501; hold down 1s; }
`);
    await daemon.start();
    const setup = { address: theirs, port: PORT, as: OFFENDER, neighbors: [], prefixes: [] };
    router = await startRouter('bird', { ...setup, config: config(true) });
    const found = async (): Promise<Case | undefined> => (await daemon.cases()).find(({ prefix }) => prefix === PREFIX);
    const becomes = (state: Case['state'], witness: string) =>
      until(
        `${state}, ${witness}`,
        async () => {
          const one = await found();
          return one?.state === state && one.witnesses[0]?.state === witness;
        },
        30_000,
      );

    await becomes('ongoing', 'holds');
    const { id } = (await found())!;
    await router.kill();
    await becomes('unseen', 'unseen');
    const [stale] = await daemon.routes(PREFIX);
    expect(stale?.stale?.kind).to.equal('stale');
    expect((await daemon.neighbor('tyo')).restart?.[0]).to.include({ state: 'restarting', stale: 2 });
    const shown = await daemon.itctl('show', 'route', PREFIX);
    expect(shown.stdout).to.match(/ i stale since \d{4}-\d\d-\d\d /);

    await router.restart(config(true), '-R');
    await becomes('ongoing', 'holds');
    expect((await found())!.id).to.equal(id);

    await router.kill();
    await becomes('unseen', 'unseen');
    await router.restart(config(false), '-R');
    await becomes('resolved', 'gone');
    expect((await found())!.id).to.equal(id);
    expect((await daemon.cases()).length).to.equal(1);
    expect(await daemon.routes(PREFIX)).to.deep.equal([]);
    expect(await daemon.routes('198.51.100.0/24')).to.have.length(1);
  });
});
