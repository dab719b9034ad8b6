/**
 * Whois queries of both styles, one line each: IRRd's (`!gAS64496`) and RIPE's (`-s JPIRR -i origin AS64496`), as IRRd's
 * documentation tells them ("Whois queries"). Text to value, and back for the client.
 */
import { AFI_IPV4, AFI_IPV6, type Afi } from '../../net/address.ts';
import { formatPrefix, type Prefix, parsePrefix, prefixOf } from '../../net/prefix.ts';
import { parseAsNumber } from '../route-object.ts';

/** Octets of a query; a longer line is none. */
export const MAX_QUERY = 2048;

/** Which route objects a look-up by prefix finds. `less`: those of the nearest prefix that covers it. */
export type Scope = 'exact' | 'less' | 'all-less' | 'more';

export type IrrdQuery =
  | { readonly kind: 'keep-open' | 'quit' | 'list-sources' | 'version' | 'no-filter' }
  | { readonly kind: 'identify'; readonly client: string }
  | { readonly kind: 'timeout'; readonly seconds: number }
  | { readonly kind: 'sources'; readonly sources: readonly string[] }
  | { readonly kind: 'origin'; readonly afi: Afi; readonly asn: number }
  /** `afi` null: of both families. */
  | { readonly kind: 'set-routes'; readonly set: string; readonly afi: Afi | null }
  | { readonly kind: 'members'; readonly set: string; readonly recursive: boolean }
  | { readonly kind: 'routes'; readonly prefix: Prefix; readonly scope: Scope; readonly originsOnly: boolean }
  | { readonly kind: 'key'; readonly class: string; readonly key: string }
  | { readonly kind: 'maintained'; readonly maintainer: string }
  /** `sources` null: all of them. */
  | { readonly kind: 'serials' | 'status'; readonly sources: readonly string[] | null };

/** What a RIPE-style query looks for; null: it only sets something. */
export type RipeSearch =
  | { readonly kind: 'routes'; readonly prefix: Prefix; readonly scope: Scope }
  | { readonly kind: 'inverse'; readonly attributes: readonly string[]; readonly value: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'about'; readonly what: 'sources' | 'version' };

export interface RipeQuery {
  readonly kind: 'ripe';
  readonly keepOpen: boolean;
  /** Upper case; null: those of the connection; empty: all (`-a`). */
  readonly sources: readonly string[] | null;
  /** Lower case; empty: every class. */
  readonly classes: readonly string[];
  readonly keysOnly: boolean;
  readonly client: string | null;
  readonly search: RipeSearch | null;
}

export type Query = IrrdQuery | RipeQuery;
/** `style` says in which manner the error is to be answered. */
export type QueryError = { readonly kind: 'error'; readonly style: 'irrd' | 'ripe'; readonly why: string };

/** Reads a line, without its newline; blanks round it do not count. Never throws. */
export function parseQuery(text: string): Query | QueryError {
  const line = text.trim();
  if (!line.startsWith('!')) return parseRipe(line);
  const query = parseIrrd(line.slice(1));
  return typeof query === 'string' ? { kind: 'error', style: 'irrd', why: query } : query;
}

const commas = (text: string): string[] =>
  text
    .split(',')
    .map(word => word.trim())
    .filter(word => word !== '');

/** RFC 2622 section 2: names are case-insensitive. */
const upper = (words: readonly string[]): string[] => words.map(word => word.toUpperCase());

/** A prefix, or an address for the prefix of it alone; host bits are ignored, as IRRd does not. */
function prefixIn(text: string): Prefix | null {
  const [address = '', length] = text.split('/');
  const host = parsePrefix(address);
  if (host === null || length === undefined) return host;
  return /^\d{1,3}$/.test(length) && Number(length) <= host.length ? prefixOf(host, Number(length)) : null;
}

const IRRD_SCOPES: ReadonlyMap<string, Scope> = new Map([
  ['', 'exact'],
  ['o', 'exact'],
  ['l', 'less'],
  ['L', 'all-less'],
  ['M', 'more'],
]);

