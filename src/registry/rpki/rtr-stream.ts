/**
 * Cuts the octets of a cache into PDUs. A prefix goes from the buffer to the table as numbers: half a million of them come in
 * one response. Whatever else comes, and every prefix that is not quite as it should be, is read by `readPdu`.
 */
import type { Afi } from '../../net/address.ts';
import {
  HEADER,
  IPV4_PREFIX,
  IPV4_PREFIX_LENGTH,
  IPV6_PREFIX,
  IPV6_PREFIX_LENGTH,
  prefixFault,
  type RtrFault,
  type RtrPdu,
  readPdu,
} from './rtr-pdu.ts';

export interface RtrReceiver {
  /** The version of the session: prefixes of this one take the short way. */
  version(): number;
  /** A prefix (words as in a VrpTable). Answers what is wrong with it, or null. */
  onPrefix(
    announce: boolean,
    afi: Afi,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    length: number,
    maxLength: number,
    asn: number,
  ): RtrFault | null;
  /** Any other PDU, and prefixes of another version. */
  onPdu(pdu: RtrPdu): void;
  /** The stream ends with this; `enclosed` is what was wrong. */
  onFault(fault: RtrFault, enclosed: Uint8Array): void;
}

export interface RtrStream {
  /** Takes the next octets, in chunks cut anywhere. */
  push(chunk: Uint8Array): void;
  /** Nothing more is delivered, also of the chunk that is being taken. */
  stop(): void;
}

export function rtrStream(receiver: RtrReceiver): RtrStream {
  let stopped = false;
  // The beginning of a PDU whose rest has not come yet; octets are kept as they arrive, never as the length field claims.
  let held = new Uint8Array(256);
  let heldLength = 0;
  let needed = 0;

  function keep(octets: Uint8Array): void {
    if (heldLength + octets.length > held.length) {
      const larger = new Uint8Array(Math.max(held.length * 2, heldLength + octets.length));
      larger.set(held.subarray(0, heldLength));
      held = larger;
    }
    held.set(octets, heldLength);
    heldLength += octets.length;
  }

  function fail(fault: RtrFault, enclosed: Uint8Array): number {
    stopped = true;
    receiver.onFault(fault, enclosed.slice());
    return 0;
  }

  /** A prefix of the session's version with nothing unusual: its size, or 0 when it is for `readPdu`. */
  function shortWay(b: Uint8Array, at: number, end: number): number {
    const type = b[at + 1]!;
    const size = type === IPV4_PREFIX ? IPV4_PREFIX_LENGTH : type === IPV6_PREFIX ? IPV6_PREFIX_LENGTH : 0;
    if (size === 0 || end - at < size || b[at] !== receiver.version()) return 0;
    if (b[at + 4] !== 0 || b[at + 5] !== 0 || b[at + 6] !== 0 || b[at + 7] !== size) return 0;
    const afi: Afi = type === IPV4_PREFIX ? 1 : 2;
    const length = b[at + 9]!;
    const maxLength = b[at + 10]!;
    const w0 = word(b, at + 12);
    const w1 = afi === 1 ? 0 : word(b, at + 16);
    const w2 = afi === 1 ? 0 : word(b, at + 20);
    const w3 = afi === 1 ? 0 : word(b, at + 24);
    if (prefixFault(afi, w0, w1, w2, w3, length, maxLength) !== null) return 0;
    const asn = word(b, at + size - 4) >>> 0;
    const wrong = receiver.onPrefix((b[at + 8]! & 1) !== 0, afi, w0, w1, w2, w3, length, maxLength, asn);
    return wrong === null ? size : fail(wrong, b.subarray(at, at + size));
  }

  /** Takes the PDU at `at`; its size, or 0 when it is not whole (`needed` octets are) or the stream has ended. */
  function take(b: Uint8Array, at: number, end: number): number {
    const short = end - at < IPV4_PREFIX_LENGTH ? 0 : shortWay(b, at, end);
    if (short > 0 || stopped) return short;
    const reading = readPdu(b, at, end);
    if (reading.how === 'more') {
      needed = reading.size;
      return 0;
    }
    if (reading.how === 'fault') return fail(reading.fault, b.subarray(at, Math.min(end, at + claimed(b, at))));
    receiver.onPdu(reading.pdu);
    return reading.size;
  }

  return {
    push(chunk) {
      let at = 0;
      while (heldLength > 0 && !stopped) {
        const more = Math.min(chunk.length - at, needed - heldLength);
        keep(chunk.subarray(at, at + more));
        at += more;
        if (heldLength < needed) return;
        if (take(held, 0, heldLength) > 0) heldLength = 0;
      }
      while (at < chunk.length && !stopped) {
        const size = take(chunk, at, chunk.length);
        if (size === 0) break;
        at += size;
      }
      if (!stopped && at < chunk.length) keep(chunk.subarray(at));
    },
    stop() {
      stopped = true;
    },
  };
}

/** Octets of the PDU at `at` by its own length field, its header at least: what follows is another one. */
const claimed = (b: Uint8Array, at: number): number => Math.max(HEADER, word(b, at + 4) >>> 0);

const word = (b: Uint8Array, at: number): number =>
  (b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!;
