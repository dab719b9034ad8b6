/** The sealer's part of an answer: filters looked into, and digests that wait to be sealed looked through. */
import { type AskedInterval, intervalOf, overlaps } from '../asked-interval.ts';
import type { WindowKeeper } from '../disk/window-keeper.ts';
import { rangeOf } from '../filters/kept-window.ts';
import { windowKey } from '../filters/mixed-digest.ts';
import { ask, falseSightings } from '../filters/sealed-filter.ts';
import type { Sealer } from '../filters/sealer.ts';
import type { KeyCheck, Question, Vantage } from '../question.ts';
import { inSample } from '../sampling.ts';
import {
  MOST_SIGHTINGS,
  type NumberedSighting,
  type PartialAnswer,
  type VantagePart,
  type WindowPart,
  windowOf,
} from '../window-messages.ts';
import type { KeptEntry, WindowIndex } from './window-index.ts';

const NOWHERE: ReadonlySet<number> = new Set();

/** Nothing says yes falsely for sure. */
const SURE = 1 - 2 ** -20;

export interface SealedSide {
  readonly index: WindowIndex;
  /** What waits to be sealed. */
  readonly parts: readonly WindowPart[];
  readonly keeper: Pick<WindowKeeper, 'knownKey'>;
  readonly sealer: Pick<Sealer, 'mixed'>;
}

export function askSealed(
  { index, parts, keeper, sealer }: SealedSide,
  questions: readonly Question[],
  keys: readonly KeyCheck[],
): PartialAnswer & { readonly strange: readonly number[] } {
  const checks = new Map(keys.map(({ epoch, check }) => [epoch, check]));
  const strange = new Set<number>();
  const sightings: NumberedSighting[] = [];
  const counted = new Set<KeptEntry | VantagePart>();
  let windowsAsked = 0;
  let unsaid = 0;
  let honest = 0;
  let sampling = 1;
  let packets = 0;
  let lost = 0;
  let anyWaiting = false;

  const count = (one: KeptEntry | VantagePart, seen: readonly { packets: number; lost: number }[]) => {
    if (counted.has(one)) return;
    counted.add(one);
    for (const vantage of seen) {
      packets += vantage.packets;
      lost += vantage.lost;
    }
  };
  const saw = (question: number, vantage: number | Vantage, first: number, last: number, provisional: boolean) => {
    if (sightings.length <= MOST_SIGHTINGS) sightings.push({ vantage, first, last, question, provisional });
  };
  /** True when windows under this key can be asked with this question. */
  const sameKey = (epoch: number, digestKey: string | null): boolean => {
    const check = checks.get(epoch);
    if (check === undefined || digestKey === null || digestKey === check) return true;
    strange.add(epoch);
    return false;
  };

  /** Which vantages have the digests asked for among those that wait, found for all questions at once. */
  const found = new Map<WindowPart, ReadonlyMap<bigint, ReadonlySet<number>>>();
  const wholes = questions.map(({ digest }) => Buffer.from(digest, 'hex').readBigUInt64LE());
  const waitingFor = (part: WindowPart) => {
    const there = found.get(part) ?? seenIn(part, wholes);
    found.set(part, there);
    return there;
  };

  questions.forEach((question, position) => {
    const interval = intervalOf(question);
    if (interval.to < interval.from) return;
    const digest = Buffer.from(question.digest, 'hex');
    const low = digest.readUInt32LE(0);
    const high = digest.readUInt32LE(4);
    const whole = digest.readBigUInt64LE();
    const stored = keeper.knownKey(question.epoch);
    for (const entry of index.between(windowOf(interval.from / 1000), windowOf(interval.to / 1000))) {
      if (entry.epoch !== question.epoch || stored === null || !sameKey(question.epoch, entry.digestKey)) continue;
      const { vantages } = entry;
      let asked = 0;
      for (const { first, last } of vantages) if (overlaps(interval, first, last)) asked++;
      if (asked === 0) continue;
      windowsAsked += asked;
      count(entry, vantages);
      sampling = Math.min(sampling, entry.sampling);
      const filters = index.open(entry)?.filters ?? null;
      if (filters === null || !inSample(digest, entry.sampling)) {
        unsaid += asked;
        continue;
      }
      const filter = filters[rangeOf(high, filters.length)];
      if (filter === undefined) continue;
      entry.key ??= windowKey(stored.key, entry.number, entry.part, sealer.mixed);
      const mixed = sealer.mixed(entry.key, low, high);
      const share = asked / vantages.length;
      honest += Math.log1p(-Math.min(SURE, falseSightings(filter) * share));
      for (const place of ask(filter, mixed.low, mixed.high)) {
        const { vantage, first, last } = vantages[place]!;
        if (overlaps(interval, first, last)) saw(position, vantage, first, last, false);
      }
    }
    for (const part of parts) {
      if (!overlapsAny(interval, part) || !sameKey(question.epoch, part.digestKey)) continue;
      const there = waitingFor(part).get(whole) ?? NOWHERE;
      part.vantages.forEach((seen, place) => {
        if (!overlaps(interval, seen.first, seen.last)) return;
        windowsAsked++;
        anyWaiting = true;
        count(seen, [seen]);
        sampling = Math.min(sampling, part.sampling);
        if (there.has(place)) saw(position, seen.vantage, seen.first, seen.last, true);
        else if (!inSample(digest, part.sampling)) unsaid++;
      });
    }
  });
  return {
    sightings,
    windowsAsked,
    unsaid,
    honest,
    sealed: !anyWaiting,
    packets,
    lost,
    sampling,
    strange: [...strange],
  };
}

function overlapsAny(interval: AskedInterval, { vantages }: WindowPart): boolean {
  return vantages.some(({ first, last }) => overlaps(interval, first, last));
}

/**
 * Which vantages of a part, by their position in it, have digests. It is gone through once however many are looked for: a table
 * by their lowest 16 bits says of most that they are none of them.
 */
function seenIn({ vantages, digests }: WindowPart, wanted: readonly bigint[]): Map<bigint, Set<number>> {
  const seen = new Map<bigint, Set<number>>(wanted.map(digest => [digest, new Set()]));
  const may = new Uint8Array(65536);
  for (const digest of wanted) may[Number(digest & 0xffffn)] = 1;
  const halves = new Uint32Array(digests.buffer, digests.byteOffset, digests.length * 2);
  let i = 0;
  vantages.forEach((vantage, position) => {
    const end = i + vantage.digests * 2;
    for (; i < end; i += 2) if (may[halves[i]! & 0xffff] === 1) seen.get(digests[i >> 1]!)?.add(position);
  });
  return seen;
}