function parseIrrd(text: string): IrrdQuery | string {
  const command = text[0] ?? '';
  const parameter = text.slice(1);
  // bgpq4 knows by these words that `!a` is understood.
  if (/^a[46]?$/.test(text)) return 'Missing required set name for A query';
  if ('tg6ijJmnors'.includes(command) && command !== '' && parameter === '')
    return `Missing parameter for ${command} query`;
  switch (command) {
    case '':
      return 'Missing IRRd command';
    case '!':
      return { kind: 'keep-open' };
    case 'q':
      return { kind: 'quit' };
    case 'v':
      return { kind: 'version' };
    case 'n':
      return { kind: 'identify', client: parameter };
    case 't': {
      const seconds = /^\d{1,4}$/.test(parameter) ? Number(parameter) : 0;
      return seconds >= 1 && seconds <= 1000 ? { kind: 'timeout', seconds } : `Invalid value for timeout: ${parameter}`;
    }
    case 's':
      if (parameter === '-lc') return { kind: 'list-sources' };
      if (commas(parameter).length === 0) return 'Missing parameter for s query';
      return { kind: 'sources', sources: upper(commas(parameter)) };
    case 'g':
    case '6': {
      const asn = parseAsNumber(/^\d/.test(parameter) ? `AS${parameter}` : parameter);
      if (asn < 0) return `Invalid AS number ${parameter}`;
      return { kind: 'origin', afi: command === 'g' ? AFI_IPV4 : AFI_IPV6, asn };
    }
    case 'a': {
      const afi = parameter[0] === '4' ? AFI_IPV4 : parameter[0] === '6' ? AFI_IPV6 : null;
      return { kind: 'set-routes', set: (afi === null ? parameter : parameter.slice(1)).toUpperCase(), afi };
    }
    case 'i': {
      const recursive = parameter.endsWith(',1');
      return { kind: 'members', set: (recursive ? parameter.slice(0, -2) : parameter).toUpperCase(), recursive };
    }
    case 'r': {
      const [address = '', option = '', ...more] = parameter.split(',');
      const prefix = prefixIn(address);
      const scope = IRRD_SCOPES.get(option);
      if (prefix === null) return `Invalid input for route search: ${parameter}`;
      if (scope === undefined || more.length > 0) return `Invalid route search option: ${[option, ...more].join(',')}`;
      return { kind: 'routes', prefix, scope, originsOnly: option === 'o' };
    }
    case 'm': {
      const comma = parameter.indexOf(',');
      if (comma < 1) return `Invalid argument for object lookup: ${parameter}`;
      return { kind: 'key', class: parameter.slice(0, comma).toLowerCase(), key: parameter.slice(comma + 1) };
    }
    case 'o':
      return { kind: 'maintained', maintainer: parameter.toUpperCase() };
    case 'j':
    case 'J':
      if (commas(parameter).length === 0) return `Missing parameter for ${command} query`;
      return {
        kind: command === 'j' ? 'serials' : 'status',
        sources: parameter === '-*' ? null : upper(commas(parameter)),
      };
    case 'f':
      if (/^no-(rpki|scope|route-preference)-filter$/i.test(parameter)) return { kind: 'no-filter' };
  }
  return `Unrecognised command: ${command}`;
}

const RIPE_SCOPES: ReadonlyMap<string, Scope> = new Map([
  ['-x', 'exact'],
  ['-l', 'less'],
  ['-L', 'all-less'],
  ['-M', 'more'],
]);

const WITH_ARGUMENT: ReadonlySet<string> = new Set(['-s', '-T', '-V', '-i', '-q']);

