/** How other systems ask for traces, and are told of them. */
import type { ListenConfig } from './tree.ts';

export interface RidConfig {
  readonly listen: readonly ListenConfig[];
  /** Files of the key and the certificate; null: those of `traceback`. */
  readonly identity: { readonly key: string; readonly certificate: string } | null;
  readonly peers: readonly RidPeerConfig[];
}

export interface RidPeerConfig {
  readonly name: string;
  /** Null: nothing is sent to it. */
  readonly url: string | null;
  /** File of its certificate. */
  readonly certificate: string;
  readonly in: 'allow' | 'ask' | 'deny';
  readonly packets: boolean;
  /** Requests a second. */
  readonly rate: number;
}

/** `packter` and `intertrack2010`. */
export interface ClientsConfig {
  readonly listen: readonly ListenConfig[];
  readonly allow: readonly string[];
  /** Requests a second of one address. */
  readonly rate: number;
}

export interface BridgesConfig {
  readonly rid: RidConfig | null;
  readonly packter: ClientsConfig | null;
  readonly intertrack2010: ClientsConfig | null;
}
