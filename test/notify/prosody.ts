import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Debian's XMPP server with one account and two hosts of rooms: `rooms`, and `closed`, where nobody makes any. */
export interface Prosody {
  readonly port: number;
  /** File of its own certificate, for `example.net`. */
  readonly certificate: string;
  log(): string;
  close(): Promise<void>;
}

/** Why there is none here; null: there is. */
export function whyNoProsody(): string | null {
  for (const command of ['prosody', 'openssl'])
    if (spawnSync('sh', ['-c', `command -v ${command}`]).status !== 0) return `${command} is not installed`;
  return null;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  await new Promise(done => server.close(done));
  return port;
}

function run(command: string, ...words: string[]): void {
  const { status, stdout, stderr } = spawnSync(command, words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${words.join(' ')}: ${stdout}${stderr}`);
}

/** Starts it on loopback; `tls: false`: it offers none. */
export async function startProsody({ tls }: { readonly tls: boolean }): Promise<Prosody> {
  const directory = mkdtempSync(join(tmpdir(), 'intertrack-prosody-'));
  const at = (name: string) => join(directory, name);
  const port = await freePort();
  const subject = ['-subj', '/CN=example.net', '-addext', 'subjectAltName=DNS:example.net'];
  run(
    'openssl',
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    ...subject,
    '-keyout',
    at('key.pem'),
    '-out',
    at('crt.pem'),
  );
  writeFileSync(
    at('prosody.cfg.lua'),
    `run_as_root = true; pidfile = "${at('pid')}"; data_path = "${at('data')}"; daemonize = false
interfaces = { "127.0.0.1" }; c2s_ports = { ${port} }; s2s_ports = {}; http_ports = {}; https_ports = {}; c2s_direct_tls_ports = {}
modules_enabled = { "saslauth"${tls ? ', "tls"' : ''} }; modules_disabled = { "s2s" }
authentication = "internal_hashed"; c2s_require_encryption = ${tls}; allow_unencrypted_plain_auth = false
log = { { levels = { min = "debug" }, to = "file", filename = "${at('log')}" } }
ssl = { key = "${at('key.pem')}", certificate = "${at('crt.pem')}" }
VirtualHost "example.net"
Component "rooms.example.net" "muc"
Component "closed.example.net" "muc"
  restrict_room_creation = true
`,
  );
  run('prosodyctl', '--config', at('prosody.cfg.lua'), 'register', 'keiro', 'example.net', 'secret');
  const child: ChildProcess = spawn('prosody', ['-F', '--config', at('prosody.cfg.lua')], { stdio: 'ignore' });
  const log = () => readFileSync(at('log'), 'utf8');
  for (let tries = 0; !/Activated service 'c2s'/.test(logOr(log)); tries++) {
    if (child.exitCode !== null || tries > 300) throw new Error(`prosody does not start: ${logOr(log)}`);
    await new Promise(done => setTimeout(done, 50));
  }
  return {
    port,
    certificate: at('crt.pem'),
    log,
    async close() {
      const gone = new Promise(done => child.once('close', done));
      child.kill('SIGKILL');
      await gone;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function logOr(log: () => string): string {
  try {
    return log();
  } catch {
    return '';
  }
}
