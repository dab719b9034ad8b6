/** From a frame's link addresses to the vantage it was seen at: the evidence that names a neighbour AS. */
import type { ProbeConfig } from '../config/tree.ts';
import type { Layers } from '../packet/layers.ts';
import { u16 } from '../packet/octets.ts';
import type { Vantage } from './question.ts';

export interface VantageMap {
  /** Vantages by their number; 0 is `inside`. Numbers stay when the neighbours change: windows are kept by them. */
  readonly list: readonly Vantage[];
  /** Number of an interface by its name, the same whenever it is asked; 0 is that of a capture that tells no name. */
  interfaceNumber(name: string): number;
  /** Another number whenever `of` may say another thing than before: who remembers its answers forgets them then. */
  readonly generation: number;
  /** Takes the neighbours' link addresses; an AS may have several. Returns those that are no address. */
  configure(neighbors: ProbeConfig['neighbors']): string[];
  /**
   * Number of the vantage of a frame: in from the neighbour that sent it, else out to the neighbour it is sent to, else
   * inside. Between two neighbours the sender decides: that is where the packet comes in. `at` is the number of the
   * interface; `outgoing`: the capture says that its own machine has sent the frame. Of the frame the two link addresses
   * and the VLAN count and nothing else.
   */
  of(bytes: Uint8Array, layers: Layers, at: number, outgoing: boolean): number;
}

/** Six octets written in hex with colons or hyphens; null otherwise. */
export function parseMac(text: string): Uint8Array | null {
  if (!/^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(text)) return null;
  return Uint8Array.from(text.split(/[:-]/), octet => Number.parseInt(octet, 16));
}

/** A map that knows no neighbour yet. */
export function vantageMap(): VantageMap {
  const list: Vantage[] = [{ direction: 'inside', neighbor: null }];
  // Open addressing over the lower 32 bits of the address, at most half full; `seen` is 0 where a place is free.
  const interfaces = new Map([['', 0]]);
  let generation = 0;
  let mask = 1;
  let low = new Uint32Array(2);
  let high = new Uint16Array(2);
  let seen = new Uint16Array(2);

  const lower = (bytes: Uint8Array, at: number) => ((u16(bytes, at + 2) << 16) | u16(bytes, at + 4)) >>> 0;

  /** Number of the `in` vantage of the neighbour with this address, 0 when there is none; `out` is the next number. */
  const find = (bytes: Uint8Array, at: number): number => {
    const a = lower(bytes, at);
    const b = u16(bytes, at);
    for (let place = Math.imul(a, 0x9e3779b1) >>> 16; ; place++) {
      const there = seen[place & mask]!;
      if (there === 0 || (low[place & mask] === a && high[place & mask] === b)) return there;
    }
  };

  const numberOf = (as: number): number => {
    const known = list.findIndex(vantage => vantage.neighbor === as);
    if (known > 0) return known;
    return list.push({ direction: 'in', neighbor: as }, { direction: 'out', neighbor: as }) - 2;
  };

  return {
    list,
    interfaceNumber(name) {
      const known = interfaces.get(name) ?? interfaces.size;
      interfaces.set(name, known);
      return known;
    },
    get generation() {
      return generation;
    },
    configure(neighbors) {
      generation++;
      const size = 2 ** Math.ceil(Math.log2(neighbors.length * 2 + 2));
      mask = size - 1;
      low = new Uint32Array(size);
      high = new Uint16Array(size);
      seen = new Uint16Array(size);
      const refused: string[] = [];
      for (const { as, mac } of neighbors) {
        const bytes = parseMac(mac);
        if (bytes === null) {
          refused.push(mac);
          continue;
        }
        let place = Math.imul(lower(bytes, 0), 0x9e3779b1) >>> 16;
        while (seen[place & mask] !== 0) place++;
        low[place & mask] = lower(bytes, 0);
        high[place & mask] = u16(bytes, 0);
        seen[place & mask] = numberOf(as);
      }
      return refused;
    },
    of(bytes, layers) {
      const from = layers.sourceMac < 0 ? 0 : find(bytes, layers.sourceMac);
      if (from > 0) return from;
      const to = layers.destinationMac < 0 ? 0 : find(bytes, layers.destinationMac);
      return to > 0 ? to + 1 : 0;
    },
  };
}
