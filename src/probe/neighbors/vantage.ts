/**
 * From what a frame bears to the vantage it was seen at: the evidence that names a neighbour AS. What counts before what is
 * told in intertrackd.conf(5), PROBE.
 */
import type { ProbeConfig } from '../../config/tree.ts';
import type { Layers } from '../../packet/layers.ts';
import { macAt } from '../../packet/mac.ts';
import { mayClaim, type NeighborClaim, readNeighborClaim } from '../../packet/neighbor-claim.ts';
import type { Vantage } from '../question.ts';
import { type Binding, type Bindings, binding, configuredBindings, keepCounts, memberBindings } from './bindings.ts';
import { type AddressOwner, type LearnedSource, learnedNeighbors } from './learned.ts';
import { type Place, remembered } from './remembered.ts';
import { INSIDE, UNKNOWN, type VantageNumbers, vantageNumbers } from './vantage-numbers.ts';
import { type VantageReport, vantageRows } from './vantage-rows.ts';

/** What the daemon knows of the neighbours of a tap. */
export interface KnownNeighbors {
  /** IP addresses and the ASes they belong to. */
  readonly owners: readonly (AddressOwner & { readonly address: string })[];
  /** Members of exchange points. */
  readonly members: readonly { readonly mac: string; readonly as: number }[];
}

export interface VantageMap {
  /** Vantages by their number. A number stands for one direction and neighbour for ever: windows are kept by it. */
  readonly list: readonly Vantage[];
  /** Number of an interface by its name, the same whenever it is asked; 0 is that of a capture that tells no name. */
  interfaceNumber(name: string): number;
  /** Another number whenever `of` may say another thing than before: who remembers its answers forgets them then. */
  readonly generation: number;
  /** Takes another configuration. Returns addresses that are none. */
  configure(probe: ProbeConfig): readonly string[];
  /** Takes what the daemon knows, all of it. */
  know(neighbors: KnownNeighbors): void;
  /** Second of packet time that the next frames were seen in. */
  second: number;
  /**
   * Number of the vantage of a frame, which is counted. `at` is the number of its interface; `outgoing`: the capture says
   * that its own machine has sent the frame. Of the frame the two link addresses and the VLAN count and nothing else.
   */
  of(bytes: Uint8Array, layers: Layers, at: number, outgoing: boolean): number;
  /**
   * Number of the vantage of `packets` frames with these link addresses (0: none), this VLAN (-1: none) and interface,
   * which are counted: for who remembers the answers of `of` and tells now and then how often they were used.
   */
  ofAddresses(
    source: number,
    destination: number,
    vlan: number,
    at: number,
    outgoing: boolean,
    packets: number,
  ): number;
  /** What the teacher has found out is another thing than before. */
  taught(): void;
  /** Link addresses that something was learned of, and that have sent a frame in this second or later. */
  senders(since: number): number[];
  /** Learns from a frame that `findLayers` has found layers of, up to `end`; most tell nothing. */
  hear(bytes: Uint8Array, layers: Layers, end: number): void;
  /** What is known, a row each; `notes`: what contradicts or was left out, in words. */
  report(): VantageReport;
}

/** Who learns for a map that sees only a part of the frames. */
export interface Teacher extends LearnedSource {
  /** Takes what a frame said, as LearnedNeighbors does. */
  hear(claim: NeighborClaim, vlan: number, second: number): void;
}

export interface VantageMapOptions {
  /** Gets one line for a person at a time. */
  readonly say?: (line: string) => void;
  readonly numbers?: VantageNumbers;
  /** Not there: the map learns itself. */
  readonly teacher?: Teacher;
}

const MOST_INTERFACES = 4096;
/** Claims that are read in one second of packet time; a flood of them is no news. */
const MOST_CLAIMS = 1000;
/** Link addresses and VLANs that packets are counted for. */
const MOST_COUNTED = 8192;

