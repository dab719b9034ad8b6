/** Changes to octets: blind ones, and those that keep the frame of an UPDATE whole, so that what stands deeper is reached. */
import { encodeMessage, HEADER_LENGTH, UPDATE } from '../../src/bgp/message.ts';
import { emptyLayout, locateUpdate } from '../../src/bgp/update.ts';
import { Cursor } from '../../src/net/cursor.ts';
import type { Random } from './random.ts';

const LONGEST = 4000;

/** A few small changes: octets, lengths, pieces left out, doubled, or taken from another input. */
export function mutate(input: Uint8Array, other: Uint8Array, random: Random, longest = LONGEST): Uint8Array {
  let octets = [...input];
  for (let changes = 1 + random(4); changes > 0; changes--) {
    const at = random(octets.length + 1);
    const size = 1 + random(16);
    const kind = random(8);
    if (kind === 0) octets[at] = random(256);
    else if (kind === 1) octets[at] = (octets[at] ?? 0) ^ (1 << random(8));
    else if (kind === 2) octets[at] = (octets[at] ?? 0) + (random(2) === 0 ? 1 : 255);
    else if (kind === 3) octets[at] = [0, 1, 0x7f, 0x80, 0xff][random(5)]!;
    else if (kind === 4) octets.splice(at, size);
    else if (kind === 5) octets.splice(at, 0, ...octets.slice(at, at + size));
    else if (kind === 6) octets.splice(at, 0, ...other.subarray(random(other.length + 1)).subarray(0, size));
    else octets = octets.slice(0, at);
  }
  return Uint8Array.from(octets.slice(0, longest), octet => octet & 0xff);
}

/** The attributes of an UPDATE, each from its flags on; null where they cannot be told apart. */
function partsOf(message: Uint8Array): { withdrawn: Uint8Array; attributes: Uint8Array[]; nlri: Uint8Array } | null {
  const layout = emptyLayout();
  if (message[18] !== UPDATE || locateUpdate(message, HEADER_LENGTH, message.length, layout) !== null) return null;
  const attributes: Uint8Array[] = [];
  const c = new Cursor(message, layout.attributesStart, layout.attributesEnd);
  while (c.left > 0) {
    const at = c.offset;
    const long = (c.u8() & 0x10) !== 0;
    c.skip(1);
    c.skip(long ? c.u16() : c.u8());
    if (c.failed) return null;
    attributes.push(message.subarray(at, c.offset));
  }
  const part = (start: number, end: number) => message.subarray(start, end);
  return {
    withdrawn: part(layout.withdrawnStart, layout.withdrawnEnd),
    attributes,
    nlri: part(layout.nlriStart, layout.nlriEnd),
  };
}

/** One attribute with another value, its length set right. */
function revalue(attribute: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  const long = (attribute[0]! & 0x10) !== 0;
  const value = mutate(attribute.subarray(long ? 4 : 3), other, random).subarray(0, long ? 2000 : 255);
  const length = long ? [value.length >> 8, value.length & 0xff] : [value.length];
  return Uint8Array.of(attribute[0]!, attribute[1]!, ...length, ...value);
}

/** Changes one part of an UPDATE and keeps its frame whole; null when it has none. */
function mutateParts(input: Uint8Array, other: Uint8Array, random: Random): Uint8Array | null {
  const parts = partsOf(input);
  if (parts === null) return null;
  let { withdrawn, nlri } = parts;
  const attributes = [...parts.attributes];
  const at = random(attributes.length + 1);
  const kind = random(9);
  const others = partsOf(other);
  const strange = others?.attributes ?? [];
  if (kind === 0) withdrawn = mutate(withdrawn, other, random);
  else if (kind === 1) nlri = mutate(nlri, other, random);
  else if (kind === 2) attributes.splice(at, 1);
  else if (kind === 3 && strange.length > 0) attributes.splice(at, 0, strange[random(strange.length)]!);
  // What one announces another withdraws.
  else if (kind === 4 && others !== null) withdrawn = others.nlri;
  else if (attributes[at] !== undefined) attributes[at] = revalue(attributes[at], other, random);
  const list = Buffer.concat(attributes);
  if (withdrawn.length + list.length + nlri.length > LONGEST) return null;
  const size = (octets: Uint8Array) => [octets.length >> 8, octets.length & 0xff];
  return encodeMessage(UPDATE, Uint8Array.of(...size(withdrawn), ...withdrawn, ...size(list), ...list, ...nlri));
}

/** A BGP message made of another one; its header is right but for one in fifty. */
export function mutateMessage(input: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  const whole = random(4) > 0 ? mutateParts(input, other, random) : null;
  if (whole !== null) return whole;
  const type = random(20) === 0 ? random(7) : (input[HEADER_LENGTH - 1] ?? UPDATE);
  const message = encodeMessage(type, mutate(input.subarray(HEADER_LENGTH), other, random));
  if (random(50) === 0) message[random(HEADER_LENGTH)] = random(256);
  return message;
}
