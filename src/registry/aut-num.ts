import { keyIn, type Reading, type Registration, registrationOf } from './registration.ts';
import { parseAsNumber } from './route-object.ts';
import { namesIn, quote, type RpslObject, type RpslProblem } from './rpsl.ts';

/** One `import:` or `export:` (RFC 2622 section 6, RFC 4012 section 2), as far as it is read: with whom. */
export interface Policy {
  readonly direction: 'import' | 'export';
  /** ASes that stand behind `from` or `to`, each once. */
  readonly neighbors: readonly number[];
  /** The whole of it, in one line. */
  readonly text: string;
}

/** An aut-num (RFC 2622 section 6). */
export interface AutNum extends Registration {
  readonly asn: number;
  readonly asName: string;
  /** As-sets it says it is a member of, upper case. */
  readonly memberOf: readonly string[];
  readonly policies: readonly Policy[];
}

const DIRECTIONS: Readonly<Record<string, 'import' | 'export'>> = {
  import: 'import',
  'mp-import': 'import',
  'import-via': 'import',
  export: 'export',
  'mp-export': 'export',
  'export-via': 'export',
};

/** Reads an aut-num. Its policies are read only for who the neighbours are. */
export function readAutNum(rpsl: RpslObject): Reading<AutNum> {
  const key = keyIn(rpsl, 'aut-num');
  if ('why' in key) return { ok: false, problem: key };
  const asn = parseAsNumber(key.value);
  if (asn < 0) return { ok: false, problem: { line: key.line, why: `aut-num: ${quote(key.value)} is no AS number` } };
  const problems: RpslProblem[] = [];
  const policies: Policy[] = [];
  for (const { name, value } of rpsl.attributes) {
    const direction = DIRECTIONS[name];
    if (direction !== undefined) policies.push(policyOf(direction, value));
  }
  return {
    ok: true,
    object: {
      ...registrationOf(rpsl, problems),
      asn,
      asName: rpsl.attributes.find(({ name }) => name === 'as-name')?.value.trim() ?? '',
      memberOf: namesIn(rpsl, 'member-of'),
      policies,
    },
    problems,
  };
}

function policyOf(direction: 'import' | 'export', value: string): Policy {
  const text = value.replace(/\s+/g, ' ').trim();
  const neighbors = new Set<number>();
  const peering = direction === 'import' ? 'from' : 'to';
  const words = text.split(' ');
  for (const [i, word] of words.entries()) {
    if (word.toLowerCase() !== peering) continue;
    const asn = parseAsNumber(words[i + 1] ?? '');
    if (asn >= 0) neighbors.add(asn);
  }
  return { direction, neighbors: [...neighbors], text };
}
