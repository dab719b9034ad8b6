/**
 * Whom to call about an AS or a prefix. What is known without asking is told at once; servers are asked in the background
 * or when an operator waits, each in its turn, and their answers are kept for as long as the configuration says.
 */
import { stat } from 'node:fs/promises';
import type { ContactsConfig } from '../../config/tree.ts';
import type { SourceBook } from '../../registry/source-book.ts';
import { hostText } from '../../registry/whois/client.ts';
import { type Answered, type ContactSheet, type Finding, type Subject, subjectText } from './contact.ts';
import { openKept } from './kept.ts';
import { peeringdbContacts, peeringdbCopy } from './peeringdb.ts';
import { type Asked, createPoliteness } from './politeness.ts';
import { rdapBootstrap, rdapContacts } from './rdap.ts';
import { registeredContacts } from './registered.ts';
import { askWhois, whoisContacts } from './whois.ts';

export interface ContactsOptions {
  readonly books: () => readonly SourceBook[];
  /** Where answers are kept. */
  readonly directory: string;
  readonly log: (level: 'debug' | 'warn', text: string) => void;
  /** Now, ms since the epoch. */
  readonly now?: () => number;
  /** ms between two questions to one server, and the first pause after it failed. */
  readonly gap?: number;
  readonly pause?: number;
}

export interface Contacts {
  /** Takes the configuration in force; null: nobody is asked. */
  configure(config: ContactsConfig | null): void;
  /** What is known now. Asks nobody. */
  known(subject: Subject): ContactSheet;
  /** Asks for what is missing or old, and tells all that is known then. Never rejects. */
  lookUp(subject: Subject, signal: AbortSignal): Promise<ContactSheet>;
  /** The same in the background; does nothing when it is under way already, or too much is. */
  fetch(subject: Subject): void;
  close(): void;
}

/** A source that is asked. */
interface AskedSource {
  /** As a finding names it. */
  readonly name: string;
  /** Whose manners count; null: it looks after them itself, or asks nobody. */
  readonly server: string | null;
  /** Of a file of this machine: when it was written, ms since the epoch. What was read before that is old. */
  readonly written?: () => Promise<number>;
  readonly ask: (subject: Subject, signal: AbortSignal) => Promise<Asked<Answered>>;
}

/** ms between two questions to one server; the first pause after it failed. */
const GAP = 1_000;
const PAUSE = 60_000;
/** ms for which the answer that there is nothing is good. */
const NOTHING_FOR = 24 * 3_600_000;
/** ms that a look-up lasts at most. */
const PATIENCE = 30_000;
/** Look-ups in the background that may be under way. */
const MOST_FETCHES = 64;

/** When a file was written; one that is not there counts as new, so that looking for it tells why. */
const writtenAt = (file: string): Promise<number> =>
  stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => Number.POSITIVE_INFINITY,
  );

