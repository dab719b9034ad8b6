import type { Prefix } from '../net/prefix.ts';

/** X-Keiro addresses of a maintainer. */
export interface InheritedKeiro {
  /** Name of the maintainer. */
  readonly mntner: string;
  /** Mail addresses of its `x-keiro:`. */
  readonly addresses: readonly string[];
}

/** A route or route6 object (RFC 2622 section 4, RFC 4012 section 3) as the rest of the house sees it. */
export interface RouteObject {
  /** Name of the IRR source it was read from, as configured; `CONFIG` for `watch … { prefix P origin N; }`. */
  readonly source: string;
  readonly prefix: Prefix;
  readonly origin: number;
  readonly mntBy: readonly string[];
  /** `holes:` space inside the prefix of which the object says nothing (RFC 2622 section 8.2). */
  readonly holes: readonly Prefix[];
  /** Route-sets it says it is a member of, upper case (RFC 2622 section 5.2). */
  readonly memberOf: readonly string[];
  /** X-Keiro addresses: attribute or continuation line of descr/remarks (research: hijack 4.2). */
  readonly keiro: readonly string[];
  /** Where it has none of its own and its source lets it inherit: those of its maintainers. */
  readonly inherited?: readonly InheritedKeiro[];
  /** `notify:` addresses. */
  readonly notify: readonly string[];
  /** `descr:` of the object. */
  readonly descr: string;
  /** The object as it stands in the source, newline-separated, undecodable octets as U+FFFD. */
  readonly text: string;
}
