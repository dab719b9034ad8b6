/**
 * A network of Linux namespaces inside one `unshare -Urnm` child: hosts, veth links and programs in them, for root and for
 * an ordinary user alike. All of it hangs on that child and on this process: when either ends, nothing is left.
 */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { accessSync, chownSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { skipFor } from '../programs.ts';

/** One end of a link: a network device of a host. */
export interface End {
  readonly host: string;
  readonly device: string;
  /** With the prefix length, IPv4 and IPv6. */
  readonly addresses: readonly string[];
}

/** A program that runs in a host until it ends or is stopped. */
export interface Program {
  /** What it writes to standard output. */
  readonly stdout: Readable;
  /** The end of what it said on standard error, and how it ended. */
  said(): string;
  /** True until it has ended. */
  running(): boolean;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface Lab {
  /** For files; gone with the lab. */
  readonly directory: string;
  /** Adds a host that forwards packets whatever their source. `addresses`, with the prefix length, stand on its loopback. */
  host(name: string, addresses?: readonly string[]): Promise<void>;
  /** Adds a veth between two hosts and brings it up. */
  link(one: End, other: End): Promise<void>;
  /** Link address of a device. */
  mac(host: string, device: string): Promise<string>;
  /** Runs a command in a host to its end, and resolves with its output. Rejects with its words when it fails. */
  run(host: string, command: readonly string[], input?: string): Promise<string>;
  /** Starts a program in a host. `stdin`: another program's output. */
  start(host: string, command: readonly string[], stdin?: Readable): Program;
  /** The last that each program said. */
  said(): string;
  /** Ends every program and takes the network away. */
  close(): Promise<void>;
}

const COMMANDS = ['unshare', 'nsenter', 'setpriv', 'ip'];
/** Debian's daemons stand in sbin. */
const env = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` };

/**
 * Why there can be no lab here, in words; null when there can. `needs`: further commands. What a lab does first is tried,
 * since whether a user may have namespaces is settled by the kernel, by sysctls and by the container around.
 */
export function whyNoLab(...needs: string[]): string | null {
  const missing = [...COMMANDS, ...needs].filter(command => !isInstalled(command));
  if (missing.length > 0) return `${missing.join(', ')} not installed`;
  const trial = 'mount -t tmpfs tmpfs /run && ip netns add a && ip link add name v0 netns a type veth peer name v1';
  const { status, stderr } = spawnSync('unshare', ['-Urnm', 'sh', '-c', trial], { env, encoding: 'utf8' });
  return status === 0 ? null : `no namespaces for this user: ${stderr.trim()}`;
}

function isInstalled(command: string): boolean {
  // One that is named by its path is looked for there.
  const directories = command.startsWith('/') ? ['/'] : env.PATH.split(':');
  return directories.some(directory => {
    try {
      accessSync(join(directory, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Skips a suite, visibly, when there can be no lab; fails it when REQUIRE_PEERS=1 says that there must be. */
export function needLab(suite: Mocha.Context, ...needs: string[]): void {
  skipFor(suite, whyNoLab(...needs));
}

/** Closes a suite's lab; when a test has failed, or none could run, prints first what its programs said. */
export async function closeLab(suite: Mocha.Context, lab: Lab | null): Promise<void> {
  const tests = suite.test?.parent?.tests ?? [];
  const failed = tests.some(({ state }) => state === 'failed');
  if (lab !== null && (failed || tests.every(({ state }) => state === undefined))) console.log(lab.said());
  await lab?.close();
}

/** Routers forward both families and take any source; addresses are used at once, without looking for a duplicate. */
const FORWARDING = `
cd /proc/sys/net
for switch in ipv4/ip_forward ipv6/conf/all/forwarding; do echo 1 >$switch; done
for of in all default; do
  echo 0 >ipv4/conf/$of/rp_filter
  echo 0 >ipv6/conf/$of/accept_dad
done
ip link set lo up
for address; do ip address add "$address" dev lo; done`;

/** What runs still, in every lab of this process. */
const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/** Opens an empty lab. `user`: numeric id of the user all of it runs as; only root may name one. */
export async function openLab({ user }: { readonly user?: number } = {}): Promise<Lab> {
  const directory = mkdtempSync(join(tmpdir(), 'intertrack-lab-'));
  if (user !== undefined) chownSync(directory, user, user);
  const become = user === undefined ? [] : ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups'];
  const programs: { readonly command: string; readonly program: Program }[] = [];

  function launch(command: readonly string[], stdin: 'pipe' | 'ignore' | Readable): Program & { child: ChildProcess } {
    const [file, ...words] = [...become, ...command];
    const child = spawn(file!, words, { env, cwd: '/', stdio: [stdin, 'pipe', 'pipe'] });
    children.add(child);
    let said = '';
    child.stderr!.on('data', chunk => {
      said = (said + chunk).slice(-20_000);
    });
    const gone = new Promise<void>(resolve => {
      child.once('error', error => {
        said += `${error.message}\n`;
        resolve();
      });
      child.once('exit', (code, signal) => {
        said += `[ended: ${signal ?? code}]\n`;
        resolve();
      });
    }).then(() => children.delete(child));
    return {
      child,
      stdout: child.stdout!,
      said: () => said,
      running: () => children.has(child),
      async stop(signal: NodeJS.Signals = 'SIGTERM') {
        child.kill(signal);
        const force = setTimeout(() => child.kill('SIGKILL'), 5_000);
        await gone;
        clearTimeout(force);
      },
    };
  }

  // Its standard input is ours: when this process is gone, however it went, the child reads the end and goes too.
  const holder = launch(['unshare', '-Urnm', 'sh', '-c', 'mount -t tmpfs tmpfs /run && echo && exec cat'], 'pipe');
  await new Promise(resolve => {
    holder.stdout.once('data', resolve);
    holder.child.once('exit', resolve);
  });
  if (!holder.running()) {
    rmSync(directory, { recursive: true });
    throw new Error(`no lab: ${holder.said()}`);
  }

  /** Enters the lab; what is run there does not outlive this process. */
  const inside = (...command: readonly string[]) => [
    ...['nsenter', `--target=${holder.child.pid}`, '--user', '--mount', '--net', '--preserve-credentials', '--'],
    ...['setpriv', '--pdeathsig', 'KILL', '--', ...command],
  ];
  const inHost = (host: string, command: readonly string[]) => inside('ip', 'netns', 'exec', host, ...command);

  function finish(command: readonly string[], input = ''): Promise<string> {
    const [file, ...words] = [...become, ...command];
    return new Promise((resolve, reject) => {
      const child = execFile(file!, words, { env, cwd: '/', timeout: 20_000 }, (error, stdout, stderr) => {
        if (error) reject(new Error(`${stderr.trim() || error.message}`));
        else resolve(stdout);
      });
      child.stdin!.on('error', () => {});
      child.stdin!.end(input);
    });
  }

  return {
    directory,
    async host(name, addresses = []) {
      await finish(inside('ip', 'netns', 'add', name));
      await finish(inHost(name, ['sh', '-ec', FORWARDING, 'sh', ...addresses]));
    },
    async link(one, other) {
      const [a, b] = [one, other].map(({ host, device }) => ['name', device, 'netns', host]);
      await finish(inside('ip', 'link', 'add', ...a!, 'type', 'veth', 'peer', ...b!));
      for (const { host, device, addresses } of [one, other]) {
        const lines = [
          ...addresses.map(address => `address add ${address} dev ${device}`),
          // What no wire carries, several TCP packets as one, is sent on none.
          `link set dev ${device} gso_max_segs 1 up`,
        ];
        await finish(inside('ip', '-n', host, '-batch', '-'), `${lines.join('\n')}\n`);
      }
    },
    async mac(host, device) {
      const [link] = JSON.parse(await finish(inside('ip', '-n', host, '-json', 'link', 'show', 'dev', device)));
      return link.address;
    },
    run: (host, command, input) => finish(inHost(host, command), input),
    start(host, command, stdin) {
      const program = launch(inHost(host, command), stdin ?? 'ignore');
      programs.push({ command: `${host}: ${command.join(' ').slice(0, 100)}`, program });
      return program;
    },
    said: () => programs.map(({ command, program }) => `--- ${command}\n${program.said().slice(-1000)}`).join('\n'),
    async close() {
      await Promise.all(programs.map(({ program }) => program.stop()));
      await holder.stop('SIGKILL');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
