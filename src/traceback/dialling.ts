/** Dials the ITM of one other AS: TLS 1.3, and a certificate that proves the AS (intertrack-protocol(7), TRANSPORT). */
import type { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { connect } from 'node:tls';
import { contextOf, mutualTls } from '../net/tls.ts';
import { PROTOCOL } from './connection.ts';
import { type Identity, identifyPeer } from './identity.ts';

export interface DiallingOptions {
  /** Who has to be at the other end. */
  readonly as: number;
  readonly place: { readonly address: string; readonly port: number };
  identity(): Identity;
  /** How long TLS may take, ms. */
  readonly patience: number;
  readonly clock: () => number;
  /** The other end has proved who it is, by this certificate. */
  up(socket: Socket, certificate?: X509Certificate): void;
  /** It did not come to that; why, for a person; whether somebody else is there. One of the two is called, once. */
  failed(reason: string, impostor: boolean): void;
}

export interface Dialling {
  /** Gives up; `failed` is called. */
  abandon(): void;
}

export function dialPeer(options: DiallingOptions): Dialling {
  const { as, place, patience, clock } = options;
  const identity = options.identity();
  const socket = connect({
    ...{ host: place.address, port: place.port },
    ...{ ...mutualTls(identity, PROTOCOL), secureContext: contextOf(identity) },
  });
  let reason = 'connection closed before TLS was up';
  let impostor = false;
  const timer = setTimeout(() => {
    reason = 'TLS was not up in time';
    socket.destroy();
  }, patience);
  socket.once('error', error => {
    reason = `cannot connect to ${place.address} port ${place.port}: ${error.message}`;
  });
  const gone = () => {
    clearTimeout(timer);
    options.failed(reason, impostor);
  };
  socket.once('close', gone);
  socket.once('secureConnect', () => {
    clearTimeout(timer);
    // Asked for once: of a connection that was dialled, the library hands it out once.
    const certificate = socket.getPeerX509Certificate();
    const found = identifyPeer(certificate, options.identity(), clock());
    if ('as' in found && found.as === as && socket.alpnProtocol === PROTOCOL) {
      socket.off('close', gone);
      options.up(socket, certificate);
      return;
    }
    impostor = 'reason' in found || found.as !== as;
    reason =
      'reason' in found
        ? found.reason
        : found.as === as
          ? 'the other end does not speak the trace protocol'
          : `the certificate is of AS ${found.as}, not of AS ${as}`;
    socket.destroy();
  });
  return { abandon: () => socket.destroy() };
}
