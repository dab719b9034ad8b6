/** A session lasts no longer than what it was begun by: the peer's certificate, and whoever vouches for it. */
import type { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Fault } from './connection.ts';
import { type Identity, identifyPeer } from './identity.ts';

export interface StandingBelief {
  identity(): Identity;
  readonly clock: () => number;
  /** How often it is looked, ms. */
  readonly every: number;
  /** Called each time that the certificate is not believed any more. */
  end(fault: Fault): void;
}

/** Looks, while a connection lasts, whether the certificate that it was begun with is still believed. */
export function watchBelief(socket: Socket, certificate: X509Certificate, options: StandingBelief): void {
  const { clock, every } = options;
  const timer = setInterval(() => {
    const found = identifyPeer(certificate, options.identity(), clock());
    if ('reason' in found) options.end({ code: 'not-authorised', text: found.reason, refusal: 'certificate' });
  }, every).unref();
  socket.once('close', () => clearInterval(timer));
}
