/** What several machines share, as the daemon reads it. */

export type Duty = 'collector' | 'cases' | 'traceback';
export const DUTIES: readonly Duty[] = ['collector', 'cases', 'traceback'];

interface Identity {
  /** Certificate of who must have signed the server's; null: an authority of the system. */
  readonly authority: string | null;
  /** Files of this machine's key and certificate; null: none. */
  readonly identity: { readonly key: string; readonly certificate: string } | null;
}

export interface BusConfig extends Identity {
  readonly servers: readonly string[];
  /** File; null: none. */
  readonly credentials: string | null;
  readonly partitions: number;
  readonly replicas: number;
}

export interface SharedStoreConfig extends Identity {
  readonly url: string;
  /** File whose first line is the password; null: none. */
  readonly password: string | null;
}
