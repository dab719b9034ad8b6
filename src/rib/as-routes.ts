/** The routes of all ASes to one destination under Gao and Rexford's rules: customer routes first, then the shortest. */
import type { AsTopology } from './as-frontier.ts';
import { CUSTOMER, PEER, PROVIDER } from './as-relations.ts';

/** For each node the one its packets to the destination go to next; -1 where there is no route, itself at the destination. */
export function routesTo({ start, ends, relation, numbers }: AsTopology, destination: number): Int32Array {
  const nodes = numbers.length;
  const next = new Int32Array(nodes).fill(-1);
  const distance = new Int32Array(nodes).fill(1 << 30);
  next[destination] = destination;
  distance[destination] = 0;

  // Customer routes climb from the destination, level by level.
  const climbed = [destination];
  for (let head = 0; head < climbed.length; head++) {
    const at = climbed[head]!;
    for (let k = start[at]!; k < start[at + 1]!; k++) {
      const up = ends[k]!;
      if (relation[k] !== PROVIDER) continue;
      const longer = distance[at]! + 1;
      if (next[up] === -1) {
        next[up] = at;
        distance[up] = longer;
        climbed.push(up);
      } else if (distance[up] === longer && prefers(up, at, next[up]!)) next[up] = at;
    }
  }
  // One peering.
  const fresh: { at: number; over: number; distance: number }[] = [];
  for (let at = 0; at < nodes; at++) {
    if (next[at] !== -1) continue;
    let over = -1;
    let best = 1 << 30;
    for (let k = start[at]!; k < start[at + 1]!; k++) {
      const peer = ends[k]!;
      if (relation[k] !== PEER || distance[peer] === 1 << 30) continue;
      const longer = distance[peer]! + 1;
      if (longer < best || (longer === best && prefers(at, peer, over))) {
        best = longer;
        over = peer;
      }
    }
    if (over !== -1) fresh.push({ at, over, distance: best });
  }
  for (const one of fresh) {
    next[one.at] = one.over;
    distance[one.at] = one.distance;
  }
  // Provider routes descend: by distance, so that each AS takes the shortest.
  const levels: number[][] = [];
  for (let at = 0; at < nodes; at++)
    if (next[at] !== -1) {
      levels[distance[at]!] ??= [];
      levels[distance[at]!]!.push(at);
    }
  const settled = Uint8Array.from(next, at => (at === -1 ? 0 : 1));
  for (let level = 0; level < levels.length; level++)
    for (const at of levels[level] ?? [])
      for (let k = start[at]!; k < start[at + 1]!; k++) {
        const down = ends[k]!;
        if (relation[k] !== CUSTOMER || settled[down] === 1) continue;
        const longer = level + 1;
        if (longer < distance[down]!) {
          distance[down] = longer;
          next[down] = at;
          levels[longer] ??= [];
          levels[longer]!.push(down);
        } else if (longer === distance[down] && prefers(down, at, next[down]!)) next[down] = at;
      }
  return next;
}

/** Between routes that are as good each AS has a preference of its own, always the same. */
function prefers(at: number, one: number, other: number): boolean {
  return other === -1 || mix(at, one) < mix(at, other);
}

function mix(a: number, b: number): number {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 0x7f4a7c15, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return (h ^ (h >>> 13)) >>> 0;
}