function parseRipe(line: string): RipeQuery | QueryError {
  const words = line.split(/\s+/).filter(word => word !== '');
  let keepOpen = false;
  let sources: readonly string[] | null = null;
  let classes: readonly string[] = [];
  let keysOnly = false;
  let client: string | null = null;
  let search: RipeSearch | null = null;
  const wrong = (why: string): QueryError => ({ kind: 'error', style: 'ripe', why });

  for (let word = words.shift(); word !== undefined && search === null; word = words.shift()) {
    if (word.startsWith('!')) return wrong('The two manners of queries cannot be in one');
    if (!word.startsWith('-')) {
      search = { kind: 'text', text: [word, ...words.splice(0)].join(' ') };
      break;
    }
    const scope = RIPE_SCOPES.get(word);
    if (word === '-k') keepOpen = true;
    else if (word === '-K') keysOnly = true;
    else if (word === '-a') sources = [];
    // Objects stand alone here, persons are never added: there is nothing for these to leave out.
    else if (word === '-F' || word === '-r') continue;
    else {
      if (scope === undefined && !WITH_ARGUMENT.has(word)) return wrong(`Unrecognised flag/search: ${word.slice(1)}`);
      const argument = words.shift();
      if (argument === undefined) return wrong(`Missing argument for flag/search: ${word.slice(1)}`);
      if (scope !== undefined) {
        const prefix = prefixIn(argument);
        if (prefix === null) return wrong(`Invalid input for route search: ${argument}`);
        search = { kind: 'routes', prefix, scope };
      } else if (word === '-s') {
        sources = upper(commas(argument));
        if (sources.length === 0) return wrong('Missing argument for flag/search: s');
      } else if (word === '-T') classes = commas(argument).map(name => name.toLowerCase());
      else if (word === '-V') client = argument;
      else if (word === '-q') {
        if (argument !== 'sources' && argument !== 'version') return wrong(`Unrecognised question: ${argument}`);
        search = { kind: 'about', what: argument };
      } else {
        const value = words.shift();
        if (value === undefined) return wrong('Missing argument for flag/search: i');
        search = { kind: 'inverse', attributes: commas(argument).map(name => name.toLowerCase()), value };
      }
    }
  }
  return { kind: 'ripe', keepOpen, sources, classes, keysOnly, client, search };
}

const scopeLetter = (scopes: ReadonlyMap<string, Scope>, scope: Scope): string =>
  [...scopes].find(([, one]) => one === scope)?.[0] ?? '';

/** The line of a query, without its newline; parseQuery reads the same out of it. */
export function formatQuery(query: Query): string {
  switch (query.kind) {
    case 'keep-open':
      return '!!';
    case 'quit':
      return '!q';
    case 'list-sources':
      return '!s-lc';
    case 'version':
      return '!v';
    case 'no-filter':
      return '!fno-rpki-filter';
    case 'identify':
      return `!n${query.client}`;
    case 'timeout':
      return `!t${query.seconds}`;
    case 'sources':
      return `!s${query.sources.join(',')}`;
    case 'origin':
      return `!${query.afi === AFI_IPV4 ? 'g' : '6'}AS${query.asn}`;
    case 'set-routes':
      return `!a${query.afi === null ? '' : query.afi === AFI_IPV4 ? '4' : '6'}${query.set}`;
    case 'members':
      return `!i${query.set}${query.recursive ? ',1' : ''}`;
    case 'routes': {
      const option = query.originsOnly ? 'o' : scopeLetter(IRRD_SCOPES, query.scope);
      return `!r${formatPrefix(query.prefix)}${option === '' ? '' : `,${option}`}`;
    }
    case 'key':
      return `!m${query.class},${query.key}`;
    case 'maintained':
      return `!o${query.maintainer}`;
    case 'serials':
      return `!j${query.sources?.join(',') ?? '-*'}`;
    case 'status':
      return `!J${query.sources?.join(',') ?? '-*'}`;
    case 'ripe':
      return formatRipe(query);
  }
}

function formatRipe({ keepOpen, sources, classes, keysOnly, client, search }: RipeQuery): string {
  const words: string[] = [];
  if (keepOpen) words.push('-k');
  if (client !== null) words.push('-V', client);
  if (sources !== null) words.push(...(sources.length === 0 ? ['-a'] : ['-s', sources.join(',')]));
  if (classes.length > 0) words.push('-T', classes.join(','));
  if (keysOnly) words.push('-K');
  switch (search?.kind) {
    case 'routes':
      words.push(scopeLetter(RIPE_SCOPES, search.scope), formatPrefix(search.prefix));
      break;
    case 'inverse':
      words.push('-i', search.attributes.join(','), search.value);
      break;
    case 'about':
      words.push('-q', search.what);
      break;
    case 'text':
      words.push(search.text);
  }
  return words.join(' ');
}
