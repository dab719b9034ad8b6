import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { HttpStatus } from '../../src/control/http-rows.ts';
import { skipFor } from '../programs.ts';
import { loopbackAddress, until } from './bgp-peers.ts';
import { type Intertrackd, intertrackd, run } from './intertrackd.ts';
import { type Speaker, startSpeaker } from './speaker.ts';

const ALERTS = fileURLToPath(new URL('../../contrib/prometheus/alerts.yml', import.meta.url));
const TOKEN = 'a-token-of-the-noc-1';

/** The API and the metrics as curl and Prometheus meet them. */
describe('interop/daemon-http', function () {
  this.timeout(240_000);
  let daemon: Intertrackd;
  const ours = loopbackAddress();
  const PORT = 8480;

  const configure = (http: string) =>
    daemon.configure(`bgp listen ${ours} port 1790;\nhttp { listen ${ours} port ${PORT}; ${http} }\n`);
  before(function () {
    const missing = ['curl', 'openssl'].filter(one => spawnSync(one, ['version']).error !== undefined);
    skipFor(this, missing.length === 0 ? null : `no ${missing.join(', ')} here`);
  });
  beforeEach(() => {
    daemon = intertrackd(ours);
    daemon.write('noc.token', `${TOKEN}\n`);
    spawnSync('chmod', ['600', daemon.at('noc.token')]);
  });
  afterEach(() => daemon.close());

  const curl = (...words: string[]) => {
    const { stdout } = spawnSync('curl', ['-s', '--max-time', '30', '-H', `Authorization: Bearer ${TOKEN}`, ...words]);
    return stdout.toString();
  };

  it('answers what itctl -j prints, in the clear on this machine', async () => {
    configure(`token "${daemon.at('noc.token')}" role operator;`);
    await daemon.start();
    const at = (path: string) => `http://${ours}:${PORT}${path}`;
    await until('it listens', () => curl(at('/healthz')) === 'ok\n');
    const { row } = JSON.parse(curl(at('/api/v1/show/whois'))) as { row: unknown };
    expect(row).to.deep.equal(await daemon.json('show', 'whois'));
    expect(JSON.parse(curl('-X', 'POST', at('/api/v1/reload')))).to.deep.equal({
      row: { applied: true, changes: [], errors: [] },
      command: 'reload',
      notes: [],
    });
    const metrics = curl(at('/metrics'));
    expect(metrics)
      .to.match(/^intertrack_problems 0$/m)
      .and.to.match(/^process_resident_memory_bytes \d+$/m);
    expect(metrics).to.match(/^intertrack_http_requests_total\{status="200"\} \d+$/m);
    expect(curl('-H', 'Accept: application/openmetrics-text', at('/metrics'))).to.match(/# EOF\n$/);
  });

  it('is scraped by Prometheus, whose rules know all that they ask for', async function () {
    skipFor(this, spawnSync('prometheus', ['--version']).error === undefined ? null : 'no prometheus here');
    configure(`token "${daemon.at('noc.token')}" role reader;`);
    await daemon.start();
    const job = {
      ...{ job_name: 'intertrack', authorization: { credentials_file: daemon.at('noc.token') } },
      static_configs: [{ targets: [`${ours}:${PORT}`] }],
    };
    const config = {
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      ...{ rule_files: [ALERTS], scrape_configs: [job] },
    };
    daemon.write('prometheus.yml', JSON.stringify(config));
    const prometheus = spawn(
      'prometheus',
      [
        ...['--config.file', daemon.at('prometheus.yml'), '--storage.tsdb.path', daemon.at('tsdb')],
        ...['--web.listen-address', `${ours}:9090`, '--log.level', 'warn'],
      ],
      { stdio: 'ignore' },
    );
    const gone = once(prometheus, 'exit');
    const asked = (path: string) => {
      const answer = curl(`http://${ours}:9090/api/v1/${path}`);
      return answer.startsWith('{') ? (JSON.parse(answer) as { data?: unknown }).data : undefined;
    };
    const value = (query: string) =>
      (asked(`query?query=${encodeURIComponent(query)}`) as { result: { value: [number, string] }[] } | undefined)
        ?.result[0]?.value[1];
    try {
      await until('Prometheus has read the metrics', () => value('up{job="intertrack"}') === '1');
      expect(value('intertrack_build_info')).to.equal('1');
      expect(Number(value('count({__name__=~"intertrack_.+"})'))).to.be.greaterThan(50);
      // It knows units from OpenMetrics alone.
      const described = asked('targets/metadata?metric=intertrack_case_seconds') as { type: string; unit: string }[];
      expect(described[0]).to.include({ type: 'histogram', unit: 'seconds' });
      await until('its rules were tried', () => {
        const { groups } = asked('rules') as { groups: { rules: { health: string; lastError?: string }[] }[] };
        const rules = groups.flatMap(one => one.rules);
        expect(rules.flatMap(({ lastError }) => lastError || [])).to.deep.equal([]);
        return rules.length > 0 && rules.every(({ health }) => health === 'ok');
      });
    } finally {
      prometheus.kill();
      await gone;
    }
  });

  it('tells what a peer sends to a client of RIS Live, and counts it', async () => {
    const peer = loopbackAddress();
    configure(`ris live host rrc-tokyo; token "${daemon.at('noc.token')}" role operator; }
protocol bgp tyo1 { neighbor ${peer} as 64496; passive; ipv4;`);
    await daemon.start();
    await until('it listens', () => curl(`http://${ours}:${PORT}/healthz`) === 'ok\n');
    const socket = new WebSocket(`ws://${ours}:${PORT}/v1/ws/`, {
      headers: { authorization: `Bearer ${TOKEN}` },
    } as never);
    const heard: { type: string; data: Record<string, unknown> }[] = [];
    socket.onmessage = ({ data }) => heard.push(JSON.parse(String(data)));
    let speaker: Speaker | null = null;
    try {
      await until('it is open', () => socket.readyState === WebSocket.OPEN);
      const subscribe = (data: object) => socket.send(JSON.stringify({ type: 'ris_subscribe', data }));
      subscribe({ prefix: '198.51.100.0/24', path: '64510$' });
      subscribe({ type: 'RIS_PEER_STATE', socketOptions: { acknowledge: true } });
      await until('it has subscribed', () => heard.length === 1);
      speaker = await startSpeaker({ from: peer, to: ours, port: 1790, as: 64496 });
      speaker.announce(['192.0.2.0/24'], 64496, 64510);
      speaker.announce(['198.51.100.128/25'], 64496, 64510);
      await until('both are told', () => heard.length === 3);
      const [, state, update] = heard.map(({ data }) => data);
      expect(state).to.include({ ...{ peer, peer_asn: '64496', host: 'rrc-tokyo' }, state: 'connected' });
      expect(update).to.deep.include({
        ...{ type: 'UPDATE', peer, path: [64496, 64510] },
        announcements: [{ next_hop: '192.0.2.1', prefixes: ['198.51.100.128/25'] }],
      });
      const shown = await daemon.json<HttpStatus>('show', 'http');
      expect(shown.risLive).to.deep.include({ host: 'rrc-tokyo', sent: 2, lost: 0 });
      expect(curl(`http://${ours}:${PORT}/metrics`)).to.match(/^intertrack_ris_live_messages_total\{what="sent"\} 2$/m);
    } finally {
      speaker?.close();
      socket.close();
    }
  });

  it('speaks TLS where it has an identity, with what is there at each reload', async () => {
    const identity = (name: string) => {
      const made = spawnSync('openssl', [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'],
        ...['-subj', `/CN=${name}`, '-addext', `subjectAltName=IP:${ours}`],
        ...['-keyout', daemon.at('http.key'), '-out', daemon.at('http.crt')],
      ]);
      if (made.status !== 0) throw new Error(made.stderr.toString());
    };
    identity('one');
    configure(
      `identity "${daemon.at('http.key')}" certificate "${daemon.at('http.crt')}"; token "${daemon.at('noc.token')}" role reader;`,
    );
    await daemon.start();
    const at = `https://${ours}:${PORT}/api/v1/show/status`;
    const trusting = () => curl('--cacert', daemon.at('http.crt'), at);
    await until('it listens', () => trusting().includes('"command":"show status"'));
    expect(curl(`http://${ours}:${PORT}/healthz`)).to.equal('');
    identity('two');
    expect(trusting()).to.equal('');
    daemon.signal('SIGHUP');
    await until('it shows the other certificate', () => trusting().includes('"command":"show status"'));
  });

  it('refuses files that it cannot use, at the start and at a reload', async () => {
    configure(`token "${daemon.at('noc.token')}" role reader;`);
    await daemon.start();
    rmSync(daemon.at('noc.token'));
    const checked = await run('intertrackd', '-t', '-c', daemon.at('conf'));
    expect(checked.status).to.equal(1);
    expect(checked.stderr).to.match(/noc\.token: ENOENT/);
    const { status, stderr } = await daemon.itctl('reload');
    expect(status).to.equal(1);
    expect(stderr).to.match(/nothing was changed:\n.*noc\.token: ENOENT/);
    await until('it goes on', () => curl(`http://${ours}:${PORT}/healthz`) === 'ok\n');
  });
});
