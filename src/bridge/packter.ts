/**
 * Datagrams of PACKTER for its trace client (UDP 11301): a hash alone, or records of a packet whose last field, the
 * description, has one; both as `hash-server` too, with the trace client's address behind it. Of a record nothing else is
 * kept.
 */

/** Octets of a datagram that are looked at, and hashes that are taken of one. */
const LONGEST = 2048;
const MOST_HASHES = 16;

/** The hashes in a datagram, lower case, each once; a string says why there is none. Never throws. */
export function decodePackter(octets: Uint8Array): readonly string[] | string {
  if (octets.length > LONGEST) return `longer than ${LONGEST} octets`;
  const lines = Buffer.from(octets)
    .toString('latin1')
    .split(/[\r\n\0]+/);
  const hashes = lines.flatMap(line => {
    // src, dst, their ports, flag, description: whose commas belong to it.
    const description = line.split(',').slice(5).join(',') || line;
    const hash = /^([0-9A-Fa-f]{32})(-[\x20-\x7e]*)?$/.exec(description.trim())?.[1];
    return hash === undefined ? [] : [hash.toLowerCase()];
  });
  if (hashes.length === 0) return 'there is no hash of 32 hexadecimal digits in it';
  const each = [...new Set(hashes)];
  return each.length > MOST_HASHES ? `more than ${MOST_HASHES} hashes` : each;
}