/** Contacts without a configuration, until `configure`. */
export function createContacts(options: ContactsOptions): Contacts {
  const { books, directory, log, now = Date.now } = options;
  const clock = () => performance.now();
  const politeness = createPoliteness({ clock, gap: options.gap ?? GAP, pause: options.pause ?? PAUSE });
  const kept = openKept(directory);
  const fetching = new Map<string, AbortController>();
  let sources: readonly AskedSource[] = [];
  let cache = 0;
  /** What went wrong at last, by source and subject. */
  const troubles = new Map<string, string>();

  const keyOf = (source: AskedSource, subject: Subject) => `${source.name}\n${subjectText(subject)}`;
  const isFor = (source: AskedSource, subject: Subject) => 'as' in subject || source.name !== 'peeringdb';
  /** An answer is good for as long as is configured; that there is nothing, for a day at most. */
  const goodFor = (finding: Finding) => (finding.contacts.length > 0 ? cache : Math.min(cache, NOTHING_FOR));
  const isFresh = (finding: Finding | null) =>
    finding?.asked != null && now() - finding.asked < goodFor(finding) && finding.asked <= now();

  function findingOf(source: AskedSource, subject: Subject): Finding {
    const known = kept.get(source.name, subjectText(subject));
    const why = isFresh(known) ? '' : (troubles.get(keyOf(source, subject)) ?? (known === null ? 'not asked yet' : ''));
    const nothing = { source: source.name, name: '', contacts: [], present: [], asked: null };
    return { ...(known ?? nothing), why };
  }

  function known(subject: Subject): ContactSheet {
    const asked = sources.filter(source => isFor(source, subject)).map(source => findingOf(source, subject));
    return { subject: subjectText(subject), findings: [...registeredContacts(books(), subject), ...asked] };
  }

  async function askOne(source: AskedSource, subject: Subject, signal: AbortSignal): Promise<void> {
    const text = subjectText(subject);
    const before = kept.get(source.name, text);
    if (isFresh(before) && ((await source.written?.()) ?? 0) <= (before?.asked ?? 0)) return;
    const question = () => source.ask(subject, signal);
    const answer = await (source.server === null ? question() : politeness.ask(source.server, signal, question)).catch(
      (error: Error): Asked<Answered> => ({ ok: false, why: error.message, wait: null }),
    );
    const key = keyOf(source, subject);
    troubles.delete(key);
    if (!answer.ok) {
      // Bounded: what went wrong longest ago is forgotten.
      if (troubles.size >= 4096) troubles.delete(troubles.keys().next().value!);
      troubles.set(key, answer.why);
      return;
    }
    const finding = { source: source.name, ...answer.value, asked: now(), why: '' };
    await kept.put(text, finding).catch((error: Error) => log('warn', `a contact cannot be kept: ${error.message}`));
  }

  async function lookUp(subject: Subject, signal: AbortSignal): Promise<ContactSheet> {
    const within = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]);
    await Promise.all(sources.filter(source => isFor(source, subject)).map(source => askOne(source, subject, within)));
    return known(subject);
  }

  return {
    configure(config) {
      cache = config?.cache ?? 0;
      sources = config === null ? [] : sourcesOf(config);
    },
    known,
    lookUp,
    fetch(subject) {
      const text = subjectText(subject);
      if (sources.length === 0 || fetching.has(text) || fetching.size >= MOST_FETCHES) return;
      const control = new AbortController();
      fetching.set(text, control);
      void lookUp(subject, control.signal).finally(() => fetching.delete(text));
    },
    close() {
      for (const control of fetching.values()) control.abort();
    },
  };

  function sourcesOf({ rdap, bootstrap, whois, ...config }: ContactsConfig): AskedSource[] {
    const { peeringdbFile: file, peeringdbUrl: url, peeringdbKey: key } = config;
    const iana = bootstrap === undefined ? null : rdapBootstrap(bootstrap, politeness, now);
    return [
      ...(url === undefined
        ? []
        : [
            {
              name: 'peeringdb',
              server: new URL(url).origin,
              ask: (subject: Subject, signal: AbortSignal) =>
                peeringdbContacts(url, key, 'as' in subject ? subject.as : 0, signal),
            },
          ]),
      ...(file === undefined
        ? []
        : [
            {
              name: 'peeringdb',
              // A copy has a hundred megabytes: one thread at a time reads it.
              server: file,
              written: () => writtenAt(file),
              ask: (subject: Subject, signal: AbortSignal) =>
                peeringdbCopy(file, 'as' in subject ? subject.as : 0, signal),
            },
          ]),
      ...(iana === null ? [] : [{ name: 'rdap', server: null, ask: iana.ask }]),
      ...rdap.map(server => ({
        name: `rdap ${server}`,
        server: new URL(server).origin,
        ask: (subject: Subject, signal: AbortSignal) => rdapContacts(new URL(server), subject, signal),
      })),
      ...whois.map(server => ({
        name: `whois ${hostText(server)}`,
        // It may refer to others: each question goes by the manners for the one who is asked.
        server: null,
        ask: (subject: Subject, signal: AbortSignal) =>
          whoisContacts(server, subject, (to, query) =>
            politeness.ask(hostText(to), signal, () => askWhois(to, query, signal)),
          ),
      })),
    ];
  }
}
