/**
 * What the peers of a collector send, on its way to the archive's thread (mrt/archive-worker.ts): copied once, behind the
 * head of its record, into a batch that is handed over when it is full or a second old. Where the archive is behind, the
 * peers are not read until it has caught up; what the disk does not take is lost there, counted and told.
 */
import type { MessagePort } from 'node:worker_threads';
import { emptyLayout, locateUpdate } from '../bgp/update.ts';
import type { FromSource, ToSource } from '../mrt/archive-messages.ts';
import { type ArchivedPeer, messageHead } from '../mrt/bgp4mp.ts';
import { recordBatch } from '../mrt/record-batch.ts';
import { type Address, formatAddress } from '../net/address.ts';
import { findMultiprotocol, newAttributeScan } from '../rib/attribute-scan.ts';

/** Octets of a batch. */
const BATCH = 1 << 18;
/** How long a record may wait in a batch, milliseconds. */
const PATIENCE = 1000;
/** Octets under way before peers are no longer read, and below which they are read again. */
const AHEAD_STOP = 16 << 20;
const AHEAD_GO = 4 << 20;

/** RFC 6396 section 4.4.1. */
const STATES = ['Idle', 'Connect', 'Active', 'OpenSent', 'OpenConfirm', 'Established'];

/** How a session writes what it sends, and where it ends on our side. */
export interface SessionForm {
  readonly localAddress: Address | null;
  readonly localAs: number;
  readonly as: number;
  readonly as4: boolean;
  /** Families (afi) of which prefixes come with path identifiers, and those without, unicast. */
  readonly pathIds: readonly number[];
  readonly plain: readonly number[];
}

/** A peer as the archive knows it: by address and AS. */
export interface ArchivedSession {
  /** Says how the messages from now on are to be read. */
  form(form: SessionForm): void;
  /** A whole message with its header. */
  message(bytes: Uint8Array, start: number, end: number): void;
  /** The state of the session is now another. */
  state(state: string): void;
  /** Gives the name back. */
  leave(): void;
  /** Null where another peer has the same address and AS: a file could not tell them apart. */
  readonly peer: () => ArchivedPeer | null;
}

export interface ArchiveFeed {
  /** Feeds this archive from now on; null: none. */
  connect(port: MessagePort | null): void;
  session(name: string, address: Address, form: SessionForm): ArchivedSession;
  /** Sends what waits. */
  flush(): void;
  /** True while peers must not be read. */
  readonly held: boolean;
  /** RIB records are sent here; null without an archive. */
  readonly port: () => MessagePort | null;
  /** So many octets of RIB records were taken. */
  onRibTaken(call: (octets: number) => void): void;
  problems(): string[];
}

export function createArchiveFeed(hold: (on: boolean) => void, now: () => number): ArchiveFeed {
  const batch = recordBatch(BATCH + (1 << 16));
  const owners = new Map<string, string>();
  const doubles = new Map<string, string>();
  const layout = emptyLayout();
  const found = newAttributeScan();
  let port: MessagePort | null = null;
  let ahead = 0;
  let held = false;
  let timer: NodeJS.Timeout | null = null;
  let ribTaken = (_: number) => {};

  function balance(): void {
    const next = held ? ahead > AHEAD_GO : ahead > AHEAD_STOP;
    if (next === held) return;
    held = next;
    hold(held);
  }

  function flush(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (batch.length() === 0) return;
    const octets = batch.take();
    if (port === null) return;
    ahead += octets.length;
    port.postMessage({ type: 'records', octets } satisfies FromSource, [octets.buffer]);
    balance();
  }

  function written(): void {
    if (batch.length() >= BATCH) flush();
    else timer ??= setTimeout(flush, PATIENCE);
  }

  /** Whether the prefixes of a message have path identifiers, where only some families of the session have. */
  function hasPathIds(bytes: Uint8Array, start: number, end: number, pathIds: readonly number[]): boolean {
    if (bytes[start + 18] !== 2 || locateUpdate(bytes, start + 19, end, layout) !== null) return false;
    const { attributesStart, attributesEnd } = layout;
    if (findMultiprotocol(bytes, attributesStart, attributesEnd, found)) {
      if (found.reachStart >= 0) return pathIds.includes(bytes[found.reachValue + 1]!);
      if (found.unreachStart >= 0) return pathIds.includes(bytes[found.unreachValue + 1]!);
    }
    return pathIds.includes(1);
  }

  return {
    flush,
    port: () => port,
    get held() {
      return held;
    },
    onRibTaken(call) {
      ribTaken = call;
    },
    connect(next) {
      flush();
      port?.close();
      port = next;
      ahead = 0;
      port?.on('message', ({ of, octets }: ToSource) => {
        if (port !== next) return;
        if (of === 'rib') ribTaken(octets);
        else {
          ahead -= octets;
          balance();
        }
      });
      balance();
    },
    session(name, address, first) {
      let key = '';
      let last = 'Idle';
      let peer: ArchivedPeer | null = null;
      let head = new Uint8Array(0);
      let headWithPathIds = head;
      let mixed: readonly number[] | null = null;

      /** The name is ours. */
      let owner = false;

      function form({ localAddress, localAs, as, as4, pathIds, plain }: SessionForm): void {
        const next = `${formatAddress(address)} AS${as}`;
        if (next !== key) {
          leave();
          key = next;
        }
        const fits = localAddress !== null && localAddress.afi === address.afi;
        const own = fits ? localAddress : { afi: address.afi, bytes: new Uint8Array(address.bytes.length) };
        peer = { address, as, localAddress: own, localAs, as4, addPath: pathIds.length > 0 && plain.length === 0 };
        head = messageHead(peer) as typeof head;
        headWithPathIds = messageHead({ ...peer, addPath: true }) as typeof head;
        mixed = pathIds.length > 0 && plain.length > 0 ? pathIds : null;
      }
      /** The first to send under this name has it. */
      function owns(): boolean {
        if (owner) return true;
        const other = owners.get(key);
        owner = other === undefined;
        if (owner) {
          owners.set(key, name);
          doubles.delete(name);
        } else doubles.set(name, `${name} is not in the archive: ${other} has the same address and AS`);
        return owner;
      }
      function leave(): void {
        if (owner) owners.delete(key);
        owner = false;
        doubles.delete(name);
      }
      form(first);

      return {
        form,
        leave,
        peer: () => (owner ? peer : null),
        message(bytes, start, end) {
          if (port === null || !owns()) return;
          const other = mixed !== null && hasPathIds(bytes, start, end, mixed);
          batch.copy(other ? headWithPathIds : head, now(), bytes, start, end);
          written();
        },
        state(state) {
          const from = STATES.indexOf(last) + 1;
          const to = STATES.indexOf(state) + 1;
          last = state;
          if (port === null || peer === null || from === to || !owns()) return;
          batch.state(peer, now() * 1000, from, to);
          written();
        },
      };
    },
    problems: () => [...doubles.values()],
  };
}
