/** The shared harness's feeder: full tables over real sessions, from generated data. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A peer that the feeder plays. */
export interface FedPeer {
  readonly name: string;
  readonly address: string;
  readonly as: number;
  /** Of its whole table. */
  readonly routes: number;
}

export interface Blaster {
  /** Sends all tables, as fast as they are taken. */
  sendTables(): void;
  stop(): void;
}

/** The first `count` peers of a directory of generated data. */
export function fedPeers(data: string, count: number): FedPeer[] {
  return readFileSync(join(data, 'peers.tsv'), 'utf8')
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'))
    .slice(0, count)
    .map(line => line.split('\t'))
    .map(row => ({
      name: `p${row[0]}`,
      address: row[1]!,
      as: Number(row[2]),
      routes: Number(row[6]) + Number(row[7]),
    }));
}

/** Connects so many peers to `to`. Resolves when all sessions are Established. */
export async function startBlaster(program: string, data: string, peers: number, to: string): Promise<Blaster> {
  const child = spawn(program, ['--to', to, '--data', data, '--peers', `${peers}`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await new Promise<void>((resolve, reject) => {
    child.once('exit', code => reject(new Error(`the feeder ended with ${code}`)));
    createInterface(child.stdout).on('line', line => {
      if (line.includes('"all_established"')) resolve();
    });
  });
  return {
    sendTables: () => void child.stdin.write('send rib\n'),
    stop: () => void child.kill(),
  };
}
