/** What a `traceback` block says of the managers of an AS that are more than one daemon. */
import type { ListenConfig } from './tree.ts';

/** The managers of InterTrack: between ASes, of the border, of domains, and where traces begin. */
export type Manager = 'itm' | 'btm' | 'dtm' | 'dpoint';

export const MANAGERS: readonly Manager[] = ['itm', 'btm', 'dtm', 'dpoint'];

export interface TraceSitesConfig {
  /** Which managers this daemon is; one without `itm` is a site. */
  readonly roles: readonly Manager[];
  /** Of a site: its ITM, whose certificate this is, and what the site is called there. */
  readonly itm: {
    readonly address: string;
    readonly port: number;
    readonly certificate: string;
    readonly site: string;
  } | null;
  /** Of an ITM: where sites connect. */
  readonly listen: readonly ListenConfig[];
  readonly sites: readonly SiteConfig[];
  readonly domains: readonly DomainConfig[];
}

export interface SiteConfig {
  readonly name: string;
  /** File of its certificate. */
  readonly certificate: string;
  /** Share of the AS's border that is at the site, 0 to 1; null: an even part of what others leave. */
  readonly share: number | null;
}

export interface DomainConfig {
  readonly name: string;
  readonly probes: readonly string[];
}
