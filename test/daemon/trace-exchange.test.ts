import { expect } from 'chai';
import type { TracebackConfig } from '../../src/config/traceback-tree.ts';
import type { Config } from '../../src/config/tree.ts';
import { createTraceExchange } from '../../src/daemon/trace-exchange.ts';
import type { Identity } from '../../src/traceback/identity.ts';
import type { Traceback } from '../../src/traceback/traceback.ts';

const configOf = (localAs: number, port: number) =>
  ({ localAs, traceback: { listen: [{ address: '127.0.0.1', port }] } }) as unknown as Config;
const AS = { as: 0 } as unknown as Identity;

/** Exchanges that are made, and what is done with them; `taken`: ports that somebody else has. */
function made() {
  const taken = new Set<number>();
  const done: string[] = [];
  const open = new Set<string>();
  const log: string[] = [];
  const bind = ({ listen }: Pick<TracebackConfig, 'listen'>) => {
    for (const { port } of listen) if (taken.has(port)) throw new Error(`port ${port} is taken`);
  };
  const exchange = createTraceExchange(
    async config => {
      bind(config.traceback!);
      const name = `${config.localAs}`;
      done.push(`begin ${name}`);
      open.add(name);
      return {
        reconfigure: async (next: TracebackConfig) => {
          bind(next);
          done.push(`change ${name}`);
        },
        close(withdraw: boolean) {
          done.push(`close ${name}${withdraw ? ', withdrawn' : ''}`);
          open.delete(name);
        },
      } as unknown as Traceback;
    },
    Object.assign((_level: string, text: string) => void log.push(text), { configure() {} }) as never,
  );
  return { exchange, taken, done, open, log };
}
const failure = (promise: Promise<void>) =>
  promise.then(
    () => '',
    (error: Error) => error.message,
  );

describe('daemon/trace-exchange', () => {
  it('is begun once, changed in its place, and begun anew as another AS', async () => {
    const { exchange, done, open } = made();
    expect(exchange.now()).to.equal(null);
    await exchange.take(configOf(64500, 1), AS);
    const first = exchange.now();
    await exchange.take(configOf(64500, 2), AS);
    expect(exchange.now()).to.equal(first);
    await exchange.take(configOf(64501, 2), AS);
    expect(exchange.now()).to.not.equal(first);
    exchange.end();
    expect(exchange.now()).to.equal(null);
    expect(done).to.deep.equal([
      ...['begin 64500', 'change 64500', 'change 64500', 'close 64500, withdrawn', 'begin 64501'],
      'close 64501, withdrawn',
    ]);
    expect([...open]).to.deep.equal([]);
  });

  it('goes on as it was when the other AS cannot listen', async () => {
    const { exchange, taken, done, open } = made();
    await exchange.take(configOf(64500, 1), AS);
    const first = exchange.now();
    taken.add(2);
    expect(await failure(exchange.take(configOf(64501, 2), AS))).to.equal('port 2 is taken');
    expect(exchange.now()).to.equal(first);
    expect(done).to.deep.equal(['begin 64500']);
    expect([...open]).to.deep.equal(['64500']);
  });

  it('begins again as it was when a port is taken in between, and says so when that cannot be either', async () => {
    const { exchange, taken, done, open, log } = made();
    await exchange.take(configOf(64500, 1), AS);
    const first = exchange.now()!;
    const close = first.close;
    const steal = (...ports: number[]) =>
      Object.assign(exchange.now()!, {
        close(withdraw: boolean) {
          close(withdraw);
          for (const port of ports) taken.add(port);
        },
      });
    steal(2);
    expect(await failure(exchange.take(configOf(64501, 2), AS))).to.equal('port 2 is taken');
    expect(exchange.now()).to.not.equal(null);
    expect(done.at(-1)).to.equal('begin 64500');
    expect([...open]).to.deep.equal(['64500']);
    expect(log).to.deep.equal([]);
    taken.clear();
    steal(1, 3);
    expect(await failure(exchange.take(configOf(64501, 3), AS))).to.equal('port 3 is taken');
    expect(exchange.now()).to.equal(null);
    expect(log).to.deep.equal(['no traces are exchanged any more: port 1 is taken']);
  });
});
