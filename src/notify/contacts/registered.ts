/** Contacts that stand in the mirrored IRR sources: aut-num, route objects, and the maintainers of both. */
import { covers, type Prefix, parsePrefix } from '../../net/prefix.ts';
import { readAutNum } from '../../registry/aut-num.ts';
import { readMntner } from '../../registry/mntner.ts';
import { namesIn, type RpslObject, readRpslObject } from '../../registry/rpsl.ts';
import type { SourceBook } from '../../registry/source-book.ts';
import { type Contact, type ContactRole, contact, type Finding, inOrder, plainText, type Subject } from './contact.ts';

/** Maintainers of one object, and route objects of one source, that are looked at. */
const MOST_MAINTAINERS = 8;
const MOST_ROUTES = 8;

const HANDLES: readonly (readonly [attribute: string, role: ContactRole])[] = [
  ['tech-c', 'technical'],
  ['admin-c', 'administrative'],
];

/** What each source has of the subject; a source that has nothing is left out. */
export function registeredContacts(books: readonly SourceBook[], subject: Subject): readonly Finding[] {
  return books.flatMap(book => {
    const found = 'as' in subject ? ofAs(book, subject.as) : ofPrefix(book, parsePrefix(subject.prefix));
    if (found === null) return [];
    const { name, contacts } = found;
    return [{ source: `irr ${book.source}`, name, contacts: inOrder(contacts), present: [], asked: null, why: '' }];
  });
}

interface Found {
  readonly name: string;
  readonly contacts: readonly Contact[];
}

function ofAs(book: SourceBook, as: number): Found | null {
  const rpsl = book.others.get('aut-num', `AS${as}`);
  const reading = rpsl === null ? null : readAutNum(rpsl);
  if (rpsl === null || reading === null || !reading.ok) return null;
  const { asName, descr } = reading.object;
  return {
    name: plainText([asName, firstLine(descr)].filter(one => one !== '').join(', ')),
    contacts: said(book, rpsl),
  };
}

/** Of the longest prefix that is registered for it. */
function ofPrefix(book: SourceBook, prefix: Prefix | null): Found | null {
  if (prefix === null) return null;
  const rows = book.routes.rowsCovering(prefix).slice(0, 256);
  const objects = rows.map(book.routes.object).filter(object => covers(object.prefix, prefix));
  const longest = Math.max(...objects.map(object => object.prefix.length));
  const best = objects.filter(object => object.prefix.length === longest).slice(0, MOST_ROUTES);
  if (best.length === 0) return null;
  const contacts = best.flatMap(({ text }) => {
    const rpsl = readRpslObject(Buffer.from(text));
    return rpsl === null ? [] : said(book, rpsl);
  });
  return { name: plainText(firstLine(best[0]!.descr)), contacts };
}

const firstLine = (text: string): string => text.split('\n')[0] ?? '';

/** The contacts that an object names, and those of its maintainers. */
function said(book: SourceBook, rpsl: RpslObject): Contact[] {
  const values = (name: string) => rpsl.attributes.filter(one => one.name === name).map(({ value }) => value);
  const own = [
    contact('other', { name: 'notify', emails: values('notify') }),
    ...HANDLES.flatMap(([attribute, role]) => values(attribute).map(handle => contact(role, { handle }))),
  ];
  return [
    ...own,
    ...namesIn(rpsl, 'mnt-by')
      .slice(0, MOST_MAINTAINERS)
      .flatMap(name => ofMaintainer(book, name)),
  ];
}

function ofMaintainer(book: SourceBook, name: string): Contact[] {
  const rpsl = book.others.get('mntner', name);
  const reading = rpsl === null ? null : readMntner(rpsl);
  if (rpsl === null || reading === null || !reading.ok) return [contact('maintainer', { handle: name })];
  const { updTo, mntNfy, notify, keiro } = reading.object;
  const mails: readonly (readonly [word: string, emails: readonly string[]])[] = [
    ['X-Keiro', keiro],
    ['upd-to', updTo],
    ['mnt-nfy', mntNfy],
    ['notify', notify],
  ];
  return mails
    .filter(([, emails]) => emails.length > 0)
    .map(([word, emails]) => contact('maintainer', { name: word, handle: name, emails }));
}
