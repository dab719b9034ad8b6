/**
 * Floods participation records: what is news goes on to every other session, the whole database to a session with a configured
 * peer that comes up, and the own record whenever it is made anew.
 */
import { type Bucket, seldom, takeToken } from '../net/rate.ts';
import { printable } from './connection.ts';
import { doubtOf } from './directory.ts';
import type { Identity } from './identity.ts';
import type { Participants } from './participants.ts';
import type { Log, Peering } from './peering.ts';
import type { RefusalBody, RefusalKind } from './refusals.ts';
import { MAX_ANNOUNCED } from './wire.ts';

/** Records taken of one peer in a second: each costs a tenth of a millisecond to check. */
const RATE = 500;
/** What a peer may send at once, when its session comes up. */
const BURST = 20_000;
/** How often expired records are forgotten, and it is looked whether the own one is to be made anew; ms. */
const LOOK = 60_000;

export interface FloodingOptions {
  readonly participants: Participants;
  readonly identity: () => Identity;
  readonly record: () => Uint8Array;
  readonly peerings: () => Iterable<Peering>;
  /** Something is news of who takes part. */
  readonly news?: () => void;
  readonly clock: () => number;
  readonly log: Log;
  refused(kind: RefusalKind, body: RefusalBody): void;
}

export interface Flooding {
  /** An ANNOUNCE came in. */
  hear(records: readonly Uint8Array[], from: Peering): void;
  /**
   * A session came up. A configured peer is told of all (`whole`). A member is told of this AS alone: it was dialled for
   * one question, each side knows of the other by what it was told already, and the database would take longer than the answer.
   */
  up(peering: Peering, whole: boolean): void;
  /** Tells everybody the own record, if it is another than the last one told. */
  announce(): void;
  close(): void;
}

export function createFlooding(options: FloodingOptions): Flooding {
  const { participants, clock } = options;
  const buckets = new WeakMap<Peering, Bucket>();
  const say = seldom(1, clock, (text, unsaid) => options.log('warn', text, unsaid > 0 ? { unsaid } : {}));
  let told: Uint8Array | null = null;

  const announceTo = (peering: Peering, records: readonly Uint8Array[]) => {
    for (let from = 0; from < records.length; from += MAX_ANNOUNCED)
      peering.tell({ type: 'announce', records: records.slice(from, from + MAX_ANNOUNCED) });
  };
  const announce = () => {
    const record = options.record();
    if (record === told) return;
    told = record;
    for (const peering of options.peerings()) announceTo(peering, [record]);
  };
  const timer = setInterval(() => {
    participants.expire(clock());
    announce();
  }, LOOK).unref();

  return {
    hear(records, from) {
      const news: Uint8Array[] = [];
      for (const octets of records) {
        const { bucket, taken } = takeToken(buckets.get(from) ?? null, RATE, clock(), BURST);
        buckets.set(from, bucket);
        if (!taken) {
          const reason = `more than ${RATE} records a second, the rest is not taken`;
          options.refused('records', { peer: from.as, reason });
          say(`traceback peer AS ${from.as}: announces ${reason}`);
          break;
        }
        const got = participants.learn(octets, record => doubtOf(record, options.identity(), clock()), clock());
        if (got === 'new') news.push(octets);
        else if (got !== 'old') {
          options.refused('record', { peer: from.as, reason: printable(got.wrong) });
          say(`traceback peer AS ${from.as}: a participation record is not taken: ${got.wrong}`);
        }
      }
      if (news.length === 0) return;
      options.news?.();
      for (const peering of options.peerings()) if (peering !== from) announceTo(peering, news);
    },
    up(peering, whole) {
      const others = whole ? participants.records(clock()).map(({ octets }) => octets) : [];
      announceTo(peering, [options.record(), ...others]);
    },
    announce,
    close: () => clearInterval(timer),
  };
}
