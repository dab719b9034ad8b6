/**
 * The route path beside the codec, which it must agree with to the last route: on the same octets the same sessions end, with
 * the same error, and the same routes with the same origins are held. Five peers, each with another session; what one sends
 * stands in tables where the others' routes, attributes and prefix ids are.
 */
import { originOf } from '../../src/bgp/as-path.ts';
import { HEADER_LENGTH, UPDATE } from '../../src/bgp/message.ts';
import type { PrefixNlri } from '../../src/bgp/nlri.ts';
import { type DecodedUpdate, decodeUpdate } from '../../src/bgp/update.ts';
import { Contradictions } from '../../src/collector/contradictions.ts';
import { createIngest } from '../../src/collector/ingest.ts';
import { type IngestPeer, noCounts } from '../../src/collector/ingest-peer.ts';
import { createNlriIds } from '../../src/collector/nlri-ids.ts';
import { createPathCheck } from '../../src/collector/path-check.ts';
import { VerdictMemo } from '../../src/collector/verdict-memo.ts';
import { AFI_IPV4, type Afi } from '../../src/net/address.ts';
import { formatPrefix } from '../../src/net/prefix.ts';
import { countOf, dropTable, newPeerTable, newRib, routesOf } from '../../src/rib/adj-rib-in.ts';
import { reclaimPrefixIds } from '../../src/rib/held-prefixes.ts';
import { newOtherRoutes } from '../../src/rib/other-routes.ts';
import { EVERYTHING } from '../bgp/sessions.ts';
import { mutateMessage } from './mutate.ts';
import type { Target } from './target.ts';

const IPV4 = { afi: 1, safi: 1 } as const;
const IPV6 = { afi: 2, safi: 1 } as const;
const PLAIN = { as4: true, ebgp: true, ipv4: true, ipv6: true, localAs: 64500 };
const SESSIONS: readonly Omit<IngestPeer, 'number' | 'table' | 'counts' | 'otherRoutes'>[] = [
  PLAIN,
  { ...PLAIN, as4: false, ebgp: false },
  { ...PLAIN, addPath: [IPV4, IPV6] },
  { ...PLAIN, ipv6: false },
  { ...PLAIN, others: EVERYTHING.others ?? [], extendedNextHop: [IPV4] },
];

function newTables() {
  const rib = newRib();
  const memo = new VerdictMemo(rib);
  reclaimPrefixIds(rib, () => memo.forgetAll());
  const telling = { now: () => 0, mark: () => {}, tell: () => {}, describe: () => null as never };
  let passed = 0;
  const ingest = createIngest(
    rib,
    { memo, book: new Contradictions(telling), paths: createPathCheck(rib, () => undefined) },
    {
      endOfRib: () => {},
      malformed: () => {},
      passedOver: () => void passed++,
    },
  );
  const peers = SESSIONS.map((session, number): IngestPeer => {
    const table = newPeerTable(session.addPath?.map(({ afi }) => afi));
    rib.tables[number] = table;
    const others = session.others && { otherRoutes: newOtherRoutes(rib.attributes, session.others, () => false) };
    return { ...session, ...others, number, table, counts: noCounts() };
  });
  /** By peer, the origin of each route that the codec says is held. */
  const models = SESSIONS.map(() => new Map<string, number>());
  return { rib, ingest, peers, models, ids: createNlriIds(rib), passed: () => passed };
}

type Tables = ReturnType<typeof newTables>;

const keyOf = (route: PrefixNlri) => `${formatPrefix(route)} ${route.pathId === null ? '' : route.pathId >>> 0}`;

/** The origin of a route that is held, null when it is not. */
function heldOrigin({ rib, ids }: Tables, { table }: IngestPeer, route: PrefixNlri): number | null {
  const id = ids.of(route);
  if (id < 0) return null;
  const wanted = route.pathId === null ? null : route.pathId >>> 0;
  const held = routesOf(table, route.afi, id).find(({ pathId }) => (pathId === null ? null : pathId >>> 0) === wanted);
  return held === undefined ? null : rib.attributes.originOf(held.attribute);
}

function applied(tables: Tables, peer: IngestPeer, read: DecodedUpdate): void {
  const model = tables.models[peer.number]!;
  const as = originOf(read.attributes.path);
  const origin = as === 'empty' ? (peer.ebgp ? 0 : peer.localAs) : (as ?? 0);
  for (const route of read.withdrawn) model.delete(keyOf(route));
  for (const route of read.announced) model.set(keyOf(route), origin);
  for (const route of [...read.withdrawn, ...read.announced]) {
    const [held, due] = [heldOrigin(tables, peer, route), model.get(keyOf(route)) ?? null];
    if (held !== due) throw new Error(`${keyOf(route)}: the route path holds ${held}, the codec ${due}`);
  }
  const counts: Record<Afi, number> = { 1: 0, 2: 0 };
  for (const key of model.keys()) counts[key.includes(':') ? 2 : AFI_IPV4]++;
  for (const afi of [1, 2] as const)
    if (countOf(peer.table, afi) !== counts[afi])
      throw new Error(`AFI ${afi}: the route path holds ${countOf(peer.table, afi)} routes, the codec ${counts[afi]}`);
}

/** The peer's session has ended: all of it goes. */
function end(tables: Tables, peer: IngestPeer): void {
  const { rib, models } = tables;
  dropTable(rib, peer.number);
  peer.otherRoutes?.drop();
  models[peer.number]!.clear();
}

/** One message to one peer; the words of the error that ended its session, or null. */
function take(tables: Tables, number: number, message: Uint8Array): string | null {
  const peer = tables.peers[number]!;
  const read = decodeUpdate(message, HEADER_LENGTH, message.length, peer);
  const passed = tables.passed();
  const error = tables.ingest.update(peer, message, HEADER_LENGTH, message.length);
  const name = (e: typeof error) => (e === null ? 'nothing' : `${e.code}/${e.subcode}`);
  // Fields that look as if they had path identifiers, and paths beyond a bound, are passed over by the route path alone.
  const passedOver = tables.passed() > passed;
  if (!passedOver && name(error) !== name(read.notification))
    throw new Error(
      `the route path says ${name(error)} ${error?.what ?? ''}, the codec ${name(read.notification)} ${read.notification?.what ?? ''}`,
    );
  const disabled = read.disabled.length > 0;
  if (error === null && !passedOver && !disabled) {
    applied(tables, peer, read);
    return null;
  }
  end(tables, peer);
  const table = newPeerTable(peer.addPath?.map(({ afi }) => afi));
  tables.rib.tables[number] = table;
  const others = peer.others && { otherRoutes: newOtherRoutes(tables.rib.attributes, peer.others, () => false) };
  tables.peers[number] = { ...peer, ...others, table };
  return error?.what ?? null;
}

/** The target; `seeds` are whole messages. */
export function routePathTarget(seeds: readonly Uint8Array[]): Target {
  let tables = newTables();
  return {
    name: 'route path',
    seeds: seeds.filter(message => message[HEADER_LENGTH - 1] === UPDATE),
    mutate: mutateMessage,
    judge(message) {
      if (message.length < HEADER_LENGTH) return 'short';
      return SESSIONS.map((_, number) => (take(tables, number, message) ?? '').replace(/[0-9a-f.:/]+/g, '#')).join();
    },
    begin() {
      for (const peer of tables.peers) end(tables, peer);
      const { live } = tables.rib.attributes;
      if (live !== 0) throw new Error(`${live} attribute sets are held by no route`);
      tables = newTables();
    },
  };
}
