/** Asks whois servers (RFC 3912): one line out, text in until the server closes. Silence, time and octets are bounded. */
import { connect } from 'node:net';
import { parseAddress } from '../../net/address.ts';
import { hostText, type WhoisHost } from '../../registry/whois/client.ts';
import { type Answered, type Contact, inOrder, type Subject, subjectText } from './contact.ts';
import type { Asked } from './politeness.ts';
import { readWhoisAnswer, referralIn } from './whois-answer.ts';

export interface WhoisLimits {
  /** ms without an octet, and for all of it. */
  readonly silence: number;
  readonly total: number;
  readonly octets: number;
}

export const WHOIS_LIMITS: WhoisLimits = { silence: 8_000, total: 15_000, octets: 256 * 1024 };
/** Servers that are asked one after the other since each refers to the next; persons that are asked for by their handle. */
const MOST_REFERRALS = 3;
const MOST_PERSONS = 3;

/** A NIC handle, as RIRs and NIRs write them. */
const HANDLE = /^[A-Za-z0-9][A-Za-z0-9-]{2,29}$/;

/** How some servers want to be asked; all others take `AS64500` and `192.0.2.0/24`. */
function queryFor({ host }: WhoisHost, subject: Subject): string {
  const text = subjectText(subject);
  switch (host.toLowerCase()) {
    case 'whois.arin.net':
      return 'as' in subject ? `a ${subject.as}` : `n + ${text}`;
    case 'whois.nic.ad.jp':
      return `${text}/e`;
    case 'whois.ripe.net':
      return `-B ${text}`;
    default:
      return text;
  }
}

/** A server's answer as text, or in words why there is none. */
export function askWhois(
  server: WhoisHost,
  query: string,
  signal: AbortSignal,
  { silence, total, octets }: WhoisLimits = WHOIS_LIMITS,
): Promise<Asked<string>> {
  return new Promise(resolve => {
    const chunks: Buffer[] = [];
    let size = 0;
    const socket = connect({ host: server.host, port: server.port, signal });
    const fail = (why: string) => {
      resolve({ ok: false, why: `whois ${hostText(server)}: ${why}`, wait: null });
      socket.destroy();
    };
    const last = setTimeout(() => fail(`it goes on for ${total / 1000} s`), total);
    socket.setTimeout(silence, () => fail(`no answer for ${silence / 1000} s`));
    socket.on('connect', () => socket.write(`${query}\r\n`));
    socket.on('data', chunk => {
      size += chunk.length;
      if (size > octets) fail(`it answers with more than ${octets} octets`);
      else chunks.push(chunk);
    });
    socket.on('error', error => fail(error.name === 'AbortError' ? 'given up' : error.message));
    socket.on('end', () => resolve({ ok: true, value: textOf(Buffer.concat(chunks)) }));
    socket.on('close', () => {
      clearTimeout(last);
      fail('the connection was closed');
    });
  });
}

/** Most answer in ASCII or UTF-8, JPNIC in ISO-2022-JP, whose escapes nothing else has. */
function textOf(octets: Buffer): string {
  const japanese = octets.includes('\x1b$B', 0, 'latin1');
  return new TextDecoder(japanese ? 'iso-2022-jp' : 'utf-8').decode(octets);
}

/**
 * A stranger's answer must not make us speak to machines of this network: only names of the public name space, on the
 * port of whois, are followed.
 */
export function mayFollow({ host, port }: WhoisHost): boolean {
  return port === 43 && parseAddress(host) === null && /^[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,63}$/.test(host);
}

/** One question to one server. */
export type AskWhois = (server: WhoisHost, query: string) => Promise<Asked<string>>;

/**
 * What a server says of a subject, and those that it refers to, the last one first; each question is put by `ask`, in the
 * manners that are due to its server. `follow`: whether a referral is.
 */
export async function whoisContacts(
  server: WhoisHost,
  subject: Subject,
  ask: AskWhois,
  follow: (to: WhoisHost) => boolean = mayFollow,
): Promise<Asked<Answered>> {
  const asked = new Set<string>();
  const answers: (Answered & { readonly server: WhoisHost })[] = [];
  let next: WhoisHost | null = server;
  let why = '';
  while (next !== null && asked.size <= MOST_REFERRALS && !asked.has(hostText(next))) {
    asked.add(hostText(next));
    const answer: Asked<string> = await ask(next, queryFor(next, subject));
    if (!answer.ok) {
      // What the one before it said counts all the same.
      why = answer.why;
      break;
    }
    const text = answer.value;
    answers.unshift({ ...readWhoisAnswer(text), server: next });
    const to = referralIn(text);
    next = to !== null && follow(to) ? to : null;
  }
  if (answers.length === 0) return { ok: false, why, wait: null };
  const name = answers.find(one => one.name !== '')?.name ?? '';
  const told = answers.find(one => one.contacts.length > 0);
  const contacts = told === undefined ? [] : await persons(told.server, told.contacts, ask);
  return { ok: true, value: { name, contacts, present: [] } };
}

/**
 * The contacts with what the server says of those of whom it has told the handle alone, as JPNIC's does; of the first of
 * them. One that it does not tell of stays a handle.
 */
async function persons(server: WhoisHost, contacts: readonly Contact[], ask: AskWhois): Promise<readonly Contact[]> {
  const found: Contact[] = [];
  let questions = 0;
  for (const one of contacts) {
    const bare = one.emails.length + one.phones.length === 0 && HANDLE.test(one.handle);
    if (!bare || questions >= MOST_PERSONS) {
      found.push(one);
      continue;
    }
    questions++;
    const suffix = server.host.toLowerCase() === 'whois.nic.ad.jp' ? '/e' : '';
    const answer = await ask(server, one.handle + suffix);
    const person = readWhoisAnswer(answer.ok ? answer.value : '').contacts.find(
      ({ handle }) => handle.toUpperCase() === one.handle.toUpperCase(),
    );
    found.push(person === undefined ? one : { ...person, role: one.role });
  }
  return inOrder(found);
}
