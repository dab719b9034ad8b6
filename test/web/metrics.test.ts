import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { carryOut } from '../../src/control/carry-out.ts';
import { resolveCommand } from '../../src/control/commands.ts';
import type { Daemon } from '../../src/control/daemon.ts';
import type { Told } from '../../src/control/live-rows.ts';
import { HOPS, type Hop } from '../../src/control/machine-rows.ts';
import { createMetrics } from '../../src/web/metrics.ts';
import { LINE, NOTICES, SUMMARY, scriptedDaemon, TRACE } from '../control/scripted.ts';
import { skipFor } from '../programs.ts';

const OPEN = 'application/openmetrics-text;version=1.0.0;q=0.8,text/plain;q=0.5';

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
    for (const line of [
      'intertrack_rib_verdicts{irr="mismatch",rov="invalid"} 1',
      'intertrack_cases{state="ongoing"} 1',
      'intertrack_cases{state="flapping"} 0',
      'intertrack_notices_oldest_seconds 600',
      'intertrack_probe_fill_ratio{probe="tap1"} 0.5',
      'intertrack_probe_retention_seconds{probe="tap1"} 3600',
      'intertrack_rpki_cache_state{source="validators",cache="tcp rpki1.example.net:323",state="synchronised"} 1',
      'intertrack_archive_lag_seconds 3',
      'intertrack_audit_lines_total 42',
      'intertrack_limits_hit_total{limit="whois connections"} 5',
    ])
      expect(text).to.contain(`\n${line}\n`);
  });

  it('forget what is gone, and never fail whoever reads them twice', async () => {
    let peers: readonly unknown[] = await scriptedDaemon().ribQuery({ about: 'neighbor' });
    const ribQuery = (async (query: { about: string }) =>
      query.about === 'neighbor' ? peers : []) as unknown as Daemon['ribQuery'];
    const metrics = createMetrics(scriptedDaemon({ ribQuery }));
    const before = (await metrics.read('')).text;
    expect((await metrics.read('')).text.match(/bgp_peer_updates_total\{.*/)).to.deep.equal(
      before.match(/bgp_peer_updates_total\{.*/),
    );
    peers = [];
    expect((await metrics.read('')).text).to.not.contain('bgp_peer_up{');
  });

  it('have labels that say what was said, whatever that is', async () => {
    const [row] = await scriptedDaemon().ribQuery({ about: 'neighbor' });
    const ribQuery = (async (query: { about: string }) =>
      query.about === 'neighbor' ? [{ ...row, peer: 'a"b\\c\nd' }] : []) as unknown as Daemon['ribQuery'];
    expect(await read(scriptedDaemon({ ribQuery }))).to.contain('peer="a\\"b\\\\c\\nd"');
  });

  it('say which part could not be read, and tell the others', async () => {
    const irrStatus = () => Promise.reject(new Error('no'));
    const text = await read(scriptedDaemon({ irrStatus }));
    expect(text).to.contain('intertrack_metrics_unread{part="registry"} 1\n');
    expect(text).to.contain('intertrack_metrics_unread{part="routes"} 0\n');
    expect(text).to.contain('intertrack_rib_routes 8348\n');
  });

  it('are what Prometheus calls well formed, without a remark', async function () {
    const checked = spawnSync('promtool', ['check', 'metrics'], { encoding: 'utf8', input: await read() });
    skipFor(this, checked.error === undefined ? null : 'no promtool here');
    expect(checked.stdout + checked.stderr).to.equal('');
    expect(checked.status).to.equal(0);
  });

  it('are OpenMetrics for whoever takes that, though others ask for text meanwhile', async () => {
    const metrics = createMetrics(scriptedDaemon());
    const all = await Promise.all([metrics.read(OPEN), metrics.read('text/plain'), metrics.read(OPEN)]);
    const [open, plain, again] = all as [(typeof all)[0], (typeof all)[0], (typeof all)[0]];
    expect([open.type, plain.type, again.type]).to.deep.equal([
      'application/openmetrics-text; version=1.0.0; charset=utf-8',
      'text/plain; version=0.0.4; charset=utf-8',
      'application/openmetrics-text; version=1.0.0; charset=utf-8',
    ]);
    for (const { text } of [open, again]) {
      expect(text).to.match(/\n# EOF\n$/);
      expect(text).to.not.match(/^$\n/m);
      expect(text)
        .to.contain('# TYPE intertrack_audit_lines counter\n')
        .and.to.contain('intertrack_audit_lines_total 42\n');
      expect(text).to.contain('# UNIT intertrack_archive_lag_seconds seconds\n');
      // Each family once, and its samples behind its own lines.
      let family = '';
      const seen = new Set<string>();
      for (const line of text.trimEnd().split('\n')) {
        const of = /^# (?:HELP|TYPE|UNIT) (\S+)/.exec(line)?.[1];
        if (of !== undefined && of !== family) {
          expect(seen, of).to.not.include(of);
          seen.add(of);
          family = of;
        } else if (!line.startsWith('#')) expect(line.startsWith(family), line).to.equal(true);
      }
    }
    expect(plain.text).to.not.contain('# EOF');
    expect(plain.text).to.contain('# TYPE intertrack_audit_lines_total counter\n');
  });

  it('tell how machines that share the work fare, and how long each hop takes', async () => {
    const metrics = createMetrics(scriptedDaemon());
    HOPS.publish({ hop: 'stream', milliseconds: 40 } satisfies Hop);
    const { text } = await metrics.read('');
    for (const line of [
      'machine_heard{machine="192.0.2.20"} 0',
      'machine_name_twice{machine="192.0.2.10"} 0',
      'machine_clock_ahead_seconds{machine="192.0.2.10"} 0.001',
      'link_up{to="bus"} 1',
      'bus_again_total 2',
      'bus_refused_total{what="judged",machine="192.0.2.20"} 3',
      'bus_resyncs_total{what="told"} 3',
      'bus_messages_left_out_total{what="missing"} 1',
      'partition_lease_seconds{partition="0"} 5.2',
      'partition_lease_seconds{partition="1"} 0',
      'partition_holders_total{partition="1"} 4',
      'partition_behind{partition="0"} 3',
      'partition_oldest_seconds{partition="0"} 0.04',
      'link_up{to="database"} 1',
      'hop_seconds_bucket{le="0.05",hop="stream"} 1',
    ])
      expect(text).to.contain(`intertrack_${line}\n`);
    // What another machine has is told by that one.
    expect(text).to.not.contain('partition_behind{partition="1"}');
    expect(text).to.not.contain('machine_clock_ahead_seconds{machine="192.0.2.20"}');
  });

  it('tell that the database does not answer, and the rest all the same; alone nothing of it', async () => {
    const down = async () => {
      throw new Error('postgresql db/x: refused');
    };
    const { text } = await createMetrics(scriptedDaemon({ partitions: down })).read('');
    expect(text).to.contain('intertrack_link_up{to="database"} 0\n');
    expect(text).to.contain('intertrack_link_up{to="bus"} 1\n');
    expect(text).to.contain('intertrack_metrics_unread{part="machines"} 0\n');
    const none = async () => [];
    const alone = await createMetrics(
      scriptedDaemon({ machines: none, partitions: none, refused: none, shared: async () => null }),
    ).read('');
    expect(alone.text).to.not.match(/^intertrack_(machine_heard|link_up|partition_lease_seconds)[ {]/m);
  });

  describe('of what happens', () => {
    const NOW = TRACE.asked + 10_000;
    /** What is told, and the metrics behind it. */
    const told = async (rows: readonly Pick<Told, 'about' | 'row'>[]) => {
      const daemon = scriptedDaemon({
        follow: (_topics, _since, take) => {
          for (const one of rows) take({ mark: 'x.1', key: null, ...one });
          return () => {};
        },
      });
      const { text } = await createMetrics(daemon, () => NOW).read('');
      return (name: string) => Number(new RegExp(`^intertrack_${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
    };

    it('count changes of cases, and how long after its UPDATE one begins', async () => {
      const line = { ...LINE, time: NOW - 40 };
      const value = await told([
        { about: 'cases', row: { ...line, state: 'suspected', notice: null } },
        { about: 'cases', row: { ...line, state: 'ongoing', notice: 'begin' } },
        { about: null, row: { gap: 'too many' } },
      ]);
      expect(value('case_changes_total\\{state="suspected"\\}')).to.equal(1);
      expect(value('case_seconds_count')).to.equal(1);
      expect(value('case_seconds_sum')).to.equal(0.04);
      expect(value('case_seconds_bucket\\{le="0.025"\\}')).to.equal(0);
      expect(value('case_seconds_bucket\\{le="0.05"\\}')).to.equal(1);
    });

    it('count notices by what came of them, and how long they took', async () => {
      const { body: _, ...notice } = NOTICES[0]!;
      const written = { ...notice, created: NOW - 2000, state: 'pending', attempts: 0 };
      const value = await told([
        { about: 'notices', row: written },
        { about: 'notices', row: { ...written, attempts: 1 } },
        { about: 'notices', row: { ...written, attempts: 2, state: 'sent' } },
        { about: 'notices', row: { ...written, attempts: 9, state: 'failed', channel: 'webhook' } },
      ]);
      for (const result of ['written', 'deferred', 'sent'])
        expect(value(`notices_total\\{channel="mail",result="${result}"\\}`), result).to.equal(1);
      expect(value('notices_total\\{channel="webhook",result="failed"\\}')).to.equal(1);
      expect(value('notice_seconds_sum\\{channel="mail"\\}')).to.equal(2);
    });

    it('count traces by outcome, and when their first and their last answer came', async () => {
      const line = {
        ...{ time: NOW, asked: NOW - 200, queries: 2, ambiguity: [], certainty: null },
        ...{ trace: 't1', state: 'partial', ases: 1, milliseconds: 0, entry: null },
      };
      const value = await told([
        { about: 'traces', row: line },
        { about: 'traces', row: { ...line, ases: 2, milliseconds: 20 } },
        { about: 'traces', row: { ...line, ases: 3, milliseconds: 90 } },
        { about: 'traces', row: { ...line, ases: 4, milliseconds: 200, state: 'final', entry: TRACE.entry } },
        { about: 'traces', row: { ...line, trace: 't2', state: 'final', milliseconds: 5 } },
        { about: 'traces', row: { ...line, trace: 't3', state: 'cancelled', milliseconds: 5 } },
      ]);
      for (const outcome of ['found', 'not found', 'cancelled'])
        expect(value(`traces_total\\{outcome="${outcome}"\\}`), outcome).to.equal(1);
      expect(value('trace_seconds_count\\{answer="partial"\\}')).to.equal(1);
      expect(value('trace_seconds_sum\\{answer="partial"\\}')).to.equal(0.02);
      expect(value('trace_seconds_sum\\{answer="final"\\}')).to.be.closeTo(0.205, 1e-9);
    });

    it('tell how long commands took, and which could not be carried out', async () => {
      const metrics = createMetrics(scriptedDaemon());
      const { signal } = new AbortController();
      for (const line of ['mitigate stop 2026-03-01-01', 'rid approve 17']) {
        const resolved = resolveCommand(line.split(' '));
        if ('error' in resolved) throw new Error(resolved.error);
        await carryOut(scriptedDaemon(), { resolved, by: 'a test', signal }, { row: async () => {} });
      }
      const { text } = await metrics.read('');
      expect(text).to.match(/^intertrack_command_seconds_count\{verb="mitigate"\} 1$/m);
      expect(text).to.match(/^intertrack_command_seconds_count\{verb="rid"\} 1$/m);
      expect(text).to.match(/^intertrack_commands_failed_total\{verb="rid"\} 1$/m);
      expect(text).to.not.match(/^intertrack_commands_failed_total\{verb="mitigate"\}/m);
    });
  });
});
