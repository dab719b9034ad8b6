/**
 * The RPKI as the rest of the house sees it: the union of what every `rpki` block has in force, after its local exceptions.
 * Changes of a cache go in one by one; anything larger makes a new set beside the old one, in slices, and tells how they
 * differ: only the routes that it touches are judged anew.
 */
import type { RpkiConfig } from '../../config/tree.ts';
import { type Prefix, prefixOfWords } from '../../net/prefix.ts';
import type { SourceSize } from '../source-size.ts';
import { type AspaTable, providersOf, sameProviders } from './aspa.ts';
import { cacheName } from './payload-feed.ts';
import {
  type PayloadSource,
  type PayloadSourceListener,
  payloadSource,
  type RpkiSourceStatus,
} from './payload-source.ts';
import { aspaOf, customerOf, type PayloadChange } from './payloads.ts';
import { type VrpLog, vrpLog } from './vrp-log.ts';
import type { VrpMarks } from './vrp-marks.ts';
import { type EachVrp, type Vrps, type VrpTable, vrpTable } from './vrp-table.ts';
import { walkVrps } from './vrp-walk.ts';

export type RpkiChange = { readonly whole: true } | { readonly whole: false; readonly touched: readonly Prefix[] };

export interface RpkiListener {
  /** A new consistent state is in force. `touched`: every prefix whose VRPs are others; routes inside may be judged anew. */
  readonly onChange: (change: RpkiChange) => void;
  readonly onTrouble: (source: string, why: string) => void;
  readonly onNews: (source: string, what: string) => void;
  /** A set that is believed to be whole is in use: what the next run has to know of it. */
  readonly onWhole: (size: SourceSize) => void;
}

/** What a source in use says of its VRPs. */
export interface MarkedSource {
  /** `cache /var/lib/rpki-client/json`: the block, and what of it is in use. */
  readonly name: string;
  readonly marks: VrpMarks | null;
  /** VRPs of each trust anchor; empty where it is not said. */
  readonly anchors: ReadonlyMap<string, number>;
}

export interface Rpki {
  /** Takes a configuration: blocks that did not change go on as they are. */
  reload(configs: readonly RpkiConfig[]): void;
  /**
   * What is in force now, empty when there is no data. It is written to in place, before the `onChange` that tells what;
   * after one that says `whole` it is another table.
   */
  view(): { readonly vrps: Vrps; readonly aspas: AspaTable };
  /** True when something is configured and its data is missing, or is not believed to be whole. */
  lacks(): boolean;
  /** False while a new set is made of what has come: until then the one before is in force. */
  settled(): boolean;
  /** Every source that has data, with what it says of it now: what is doubted too. */
  marked(): readonly MarkedSource[];
  status(): readonly RpkiSourceStatus[];
  close(): void;
}

/** VRPs by which a new set may differ for the difference to be told. */
const MAX_CHANGES = 10_000;

interface Held {
  /** Its configuration, to know it by. */
  readonly text: string;
  readonly source: PayloadSource;
}

export interface RpkiOptions {
  /** What the last run knew of its sources: the first sets of this one are held against it. */
  readonly earlier?: readonly SourceSize[];
  /** Monotonic, milliseconds. */
  readonly clock?: () => number;
}

