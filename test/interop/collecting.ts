/** A collector in this process that real routers are met with: configured by words, asked as the daemon asks it. */
import { createCollector } from '../../src/collector/collector.ts';
import type {
  CollectorConfig,
  FromCollector,
  NeighborRow,
  Order,
  RibQuery,
  ToCollector,
} from '../../src/collector/messages.ts';
import { formatErrors, parseConfig } from '../../src/config/index.ts';
import { until } from './bgp-peers.ts';

export interface Collecting {
  readonly address: string;
  configure(words: string): Promise<void>;
  /** The rows of an answer, once it is whole. */
  ask<T>(query: RibQuery): Promise<readonly T[]>;
  /** Gives an order about a session. */
  order(order: Order): void;
  neighbor(peer: string): Promise<NeighborRow>;
  /** Waits until the session of a peer is Established. */
  up(peer: string): Promise<void>;
  /** What was logged, warnings and all. */
  log(): readonly string[];
  stop(): Promise<void>;
}

/** Starts one that listens at a loopback address; its AS is 64500. */
export async function startCollecting(address: string, port: number, words: string): Promise<Collecting> {
  const heard: FromCollector[] = [];
  const send: (message: ToCollector) => void = createCollector(message => heard.push(message));
  let number = 0;
  const configOf = (text: string): CollectorConfig => {
    const whole = `router id 192.0.2.9; local as 64500; bgp listen ${address} port ${port}; ${text}`;
    const loaded = parseConfig(whole, 'c');
    if (!loaded.ok) throw new Error(formatErrors(loaded.errors));
    const { routerId, localAs, bgpListen, peers, bmp } = loaded.config;
    return { routerId, localAs, listen: bgpListen, peers, bmp };
  };
  const collecting: Collecting = {
    address,
    async configure(text) {
      const ready = () => heard.filter(({ type }) => type === 'ready').length;
      const before = ready();
      send({ type: 'configure', config: configOf(text) });
      await until('the collector is configured', () => ready() > before);
    },
    async ask<T>(query: RibQuery) {
      const id = ++number;
      send({ type: 'query', id, query });
      const mine = () =>
        heard.filter(message => (message.type === 'rows' || message.type === 'answer') && message.id === id);
      await until('an answer', () => mine().some(({ type }) => type === 'answer'));
      return mine().flatMap(message => ('rows' in message ? message.rows : [])) as T[];
    },
    order: order => send({ type: 'order', id: ++number, order, by: 'a test' }),
    async neighbor(peer) {
      const [row] = await collecting.ask<NeighborRow>({ about: 'neighbor', peer });
      if (row === undefined) throw new Error(`no peer ${peer}`);
      return row;
    },
    async up(peer) {
      let row: NeighborRow | null = null;
      try {
        await until(
          `${peer} is up`,
          async () => {
            row = await collecting.neighbor(peer);
            return row.state === 'Established';
          },
          30_000,
        );
      } catch (error) {
        throw new Error(`${(error as Error).message}: ${JSON.stringify(row)}`);
      }
    },
    log: () => heard.flatMap(message => (message.type === 'log' ? [message.text] : [])),
    async stop() {
      send({ type: 'stop' });
      await until('the collector has stopped', () => heard.some(({ type }) => type === 'stopped'));
    },
  };
  await collecting.configure(words);
  return collecting;
}
