/** Changes to one value of a data item of CBOR, its form kept: what stands behind the form is reached. */
import { decodeItem, encodeItem } from '../../src/net/frames.ts';
import type { Random } from './random.ts';

/** What no field expects: bounds, other kinds, control text, many of a thing. */
const STRANGE: readonly unknown[] = [
  ...[0, 1, -1, 15, 16, 17, 64, 65, 255, 256, 4096, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, -(2 ** 53 - 1)],
  ...[0.5, 1e300, -0, true, false, null, '', 'saw', 'x'.repeat(201), '\u001b[2J', 'a\u202eb', '\u0000', '__proto_'],
  ...[[], {}, [1], [[[[[[]]]]]], { as: 1 }, Array.from({ length: 300 }, (_, i) => i + 1)],
  ...[0, 1, 8, 16, 32, 48, 49, 64, 4097].map(size => new Uint8Array(size).fill(size)),
];

/** The same item with one value of it changed, left out, doubled or added; null when it is no item. */
export function mutateItem(octets: Uint8Array, random: Random): Uint8Array | null {
  const item = decodeItem(octets);
  if ('reason' in item) return null;
  const change = (value: unknown): unknown => {
    const strange = STRANGE[random(STRANGE.length)];
    if (Array.isArray(value) && value.length > 0 && random(8) > 0) {
      const at = random(value.length);
      const kind = random(8);
      if (kind === 0) return value.toSpliced(at, 1);
      if (kind === 1) return value.toSpliced(at, 0, value[random(value.length)]);
      return value.with(at, change(value[at]));
    }
    if (value instanceof Uint8Array && random(3) > 0) {
      const changed = Uint8Array.from(value);
      if (changed.length > 0) changed[random(changed.length)]! ^= 1 << random(8);
      return random(4) === 0 ? changed.subarray(0, random(changed.length + 1)) : changed;
    }
    if (typeof value === 'object' && value !== null && !Array.isArray(value) && random(16) > 0) {
      const keys = Object.keys(value);
      if (keys.length === 0) return { x: strange };
      const made: Record<string, unknown> = { ...value };
      const key = keys[random(keys.length)]!;
      const kind = random(16);
      if (kind === 0) delete made[key];
      else if (kind === 1) made[`${key}2`] = strange;
      else made[key] = change(made[key]);
      return made;
    }
    return typeof value === 'number' && random(2) === 0 ? value + random(5) - 2 : strange;
  };
  return encodeItem(change(item.message));
}
