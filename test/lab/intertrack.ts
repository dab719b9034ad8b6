/** intertrackd and its probes in the hosts of a lab. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ControlClient, connectControl } from '../../src/vty/client.ts';
import { until } from '../interop/bgp-peers.ts';
import type { Lab } from './lab.ts';

const BIN = fileURLToPath(new URL('../../bin/', import.meta.url));

export interface ShellAnswer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Daemon {
  /** Runs the shell as an operator would. */
  itctl(...words: string[]): Promise<ShellAnswer>;
  /** Rows of a command, over a connection that stays open. */
  rows<T>(...words: string[]): Promise<readonly T[]>;
  /** Starts a probe that captures on a device of the host. */
  tap(probe: string, device: string): Tap;
  /** Starts a probe that captures by itself, on devices of any host, with these words besides. */
  capture(probe: string, host: string, ...words: string[]): Tap;
}

/** An itprobe that captures. */
export interface Tap {
  stop(): Promise<void>;
}

export interface DaemonSetup {
  readonly as: number;
  /** Its router identifier. */
  readonly address: string;
  /** The configuration beyond router id, AS, log, state and sockets. */
  readonly config: string;
}

/** Starts intertrackd in a host and waits until it answers. It ends with the lab. */
export async function startDaemon(lab: Lab, host: string, { as, address, config }: DaemonSetup): Promise<Daemon> {
  const at = (name: string) => join(lab.directory, `${host}-${name}`);
  const file = at('intertrackd.conf');
  writeFileSync(
    file,
    `router id ${address};
local as ${as};
log stderr;
state "${at('state')}";
control socket "${at('control')}";
probe socket "${at('probe')}";
${config}`,
  );
  const program = lab.start(host, [join(BIN, 'intertrackd'), '-c', file]);

  // A Unix socket has a path and no network: the shell need not be in the host.
  function itctl(...words: string[]): Promise<ShellAnswer> {
    return new Promise(resolve => {
      execFile(join(BIN, 'itctl'), ['-s', at('control'), ...words], { timeout: 20_000 }, (error, stdout, stderr) => {
        const status = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
        resolve({ status, stdout, stderr: stderr || (error?.message ?? '') });
      });
    });
  }
  let control: ControlClient | null = null;
  await until(
    `intertrackd of ${host} answers`,
    async () => {
      if (!program.running()) throw new Error(`intertrackd of ${host}: ${program.said()}`);
      control = await connectControl(at('control')).catch(() => null);
      return control !== null;
    },
    30_000,
  );

  const itprobe = (probe: string, ...words: string[]) => [
    ...[join(BIN, 'itprobe'), '-n', probe, '-s', at('probe'), ...words],
  ];

  return {
    itctl,
    async rows<T>(...words: string[]) {
      const { rows, end } = await control!.ask(words);
      if ('error' in end) throw new Error(`${words.join(' ')}: ${end.error}`);
      return rows as readonly T[];
    },
    tap: (probe, device) => lab.start(host, itprobe(probe, '-i', device)),
    capture: (probe, where, ...words) => lab.start(where, itprobe(probe, ...words)),
  };
}
