import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createMetrics } from '../../src/web/metrics.ts';
import { scriptedDaemon } from '../control/scripted.ts';
import { skipFor } from '../programs.ts';
import { ROOT } from './sources.ts';

const ALERTS = 'contrib/prometheus/alerts.yml';
const TRIED = 'contrib/prometheus/alerts-test.yml';
const BOARD = 'contrib/grafana/intertrack.json';

/** What is shipped for Prometheus and Grafana speaks of metrics that there are. */
describe('contrib/prometheus and contrib/grafana', () => {
  const textOf = (file: string) => readFileSync(join(ROOT, file), 'utf8');
  const named = (file: string) =>
    new Set(
      [...textOf(file).matchAll(/\b(?:intertrack|process|nodejs)_[a-z0-9_]+/g)].map(([name]) =>
        name.replace(/_bucket$/, ''),
      ),
    );
  const there = async () => {
    const { text } = await createMetrics(scriptedDaemon()).read('');
    return new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name!));
  };
  const promtool = (...words: string[]) => spawnSync('promtool', words, { encoding: 'utf8', cwd: ROOT });

  it('ask for metrics that the daemon has', async () => {
    const metrics = await there();
    for (const file of [ALERTS, TRIED, BOARD])
      for (const name of named(file)) expect(metrics, `${file}: ${name}`).to.include(name);
  });

  it('speak of all of them between them', async () => {
    const spoken = new Set([ALERTS, BOARD].flatMap(file => [...named(file)]));
    const untold = [...(await there())].filter(name => name.startsWith('intertrack_') && !spoken.has(name));
    expect(untold).to.deep.equal([]);
  });

  it('have each panel once, beside the others and not upon them', () => {
    const { panels } = JSON.parse(textOf(BOARD)) as {
      panels: { id: number; title: string; gridPos: { x: number; y: number; w: number; h: number } }[];
    };
    expect(new Set(panels.map(({ id }) => id)).size).to.equal(panels.length);
    expect(new Set(panels.map(({ title }) => title)).size).to.equal(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)} ${y + Math.floor(i / w)}`),
    );
    expect(new Set(cells).size).to.equal(cells.length);
  });

  it('try each alert, with numbers that are as it fears them and with others', () => {
    const alerts = [...textOf(ALERTS).matchAll(/- alert: (\w+)/g)].map(([, name]) => name!);
    const fires = [...textOf(TRIED).matchAll(/alertname: (\w+)\n +exp_alerts:\n +- exp_labels/g)].map(
      ([, name]) => name!,
    );
    const quiet = [...textOf(TRIED).matchAll(/alertname: (\w+), exp_alerts: \[\]/g)].map(([, name]) => name!);
    expect(fires.toSorted()).to.deep.equal(alerts.toSorted());
    expect(quiet.toSorted()).to.deep.equal(alerts.toSorted());
  });

  it('are rules that promtool takes, and that do what they are tried for', function () {
    const checked = promtool('check', 'rules', ALERTS);
    skipFor(this, checked.error === undefined ? null : 'no promtool here');
    expect(checked.status, checked.stdout + checked.stderr).to.equal(0);
    const tried = promtool('test', 'rules', TRIED);
    expect(tried.status, tried.stdout + tried.stderr).to.equal(0);
  });

  it('are asked by expressions that promtool takes, the dashboard too', function () {
    const { panels } = JSON.parse(textOf(BOARD)) as { panels: { targets?: { expr: string }[] }[] };
    const rules = panels
      .flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
      .map((expr, i) => ({ record: `panel:${i}`, expr }));
    const directory = mkdtempSync(join(tmpdir(), 'intertrack-'));
    const file = join(directory, 'board.json');
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'board', rules }] }));
    const checked = promtool('check', 'rules', file);
    rmSync(directory, { recursive: true });
    skipFor(this, checked.error === undefined ? null : 'no promtool here');
    expect(checked.status, checked.stdout + checked.stderr).to.equal(0);
    expect(checked.stdout).to.contain(`${rules.length} rules found`);
  });
});
