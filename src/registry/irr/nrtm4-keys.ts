/**
 * Which keys an NRTMv4 client believes (draft-ietf-grow-nrtm-v4-11, "Public Key Rotation"): the configured one at first,
 * then whatever the publisher went on to, each announced beforehand in a notification that was believed itself.
 */
import type { PublicKey } from '../../net/public-key.ts';
import type { Notification } from './nrtm4-notification.ts';
import type { Held } from './nrtm4-plan.ts';

export interface KnownKeys {
  /** The key that the configuration named when this began; another one there begins anew. */
  readonly configured: PublicKey;
  readonly current: PublicKey;
  /** Announced by the newest notification that was believed; null when it announced none. */
  readonly next: PublicKey | null;
}

/** What was kept by an earlier run, unless the operator has configured another key since. */
export function knownKeys(configured: PublicKey, kept: KnownKeys | null): KnownKeys {
  if (kept !== null && kept.configured.spki === configured.spki) return kept;
  return { configured, current: configured, next: null };
}

/** Keys to try on a signature, in this order. */
export const keysToTry = ({ current, next }: KnownKeys): readonly PublicKey[] =>
  next === null ? [current] : [current, next];

/**
 * After a notification that was believed by the signature of `used` and announces `next`. A publisher that signs with the
 * announced key has left the old one for good: it is not tried again.
 */
export function afterNotification({ configured }: KnownKeys, used: PublicKey, next: PublicKey | null): KnownKeys {
  return { configured, current: used, next: next?.spki === used.spki ? null : next };
}

/**
 * The announced key after a notification that was believed. One of before, which some cache has kept, is signed as well as
 * the newest: it announces nothing, and what it does not announce yet must not be forgotten. Of two of one moment either may
 * be the later.
 */
export function announced(next: PublicKey | null, held: Held | null, offered: Notification): PublicKey | null {
  if (held === null || offered.timestamp > held.timestamp) return offered.nextKey;
  return offered.timestamp === held.timestamp ? (offered.nextKey ?? next) : next;
}
