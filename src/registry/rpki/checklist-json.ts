/** RPKI Signed Checklists (RFC 9323) as `rpki-client -j -f` tells them: rpki-client(8), which has validated them. */

export interface Checklist {
  /** In whose name it is signed, ranges with both ends. */
  readonly ases: readonly { readonly from: number; readonly to: number }[];
  /** SHA-256 of what is on the list, 64 hexadecimal digits each. */
  readonly hashes: ReadonlySet<string>;
  /** When its certificate ends, ms. */
  readonly until: number;
}

/**
 * A checklist that is valid; or `invalid`, why it is not, in the words of the validator; or `unknown`, why nothing is known
 * of it: then nobody has said that it is valid, or that it is not.
 */
export type Verified = { readonly checklist: Checklist } | { readonly invalid: string } | { readonly unknown: string };

/** Lines of a list and resources that are taken. */
const MOST = 10_000;

/**
 * Reads one object of JSON about the file whose SHA-256 is `digest`. What is not as rpki-client writes it is `unknown`;
 * never throws.
 */
export function readChecklist(output: string, digest: Uint8Array): Verified {
  let told: unknown;
  try {
    told = JSON.parse(output);
  } catch {
    return { unknown: output.trim() === '' ? 'nothing was told of it' : 'what was told of it is no JSON' };
  }
  if (!isObject(told)) return { unknown: 'what was told of it is no object' };
  if (told.hash_id !== Buffer.from(digest).toString('base64'))
    return { unknown: 'what was told is of another file, or the file was changed meanwhile' };
  const { validation } = told;
  if (typeof validation !== 'string') return { unknown: 'it was not told whether it is valid' };
  if (validation !== 'OK') return { invalid: validation.replace(/^Failed(, )?/, '') };
  // Release 8.2 does not say of which type an object is; no other type has both of the lists below.
  if (told.type !== undefined && told.type !== 'rsc') return { invalid: 'it is a signed object of another type' };
  const { valid_until, expires = valid_until, signed_with_resources, filenamesandhashes } = told;
  if (!isTime(valid_until) || !isTime(expires)) return { unknown: 'it was not told until when it is valid' };
  const ases = listOf(signed_with_resources, rangeOf);
  if (ases === null) return { unknown: 'it was not told well with which resources it is signed' };
  const hashes = listOf(filenamesandhashes, hashOf);
  if (hashes === null) return { unknown: 'it was not told well what is on the list' };
  return { checklist: { ases, hashes: new Set(hashes), until: Math.min(valid_until, expires) * 1000 } };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
/** Seconds. */
const isTime = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) > 0 && Number(value) < 1e11;
const isAs = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 0xffffffff;

/** What each item says; null when one cannot be read. Items that say nothing here are left out. */
function listOf<T>(items: unknown, read: (item: Readonly<Record<string, unknown>>) => T | 'other' | null): T[] | null {
  if (!Array.isArray(items) || items.length > MOST) return null;
  const all: T[] = [];
  for (const item of items) {
    const one = isObject(item) ? read(item) : null;
    if (one === null) return null;
    if (one !== 'other') all.push(one);
  }
  return all;
}

/** An AS or a range of them; addresses are nothing to us. */
function rangeOf({ asid, asrange }: Readonly<Record<string, unknown>>) {
  if (asid !== undefined) return isAs(asid) ? { from: asid, to: asid } : null;
  if (asrange === undefined) return 'other';
  const { min, max } = isObject(asrange) ? asrange : {};
  return isAs(min) && isAs(max) && min <= max ? { from: min, to: max } : null;
}

function hashOf({ hash_digest }: Readonly<Record<string, unknown>>): string | null {
  if (typeof hash_digest !== 'string' || !/^[A-Za-z0-9+/]{43}=$/.test(hash_digest)) return null;
  return Buffer.from(hash_digest, 'base64').toString('hex');
}
