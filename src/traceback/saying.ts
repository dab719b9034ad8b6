/** What this AS says in a trace: signed by it, sealed to the AS that began the trace. */
import type { KeyObject } from 'node:crypto';
import type { Leaf } from './branch.ts';
import type { SignedRequest } from './request.ts';
import { isSealKey, sealTo } from './seal.ts';
import { encodeStatement, MAX_INGRESS, type SignedStatement, signStatement } from './statement.ts';

export interface Voice {
  readonly as: number;
  /** The AS's Ed25519 private key, and its participation record. */
  key(): KeyObject;
  record(): Uint8Array;
  readonly clock: () => number;
}

/** A leaf as a statement of this AS about the request with this hash, signed. */
export function say(voice: Voice, hash: Uint8Array, leaf: Leaf): SignedStatement {
  return signStatement(
    {
      as: leaf.as,
      by: voice.as,
      request: hash,
      time: voice.clock(),
      verdict: leaf.verdict,
      reason: leaf.reason,
      ingress: leaf.ingress.slice(0, MAX_INGRESS),
      egress: (leaf.egress ?? []).slice(0, MAX_INGRESS),
      source: leaf.source,
      packets: leaf.packets,
      windows: leaf.windows,
      false_positive: leaf.falsePositive,
      coverage: leaf.coverage,
      loss: leaf.loss,
      sampling: leaf.sampling,
      retained_from: leaf.retainedFrom,
      retained_to: leaf.retainedTo,
      provisional: leaf.provisional,
      likelihood: leaf.likelihood ?? null,
      after: leaf.after,
    },
    voice.key(),
    voice.record(),
  );
}

/**
 * Seals leaves for one request; each leaf is signed once, however often the tree it stands in is sent. Null when the
 * request's key is none, which `isSealable` tells before.
 */
export function sealing(voice: Voice, { request, hash }: SignedRequest): (leaf: Leaf) => Uint8Array | null {
  const sealed = new WeakMap<Leaf, Uint8Array>();
  return leaf => {
    const known = sealed.get(leaf);
    if (known !== undefined) return known;
    const said = say(voice, hash, leaf);
    const octets = sealTo(request.seal, encodeStatement(said), hash);
    if (octets !== null) sealed.set(leaf, octets);
    return octets;
  };
}

/** True when answers can be sealed to the key of a request. */
export function isSealable({ request }: SignedRequest): boolean {
  return isSealKey(request.seal);
}
