/** The InterTrack side of the demonstration: a configuration, a certificate and processes for each AS that takes part. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { makeIdentity } from '../../test/traceback/certificates.ts';
import { DAEMON_PORT, ROUTER_PORT } from './routers.ts';
import { addressesOf, FEEDS, macOf, neighborsOf, PREFIXES, TAKING_PART, TAPPED, VICTIM } from './topology.ts';

const BIN = fileURLToPath(new URL('../../bin/', import.meta.url));
const TRACE_PORT = 14954;

/** The victim's route object, as JPIRR's registrants write them: X-Keiro in a continuation line of `descr`. */
const RPSL = `route:      ${PREFIXES[VICTIM]}
descr:      Example Inc.
            X-Keiro: keiro@as${VICTIM}.example, noc@example.net
origin:     AS${VICTIM}
notify:     registry@as${VICTIM}.example
mnt-by:     MAINT-AS${VICTIM}
changed:    noc@example.net 20260401
source:     JPIRR
`;

export interface Answer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Daemons {
  start(as: number): void;
  /** kill -9. */
  kill(as: number): Promise<void>;
  probe(as: number): void;
  /** Runs itctl against the daemon of an AS. */
  itctl(as: number, ...words: string[]): Promise<Answer>;
  /** The rows of an itctl command; none when it fails. */
  rows<T>(as: number, ...words: string[]): Promise<T[]>;
  /** The end of what a daemon or probe said. */
  said(name: string): string;
  close(): Promise<void>;
}

/** `more`: statements that the configuration of the victim has besides. */
export function prepareDaemons(directory: string, run: number, smtpPort: number, more = ''): Daemons {
  const at = (as: number, name: string) => join(directory, `as${as}-${name}`);
  const secret = join(directory, 'federation.secret');
  writeFileSync(secret, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
  for (const as of TAKING_PART) makeIdentity(as, directory);
  writeFileSync(at(VICTIM, 'jpirr.db'), RPSL);
  for (const as of TAKING_PART) writeFileSync(at(as, 'intertrackd.conf'), configuration(as), { mode: 0o600 });

  function configuration(as: number): string {
    const { daemon, router } = addressesOf(run, as);
    const feeds = as === VICTIM ? FEEDS : [];
    const victim = `irr JPIRR { dump "${at(as, 'jpirr.db')}"; authoritative; }
watch ours { maintainer MAINT-AS${as} in JPIRR; group noc; hold down 2s; }
group noc { mail "oncall@as${as}.example"; }
notify mail { from "keiro@as${as}.example"; smtp "127.0.0.1" port ${smtpPort}; tls none; to x-keiro, group; language ja, en; }
${more}`;
    return `router id ${daemon};
local as ${as};
log stderr;
state "${at(as, 'state')}";
control socket "${at(as, 'ctl')}";
probe socket "${at(as, 'probe')}";
bgp listen ${daemon} port ${DAEMON_PORT};

template bgp border { local address ${daemon}; ipv4; }
protocol bgp border1 from border { description "border router"; neighbor ${router} port ${ROUTER_PORT} as ${as}; passive; }
${feeds.map(of => `protocol bgp feed${of} from border { description "feed of AS${of}"; neighbor ${addressesOf(run, of).router} port ${ROUTER_PORT} as ${of}; }\n`).join('')}${as === VICTIM ? victim : ''}${
  TAPPED.includes(as)
    ? `probe tap1 { ${neighborsOf(as)
        .map(other => `neighbor as ${other} mac ${macOf(other)};`)
        .join(' ')} retention 1h; memory 64M; }\n`
    : ''
}traceback {
    listen ${daemon} port ${TRACE_PORT};
    identity "${join(directory, `as${as}.key`)}" certificate "${join(directory, `as${as}.crt`)}";
    federation "demo" { secret "${secret}"; }
${TAKING_PART.filter(other => other !== as)
  .map(other => {
    const where = `address ${addressesOf(run, other).daemon} port ${TRACE_PORT}; certificate "${join(directory, `as${other}.crt`)}";`;
    return `    peer as ${other} { ${where} in allow; out allow; rate 100/s; }`;
  })
  .join('\n')}
    answer { detail neighbor-as; coverage 100%; }
}
`;
  }

  const children = new Map<string, ChildProcess>();
  const outputs = new Map<string, string>();
  process.on('exit', () => {
    for (const child of children.values()) child.kill('SIGKILL');
  });

  function launch(name: string, program: string, ...args: string[]): void {
    const child = spawn(join(BIN, program), args, { stdio: ['ignore', 'ignore', 'pipe'] });
    children.set(name, child);
    child.stderr.on('data', chunk => outputs.set(name, ((outputs.get(name) ?? '') + chunk).slice(-20_000)));
    child.on('exit', (code, signal) => {
      outputs.set(name, `${outputs.get(name) ?? ''}[ended: ${signal ?? code}]\n`);
      if (children.get(name) === child) children.delete(name);
    });
  }

  async function end(name: string, signal: NodeJS.Signals): Promise<void> {
    const child = children.get(name);
    if (child === undefined) return;
    const gone = new Promise(resolve => child.once('exit', resolve));
    child.kill(signal);
    const force = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await gone;
    clearTimeout(force);
  }

  async function itctl(as: number, ...words: string[]): Promise<Answer> {
    const run = promisify(execFile)(join(BIN, 'itctl'), ['-s', at(as, 'ctl'), ...words], { timeout: 20_000 });
    return run.then(
      ({ stdout, stderr }) => ({ status: 0, stdout, stderr }),
      (e: { code?: number; stdout?: string; stderr?: string; message: string }) => ({
        status: typeof e.code === 'number' ? e.code : 1,
        stdout: e.stdout ?? '',
        stderr: e.stderr ?? e.message,
      }),
    );
  }

  return {
    start: as => launch(`intertrackd AS${as}`, 'intertrackd', '-c', at(as, 'intertrackd.conf')),
    kill: as => end(`intertrackd AS${as}`, 'SIGKILL'),
    probe: as => launch(`itprobe AS${as}`, 'itprobe', '-n', 'tap1', '-s', at(as, 'probe'), '-r', at(as, 'tap.pcap')),
    itctl,
    async rows<T>(as: number, ...words: string[]) {
      const { status, stdout } = await itctl(as, '-j', ...words);
      const parsed: unknown = status === 0 ? JSON.parse(stdout) : [];
      return (Array.isArray(parsed) ? parsed : [parsed]) as T[];
    },
    said: name => outputs.get(name) ?? '',
    close: async () => void (await Promise.all([...children.keys()].map(name => end(name, 'SIGTERM')))),
  };
}
