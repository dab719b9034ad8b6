/** bgpq4 as an operator runs it, against a whois server of this machine. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';

const PATHS = ['/usr/bin/bgpq4', '/usr/local/bin/bgpq4'];

/** Why bgpq4 cannot be run here; null when it can. Throws where it must be. */
export function whyNoBgpq4(): string | null {
  if (PATHS.some(path => existsSync(path))) return null;
  if (process.env.REQUIRE_PEERS === '1') throw new Error('bgpq4 is not installed');
  return 'bgpq4 is not installed';
}

export interface Bgpq4 {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs it to its end; `-p` lets ASes of documentation pass. */
export function bgpq4(server: string, ...words: string[]): Promise<Bgpq4> {
  return new Promise(resolve => {
    const options = { timeout: 30_000, maxBuffer: 2 ** 27 };
    execFile(PATHS.find(existsSync) ?? 'bgpq4', ['-p', '-h', server, ...words], options, (error, stdout, stderr) => {
      const status = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ status, stdout, stderr });
    });
  });
}
