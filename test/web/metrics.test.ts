import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { createMetrics } from '../../src/web/metrics.ts';
import { SUMMARY, scriptedDaemon } from '../control/scripted.ts';

describe('web/metrics', () => {
  const read = async (daemon = scriptedDaemon(), accept = '') => (await createMetrics(daemon).read(accept)).text;

  it('are all in the manual, and the manual has no others', async () => {
    const shown = new Set([...(await read()).matchAll(/^# TYPE (intertrack_\w+)/gm)].map(([, name]) => name!));
    const text = readFileSync(new URL('../../man/intertrack-api.7', import.meta.url), 'utf8');
    const told = new Set([...text.matchAll(/\bintertrack_\w+/g)].map(([name]) => name));
    expect([...shown].toSorted()).to.deep.equal([...told].toSorted());
  });

  it('count what the daemon has', async () => {
    const text = await read();
    const [row] = SUMMARY;
    const labels = `{peer="${row!.peer}",as="${row!.as}"}`;
    expect(text).to.contain(`intertrack_bgp_peer_routes${labels} ${row!.prefixes}\n`);
    const established = SUMMARY.filter(({ state }) => state === 'Established').length;
    expect(text).to.contain(`intertrack_bgp_sessions{state="Established"} ${established}\n`);
  });

  it('forget what is gone, and never fail whoever reads them twice', async () => {
    let peers: readonly unknown[] = await scriptedDaemon().ribQuery({ about: 'neighbor' });
    const metrics = createMetrics(scriptedDaemon({ ribQuery: async () => peers as never }));
    const before = (await metrics.read('')).text;
    expect((await metrics.read('')).text.match(/bgp_peer_updates_total\{.*/)).to.deep.equal(
      before.match(/bgp_peer_updates_total\{.*/),
    );
    peers = [];
    expect((await metrics.read('')).text).to.not.contain('bgp_peer_up{');
  });

  it('have labels that say what was said, whatever that is', async () => {
    const [row] = await scriptedDaemon().ribQuery({ about: 'neighbor' });
    const daemon = scriptedDaemon({ ribQuery: async () => [{ ...row, peer: 'a"b\\c\nd' }] as never });
    expect(await read(daemon)).to.contain('peer="a\\"b\\\\c\\nd"');
  });
});
