/** How the lines of a log are read: one of the two is there. */
export interface LogLines {
  readonly format?: 'juniper' | 'cisco' | 'conntrack';
  /** A regular expression with named groups (flow/log-pattern.ts). */
  readonly pattern?: string;
}

/** `translator { … }` of a probe, which then takes no packets: who says which address and port stood for which. */
export interface TranslatorConfig {
  readonly conntrack: boolean;
  readonly files: readonly (LogLines & { readonly file: string })[];
  readonly udp: readonly (LogLines & {
    readonly address: string;
    readonly port: number;
    /** Sources that datagrams are taken from. */
    readonly allow: readonly string[];
  })[];
  /** IPv4 prefixes, ports that nobody gets, and inside addresses' worth of ports that are given out on demand. */
  readonly pools: readonly {
    readonly inside: string;
    readonly outside: string;
    readonly reserved: number;
    readonly dynamic: number;
  }[];
}
