import { identity } from './complete.ts';
import { type Entry, headOf } from './entry.ts';
import { webhookName } from './notify.ts';
import { configEntries, printEntry, printWords } from './print.ts';
import type { Config } from './tree.ts';

/** The part of the daemon that a change touches. */
export type Section =
  | 'router'
  | 'log'
  | 'state'
  | 'audit'
  | 'socket'
  | 'listen'
  | 'peer'
  | 'bmp'
  | 'archive'
  | 'irr'
  | 'rpki'
  | 'whois'
  | 'http'
  | 'machines'
  | 'watch'
  | 'notify'
  | 'group'
  | 'contacts'
  | 'probe'
  | 'ids'
  | 'traceback'
  | 'bridge';

/** One thing that a reload changes. */
export interface ConfigChange {
  readonly section: Section;
  /**
   * Name of the peer, source, watch, group or probe; which of several otherwise: `stderr`, `control`, `:: port 179`,
   * `peer as 64510`. Empty for a thing there is only one of.
   */
  readonly name: string;
  /** What becomes of it. */
  readonly how: 'added' | 'removed' | 'changed';
  /** True when a session, a socket or the database is closed, opened or opened anew; false when it just goes on. */
  readonly hard: boolean;
  /** In words, for a person: `peer tyo1: hold time 90s is now hold time 3m`. Shows no password. */
  readonly words: string;
}

const SECTIONS: Readonly<Record<string, Section>> = {
  'router id': 'router',
  'local as': 'router',
  'log stderr': 'log',
  'log syslog': 'log',
  'log file': 'log',
  state: 'state',
  'audit retain': 'audit',
  'control socket': 'socket',
  'reader socket': 'socket',
  'probe socket': 'socket',
  'probe listen': 'probe',
  'probe identity': 'probe',
  'bgp listen': 'listen',
  'protocol bgp': 'peer',
  'protocol bmp': 'bmp',
  'archive mrt': 'archive',
  irr: 'irr',
  rpki: 'rpki',
  whois: 'whois',
  'accept risk': 'router',
  http: 'http',
  role: 'machines',
  'bus nats': 'machines',
  'store postgresql': 'machines',
  watch: 'watch',
  'notify mail': 'notify',
  'notify webhook': 'notify',
  'notify syslog': 'notify',
  'notify exec': 'notify',
  'notify xmpp': 'notify',
  group: 'group',
  contacts: 'contacts',
  probe: 'probe',
  ids: 'ids',
};

/** An entry that is compared as one, under the key that finds its like on the other side. */
interface Piece {
  readonly key: string;
  readonly section: Section;
  readonly name: string;
  readonly one: Entry;
}

/** True when a daemon that runs goes on as it is: it has opened what this is about. */
export const isOfStart = ({ section }: Pick<ConfigChange, 'section'>): boolean =>
  section === 'state' || section === 'socket' || section === 'machines';

/** What has to be done to come from one configuration to the other, in the order of the language. Empty when nothing. */
export function diffConfig(before: Config, after: Config): ConfigChange[] {
  const old = new Map(pieces(before).map(piece => [piece.key, piece]));
  const now = new Map(pieces(after).map(piece => [piece.key, piece]));
  const gone = [...old.values()].filter(({ key }) => !now.has(key)).map(piece => whole(piece, 'removed'));
  const rest = [...now.values()].flatMap(piece => {
    const was = old.get(piece.key);
    if (was === undefined) return [whole(piece, 'added')];
    return printEntry(was.one, false) === printEntry(piece.one, false) ? [] : [changed(was, piece)];
  });
  return [...gone, ...rest];
}

/** The configuration in pieces that can change on their own; `traceback` is taken apart. */
function pieces(config: Config): Piece[] {
  let mails = 0;
  return configEntries(config).flatMap((one): Piece[] => {
    const head = headOf(one);
    if (head === 'rid' || head === 'packter' || head === 'intertrack2010')
      return [{ key: head, section: 'bridge', name: head, one }];
    if (head === 'traceback')
      return one.block.map(inner => {
        const name = identity(inner) ?? headOf(inner);
        return { key: `traceback ${name}`, section: 'traceback', name, one: inner };
      });
    const section = SECTIONS[head] ?? 'router';
    // Blocks of `notify mail` have no name; they are numbered, from the second on.
    const number = head === 'notify mail' && mails++ > 0 ? ` ${mails}` : '';
    const key = `${identity(one) ?? head}${number}`;
    return [{ key, section, name: nameOf(section, key, one), one }];
  });
}

function nameOf(section: Section, key: string, one: Entry): string {
  const named = one.values.name ?? one.values.source;
  if (typeof one.values.webhook === 'string') return `webhook ${webhookName(one.values.webhook)}`;
  if (typeof named === 'string') return named;
  if (section === 'machines') return headOf(one);
  if (section === 'socket') return one.spec.head[0]!;
  if (section === 'probe') return printWords(one, true).replace(/^probe /, '');
  if (section === 'log' || section === 'notify' || section === 'router') return key.replace(/^\S+ /, '');
  return section === 'listen' ? printWords(one, true).replace(/^bgp listen /, '') : '';
}

const title = ({ section, name }: Piece): string => `${section}${name === '' ? '' : ` ${name}`}`;

function whole(piece: Piece, how: 'added' | 'removed'): ConfigChange {
  const { section, name, one } = piece;
  const hard = one.spec.hard === true || section === 'peer' || section === 'bmp' || headOf(one) === 'peer as';
  return { section, name, how, hard, words: `${title(piece)}: ${how}` };
}

function changed(was: Piece, now: Piece): ConfigChange {
  const { section, name } = now;
  const { words, hard } = compare(was.one, now.one);
  return { section, name, how: 'changed', hard, words: `${title(now)}: ${words.join('; ')}` };
}

/** What differs between two entries of one key, in words, and whether any of it is hard. */
function compare(was: Entry, now: Entry): { words: string[]; hard: boolean } {
  const words: string[] = [];
  let hard = false;
  const tell = (one: Entry, text: string): void => {
    words.push(text);
    hard ||= one.spec.hard === true;
  };
  /** A block is told with what stands in it: the list is what matters of `announce`. */
  const full = (one: Entry): string =>
    [printWords(one, true), one.block.map(inner => printWords(inner, true)).join(', ')].join(' ').trim();
  const replaced = (a: Entry, b: Entry): void => {
    if (printWords(a, false) === printWords(b, false)) return;
    const secret = a.spec.secret === true;
    tell(b, secret ? `${headOf(b)} is another` : `${printWords(a, true)} is now ${printWords(b, true)}`);
  };
  const pair = (one: Entry): string => identity(one) ?? headOf(one);
  const both = (a: Entry, b: Entry): void => {
    replaced(a, b);
    const before = new Map(a.block.map(one => [pair(one), one]));
    const after = new Map(b.block.map(one => [pair(one), one]));
    for (const [key, one] of before) if (!after.has(key)) tell(one, `no more ${full(one)}`);
    for (const [key, one] of after) {
      const old = before.get(key);
      if (old === undefined) tell(one, `now ${full(one)}`);
      else both(old, one);
    }
  };
  both(was, now);
  return { words, hard };
}
