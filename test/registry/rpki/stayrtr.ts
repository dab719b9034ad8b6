/** StayRTR as Debian has it, which serves a JSON file by RTR, as a process that ends by its id. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { until } from '../../interop/bgp-peers.ts';

const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

export interface StayRtr {
  readonly port: number;
  /** Has it look at its file now. */
  reload(): void;
  stop(): Promise<void>;
}

/** Why there is none to test with; null when there is. */
export const noStayRtr = (): string | null =>
  spawnSync('stayrtr', ['-version']).error === undefined ? null : 'stayrtr not installed';

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
}

/** Starts one on `file` and waits until it listens, which it does when it has read the file. */
export async function stayrtr(
  file: string,
  options: { readonly port?: number; readonly tls?: { readonly certificate: string; readonly key: string } } = {},
  ...more: readonly string[]
): Promise<StayRtr> {
  const port = options.port ?? (await freePort());
  const at = `127.0.0.1:${port}`;
  const { tls } = options;
  const listen =
    tls === undefined
      ? ['-bind', at]
      : ['-bind', '', '-tls.bind', at, '-tls.cert', tls.certificate, '-tls.key', tls.key];
  const metrics = ['-metrics.addr', `127.0.0.1:${await freePort()}`];
  const child = spawn('stayrtr', [...listen, ...metrics, '-cache', file, '-checktime=false', ...more], {
    stdio: 'ignore',
  });
  children.add(child);
  const ended = new Promise<void>(resolve => child.once('close', () => resolve()));
  child.once('close', () => children.delete(child));
  await until('StayRTR listens', () => listens(port), 60_000);
  return {
    port,
    reload: () => {
      child.kill('SIGHUP');
    },
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function listens(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
