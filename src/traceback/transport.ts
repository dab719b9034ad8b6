/**
 * How the sessions with other ASes are carried. There is one way: TLS (intertrack-protocol(7), TRANSPORT). It is handed
 * to whoever needs it so that a testbed of thousands of managers on one machine can bring another; no configuration can.
 */
import { type Dialling, type DiallingOptions, dialPeer } from './dialling.ts';
import { type Listener, type ListenerOptions, startListener } from './listener.ts';

export interface Transport {
  dial(options: DiallingOptions): Dialling;
  /** Resolves once the port is bound; rejects with the kernel's words when it cannot be. */
  listen(options: ListenerOptions): Promise<Listener>;
}

export const TLS: Transport = { dial: dialPeer, listen: startListener };
