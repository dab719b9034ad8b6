/** The words behind `itctl check route`, where files are given. */
import { basename } from 'node:path';
import { parseAsn } from '../bgp/as-path.ts';
import { ROLES, type Role } from '../bgp/role.ts';
import { type Prefix, parsePrefix, whyNoPrefix } from '../net/prefix.ts';
import type { CheckedRoute } from '../registry/route-check.ts';
import { routeOf } from '../registry/route-text.ts';

/** A dump of an IRR, and what it is called. */
export interface NamedFile {
  readonly name: string;
  readonly file: string;
  /** The name was given: it is that of all objects in it, whatever source they name themselves. */
  readonly fixed: boolean;
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
    else {
      // The route may stand behind the files: no file is called like a prefix.
      if (word.includes('/') && parsePrefix(word) !== null) list = null;
      (list ?? positional).push(word);
    }
  }
  const [prefixText, asText, ...more] = positional;
  if (prefixText === undefined) return 'a prefix is missing';
  const prefix = parsePrefix(prefixText);
  if (prefix === null) return `"${prefixText}" is no ${whyNoPrefix(prefixText)}`;
  if (asText === undefined) return 'an AS number is missing';
  const as = parseAsn(asText);
  if (as === null) return `"${asText}" is no AS number`;
  if (more.length > 0) return `unexpected "${more[0]}"`;
  const ixLans: Prefix[] = [];
  for (const text of given['--ix-lan'] ?? []) {
    const lan = parsePrefix(text);
    if (lan === null) return `--ix-lan ${text} is no ${whyNoPrefix(text)}`;
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

/** `NAME=FILE`; without a name that of the file up to its first point, in upper case, for objects that name no source. */
function namedFile(text: string): NamedFile {
  const match = /^([\w-]+)=(.+)$/s.exec(text);
  if (match !== null) return { name: match[1]!, file: match[2]!, fixed: true };
  const name = basename(text).replace(/\..*$/s, '').toUpperCase();
  return { name: name === '' ? text : name, file: text, fixed: false };
}
