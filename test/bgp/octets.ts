/** Octets from hexadecimal text; spaces are for the eye. */
export const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replace(/\s+/g, ''), 'hex'));

/** Hexadecimal text of octets. */
export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** The marker of every header (RFC 4271 section 4.1). */
export const MARKER = 'ff'.repeat(16);

/** One path attribute in hex: flags, code, length, value. */
export const attribute = (flags: number, code: number, value: string): string => {
  const length = value.replace(/\s+/g, '').length / 2;
  const long = (flags & 0x10) !== 0;
  const octet = (n: number, digits = 2) => n.toString(16).padStart(digits, '0');
  return `${octet(flags)}${octet(code)}${octet(length, long ? 4 : 2)}${value}`;
};

/** The body of an UPDATE, its three parts in hex. */
export const updateBody = (withdrawn: string, attributes: string, nlri: string): Uint8Array => {
  const field = (text: string) => {
    const bytes = hex(text);
    return [bytes.length >> 8, bytes.length & 0xff, ...bytes];
  };
  return Uint8Array.from([...field(withdrawn), ...field(attributes), ...hex(nlri)]);
};
