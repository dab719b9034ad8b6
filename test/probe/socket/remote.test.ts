import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectPlain, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { expect } from 'chai';

import type { ProbeConfig } from '../../../src/config/tree.ts';
import { openProbeDoors, type ProbeDoors } from '../../../src/daemon/probe-doors.ts';
import { encodeFrame, frameReader } from '../../../src/net/frames.ts';
import { mutualTls } from '../../../src/net/tls.ts';
import { epochKey } from '../../../src/packet/itk1.ts';
import { hostAndPort } from '../../../src/probe/process/options.ts';
import { openProbeLink, type ProbeLink, type RemoteDaemon } from '../../../src/probe/socket/link.ts';
import { PROBE_VERSION } from '../../../src/probe/socket/messages.ts';
import { openProbeStation, type ProbeStation } from '../../../src/probe/socket/station.ts';
import { PROBE_PROTOCOL, readCertificate } from '../../../src/probe/socket/tls-door.ts';
import { until } from '../../interop/bgp-peers.ts';
import { programFile } from '../../programs.ts';
import { makeAuthority, makeCertificate } from '../../traceback/certificates.ts';
import { fileOf, packetAt, probeBlock, questionsAbout, SECRET } from '../tapped.ts';

const PROGRAM = programFile('itprobe');

interface Pair {
  readonly key: string;
  readonly certificate: string;
}

const HELLO = (name: string) => encodeFrame({ type: 'hello', version: PROBE_VERSION, name });
const quiet = Object.assign(() => {}, { configure() {}, problems: () => [], close: async () => {} });

