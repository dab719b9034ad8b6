/** Addresses of hosts, as rules look at them. */
import { type Entry, placed } from './entry.ts';
import type { Report } from './report.ts';

/** True of fe80::/10 (RFC 4291 section 2.5.6); also of a prefix in it. */
export const isLinkLocal = (address: string): boolean => /^fe[89ab]/i.test(address);

/** An address to connect to must be one that some host can have. */
export function checkUsable(one: Entry, address: string, hasInterface: boolean, report: Report): void {
  if (address === '::' || address.startsWith('0.')) report.error(placed(one), `\`${address}\` is no host's address`);
  else if (isLinkLocal(address) && !hasInterface)
    report.error(placed(one), `\`${address}\` is link-local: it needs an \`interface\``);
}
