/** The daemon as a process of its own, with a configuration that the test writes, asked by itctl. */
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { until } from './bgp-peers.ts';

const BIN = fileURLToPath(new URL('../../bin/', import.meta.url));
/** The sources that are tested, whatever was built. */
const env = { ...process.env, INTERTRACK_SOURCE: '1' };

export interface RunningIntertrackd {
  /** The rows of an itctl command. */
  rows<T>(...words: string[]): Promise<T[]>;
  /** What itctl prints for a person. */
  text(...words: string[]): Promise<string>;
  /** What the daemon logged so far. */
  log(): string;
  /** Gives it another configuration and has it read it. */
  reload(configuration: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts intertrackd with `configuration` and what every one must have, and waits until it answers. */
export async function startIntertrackd(configuration: string): Promise<RunningIntertrackd> {
  const dir = mkdtempSync(join(tmpdir(), 'intertrackd-'));
  const file = join(dir, 'intertrackd.conf');
  const ctl = join(dir, 'ctl');
  const write = (text: string) =>
    writeFileSync(
      file,
      `router id 192.0.2.10; local as 64500; log stderr level debug;
state "${join(dir, 'state')}"; control socket "${ctl}"; probe socket "${join(dir, 'probe')}";
${text}`,
      { mode: 0o600 },
    );
  write(configuration);
  const child = spawn(join(BIN, 'intertrackd'), ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'], env });
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-100_000);
  });
  const gone = new Promise(resolve => child.once('exit', resolve));
  const kill = () => child.kill('SIGKILL');
  process.on('exit', kill);

  const itctl = async (...words: string[]) =>
    (await promisify(execFile)(join(BIN, 'itctl'), ['-s', ctl, ...words], { timeout: 20_000, env })).stdout;
  const daemon: RunningIntertrackd = {
    async rows<T>(...words: string[]) {
      const parsed: unknown = JSON.parse(await itctl('-j', ...words));
      return (Array.isArray(parsed) ? parsed : [parsed]) as T[];
    },
    text: itctl,
    log: () => output,
    async reload(text) {
      write(text);
      await itctl('reload');
    },
    async stop() {
      child.kill('SIGTERM');
      const force = setTimeout(kill, 10_000);
      await gone;
      clearTimeout(force);
      process.off('exit', kill);
      rmSync(dir, { recursive: true, force: true });
    },
  };
  const answers = async () => {
    if (child.exitCode !== null) throw new Error(`intertrackd ended\n${output}`);
    return itctl('show', 'status').then(
      () => true,
      () => false,
    );
  };
  try {
    await until('intertrackd answers', answers, 20_000);
  } catch (e) {
    await daemon.stop();
    throw e;
  }
  return daemon;
}
