/**
 * Mail addresses that strangers wrote into registry objects. They become SMTP recipients and header fields, so only the
 * plain form passes: a dot-atom, `@`, and a domain of at least two LDH labels (RFC 5322 section 3.4.1, RFC 1123 section
 * 2.1). Quoted local parts, comments, domain literals and names without a dot (which the local host would take for its
 * own users) are refused, and so are names that are local by their last label, and `%`, `!`, `|`, `/` and the grave accent:
 * old mailers read them as routes, pipes, files.
 */
const LOCAL = /^[A-Za-z0-9#$&'*+=?^_{}~][A-Za-z0-9#$&'*+=?^_{}~-]*(?:\.[A-Za-z0-9#$&'*+=?^_{}~-]+)*$/;
const LABEL = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

/** They mean the machine or the link of whoever resolves them: RFC 6761, RFC 6762, and what many a hosts file has. */
const LOCAL_DOMAINS: ReadonlySet<string> = new Set(['localhost', 'localdomain', 'local']);

/** RFC 5321 section 4.5.3.1: octets of a local part, and of a path less its angle brackets. */
const MAX_LOCAL = 64;
const MAX_ADDRESS = 254;

/** True when the text is an address that can be handed to a mailer as it is. */
export function isAddrSpec(text: string): boolean {
  if (text.length > MAX_ADDRESS) return false;
  const at = text.indexOf('@');
  if (at < 1 || at > MAX_LOCAL || !LOCAL.test(text.slice(0, at))) return false;
  const labels = text.slice(at + 1).split('.');
  const last = labels.at(-1)!;
  if (/^\d+$/.test(last) || LOCAL_DOMAINS.has(last.toLowerCase())) return false;
  return labels.length > 1 && labels.every(label => LABEL.test(label));
}

/** Splits a list of addresses at commas, semicolons and blanks, full-width or not; angle brackets are taken off. */
export function splitAddresses(text: string): string[] {
  return text
    .split(/[,;\s\u3001\uff0c\uff1b]+/)
    .map(word => (word.startsWith('<') && word.endsWith('>') ? word.slice(1, -1) : word))
    .filter(word => word !== '');
}
