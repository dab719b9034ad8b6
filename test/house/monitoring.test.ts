import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { createMetrics } from '../../src/web/metrics.ts';
import { scriptedDaemon } from '../control/scripted.ts';
import { skipFor } from '../programs.ts';
import { ROOT } from './sources.ts';

/** What is shipped for Prometheus and Grafana speaks of metrics that there are. */
describe('contrib/prometheus and contrib/grafana', () => {
  const files = ['contrib/prometheus/alerts.yml', 'contrib/grafana/intertrack.json'];
  const named = (file: string) => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    return new Set([...text.matchAll(/\b(?:intertrack|process|nodejs)_[a-z0-9_]+/g)].map(([name]) => name));
  };

  it('ask for metrics that the daemon has', async () => {
    const { text } = await createMetrics(scriptedDaemon()).read('');
    const there = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name!));
    for (const file of files)
      for (const name of named(file)) expect(there, `${file}: ${name}`).to.include(name.replace(/_bucket$/, ''));
  });

  it('speak of most of them', async () => {
    const { text } = await createMetrics(scriptedDaemon()).read('');
    const there = [...text.matchAll(/^# TYPE (intertrack_\S+)/gm)].map(([, name]) => name!);
    const spoken = new Set(files.flatMap(file => [...named(file)]).map(name => name.replace(/_bucket$/, '')));
    expect(there.filter(name => !spoken.has(name))).to.deep.equal([
      'intertrack_bgp_sessions',
      'intertrack_irr_objects',
    ]);
  });

  it('are rules that promtool takes', function () {
    const checked = spawnSync('promtool', ['check', 'rules', join(ROOT, files[0]!)], { encoding: 'utf8' });
    skipFor(this, checked.error === undefined ? null : 'no promtool here');
    expect(checked.status, checked.stdout + checked.stderr).to.equal(0);
    expect(checked.stdout).to.match(/SUCCESS: 12 rules found/);
  });
});