describe('probe, from another machine', () => {
  let folder: string;
  let station: ProbeStation;
  let doors: ProbeDoors;
  let daemon: Pair;
  let osaka: Pair;
  let probes: ProbeConfig[];
  const said: string[] = [];
  const open: (ProbeLink | Socket)[] = [];

  const write = (name: string, text: string) => {
    const file = join(folder, name);
    writeFileSync(file, text);
    return file;
  };
  const configuration = (more: object = {}) => ({
    probeListen: [{ address: '127.0.0.1', port: 0 }],
    probeIdentity: { key: write('daemon.key', daemon.key), certificate: write('daemon.crt', daemon.certificate) },
    traceback: null,
    probes,
    ...more,
  });

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'intertrack-'));
    said.length = 0;
    daemon = makeCertificate(64500);
    osaka = makeCertificate(1, { uris: ['urn:example:osaka'] });
    probes = [
      { ...probeBlock({ name: 'osaka' }), certificate: write('osaka.crt', osaka.certificate) },
      { ...probeBlock({ name: 'kobe' }), certificate: write('kobe.crt', makeCertificate(2).certificate) },
      probeBlock({ name: 'local' }),
    ];
    station = await openProbeStation({
      socket: { path: join(folder, 'itprobe.sock') },
      probes,
      epochKey: epoch => epochKey(SECRET, epoch),
      log: (_, line) => said.push(line),
    });
    doors = openProbeDoors(
      station,
      Object.assign((_: string, line: string) => void said.push(line), quiet),
    );
    (await doors.prepare(configuration())).commit();
  });
  afterEach(async () => {
    for (const end of open.splice(0)) 'destroy' in end ? end.destroy() : end.close();
    doors.close();
    await station.close();
    rmSync(folder, { recursive: true });
  });

  const remote = (pair: Pair = osaka, more: Partial<RemoteDaemon> = {}): RemoteDaemon => {
    const known = readCertificate(daemon.certificate);
    if (typeof known === 'string') throw new Error(known);
    return { host: '127.0.0.1', port: doors.ports()[0]!, ...pair, daemon: known, ...more };
  };
  /** A probe that dials; `lines` is what it tells a person. */
  const dial = (name: string, to: RemoteDaemon, onWelcome: () => void = () => {}, lines: string[] = []) => {
    const link = openProbeLink({
      ...{ socket: 'daemon.example.net', remote: to, name, onWelcome, log: line => void lines.push(line) },
      answer: () => Promise.reject(new Error('nothing is held')),
      status: async () => ({ packets: 12, windows: 3, retained: null, lost: 0 }),
      flows: () => Promise.reject(new Error('it has no flows')),
      forms: () => [],
      epochs: async () => ({ epochs: [], head: '0'.repeat(64) }),
      onNeighbors: () => {},
      vantages: async () => ({ rows: [], notes: [] }),
    });
    open.push(link);
    return link;
  };
  /** Sends octets over TLS, and resolves with what comes back until the other side hangs up. */
  const converse = (tls: object, ...octets: Uint8Array[]) =>
    new Promise<{ type?: string; reason?: string }[]>(resolve => {
      const messages: object[] = [];
      const socket = connectTls({ host: '127.0.0.1', port: doors.ports()[0]!, ...tls });
      open.push(socket);
      socket.on(
        'data',
        frameReader(
          2 ** 20,
          message => messages.push(message as object),
          () => {},
        ),
      );
      socket.on('error', () => {});
      socket.on('close', () => resolve(messages));
      for (const chunk of octets) socket.write(chunk);
    });
  const shows = (pair: Pair) => mutualTls(pair, PROBE_PROTOCOL);

  it('lets in the probe that proves itself, hands out keys, and knows that it is there', async () => {
    const welcome = Promise.withResolvers<void>();
    const link = dial('osaka', remote(), welcome.resolve);
    await welcome.promise;
    const hour = Math.floor(Date.now() / 3_600_000);
    expect(await link.key(hour)).to.deep.equal(epochKey(SECRET, hour));
    // Of hours that it can have no windows of it gets no keys.
    expect(await link.key(hour - 4)).to.equal(null);
    expect(await link.key(hour + 4)).to.equal(null);
    expect(await station.vantages('osaka')).to.deep.equal({ rows: [], notes: [] });
    await until('its status has come', () => station.status()[0]!.packets === 12);
    expect(station.status().map(({ connectedSince }) => connectedSince !== null)).to.deep.equal([true, false, false]);
  });

  it('is dialled by itprobe itself, with a key and a certificate of openssl', async function () {
    this.timeout(240_000);
    const [key, certificate] = ['osaka.key', 'osaka.crt'].map(name => join(folder, name)) as [string, string];
    const words = `req -x509 -newkey ed25519 -nodes -days 730 -subj /CN=osaka -keyout ${key} -out ${certificate}`;
    if (spawnSync('openssl', words.split(' ')).status !== 0) {
      console.log('      skipped: no openssl that makes ed25519 keys');
      this.skip();
    }
    (await doors.prepare(configuration())).commit();
    const now = Math.floor(Date.now() / 1000) - 60;
    const records = Array.from({ length: 30 }, (_, i) => packetAt(now + i, i));
    const file = join(folder, 'border.pcap');
    writeFileSync(file, fileOf(records));
    const at = `127.0.0.1:${doors.ports()[0]}`;
    const far = ['-C', at, '--identity', key, '--certificate', certificate, '--daemon', join(folder, 'daemon.crt')];
    const child = spawn(process.execPath, [PROGRAM, '-n', 'osaka', ...far, '-r', file]);
    try {
      const [question] = questionsAbout(records[12]!, 1000);
      await until('it has answered', async () => {
        const { answers } = await station.ask([question!], Date.now() + 5000);
        return answers[0]?.sightings.length === 1;
      });
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('lets in nobody else', async () => {
    const stranger = makeCertificate(1, { uris: ['urn:example:osaka'] });
    const expired = makeCertificate(3, { notAfter: new Date(Date.now() - 1000) });
    const authority = makeAuthority('osaka');
    expect(await converse(shows(stranger), HELLO('osaka')), 'another key').to.deep.equal([]);
    const { requestCert: _, key: __, cert: ___, ...bare } = shows(osaka);
    expect(await converse(bare, HELLO('osaka')), 'no certificate').to.deep.equal([]);
    expect(
      await converse({ ...shows(osaka), ALPNProtocols: ['h2'] }, HELLO('osaka')),
      'another protocol',
    ).to.deep.equal([]);
    expect(await converse({ ...shows(osaka), maxVersion: 'TLSv1.2', minVersion: 'TLSv1.2' }), 'TLS 1.2').to.deep.equal(
      [],
    );
    const [refusal] = await converse(shows(osaka), HELLO('kobe'));
    expect(refusal!.reason).to.equal('the certificate is not of this probe');
    const [local] = await converse(shows(osaka), HELLO('local'));
    expect(local!.reason).to.equal('the certificate is not of this probe');
    expect(station.status().every(({ connectedSince }) => connectedSince === null)).to.equal(true);

    // A certificate that an authority has signed says nothing; one that has expired nothing any more.
    probes = [
      { ...probes[0]!, certificate: write('authority.crt', authority.certificate) },
      { ...probes[1]!, certificate: write('expired.crt', expired.certificate) },
    ];
    (await doors.prepare(configuration())).commit();
    station.reconfigure(probes);
    const signed = makeCertificate(1, { authority });
    expect(await converse(shows(signed), HELLO('osaka'))).to.deep.equal([]);
    expect(await converse(shows(expired), HELLO('kobe'))).to.deep.equal([]);
    expect(said.join('\n')).to.contain('probe listen: refused a connection from 127.0.0.1');
  });

  it('closes a connection that begins TLS and does not go on', async function () {
    this.timeout(240_000);
    const socket = connectPlain(doors.ports()[0]!, '127.0.0.1').on('error', () => {});
    open.push(socket);
    socket.write(Uint8Array.from([22, 3, 1, 2, 0, 1]));
    socket.resume();
    await new Promise(resolve => socket.once('close', resolve));
    expect(said.join('\n')).to.match(/refused a connection from 127\.0\.0\.1: .*timeout/);
  });

  it('does not let a probe of another machine in at the local socket', async () => {
    const reason = await new Promise(resolve => {
      const socket = connectPlain(join(folder, 'itprobe.sock'));
      open.push(socket);
      socket.on(
        'data',
        frameReader(
          2 ** 20,
          message => resolve((message as { reason: string }).reason),
          () => {},
        ),
      );
      socket.write(HELLO('osaka'));
    });
    expect(reason).to.equal('probe osaka has a certificate: it connects from another machine');
  });

  it('believes the later of two connections of one probe', async () => {
    const hold = (): Socket => {
      const socket = connectTls({ host: '127.0.0.1', port: doors.ports()[0]!, ...shows(osaka) });
      open.push(socket);
      socket.on('error', () => {});
      socket.write(HELLO('osaka'));
      return socket;
    };
    const first = hold();
    await new Promise(resolve => first.once('data', resolve));
    const second = hold();
    await new Promise(resolve => first.once('close', resolve));
    expect(station.status()[0]!.connectedSince).to.not.equal(null);
    second.destroy();
    await until('it is gone', () => station.status()[0]!.connectedSince === null);
  });

  it('cuts off a probe that talks without end', async () => {
    const status = encodeFrame({ type: 'status', status: { packets: 1, windows: 1, retained: null, lost: 0 } });
    const flood = Buffer.concat(Array.from({ length: 5000 }, () => status));
    const messages = await converse(shows(osaka), HELLO('osaka'), flood);
    expect(messages[0]).to.include({ type: 'welcome' });
    expect(messages.at(-1)!.reason).to.equal('more than 500 messages a second');
  });

  it('does not believe a daemon that it does not know', async () => {
    const lines: string[] = [];
    const other = readCertificate(makeCertificate(64500).certificate);
    if (typeof other === 'string') throw new Error(other);
    let welcomed = false;
    dial('osaka', remote(osaka, { daemon: other }), () => (welcomed = true), lines);
    await until('it says so', () => lines.length > 0);
    expect(lines[0]).to.contain('not believed to be the daemon: certificate is neither');
    expect(welcomed).to.equal(false);
  });

  it('changes nothing when a file or a port is wrong', async () => {
    const before = doors.ports();
    const wrong = async (config: ReturnType<typeof configuration>) =>
      doors.prepare(config).then(
        () => '',
        (error: Error) => error.message,
      );
    const missing = { ...probes[0]!, certificate: join(folder, 'missing.crt') };
    const nonsense = { ...probes[1]!, certificate: write('nonsense.crt', 'nonsense') };
    const files = await wrong({ ...configuration(), probes: [missing, nonsense] });
    expect(files.split('\n')).to.have.length(2);
    expect(files).to.contain('missing.crt: ').and.contain('nonsense.crt: holds no certificate');
    const pair = { key: write('other.key', osaka.key), certificate: write('daemon.crt', daemon.certificate) };
    expect(await wrong({ ...configuration(), probeIdentity: pair })).to.contain(
      'the key is not that of this certificate',
    );
    const empty = { key: write('empty.key', ''), certificate: write('daemon.crt', daemon.certificate) };
    expect(await wrong({ ...configuration(), probeIdentity: empty })).to.contain('the key beside it is none in PEM');
    const blank = { ...probes[0]!, certificate: write('empty.crt', '') };
    expect(await wrong({ ...configuration(), probes: [blank] })).to.contain('empty.crt: holds no certificate');
    const taken = [{ address: '127.0.0.1', port: before[0]! }];
    expect(await wrong({ ...configuration(), probeListen: taken })).to.contain('EADDRINUSE');
    expect(doors.ports()).to.deep.equal(before);
    const welcome = Promise.withResolvers<void>();
    dial('osaka', remote(), welcome.resolve);
    await welcome.promise;
    // Its certificate is another now: whoever has the old key is put out.
    probes = [{ ...probes[0]!, certificate: write('osaka2.crt', makeCertificate(9).certificate) }];
    (await doors.prepare(configuration())).commit();
    await until('it is put out', () => station.status()[0]!.connectedSince === null);
  });

  it('reads where to connect', () => {
    const port = 4955;
    expect(hostAndPort('noc.example.net')).to.deep.equal({ host: 'noc.example.net', port });
    expect(hostAndPort('192.0.2.1:1')).to.deep.equal({ host: '192.0.2.1', port: 1 });
    expect(hostAndPort('[2001:db8::1]')).to.deep.equal({ host: '2001:db8::1', port });
    expect(hostAndPort('[2001:db8::1]:65535')).to.deep.equal({ host: '2001:db8::1', port: 65535 });
    for (const text of ['', '2001:db8::1', 'a:0', 'a:65536', 'a:b', '[a', 'a b', 'a:1:2'])
      expect(hostAndPort(text), text).to.equal(null);
  });
});
