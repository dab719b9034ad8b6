/**
 * How well digests tell the packets of a capture apart. Layers with the same input are repeats where all octets that
 * no router changes are the same, and collisions where they are not: then the profile could not tell different packets
 * apart.
 */
import { findLayers } from '../../src/packet/find-layers.ts';
import { LONGEST_INPUT, writeInvariant } from '../../src/packet/invariant.ts';
import { newLayers } from '../../src/packet/layers.ts';
import { type Profile, STRICT } from '../../src/packet/profiles.ts';
import { capture, forEachRecord } from './captures.ts';

export interface Accuracy {
  packets: number;
  /** IP layers, of which so many are digested: IPv4, IPv6. */
  layers: number;
  digests4: number;
  digests6: number;
  /** Layers that have the input of an earlier one of the same octets. */
  repeats: number;
  /** Layers with the input of a layer of other octets. */
  collisions4: number;
  collisions6: number;
}

const text = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');

/** Counts over a capture in a profile. */
export function accuracyOf(name: string, profile: Profile = STRICT): Accuracy {
  const found = newLayers();
  const input = new Uint8Array(LONGEST_INPUT);
  const whole = new Uint8Array(LONGEST_INPUT);
  /** For each input the octets of its layers and how often each occurs. */
  const groups = new Map<string, { readonly family: number; readonly wholes: Map<string, number> }>();
  const sum: Accuracy = { packets: 0, layers: 0, digests4: 0, digests6: 0, repeats: 0, collisions4: 0, collisions6: 0 };
  forEachRecord(capture(name), ({ bytes, offset, captured, wire, linkType }) => {
    const frame = bytes.subarray(offset, offset + captured);
    findLayers(frame, 0, captured, wire, linkType, found);
    sum.packets++;
    for (let i = 0; i < found.count; i++) {
      sum.layers++;
      const length = profile.write(frame, found, i, input, 0);
      if (typeof length === 'string') continue;
      if (found.family[i] === 4) sum.digests4++;
      else sum.digests6++;
      // The fields of the header, and everything behind it.
      const header = writeInvariant(0, 0, frame, found, i, whole, 0);
      const octets = text(whole.subarray(0, header)) + text(frame.subarray(found.upper[i]!, found.end[i]!));
      const key = text(input.subarray(0, length));
      const group = groups.get(key) ?? { family: found.family[i]!, wholes: new Map<string, number>() };
      group.wholes.set(octets, (group.wholes.get(octets) ?? 0) + 1);
      groups.set(key, group);
    }
  });
  for (const { family, wholes } of groups.values()) {
    const layers = [...wholes.values()].reduce((all, count) => all + count, 0);
    sum.repeats += layers - wholes.size;
    if (wholes.size === 1) continue;
    if (family === 4) sum.collisions4 += layers;
    else sum.collisions6 += layers;
  }
  return sum;
}
