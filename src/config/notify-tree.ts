/** The part of the configuration that says how people are told; see tree.ts. */

/** `notify …`: a way in which people are told of cases. */
export type NotifyConfig = MailConfig | WebhookConfig | SyslogConfig | ExecConfig | XmppConfig;

/** `notify mail { from "…"; smtp "HOST" port N; to x-keiro, group; }`. */
export interface MailConfig {
  readonly kind: 'mail';
  readonly from: string;
  /** Tried in this order. */
  readonly relays: readonly { readonly host: string; readonly port: number }[];
  readonly tls: 'none' | 'starttls' | 'required';
  readonly user?: string;
  readonly password?: string;
  /** `key`: file of the private key. */
  readonly dkim?: { readonly domain: string; readonly selector: string; readonly key: string };
  readonly to: readonly ('x-keiro' | 'group' | 'notify')[];
  readonly languages: readonly ('ja' | 'en')[];
  /** First retry after so long, doubled up to one hour. Default 30 s. */
  readonly retry: number;
}

/** `notify webhook "https://…" { … }`. */
export interface WebhookConfig {
  readonly kind: 'webhook';
  readonly url: string;
  /** Only cases of watches with this group; null: all. */
  readonly group: string | null;
  readonly format: 'json' | 'slack' | 'teams' | 'mattermost';
  readonly secret?: string;
  /** File of the authorities that vouch for the server; not there: those of the system. */
  readonly authority?: string;
  readonly languages: readonly ('ja' | 'en')[];
  /** Most time for one attempt. */
  readonly timeout: number;
  readonly retry: number;
}

/** `notify syslog ADDRESS { … }`. */
export interface SyslogConfig {
  readonly kind: 'syslog';
  readonly address: string;
  readonly port: number;
  readonly group: string | null;
  readonly transport: 'udp' | 'tcp' | 'tls';
  readonly facility: 'user' | 'daemon' | `local${0 | 1 | 2 | 3 | 4 | 5 | 6 | 7}`;
  /** Name that the server's certificate has; not there: the address. */
  readonly serverName?: string;
  readonly authority?: string;
  readonly timeout: number;
  readonly retry: number;
}

/** `notify exec "/path" { … }`. */
export interface ExecConfig {
  readonly kind: 'exec';
  readonly file: string;
  readonly group: string | null;
  readonly languages: readonly ('ja' | 'en')[];
  readonly timeout: number;
  readonly retry: number;
}

/** `notify xmpp "ROOM" { … }`. */
export interface XmppConfig {
  readonly kind: 'xmpp';
  /** Address of the room. */
  readonly room: string;
  /** The account that speaks, `NAME@DOMAIN`. */
  readonly user: string;
  readonly password: string;
  /** Not there: the domain of the account. */
  readonly host?: string;
  readonly port: number;
  readonly tls: MailConfig['tls'];
  readonly authority?: string;
  /** What it is called in the room; each visit adds some digits. */
  readonly nick: string;
  readonly group: string | null;
  readonly languages: readonly ('ja' | 'en')[];
  readonly timeout: number;
  readonly retry: number;
}
