/**
 * What peers send, told to whoever listens as it comes (RIS Live). Nobody listens: a message costs one look at an empty list.
 * Somebody does: what no filter wants is not written down, and all of it together takes at most a fifth of this thread's
 * time. Who wants more than that, or reads more slowly than it comes, loses messages and is told how many; peers never wait.
 */
import { type Address, formatAddress } from '../net/address.ts';
import type { ArchivedSession, ArchiveFeed, SessionForm } from './archive-feed.ts';
import { type CompiledFilter, compileFilter, type LiveFilter } from './live-filter.ts';
import { type LiveMessage, liveTypeOf, peerState, readLive } from './live-message.ts';

/** Share of the thread's time, and what may be saved up, ms. */
const SHARE = 0.2;
const SAVED = 200;
/** Characters under way to the main thread, and in one batch. */
const AHEAD_MOST = 8 << 20;
const BATCH = 64 << 10;

/** Messages written down, each for these clients. */
export interface LiveBatch {
  readonly messages: readonly { readonly clients: readonly number[]; readonly text: string }[];
  /** How many messages clients have lost since the last batch; of those that were not read it is not known who wanted them. */
  readonly lost: readonly (readonly [client: number, messages: number])[];
  /** Characters, for `took`. */
  readonly size: number;
}

export interface LiveFeed {
  /**
   * From now on this client wants these, and no others; none: it is gone. `host`: as what this collector is known to clients.
   * Those of other clients are not touched: who changes his mind again and again costs what is his own.
   */
  want(client: number, filters: readonly LiveFilter[], host: string): void;
  /** The main thread has taken so much in. */
  took(size: number): void;
  /** What a session feeds: the same as the archive's, and this feed beside it. */
  beside(archive: Pick<ArchiveFeed, 'session'>): Pick<ArchiveFeed, 'session'>;
}

export interface LiveFeedOptions {
  readonly post: (batch: LiveBatch) => void;
  /** Ms since the epoch. */
  readonly now: () => number;
  /** Ms, for measuring. */
  readonly clock?: () => number;
}

/** A feed that nobody listens to. */
export function createLiveFeed({ post, now, clock = () => performance.now() }: LiveFeedOptions): LiveFeed {
  const wanting = new Map<number, readonly CompiledFilter[]>();
  let filters: readonly CompiledFilter[] = [];
  let host = '';
  let messages: LiveBatch['messages'][number][] = [];
  let size = 0;
  let ahead = 0;
  let lost = new Map<number, number>();
  let number = 0;
  let waits = false;
  let budget = SAVED;
  let filled = clock();

  function flush(): void {
    waits = false;
    if (messages.length === 0 && lost.size === 0) return;
    ahead += size;
    post({ messages, lost: [...lost], size });
    messages = [];
    size = 0;
    lost = new Map();
  }

  function later(): void {
    if (size >= BATCH) flush();
    else if (!waits) {
      waits = true;
      setImmediate(() => waits && flush());
    }
  }

  /** True while there is room and time to write something down. */
  function may(at: number): boolean {
    budget = Math.min(SAVED, budget + (at - filled) * SHARE);
    filled = at;
    return budget > 0 && ahead + size < AHEAD_MOST;
  }

  /** Tells a message that some filters may want; `read` reads it, `octets` are it. */
  function tell(
    wanted: readonly CompiledFilter[],
    peer: { readonly address: string; readonly as: number },
    read: () => LiveMessage,
    octets: () => Uint8Array,
  ): void {
    const began = clock();
    if (!may(began)) {
      for (const client of new Set(wanted.map(one => one.client))) lost.set(client, (lost.get(client) ?? 0) + 1);
      later();
      return;
    }
    const message = read();
    const found = wanted.filter(one => one.matches(message));
    if (found.length > 0) {
      const timestamp = now() / 1000;
      const head = {
        ...{ timestamp, peer: peer.address, peer_asn: `${peer.as}`, id: `${peer.address}-${timestamp}-${++number}` },
        ...{ host, type: message.type },
      };
      const text = JSON.stringify({ type: 'ris_message', data: { ...head, ...message.fields } });
      const raw = new Set(found.filter(one => one.raw).map(one => one.client));
      const plain = new Set(found.map(one => one.client).filter(client => !raw.has(client)));
      if (plain.size > 0) add(text, plain);
      if (raw.size > 0)
        add(`${text.slice(0, -2)},"raw":"${Buffer.from(octets()).toString('hex').toUpperCase()}"}}`, raw);
    }
    budget -= clock() - began;
  }

  function add(text: string, clients: ReadonlySet<number>): void {
    messages.push({ clients: [...clients], text });
    size += text.length;
    later();
  }

  function session(address: Address, first: SessionForm): Pick<ArchivedSession, 'form' | 'message' | 'state'> {
    const from = formatAddress(address);
    let form = first;
    let up = false;
    const none = new Uint8Array(0);
    return {
      form(next) {
        form = next;
      },
      message(bytes, start, end) {
        if (filters.length === 0) return;
        const octets = bytes.subarray(start, end);
        const type = liveTypeOf(octets);
        if (type === null) return;
        const wanted = filters.filter(one => one.mayBe(type, from));
        if (wanted.length === 0) return;
        tell(
          wanted,
          { address: from, as: form.as },
          () => readLive(octets, type, contextOf(form)),
          () => octets,
        );
      },
      state(state) {
        const before = up;
        up = state === 'Established';
        if (before === up) return;
        const wanted = filters.filter(one => one.mayBe('RIS_PEER_STATE', from));
        if (wanted.length > 0)
          tell(
            wanted,
            { address: from, as: form.as },
            () => peerState(up),
            () => none,
          );
      },
    };
  }

  return {
    want(client, next, name) {
      if (next.length === 0) wanting.delete(client);
      else wanting.set(client, next.map(compileFilter));
      filters = [...wanting.values()].flat();
      host = name;
    },
    took(taken) {
      ahead -= taken;
    },
    beside: archive => ({
      session(name, address, first) {
        const [archived, told] = [archive.session(name, address, first), session(address, first)];
        return {
          ...archived,
          form(form) {
            archived.form(form);
            told.form(form);
          },
          message(bytes, start, end) {
            archived.message(bytes, start, end);
            told.message(bytes, start, end);
          },
          state(state) {
            archived.state(state);
            told.state(state);
          },
        };
      },
    }),
  };
}

const UNICAST = [1, 2].map(afi => ({ afi, safi: 1 }));

const contextOf = ({ as4, as, localAs, pathIds }: SessionForm) => ({
  ...{ as4, ebgp: as !== localAs, ipv4: true, ipv6: true },
  addPath: UNICAST.filter(({ afi }) => pathIds.includes(afi)),
});
