/**
 * Deterministic NAT (RFC 7422): who has which outside ports is reckoned from the configuration of the translator, and no log
 * is needed. Of the algorithms of its section 2.2 the sequential one: the first `ratio` inside addresses share the first
 * outside address, each with a block of (65536 - reserved) / (ratio + dynamic) ports, one behind the other.
 */
import type { PortBlock } from './translation.ts';

export interface DeterministicNat {
  /** First address and how many follow, of the inside and of the outside (IPv4), as numbers. */
  readonly inside: { readonly first: number; readonly count: number };
  readonly outside: { readonly first: number; readonly count: number };
  /** Ports from 0 on that nobody gets (R): 1024, say. */
  readonly reserved: number;
  /** Share of the ports that is given out on demand, in blocks for so many (D); those are not told apart here. */
  readonly dynamic: number;
}

/** Inside addresses for each outside address (C). */
export const ratioOf = ({ inside, outside }: DeterministicNat): number => Math.ceil(inside.count / outside.count);

/** Ports of one inside address. */
export const portsOf = (nat: DeterministicNat): number =>
  Math.floor((65536 - nat.reserved) / (ratioOf(nat) + nat.dynamic));

/** The outside address and ports of an inside address; null when it is none of the pool. */
export function outsideOf(nat: DeterministicNat, inside: number): { address: number; block: PortBlock } | null {
  const index = inside - nat.inside.first;
  if (index < 0 || index >= nat.inside.count) return null;
  const ratio = ratioOf(nat);
  const ports = portsOf(nat);
  if (ports < 1) return null;
  const first = nat.reserved + (index % ratio) * ports;
  return { address: nat.outside.first + Math.floor(index / ratio), block: { first, last: first + ports - 1, step: 1 } };
}

/** The inside address that has an outside port; null when nobody has it, or it is given out on demand. */
export function insideOf(nat: DeterministicNat, outside: number, port: number): number | null {
  const index = outside - nat.outside.first;
  if (index < 0 || index >= nat.outside.count || port < nat.reserved) return null;
  const ratio = ratioOf(nat);
  const ports = portsOf(nat);
  const within = ports < 1 ? ratio : Math.floor((port - nat.reserved) / ports);
  const inside = index * ratio + within;
  return within < ratio && inside < nat.inside.count ? nat.inside.first + inside : null;
}
