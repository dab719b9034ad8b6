/** The words behind `itctl check route`, where files are given. */
import { basename } from 'node:path';
import { type AsPath, flattenPath, formatPath, parseAsn, parsePath } from '../bgp/as-path.ts';
import { OPPOSITE, ROLES, type Role } from '../bgp/role.ts';
import { type Prefix, parsePrefix } from '../net/prefix.ts';
import { directionFor } from '../registry/aspa-path.ts';
import { readOrigin } from '../registry/origin.ts';
import type { CheckedRoute } from '../registry/route-check.ts';

/** A dump of an IRR, and what it is called. */
export interface NamedFile {
  readonly name: string;
  readonly file: string;
}

export interface CheckOptions {
  readonly route: CheckedRoute;
  readonly irr: readonly NamedFile[];
  readonly vrp: readonly string[];
  readonly aspa: readonly string[];
  readonly ixLans: readonly Prefix[];
}

const FILES = ['--irr', '--vrp', '--aspa'] as const;
const OTHERS = ['--ix-lan', '--path', '--from'] as const;

/** True when the words name a file: then no daemon is asked. */
export function namesFiles(words: readonly string[]): boolean {
  return words.some(word => FILES.some(name => word === name || word.startsWith(`${name}=`)));
}

/** Reads the words behind `check route`; the answer is the options, or what is wrong with them. */
export function checkOptions(words: readonly string[]): CheckOptions | string {
  const given: Record<string, string[]> = {};
  const positional: string[] = [];
  let list: string[] | null = null;
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const [name = '', inline] = word.startsWith('--') ? word.split(/=(.*)/s) : [word];
    const isFile = (FILES as readonly string[]).includes(name);
    if (isFile || (OTHERS as readonly string[]).includes(name)) {
      const value = inline ?? words[++i];
      if (value === undefined || value.startsWith('--')) return `${name} needs a value`;
      given[name] ??= [];
      given[name].push(value);
      // Files may follow each other: --irr A B C.
      list = isFile ? given[name] : null;
    } else if (word.startsWith('--')) return `unknown option ${name}`;
    else (list ?? positional).push(word);
  }
  const [prefixText, asText, ...more] = positional;
  if (prefixText === undefined) return 'a prefix is missing';
  const prefix = parsePrefix(prefixText);
  if (prefix === null) return `"${prefixText}" is no prefix`;
  if (asText === undefined) return 'an AS number is missing';
  const as = parseAsn(asText);
  if (as === null) return `"${asText}" is no AS number`;
  if (more.length > 0) return `unexpected "${more[0]}"`;
  const ixLans: Prefix[] = [];
  for (const text of given['--ix-lan'] ?? []) {
    const lan = parsePrefix(text);
    if (lan === null) return `--ix-lan ${text} is no prefix`;
    ixLans.push(lan);
  }
  const from = given['--from']?.at(-1) ?? 'provider';
  if (!(ROLES as readonly string[]).includes(from)) return `--from ${from} is none of ${ROLES.join(', ')}`;
  const route = routeOf(prefix, as, given['--path']?.at(-1) ?? null, from as Role);
  if (typeof route === 'string') return route;
  return {
    route,
    irr: (given['--irr'] ?? []).map(namedFile),
    vrp: given['--vrp'] ?? [],
    aspa: given['--aspa'] ?? [],
    ixLans,
  };
}

/**
 * The route with this origin, or with the path that ends in it, from a neighbour of this role; or what is wrong with it.
 * Of a path that ends in an AS_SET the AS is one member.
 */
export function routeOf(prefix: Prefix, as: number, text: string | null, from: Role): CheckedRoute | string {
  const direction = directionFor(OPPOSITE[from]);
  const plain = { prefix, origin: as, path: null, direction, neighbor: null };
  if (text === null) return { ...plain, remark: readOrigin([{ type: 2, asns: [as] }], null, as).remark };
  const path: AsPath | string = parsePath(text);
  if (typeof path === 'string') return `--path: ${path}`;
  const { origin, remark } = readOrigin(path, null, as);
  const ends = typeof origin === 'number' ? origin === as : origin.includes(as);
  if (!ends) return `--path ${formatPath(path)} does not end in AS${as}`;
  return { ...plain, origin, remark, path: flattenPath(path) };
}

/** `NAME=FILE`; without a name that of the file up to its first point, in upper case. */
function namedFile(text: string): NamedFile {
  const match = /^([\w-]+)=(.+)$/s.exec(text);
  if (match !== null) return { name: match[1]!, file: match[2]! };
  const name = basename(text).replace(/\..*$/s, '').toUpperCase();
  return { name: name === '' ? text : name, file: text };
}