/** A map that knows no neighbour yet. */
export function vantageMap({
  say = () => {},
  numbers = vantageNumbers(),
  teacher,
}: VantageMapOptions = {}): VantageMap {
  const names = [''];
  let configured: Bindings | null = null;
  let members: ReadonlyMap<number, Binding> = new Map();
  /** What was learned, to count packets by: by link address, VLAN and AS. */
  const counts = new Map<string, Binding>();
  let learns = false;
  /** Something is said of neighbours at all: what is not known is not inside. */
  let border = false;
  let generation = 0;
  /** Interfaces on which own routers send, or are sent to, the wrong way. */
  const swapped = new Set<string>();
  let forged = 0;
  let flooded = 0;
  let claimed = { second: -1, claims: 0 };

  const changed = () => {
    cache.forget();
    generation++;
  };

  /** The neighbour that a link address is of by a list of members, or by what was learned. */
  const foundOut = (mac: number, vlan: number): Binding | null => {
    const listed = members.get(mac);
    if (listed !== undefined) return listed;
    const found = learns ? learned.find(mac, vlan) : null;
    if (found === null) return null;
    const key = `${mac} ${found.vlan} ${found.as}`;
    let one = counts.get(key);
    if (one === undefined) {
      if (counts.size >= MOST_COUNTED) counts.clear();
      one = binding({ mac, as: found.as, from: found.from });
      counts.set(key, one);
    }
    return one;
  };

  const resolve = (source: number, destination: number, vlan: number, at: number, outgoing: boolean): Place => {
    if (configured === null) return { vantage: INSIDE, told: null };
    const name = names[at] ?? '';
    const link = configured.interface(vlan, name);
    const ownSource = configured.inside(source);
    const ownDestination = configured.inside(destination);
    if (ownSource !== null && ownDestination !== null) return { vantage: INSIDE, told: ownSource };
    const stated = (mac: number) => configured!.neighbor(mac, vlan, name);
    const crossing = (direction: 'in' | 'out', far: number, near: Binding | null): Place => {
      const place = stated(far) ?? (link !== null && link.as !== null ? link : (foundOut(far, vlan) ?? near ?? link));
      return { vantage: numbers.of(direction, place?.as ?? null), told: place };
    };
    // Own routers know better than a label on a fibre, which may be on the wrong one.
    if ((ownSource !== null && link?.direction === 'in') || (ownDestination !== null && link?.direction === 'out'))
      swapped.add(`${name}, which is said to be \`direction ${link!.direction}\``);
    if (ownSource !== null) return crossing('out', destination, ownSource);
    if (ownDestination !== null) return crossing('in', source, ownDestination);
    if (link?.direction === 'in') return crossing('in', source, null);
    if (link?.direction === 'out') return crossing('out', destination, null);
    if (stated(source) !== null) return crossing('in', source, null);
    if (stated(destination) !== null) return crossing('out', destination, null);
    if (link !== null && outgoing) return crossing('out', destination, null);
    if (foundOut(source, vlan) !== null) return crossing('in', source, null);
    if (foundOut(destination, vlan) !== null) return crossing('out', destination, null);
    return { vantage: border ? UNKNOWN : INSIDE, told: link };
  };
  const cache = remembered(resolve, mac => learned.has(mac));
  const own = teacher === undefined ? learnedNeighbors({ lastSent: cache.lastSent, changed, say }) : null;
  const learned: Teacher = teacher ?? own!;

  const map: VantageMap = {
    get list() {
      return numbers.list();
    },
    second: 0,
    interfaceNumber(name) {
      const known = names.indexOf(name);
      if (known >= 0) return known;
      return names.length < MOST_INTERFACES ? names.push(name) - 1 : 0;
    },
    get generation() {
      return generation;
    },
    configure(probe) {
      changed();
      const before = configured?.all ?? [];
      configured = configuredBindings(probe);
      swapped.clear();
      keepCounts(configured.all, before);
      learns = probe.learn.length > 0;
      // Who exports flows is a router, and what it sees is not inside because nobody has said what it is.
      const exporters = probe.exporters?.length ?? 0;
      border = configured.all.length + probe.members.length + exporters > 0 || learns;
      return configured.refused;
    },
    know({ owners, members: macs }) {
      changed();
      const before = [...members.values()];
      members = memberBindings(macs);
      keepCounts([...members.values()], before);
      own?.want(new Map(owners.map(({ address, as, from }) => [address, { as, from }])));
    },
    of(bytes, layers, at, outgoing) {
      const { sourceMac, destinationMac, vlan } = layers;
      const source = sourceMac < 0 ? 0 : macAt(bytes, sourceMac);
      const destination = destinationMac < 0 ? 0 : macAt(bytes, destinationMac);
      return cache.find(source, destination, vlan, at, outgoing, map.second, 1);
    },
    ofAddresses: (source, destination, vlan, at, outgoing, packets) =>
      cache.find(source, destination, vlan, at, outgoing, map.second, packets),
    taught: changed,
    senders: since => cache.senders(since).filter(learned.has),
    hear(bytes, layers, end) {
      if (!learns || !mayClaim(bytes, layers)) return;
      if (map.second !== claimed.second) claimed = { second: map.second, claims: 0 };
      if (++claimed.claims > MOST_CLAIMS) {
        flooded++;
        return;
      }
      const claim = readNeighborClaim(bytes, layers, end);
      if (claim === 'forged') forged++;
      else if (claim !== null) learned.hear(claim, layers.vlan, map.second);
    },
    report() {
      cache.count();
      return vantageRows({ configured: configured?.all ?? [], members, learned, counts, swapped, forged, flooded });
    },
  };
  return map;
}
