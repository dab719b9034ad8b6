import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * The signature of a web hook's request: `v1=` and the hexadecimal HMAC-SHA256, under the secret that both sides know, of
 * the X-InterTrack-Timestamp header (seconds since the epoch), a full stop, and the body. A receiver that also looks whether
 * the time is near its own cannot be made to take an old request again.
 */
export function signatureOf(secret: string, timestamp: number, body: string | Buffer): string {
  return `v1=${createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex')}`;
}

/** Whether a signature holds, as a receiver finds it out. `now` and `tolerance`: seconds. */
export function signatureHolds(
  given: { readonly signature: string; readonly timestamp: number; readonly body: string | Buffer },
  secret: string,
  now: number,
  tolerance = 300,
): boolean {
  const wanted = Buffer.from(signatureOf(secret, given.timestamp, given.body));
  const got = Buffer.from(given.signature);
  return got.length === wanted.length && timingSafeEqual(got, wanted) && Math.abs(now - given.timestamp) <= tolerance;
}
