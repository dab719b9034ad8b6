import { type Afi, formatAddress } from '../../net/address.ts';
import { PrefixIds4, PrefixIds6 } from '../../net/prefix-ids.ts';

/** Address words as in the columns of an object (object-store.ts). */
export interface PrefixWords {
  readonly afi: Afi;
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
  readonly length: number;
}

/** `192.0.2.0/24` of its words. */
export function prefixText({ afi, w0, w1, w2, w3, length }: PrefixWords): string {
  const bytes = new Uint8Array(afi === 1 ? 4 : 16);
  const view = new DataView(bytes.buffer);
  for (const [i, word] of (afi === 1 ? [w0] : [w0, w1, w2, w3]).entries()) view.setInt32(i * 4, word);
  return `${formatAddress({ afi, bytes })}/${length}`;
}

/** Distinct prefixes, as an answer tells them: parted by blanks, a newline at the end. A million of them are 20 MB of text. */
export interface PrefixList {
  /** One that is in the list already is not added again. */
  add(prefix: PrefixWords): void;
  readonly count: number;
  /** Octets of the text, without making it. */
  readonly octets: number;
  /** The text, piece by piece. */
  pieces(): Iterable<Buffer>;
}

/** Prefixes of a piece. */
const PIECE = 512;
const digits = (octet: number): number => (octet > 99 ? 3 : octet > 9 ? 2 : 1);

/** An empty list. */
export function prefixList(): PrefixList {
  const ids4 = new PrefixIds4(1024);
  const ids6 = new PrefixIds6(1024);
  let octets = 0;

  function text4(id: number): string {
    const address = ids4.address[id]!;
    return `${address >>> 24}.${(address >>> 16) & 0xff}.${(address >>> 8) & 0xff}.${address & 0xff}/${ids4.length[id]}`;
  }

  function text6(id: number): string {
    const [w0, w1, w2, w3] = ids6.address.subarray(id * 4);
    return prefixText({ afi: 2, w0: w0!, w1: w1!, w2: w2!, w3: w3!, length: ids6.length[id]! });
  }

  return {
    add({ afi, w0, w1, w2, w3, length }) {
      // With the blank or newline behind it.
      if (afi === 1) {
        const size = ids4.size;
        ids4.intern(w0, length);
        if (ids4.size === size) return;
        octets += 5 + digits(w0 >>> 24) + digits((w0 >>> 16) & 0xff) + digits((w0 >>> 8) & 0xff) + digits(w0 & 0xff);
        octets += digits(length);
      } else {
        const size = ids6.size;
        const id = ids6.intern(w0, w1, w2, w3, length);
        if (ids6.size > size) octets += text6(id).length + 1;
      }
    },
    get count() {
      return ids4.size + ids6.size;
    },
    get octets() {
      return octets;
    },
    *pieces() {
      const all = ids4.size + ids6.size;
      for (let from = 0; from < all; from += PIECE) {
        const to = Math.min(from + PIECE, all);
        const texts: string[] = [];
        for (let i = from; i < to; i++) texts.push(i < ids4.size ? text4(i) : text6(i - ids4.size));
        yield Buffer.from(`${texts.join(' ')}${to === all ? '\n' : ' '}`, 'latin1');
      }
    },
  };
}