/** Nothing is configured until `reload`. */
export function openRpki(
  listener: RpkiListener,
  { earlier = [], clock = () => performance.now() }: RpkiOptions = {},
): Rpki {
  const held = new Map<string, Held>();
  let vrps: VrpTable = vrpTable();
  let aspas = new Map<number, readonly number[]>();
  let closed = false;
  // A new set is in the making: what changes meanwhile is looked at again when it is in force.
  let making = false;
  let again = false;
  let waiting: PayloadChange[] = [];

  const sources = (): PayloadSource[] => [...held.values()].map(({ source }) => source);

  /** Whether a VRP belongs to the set in force. */
  function isWanted(...vrp: Parameters<EachVrp>): boolean {
    const [afi, w0, w1, w2, w3, length, , asn] = vrp;
    return sources().some(({ payloads, slurm, doubted }) => {
      const asserted = slurm?.vrps.has(...vrp) ?? false;
      const filtered = slurm?.filters(afi, w0, w1, w2, w3, length, asn) ?? false;
      return asserted || (doubted && vrps.has(...vrp)) || (!filtered && (payloads?.vrps.has(...vrp) ?? false));
    });
  }

  /** The providers of a customer in the set in force; undefined: it has no ASPA. */
  function providersWanted(customer: number): readonly number[] | undefined {
    const lists = sources().flatMap(({ payloads, slurm, doubted }) => [
      slurm?.aspas.get(customer),
      payloads === null || slurm?.customers.has(customer) ? undefined : aspaOf(payloads, customer),
      doubted ? aspas.get(customer) : undefined,
    ]);
    const found = lists.filter(list => list !== undefined);
    return found.length < 2 ? found[0] : providersOf(found.flat());
  }

  function onSource(change: PayloadChange): void {
    if (closed) return;
    if (making) {
      if (change.whole) again = true;
      else waiting.push(change);
    } else if (change.whole) void make();
    else apply([change]);
  }

  /** Adds and removes VRPs in the set in force; their prefixes, each once. */
  function put(log: VrpLog): Prefix[] {
    const touched = new Map<string, Prefix>();
    log.forEach((announce, ...vrp) => {
      if (!(announce ? vrps.add(...vrp) : vrps.remove(...vrp))) return;
      const [afi, w0, w1, w2, w3, length] = vrp;
      touched.set(`${w0} ${w1} ${w2} ${w3} ${length} ${afi}`, prefixOfWords(afi, w0, w1, w2, w3, length));
    });
    return [...touched.values()];
  }

  /** Takes changes one by one: what is asked of each VRP is what holds now, so that no order is needed. */
  function apply(changes: readonly PayloadChange[]): void {
    const log = vrpLog();
    for (const change of changes) {
      if (change.whole) continue;
      change.vrps.forEach((_announce, ...vrp) => {
        log.add(isWanted(...vrp), ...vrp);
      });
      for (const key of change.customers) {
        const customer = customerOf(key);
        const providers = providersWanted(customer);
        if (providers === undefined) aspas.delete(customer);
        else aspas.set(customer, providers);
      }
    }
    listener.onChange({ whole: false, touched: put(log) });
  }

  /** Makes the set anew. */
  async function make(): Promise<void> {
    making = true;
    do {
      again = false;
      waiting = [];
      const made = await union();
      if (closed) return;
      const log = await compare(made.vrps);
      if (closed) return;
      if (again) continue;
      aspas = made.aspas;
      if (log === null) vrps = made.vrps;
      const touched = log === null ? null : put(log);
      listener.onChange(touched === null ? { whole: true } : { whole: false, touched });
    } while (again && !closed);
    making = false;
    const late = waiting;
    waiting = [];
    if (late.length > 0) apply(late);
  }

  async function union(): Promise<{ vrps: VrpTable; aspas: Map<number, readonly number[]> }> {
    const all = sources();
    const made = vrpTable(Math.max(64, ...all.map(({ payloads }) => payloads?.vrps.count ?? 0)));
    for (const { payloads, slurm } of all) {
      if (payloads !== null)
        await walkVrps(payloads.vrps, (afi, w0, w1, w2, w3, length, maxLength, asn) => {
          if (!slurm?.filters(afi, w0, w1, w2, w3, length, asn)) made.add(afi, w0, w1, w2, w3, length, maxLength, asn);
        });
      slurm?.vrps.forEach((...vrp) => {
        made.add(...vrp);
      });
    }
    if (all.some(({ doubted }) => doubted))
      await walkVrps(vrps, (...vrp) => {
        made.add(...vrp);
      });
    const customers = new Set(
      all.flatMap(({ payloads, slurm, doubted }) => [
        ...(slurm?.aspas.keys() ?? []),
        ...[...(payloads?.aspas.keys() ?? [])].map(customerOf),
        ...(doubted ? aspas.keys() : []),
      ]),
    );
    const table = new Map<number, readonly number[]>();
    for (const customer of customers) {
      const providers = providersWanted(customer);
      if (providers !== undefined)
        table.set(customer, sameProviders(providers, aspas.get(customer)) ? aspas.get(customer)! : providers);
    }
    return { vrps: made, aspas: table };
  }

  /** What is to be done to the set in force for it to be this one; null: too much to do it one by one. */
  async function compare(made: Vrps): Promise<VrpLog | null> {
    if (vrps.count === 0 || made.count === 0) return null;
    const log = vrpLog();
    const missing =
      (other: Vrps, announce: boolean): EachVrp =>
      (afi, w0, w1, w2, w3, length, maxLength, asn) => {
        if (log.count <= MAX_CHANGES && !other.has(afi, w0, w1, w2, w3, length, maxLength, asn))
          log.add(announce, afi, w0, w1, w2, w3, length, maxLength, asn);
      };
    await walkVrps(made, missing(vrps, true));
    await walkVrps(vrps, missing(made, false));
    return log.count > MAX_CHANGES ? null : log;
  }

  return {
    reload(configs) {
      const gone = [...held].filter(([name]) => !configs.some(config => config.name === name));
      for (const [name, { source }] of gone) {
        source.close();
        held.delete(name);
      }
      for (const config of configs) {
        const { name } = config;
        const text = JSON.stringify(config);
        const before = held.get(name);
        if (before?.text === text) continue;
        before?.source.close();
        // Other caches than before are the operator's own choice, however little they have.
        const size = { name: `rpki ${name}`, file: config.caches.map(cacheName).join(', ') };
        const last = earlier.find(one => one.name === size.name && one.file === size.file);
        const told: PayloadSourceListener = {
          onChange: onSource,
          onTrouble: why => listener.onTrouble(name, why),
          onNews: what => listener.onNews(name, what),
          onWhole: vrps => listener.onWhole({ ...size, objects: vrps }),
        };
        held.set(name, {
          text,
          source: payloadSource(config, { inherits: before !== undefined, vrps: last?.objects ?? null }, clock, told),
        });
      }
      if (gone.length > 0) onSource({ whole: true });
    },
    view: () => ({ vrps, aspas }),
    lacks: () => sources().some(({ payloads, doubted }) => payloads === null || doubted),
    settled: () => !making,
    marked: () =>
      [...held].flatMap(([name, { source }]) =>
        source.payloads === null
          ? []
          : [{ name: `${name} ${source.inUse}`, marks: source.payloads.marks, anchors: source.payloads.anchors }],
      ),
    status: () => sources().map(source => source.status()),
    close() {
      closed = true;
      for (const source of sources()) source.close();
      held.clear();
    },
  };
}
