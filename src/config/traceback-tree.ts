/** A `traceback` block as the daemon reads it. */
import type { TraceSitesConfig } from './trace-sites-tree.ts';
import type { ListenConfig } from './tree.ts';

export interface TracebackConfig {
  readonly listen: readonly ListenConfig[];
  /** Where others are told to dial; empty: where it listens. */
  readonly announce: readonly { readonly address: string; readonly port: number }[];
  /** Files of the private key and of the certificate that carries this AS. */
  readonly identity: string;
  readonly certificate: string;
  readonly federations: readonly TraceFederationConfig[];
  /** Local data 1 of the large communities that hint at others; not there: none is looked for. */
  readonly hints?: number;
  readonly peers: readonly TracePeerConfig[];
  /** How checklists are verified; as the statements have it by default when left out. */
  readonly checklists?: ChecklistsConfig;
  /** Left out: this daemon is all managers of its AS. */
  readonly sites?: TraceSitesConfig;
  readonly answer: {
    readonly detail: 'none' | 'status' | 'neighbor-as';
    /** Share of the border's capacity behind taps, 0 to 1; null when the operator did not say. */
    readonly coverage: number | null;
    /** Whether who asks has to prove that it has seen the packets. */
    readonly proof: 'none' | 'prefer' | 'require';
    /** Queries a second of one origin that are answered without a proof. */
    readonly unproved: number;
    /** Which questions a person has to approve first, by their class (packet/entropy.ts); none when left out. */
    readonly approval?: 'none' | 'guessable' | 'all';
  };
  /** How this AS asks others; as the statements have it by default when left out. */
  readonly ask?: {
    /** Packets that are asked for when a person says so alone. */
    readonly approval: 'none' | 'guessable';
    readonly purpose: TracePurpose;
    /** Empty: none. */
    readonly reference: string;
  };
  readonly measure: {
    /** Share of the questions that a decoy follows; 0: none. */
    readonly decoys: number;
    /** The least time between two canaries that probes draw of one neighbour, ms; 0, and left out: none. */
    readonly canaries?: number;
  };
}

export interface ChecklistsConfig {
  /** File of rpki-client, the directory of its cache, files of trust anchor locators; none: its own. */
  readonly program: string;
  readonly cache: string;
  readonly tals: readonly string[];
  /** How often each is verified anew, ms. */
  readonly recheck: number;
}

export type TracePurpose = 'attack' | 'misuse' | 'fault' | 'test';

/** Which questions are answered and asked. */
export interface TracePolicy {
  readonly in: 'allow' | 'deny';
  readonly out: 'allow' | 'deny';
  /** Queries a second. */
  readonly rate: number;
  /** For what may be asked; for anything when left out. */
  readonly purposes?: readonly TracePurpose[];
}

/** The policy holds for members that are no configured peers. */
export interface TraceFederationConfig extends TracePolicy {
  readonly name: string;
  readonly secret: string;
  /** File of the certificate that vouches for the members; null without one. */
  readonly authority: string | null;
}

export interface TracePeerConfig extends TracePolicy {
  readonly as: number;
  readonly address: string;
  readonly port: number;
  /** File of the certificate (or of the authority) that the peer's must match; empty: the fingerprint or the checklist counts. */
  readonly certificate: string;
  /** Of the peer's key (net/fingerprint.ts); any key when left out. */
  readonly fingerprint?: string;
  /** File of a checklist that must vouch for the certificate; none is asked when left out. */
  readonly checklist?: string;
}
