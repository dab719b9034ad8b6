/** `http { … }` as the daemon reads it. */

export type HttpRole = 'reader' | 'operator';

export interface HttpConfig {
  readonly listen: readonly { readonly address: string; readonly port: number }[];
  /** Files of the private key and of the certificate; null: no TLS. */
  readonly identity: { readonly key: string; readonly certificate: string } | null;
  readonly tokens: readonly { readonly file: string; readonly role: HttpRole }[];
  /** Of those who show no token; null: they may do nothing. */
  readonly anonymous: HttpRole | null;
  /** What peers send is told as by RIS Live; `host`: under which name, null: that of this machine. Not there: it is not told. */
  readonly risLive?: { readonly host: string | null };
  /** The looking glass of RFC 8522 answers. */
  readonly lookingGlass?: true;
  /** Requests a second. */
  readonly rate: number;
}
