/** As much of DER (X.690) as the objects of a made-up RPKI need. */

/** One value; `parts` are its content. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

export const sequence = (...parts: readonly Uint8Array[]) => der(0x30, ...parts);
/** DER has the members of a SET OF in the order of their octets. */
export const setOf = (...parts: readonly Uint8Array[]) => der(0x31, ...[...parts].sort(Buffer.compare));
/** `[number]` around a value, or with the content of one. */
export const tagged = (number: number, ...parts: readonly Uint8Array[]) => der(0xa0 + number, ...parts);
export const octets = (...parts: readonly Uint8Array[]) => der(0x04, ...parts);
export const bits = (...parts: readonly Uint8Array[]) => der(0x03, Buffer.of(0), ...parts);
export const ia5 = (text: string) => der(0x16, Buffer.from(text, 'ascii'));
export const NULL = der(0x05);
export const TRUE = der(0x01, Buffer.of(0xff));

/** Not negative, below 2^53. */
export function integer(value: number): Buffer {
  const digits = value.toString(16);
  const whole = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
  return der(0x02, ...(whole[0]! < 128 ? [] : [Buffer.of(0)]), whole);
}

/** An object identifier as people write it. */
export function oid(text: string): Buffer {
  const [first, second, ...rest] = text.split('.').map(Number);
  const base128 = (value: number): number[] =>
    value < 128 ? [value] : [...base128(Math.floor(value / 128)).map(octet => octet | 128), value % 128];
  return der(0x06, Buffer.from([first! * 40 + second!, ...rest].flatMap(base128)));
}

const digitsOf = (date: Date) => `${date.toISOString().replace(/\D/g, '').slice(0, 14)}Z`;
/** RFC 5280 section 4.1.2.5.1; until 2049. */
export const utcTime = (date: Date) => der(0x17, Buffer.from(digitsOf(date).slice(2)));
export const generalizedTime = (date: Date) => der(0x18, Buffer.from(digitsOf(date)));
