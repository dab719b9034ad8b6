/** The route path of one peer in front of a real registry, and what is told of it as text. */
import { createIngest } from '../../src/collector/ingest.ts';
import { type IngestPeer, noCounts } from '../../src/collector/ingest-peer.ts';
import { createJudging } from '../../src/collector/judging.ts';
import type { WatchConfig } from '../../src/config/tree.ts';
import { parsePrefix, wordsOf } from '../../src/net/prefix.ts';
import { compileRegistry } from '../../src/registry/compile.ts';
import type { JudgedChange } from '../../src/registry/judged-change.ts';
import { vrpTable } from '../../src/registry/rpki/vrp-table.ts';
import { readRpslObject } from '../../src/registry/rpsl.ts';
import { sourceBook } from '../../src/registry/source-book.ts';
import { beginDrop, newPeerTable, newRib } from '../../src/rib/adj-rib-in.ts';
import { watchOf } from '../config/watch.ts';

export { announce, sequence, withdraw } from './route-path.ts';

type Registered = readonly [prefix: string, origin: number];
type Authorised = readonly [prefix: string, maxLength: number, asn: number];

const objectOf = ([prefix, origin]: Registered) =>
  readRpslObject(
    Buffer.from(
      `route${prefix.includes(':') ? '6' : ''}: ${prefix}\norigin: AS${origin}\nmnt-by: M-${origin}\nsource: TEST\n`,
    ),
  )!;

export async function feedOf(about: {
  readonly objects: readonly Registered[];
  readonly vrps?: readonly Authorised[];
  readonly watch: Partial<WatchConfig>;
}) {
  const rib = newRib();
  let changes: JudgedChange[] = [];
  const rows = ['p', 'q'].map((name, number) => ({ number, name, as: 64500 + number, address: `192.0.2.${number}` }));
  let whole = true;
  const judging = createJudging({
    rib,
    rowOf: number => rows[number],
    isWhole: () => whole,
    tell: change => changes.push(change),
    done: () => {},
    now: () => 0,
  });
  const { memo, book: held, paths } = judging;
  const ingest = createIngest(
    rib,
    { memo, book: held, paths },
    {
      passedOver: () => {},
      endOfRib: () => {},
      malformed: () => {
        throw new Error('a malformed message');
      },
    },
  );
  const peers = rows.map(({ number }): IngestPeer => {
    const table = newPeerTable();
    rib.tables[number] = table;
    return { number, table, as4: true, ebgp: true, ipv4: true, ipv6: true, localAs: 64499, counts: noCounts() };
  });

  const book = sourceBook('TEST');
  for (const one of about.objects) book.apply('add', objectOf(one));
  let vrps = vrpTable();
  const setVrpsTo = (wanted: readonly Authorised[]) => {
    vrps = vrpTable();
    for (const [prefix, maxLength, asn] of wanted) {
      const { afi, length, ...rest } = parsePrefix(prefix)!;
      vrps.add(afi, ...wordsOf({ afi, length, ...rest }), length, maxLength, asn);
    }
  };
  setVrpsTo(about.vrps ?? []);
  const watch = watchOf('w', about.watch);
  let generation = 0;
  async function compile(): Promise<void> {
    const sources = [{ name: 'TEST', store: book.routes, authoritative: false }];
    const { layers } = await compileRegistry(sources, [watch], vrps);
    judging.registry({ ...layers, touched: null, generation: ++generation });
    await judged();
  }
  /** Slices of judging: one for each family. */
  async function judged(): Promise<void> {
    for (let i = 0; i < 4; i++) await new Promise(resolve => setImmediate(resolve));
  }
  await compile();

  const taken = () => {
    const before = changes;
    changes = [];
    return before;
  };
  let grounds: string[] = [];
  let rightly: (number | undefined)[] = [];
  return {
    /** Whole messages from the peer of this number: the first, or the second, of which nothing else is asked. */
    feed(messages: readonly Uint8Array[], number: 0 | 1 = 0) {
      for (const message of messages) ingest.update(peers[number]!, message, 19, message.length);
    },
    /** The tables are whole, or not yet. */
    tables(are: boolean) {
      whole = are;
      judging.look();
    },
    /** `what kind PREFIX offender of DECIDEDBY` of each change since the last call. */
    told(): string[] {
      const before = taken();
      grounds = before.map(({ ground }) => ground);
      rightly = before.map(one => one.rightly);
      return before.map(
        ({ what, kind, prefix, offender, decidedBy, drawing, hadBy }) =>
          `${what} ${kind} ${prefix} ${offender} of ${decidedBy}${drawing ? ' drawing' : ''}${hadBy ? ` had by ${hadBy}` : ''}`,
      );
    },
    /** The session of this peer is lost, and its table with it. */
    lose(number: 0 | 1) {
      judging.lose(number);
      beginDrop(rib, number);
      const table = newPeerTable();
      rib.tables[number] = table;
      peers[number] = { ...peers[number]!, table };
    },
    /** How many peers had the registered route, at each of those. */
    rightly: () => rightly,
    /** What the paths of those were blamed for. */
    grounds: () => grounds,
    async setVrps(wanted: readonly Authorised[]) {
      setVrpsTo(wanted);
      await compile();
    },
    async register(prefix: string, origin: number) {
      book.apply('add', objectOf([prefix, origin]));
      await compile();
    },
    /** ASPAs: customer and its providers; none without any. */
    async attest(...aspas: readonly (readonly [customer: number, providers: readonly number[]])[]) {
      judging.attest(aspas.length === 0 ? null : new Map(aspas));
      await judged();
    },
  };
}
