/** Asks RDAP servers: one that is configured, or the one that IANA's bootstrap files name. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Answered, Subject } from './contact.ts';
import { getJson } from './get-json.ts';
import type { Asked, Politeness } from './politeness.ts';
import { readRdapAnswer } from './rdap-answer.ts';
import { bootstrapFile, rdapQuery, rdapServerFor } from './rdap-bootstrap.ts';

/** Octets of a bootstrap file; IANA's largest has some 50,000. */
const MOST_BOOTSTRAP = 4 * 2 ** 20;
/** How long a bootstrap file that was fetched is good for, ms. */
const BOOTSTRAP_AGE = 24 * 3_600_000;

/** Asks one server about a subject. */
export async function rdapContacts(server: URL, subject: Subject, signal: AbortSignal): Promise<Asked<Answered>> {
  const got = await getJson(rdapQuery(server, subject), { accept: 'application/rdap+json' }, signal);
  if (!got.ok) return got;
  if (got.value === undefined) return { ok: true, value: { name: '', contacts: [], present: [] } };
  const answer = readRdapAnswer(got.value, subject);
  return typeof answer === 'string' ? { ok: false, why: answer, wait: null } : { ok: true, value: answer };
}

export interface RdapBootstrap {
  /** Asks the server that the bootstrap files name. */
  ask(subject: Subject, signal: AbortSignal): Promise<Asked<Answered>>;
}

/** `place`: the directory of the files, or its URL. */
export function rdapBootstrap(place: string, politeness: Politeness, clock: () => number): RdapBootstrap {
  const fetched = new Map<string, { readonly at: number; readonly value: unknown }>();

  async function fileFor(subject: Subject, signal: AbortSignal): Promise<Asked<unknown>> {
    const name = bootstrapFile(subject);
    if (place.startsWith('/')) return readLocal(join(place, name));
    const known = fetched.get(name);
    if (known !== undefined && clock() - known.at < BOOTSTRAP_AGE) return { ok: true, value: known.value };
    const url = new URL(name, place.endsWith('/') ? place : `${place}/`);
    const got = await politeness.ask(url.origin, signal, () => getJson(url, {}, signal));
    // An old list is better than none: servers seldom change.
    if (!got.ok || got.value === undefined)
      return known === undefined ? failed(got, url) : { ok: true, value: known.value };
    fetched.set(name, { at: clock(), value: got.value });
    return got;
  }

  return {
    async ask(subject, signal) {
      const file = await fileFor(subject, signal);
      if (!file.ok) return file;
      const found = rdapServerFor(file.value, subject, !place.startsWith('https:'));
      if (typeof found === 'string') return { ok: false, why: `${place}: ${found}`, wait: null };
      const { url } = found;
      if (url === null) return { ok: false, why: 'the bootstrap files name no server for it', wait: 0 };
      const answer = await politeness.ask(url.origin, signal, () => rdapContacts(url, subject, signal));
      // The server's own trouble was taken down for it: others are asked all the same.
      return answer.ok ? answer : { ok: false, why: `${url.host}: ${answer.why}`, wait: 0 };
    },
  };
}

const failed = (got: Asked<unknown>, url: URL): Asked<unknown> =>
  got.ok ? { ok: false, why: `there is no ${url.href}`, wait: 0 } : { ...got, why: `${url.host}: ${got.why}`, wait: 0 };

async function readLocal(path: string): Promise<Asked<unknown>> {
  try {
    if ((await stat(path)).size > MOST_BOOTSTRAP) throw new Error('it is too large');
    return { ok: true, value: JSON.parse(await readFile(path, 'utf8')) as unknown };
  } catch (error) {
    const words = error instanceof SyntaxError ? 'it is no JSON' : (error as Error).message.replace(/, \w+ '.*$/, '');
    return { ok: false, why: `${path}: ${words}`, wait: 0 };
  }
}
