/** Whom to call, in the daemon: for notices what is known, for an operator what can be found, for open cases ahead of both. */
import { join } from 'node:path';
import type { Config } from '../config/tree.ts';
import type { CaseSheet } from '../control/contact-rows.ts';
import type { Case } from '../hijack/case.ts';
import { isOver } from '../hijack/life-cycle.ts';
import { parsePrefix } from '../net/prefix.ts';
import { calleesOf, draftText, type Language } from '../notify/calls.ts';
import { type CallLine, callList } from '../notify/contacts/call-list.ts';
import type { ContactSheet, Subject } from '../notify/contacts/contact.ts';
import { createContacts } from '../notify/contacts/contacts.ts';
import type { Registry } from '../registry/registry.ts';
import type { Log } from './log.ts';

export interface ContactDesk {
  configure(config: Config): void;
  /** For a notice, at once. */
  lines(as: number): readonly CallLine[];
  /** Asks for an AS ahead of whoever will want to know. */
  ahead(as: number): void;
  /** Asks ahead for the ASes of a case. */
  changed(of: Case): void;
  /** Of an AS; of a prefix, and of the ASes that it is registered to. */
  contactsOf(subject: Subject, signal: AbortSignal): Promise<readonly ContactSheet[]>;
  /** Of those to call about a case, each with a draft; an empty one of a drill. */
  callsFor(of: Case, language: Language, signal: AbortSignal): Promise<readonly CaseSheet[]>;
  close(): void;
}

/** Origins of a prefix that are looked up. */
const MOST_ORIGINS = 4;
/** An AS is asked ahead for once in so long, ms; and so many ASes are remembered. */
const AHEAD = 10 * 60_000;
const MOST_AHEAD = 4096;
/** What notices say of an AS is good for so long, ms: a storm of cases asks for the same few ASes over and over. */
const LATELY = 1_000;

/** Nobody is asked until it is configured. */
export function openContacts(state: string, registry: Pick<Registry, 'books' | 'objectsFor'>, log: Log): ContactDesk {
  const contacts = createContacts({ books: registry.books, directory: join(state, 'contacts'), log });
  const ahead = new Map<number, number>();
  const lately = new Map<number, { readonly at: number; readonly lines: readonly CallLine[] }>();
  function askAhead(as: number): void {
    const now = Date.now();
    if (now - (ahead.get(as) ?? 0) < AHEAD) return;
    if (ahead.size >= MOST_AHEAD) ahead.clear();
    ahead.set(as, now);
    contacts.fetch({ as });
  }
  const linesOf = (sheet: ContactSheet) => callList(sheet, Date.now());

  return {
    configure: config => contacts.configure(config.contacts),
    lines(as) {
      const now = performance.now();
      const known = lately.get(as);
      if (known !== undefined && now - known.at < LATELY) return known.lines;
      if (lately.size >= 256) lately.clear();
      const lines = linesOf(contacts.known({ as }));
      lately.set(as, { at: now, lines });
      return lines;
    },
    ahead: askAhead,
    changed(of) {
      if (isOver(of) || of.drill) return;
      for (const as of calleesOf(of)) askAhead(as);
    },
    async contactsOf(subject, signal) {
      const prefix = 'prefix' in subject ? parsePrefix(subject.prefix) : null;
      const origins = prefix === null ? [] : registry.objectsFor(prefix).map(({ origin }) => origin);
      const subjects: Subject[] = [subject, ...[...new Set(origins)].slice(0, MOST_ORIGINS).map(as => ({ as }))];
      return Promise.all(subjects.map(one => contacts.lookUp(one, signal)));
    },
    callsFor: (of, language, signal) =>
      Promise.all(
        calleesOf(of).map(async as => {
          const sheet = await contacts.lookUp({ as }, signal);
          const to = linesOf(sheet).flatMap(({ reach }) => reach.filter(one => one.includes('@')));
          // Of a drill nobody is to be told that it was real.
          return { ...sheet, draft: of.drill ? '' : draftText(of, as, language, to) };
        }),
      ),
    close: () => contacts.close(),
  };
}
