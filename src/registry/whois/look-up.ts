/**
 * What an operator asks by whois: answered from the mirror, or where that has nothing by the servers that the configuration
 * names, one after the other. Each answer says where it came from.
 */
import { EXPANSION_LIMITS, expandAsSet } from '../set-expansion.ts';
import { answerQuery, type WhoisSource } from './answer.ts';
import { askRipe, CLIENT_LIMITS, type ClientLimits, hostText, irrdClient, type WhoisHost } from './client.ts';
import { type IrrdQuery, parseQuery } from './query.ts';
import { type ExpandedBy, expandRemotely } from './remote-expansion.ts';
import { turns } from './turns.ts';

/** A source and the server that is asked for it. */
export interface AskedSource extends WhoisHost {
  readonly source: string;
}

export interface LookUpParts {
  /** The mirrored sources in the order of their authority. */
  readonly mirrored: readonly WhoisSource[];
  /** Servers in the order in which they are asked. */
  readonly servers: readonly AskedSource[];
  /** Only this source, upper case; null: all. */
  readonly source: string | null;
  readonly version: string;
  readonly signal: AbortSignal;
}

/** Answer to a query. */
export interface LookUp {
  /** The query as it was asked. */
  readonly query: string;
  /** `mirror`, or `whois.example.net port 43, JPIRR`; empty when nobody has it. */
  readonly from: string;
  readonly text: string;
  /** Servers that could not answer, and why. */
  readonly failures: readonly string[];
}

/** What an as-set comes to. */
export interface SetLookUp {
  /** Name of the set. */
  readonly set: string;
  /** Where its definition is from. */
  readonly from: string;
  /** How it was expanded: here, or by a server; null: not at all. */
  readonly by: 'mirror' | ExpandedBy | null;
  /** AS numbers, ascending. */
  readonly members: readonly number[];
  /** Sets in it that are nowhere, the first of them. */
  readonly missing: readonly string[];
  /** Members that could not be read. */
  readonly refused: number;
  /** Why it is not whole; empty when it is. */
  readonly stopped: string;
  /** Servers that did not answer, and why. */
  readonly failures: readonly string[];
}

/** Octets of an answer: it is for a person. */
const MOST = 2 ** 20;
const LIMITS: ClientLimits = { ...CLIENT_LIMITS, silence: 30_000, most: MOST };

const mirror = ({ mirrored, source }: LookUpParts): readonly WhoisSource[] =>
  source === null ? mirrored : mirrored.filter(({ name }) => name === source);

/** Asks the servers in turn until one has an answer. */
async function firstOf<Answer>(
  { servers, source, signal }: LookUpParts,
  ask: (server: AskedSource) => Promise<Answer | null>,
): Promise<{ readonly from: string; readonly answer: Answer | null; readonly failures: readonly string[] }> {
  const failures: string[] = [];
  for (const server of servers) {
    if (signal.aborted || (source !== null && server.source !== source)) continue;
    try {
      const answer = await ask(server);
      if (answer !== null) return { from: `${hostText(server)}, ${server.source}`, answer, failures };
    } catch (error) {
      failures.push((error as Error).message);
    }
  }
  return { from: '', answer: null, failures };
}

/** Answers a query in either manner. Rejects, in words, when it is none. */
export async function lookUp(query: string, parts: LookUpParts): Promise<LookUp> {
  const parsed = parseQuery(query);
  if (parsed.kind === 'error') throw new Error(parsed.why);
  const { version, signal } = parts;
  const limits = { most: MOST, turns: turns(), signal, version };
  const here = await answerQuery({ query: parsed, sources: mirror(parts), chosen: null, ...limits });
  if (here.kind === 'error') throw new Error(here.why);
  if (here.kind === 'text') {
    const pieces = [...here.pieces()];
    if (pieces.includes(null)) throw new Error('the registry changed meanwhile; ask again');
    return {
      query,
      from: 'mirror',
      text: Buffer.concat(pieces.filter(piece => piece !== null)).toString(),
      failures: [],
    };
  }
  const remote = await firstOf(parts, server =>
    parsed.kind === 'ripe'
      ? askInRipe(server, `${parsed.sources === null ? `-s ${server.source} ` : ''}${query}`, signal)
      : askInIrrd(server, parsed, signal),
  );
  return { query, from: remote.from, text: remote.answer ?? '', failures: remote.failures };
}

async function askInRipe(server: AskedSource, line: string, signal: AbortSignal): Promise<string | null> {
  const { objects, error } = await askRipe(server, line, LIMITS, signal);
  if (error !== '') throw new Error(`whois ${hostText(server)}: ${error}`);
  return objects.length === 0 ? null : objects.map(object => object.toString()).join('\n');
}

async function askInIrrd(server: AskedSource, query: IrrdQuery, signal: AbortSignal): Promise<string | null> {
  const client = irrdClient(server, LIMITS, signal);
  try {
    const [chosen, answer] = await Promise.all([
      client.ask({ kind: 'sources', sources: [server.source] }),
      client.ask(query),
    ]);
    for (const one of [chosen, answer])
      if (one.kind === 'error') throw new Error(`whois ${hostText(server)}: ${one.message}`);
    return answer.kind === 'data' ? answer.data.toString() : null;
  } finally {
    client.close();
  }
}

/** Expands an as-set: of the mirror where that has it, of the first server that has it otherwise. */
export async function lookUpSet(set: string, parts: LookUpParts): Promise<SetLookUp> {
  const books = mirror(parts).map(({ book }) => book);
  const here = await expandAsSet(books, set, EXPANSION_LIMITS, parts.signal);
  if (here !== null) {
    const { members, missing, refused, stopped } = here;
    return { set, from: 'mirror', by: 'mirror', members, missing, refused, stopped, failures: [] };
  }
  const { from, answer, failures } = await firstOf(parts, ({ source, ...server }) =>
    expandRemotely({
      server,
      set,
      sources: [source],
      limits: { ...CLIENT_LIMITS, silence: 30_000 },
      signal: parts.signal,
    }),
  );
  if (answer === null) return { set, from, by: null, members: [], missing: [], refused: 0, stopped: '', failures };
  return { set, from, ...answer, failures };
}
