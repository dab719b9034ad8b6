/**
 * An as-set that is not mirrored, expanded by asking a whois server: at once where it can follow sets (`!i…,1`), set by set
 * where it cannot, object by object where it knows RIPE's manner alone.
 */
import { type AsMember, asMember, readAsSet } from '../as-set.ts';
import { listOf, namesIn, readRpslObject } from '../rpsl.ts';
import { EXPANSION_LIMITS, type ExpansionLimits } from '../set-expansion.ts';
import { setName } from '../set-name.ts';
import {
  askRipe,
  CLIENT_LIMITS,
  type ClientLimits,
  hostText,
  type IrrdClient,
  irrdClient,
  type WhoisHost,
} from './client.ts';
import type { IrrdAnswer } from './irrd-answer.ts';
import { formatQuery, type RipeSearch } from './query.ts';

/** How a server was asked. */
export type ExpandedBy = 'recursion' | 'sets' | 'objects';

export interface RemoteExpansion {
  /** ASes, ascending. */
  readonly members: readonly number[];
  readonly by: ExpandedBy;
  /** Sets that the server does not have. */
  readonly missing: readonly string[];
  /** Members that are neither AS nor as-set. */
  readonly refused: number;
  /** Why it is not whole, in words; '' when it is. */
  readonly stopped: string;
}

export interface RemoteQuestion {
  readonly server: WhoisHost;
  /** Name of the as-set. */
  readonly set: string;
  /** Sources of the server, in their order; empty: those it chooses itself. */
  readonly sources: readonly string[];
  readonly expansion?: ExpansionLimits;
  readonly limits?: ClientLimits;
  readonly signal?: AbortSignal;
}

/** Members of one set; null when the server does not have it. */
type AskSet = (set: string) => Promise<readonly string[] | null>;

/** Sets asked for at a time: on one connection, or with a connection for each. */
const TOGETHER: Readonly<Record<ExpandedBy, number>> = { recursion: 1, sets: 100, objects: 4 };

/** Null when the server does not have the set; rejects in words. */
export async function expandRemotely(question: RemoteQuestion): Promise<RemoteExpansion | null> {
  const name = setName(question.set, 'as-set');
  if (name === null) throw new Error(`${JSON.stringify(question.set)} is no as-set`);
  const client = irrdClient(question.server, question.limits, question.signal);
  try {
    const spoken = await speaks(client, question);
    if (!spoken) return await walk(name, question, 'objects', set => ripeMembers(question, set));
    const whole = await client.ask({ kind: 'members', set: name, recursive: true });
    if (whole.kind === 'data') {
      // Some servers leave the sets that they do not have in the answer.
      const { members, sets, refused } = sortMembers(wordsOf(whole) ?? []);
      return { members, by: 'recursion', missing: sets, refused, stopped: '' };
    }
    return await walk(name, question, 'sets', async set =>
      wordsOf(await client.ask({ kind: 'members', set, recursive: false })),
    );
  } finally {
    client.close();
  }
}

/** Whether the server knows IRRd's manner; with its sources chosen. Rejects when it has not these. */
async function speaks(client: IrrdClient, { server, sources }: RemoteQuestion): Promise<boolean> {
  let answer: IrrdAnswer;
  try {
    answer = await client.ask(sources.length === 0 ? { kind: 'list-sources' } : { kind: 'sources', sources });
  } catch (error) {
    if (/is no answer|closed the connection/.test((error as Error).message)) return false;
    throw error;
  }
  if (answer.kind === 'error' && sources.length > 0)
    throw new Error(`whois ${hostText(server)} has not ${sources.join(', ')}: ${answer.message}`);
  return true;
}

function wordsOf(answer: IrrdAnswer): readonly string[] | null {
  return answer.kind === 'data' ? listOf(answer.data.toString('utf8')) : answer.kind === 'empty' ? [] : null;
}

function sortMembers(words: readonly string[]) {
  const members = new Set<number>();
  const sets = new Set<string>();
  let refused = 0;
  for (const word of words) {
    const member: AsMember | null = asMember(word);
    if (member === null) refused++;
    else if ('as' in member) members.add(member.as);
    else sets.add(member.set);
  }
  return { members: [...members].sort((a, b) => a - b), sets: [...sets], refused };
}

/** From set to set, each asked for once. */
async function walk(
  name: string,
  question: RemoteQuestion,
  by: ExpandedBy,
  ask: AskSet,
): Promise<RemoteExpansion | null> {
  const { sets: mostSets, members: mostMembers } = question.expansion ?? EXPANSION_LIMITS;
  const seen = new Set([name]);
  const members = new Set<number>();
  const missing: string[] = [];
  let refused = 0;
  let stopped = '';
  const next = [name];
  while (next.length > 0 && stopped === '') {
    const now = next.splice(0, TOGETHER[by]);
    const answers = await Promise.all(now.map(set => ask(set)));
    for (const [i, words] of answers.entries()) {
      if (words === null) missing.push(now[i]!);
      const found = sortMembers(words ?? []);
      refused += found.refused;
      for (const as of found.members) members.add(as);
      for (const set of found.sets) {
        if (seen.has(set)) continue;
        if (seen.size >= mostSets) stopped = `more than ${mostSets} sets`;
        else {
          seen.add(set);
          next.push(set);
        }
      }
      if (members.size > mostMembers) stopped = `more than ${mostMembers} members`;
    }
  }
  if (missing.includes(name)) return null;
  return { members: [...members].sort((a, b) => a - b), by, missing, refused, stopped };
}

/** Members of a set as the object has them, and the aut-nums that join it (RFC 2622 section 5.1). */
async function ripeMembers({ server, sources, limits = CLIENT_LIMITS, signal }: RemoteQuestion, set: string) {
  const ask = async (objectClass: string, search: RipeSearch) => {
    const flags = { keepOpen: false, keysOnly: false, client: null, sources: sources.length === 0 ? null : sources };
    const line = formatQuery({ kind: 'ripe', ...flags, classes: [objectClass], search });
    const { objects, error } = await askRipe(server, `-r ${line}`, limits, signal);
    if (error !== '') throw new Error(`whois ${hostText(server)}: ${error}`);
    return objects.flatMap(object => readRpslObject(object) ?? []);
  };
  const found = (await ask('as-set', { kind: 'text', text: set })).find(object => object.class === 'as-set');
  const reading = found === undefined ? null : readAsSet(found);
  if (!reading?.ok) return null;
  const { members, mbrsByRef } = reading.object;
  const words = members.map(member => ('as' in member ? `AS${member.as}` : member.set));
  if (mbrsByRef.length === 0) return words;
  const joining = await ask('aut-num', { kind: 'inverse', attributes: ['member-of'], value: set });
  const allowed = joining.filter(
    object => mbrsByRef.includes('ANY') || namesIn(object, 'mnt-by').some(maintainer => mbrsByRef.includes(maintainer)),
  );
  return [...words, ...allowed.map(object => object.attributes[0]?.value ?? '')];
}
