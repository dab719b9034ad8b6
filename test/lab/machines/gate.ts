/** A way of TCP between two machines that can be frozen, cut and healed, as a network can. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { Transform } from 'node:stream';
import { loopbackAddress } from '../../interop/bgp-peers.ts';

export interface Gate {
  readonly host: string;
  readonly port: number;
  /** Nothing passes; connections stay. */
  freeze(): void;
  /** All connections are reset, and no new one is taken. */
  cut(): void;
  /** Each piece that comes takes so many milliseconds longer, and the next waits for it. */
  slow(milliseconds: number): void;
  heal(): void;
  close(): Promise<void>;
}

export async function gate(to: { readonly host: string; readonly port: number }): Promise<Gate> {
  const host = loopbackAddress();
  const pairs = new Set<readonly [Socket, Socket]>();
  let state: 'open' | 'frozen' | 'cut' = 'open';
  let longer = 0;
  const held = () =>
    new Transform({
      transform(piece, _, done) {
        if (longer === 0) done(null, piece);
        else setTimeout(done, longer, null, piece);
      },
    });
  const server: Server = createServer(near => {
    near.on('error', () => {});
    if (state === 'cut') {
      near.resetAndDestroy();
      return;
    }
    const far = connect(to.port, to.host);
    far.on('error', () => near.resetAndDestroy());
    const pair = [near, far] as const;
    pairs.add(pair);
    near.pipe(held()).pipe(far);
    far.pipe(held()).pipe(near);
    for (const one of pair)
      one.on('close', () => {
        pairs.delete(pair);
        for (const other of pair) other.destroy();
      });
    if (state === 'frozen') for (const one of pair) one.pause();
  });
  await new Promise<void>(resolve => server.listen(to.port, host, resolve));
  const stop = (next: 'frozen' | 'cut') => {
    state = next;
    for (const pair of pairs)
      for (const one of pair) {
        if (next === 'cut') one.resetAndDestroy();
        else one.pause();
      }
  };
  return {
    host,
    port: to.port,
    freeze: () => stop('frozen'),
    cut: () => stop('cut'),
    slow(milliseconds) {
      longer = milliseconds;
    },
    heal() {
      state = 'open';
      longer = 0;
      for (const pair of pairs) for (const one of pair) one.resume();
    },
    async close() {
      stop('cut');
      await new Promise(resolve => server.close(resolve));
    },
  };
}
