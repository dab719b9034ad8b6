/** What a monitored router says: the framer, every message, and what the station makes of them. */
import { isBmpError } from '../../src/bmp/errors.ts';
import { createFramer } from '../../src/bmp/framer.ts';
import { decodeMessage } from '../../src/bmp/messages.ts';
import { createArchiveFeed } from '../../src/collector/archive-feed.ts';
import { createRouter } from '../../src/collector/bmp-router.ts';
import { Contradictions } from '../../src/collector/contradictions.ts';
import { createIngest } from '../../src/collector/ingest.ts';
import { createPathCheck } from '../../src/collector/path-check.ts';
import type { SeatedPeer, Seating } from '../../src/collector/seating.ts';
import { VerdictMemo } from '../../src/collector/verdict-memo.ts';
import { dropTable, newRib } from '../../src/rib/adj-rib-in.ts';
import { mutate } from './mutate.ts';
import type { Target } from './target.ts';

/** A station without sockets: a router whose messages are handed to it. */
function newStation() {
  const rib = newRib();
  const memo = new VerdictMemo(rib);
  const silent = { describe: () => null as never, mark: () => {}, tell: () => {}, now: () => 0 };
  const ingest = createIngest(
    rib,
    { memo, book: new Contradictions(silent), paths: createPathCheck(rib, () => undefined) },
    {
      endOfRib: () => {},
      malformed: () => {},
      passedOver: () => {},
    },
  );
  const seats: (SeatedPeer | undefined)[] = [];
  const seating: Seating = {
    rib,
    ingest,
    archive: createArchiveFeed(() => {}, Date.now),
    seat(make) {
      const peer = make(seats.length);
      seats.push(peer);
      return peer;
    },
    unseat: peer => {
      seats[peer.row.number] = undefined;
    },
    drop: number => dropTable(rib, number),
    lose: () => {},
    later: () => {},
    whole: () => {},
    changed: () => {},
    forgotten: () => {},
    log: () => {},
    held: () => false,
    localAs: () => 64500,
    now: () => 0,
  };
  const ribs = ['pre-policy', 'post-policy', 'loc-rib'] as const;
  const router = createRouter({ name: 'r', address: '192.0.2.10', ribs, description: () => '' }, seating);
  return { rib, router };
}

/** The kinds of the messages of a stream that comes in pieces of so many octets, and what ends it. */
function kindsOf(stream: Uint8Array, piece: number): string {
  const kinds: string[] = [];
  const framer = createFramer((_, buffer, start, end) => {
    const message = decodeMessage(buffer, start, end);
    kinds.push(isBmpError(message) ? message.what.replace(/[0-9a-f.:]+/g, '#') : message.kind);
    return true;
  });
  for (let at = 0; at < stream.length; at += piece) {
    const error = framer.push(stream.subarray(at, at + piece));
    if (error !== null) return `${kinds}! ${error.what}`;
  }
  return `${kinds}`;
}

/** The target; a seed is the begin of a router's stream. */
export function bmpStreamTarget(seeds: readonly Uint8Array[]): Target {
  let station = newStation();
  return {
    name: 'BMP streams',
    seeds,
    mutate: (input, other, random) => mutate(input, other, random, 8192),
    judge(stream) {
      const whole = kindsOf(stream, stream.length + 1);
      if (whole !== kindsOf(stream, 1 + (stream.length % 97)))
        throw new Error('messages that come in pieces are others than those that come whole');
      createFramer((type, buffer, start, end) => station.router.message(type, buffer, start, end)).push(stream);
      for (const { row } of station.router.peers()) if (row.number < 0) throw new Error('a peer without a seat');
      return whole;
    },
    begin() {
      station.router.lost('the end');
      station.router.forget(true);
      const { live } = station.rib.attributes;
      if (live !== 0) throw new Error(`${live} attribute sets are held by no route`);
      station = newStation();
    },
  };
}
