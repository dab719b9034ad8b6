/** Requests and statements made and read by hand. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { signParticipation } from '../../src/traceback/participation.ts';
import { type Request, readRequest, type SignedRequest, signRequest } from '../../src/traceback/request.ts';
import type { Voice } from '../../src/traceback/saying.ts';
import { openSeal, sealKeys } from '../../src/traceback/seal.ts';
import { decodeStatement, type Statement } from '../../src/traceback/statement.ts';
import type { Query, WireNode } from '../../src/traceback/wire.ts';
import { question, type Raw, until } from './ases.ts';

export interface Pem {
  readonly key: string;
  readonly certificate: string;
}

export function keyOf({ key }: Pem): KeyObject {
  return createPrivateKey(key);
}

/** A statement of an AS about itself, that it saw the packet. */
export function statementOf(as: number, more: Partial<Statement> = {}): Statement {
  return {
    ...{ as, by: as, request: new Uint8Array(32), time: Date.now(), verdict: 'saw', reason: 'seen', ingress: [] },
    ...{ source: false, packets: 1, windows: 3, false_positive: 0.001, coverage: 1, loss: 0, sampling: 1 },
    ...{ retained_from: null, retained_to: null, provisional: false, after: 1 },
    ...more,
  };
}

/** The participation record of an AS, signed. */
export function recordOf(as: number, { key, certificate }: Pem, more: object = {}): Uint8Array {
  const now = Date.now();
  return signParticipation(
    {
      as,
      sequence: now,
      issued: now - 1000,
      expires: now + 3_600_000,
      withdrawn: false,
      addresses: [],
      certificate: new Uint8Array(new X509Certificate(certificate).raw),
      roles: ['itm'],
      methods: ['digest'],
      federations: [],
      retention: null,
      coverage: null,
      ...more,
    },
    createPrivateKey(key),
  );
}

let traces = 0;
/** The keys that every request made here wants its answers sealed to. */
const keys = sealKeys();

/** A request signed by an AS, as the fields of a QUERY. */
export function requestOf(as: number, pem: Pem, more: Partial<Request> = {}) {
  const value: Request = {
    trace: (++traces).toString(16).padStart(16, '0'),
    origin: as,
    issued: Date.now(),
    expires: Date.now() + 8000,
    purpose: 'test',
    reference: '',
    federation: '',
    need: 1,
    questions: [],
    seal: keys.seal,
    proof: [],
    ...more,
  };
  const { octets: request, signature, record, hash } = signRequest(value, createPrivateKey(pem.key), recordOf(as, pem));
  hashes.set(Buffer.from(request).toString('hex'), hash);
  return { request, signature, record };
}

/** A QUERY of an AS about its own request, each with another nonce and id. */
export function queryFrom(as: number, pem: Pem, more: Partial<Query> = {}): Query {
  const number = ++queries;
  return {
    type: 'query',
    id: number,
    hops: [as],
    ttl: 0,
    deadline: Date.now() + 1900,
    budget: 0,
    nonce: number.toString(16).padStart(32, '0'),
    expires: Date.now() + 5000,
    proved: false,
    ...requestOf(as, pem, { questions: [{ packet: 0, ...question }] }),
    ...more,
  };
}
let queries = 0;

const hashes = new Map<string, Uint8Array>();

/** What a node says, when it answers any request made here. */
export function said(node: WireNode): Statement {
  for (const hash of hashes.values()) {
    const octets = openSeal(keys, node.sealed, hash);
    const got = octets && decodeStatement(octets);
    if (got !== null && typeof got !== 'string') return got.statement;
  }
  throw new Error('sealed to somebody else');
}

/** What an AS says in answer to requests, by the hand of a test. */
export function voiceOf(as: number, pem: Pem): Voice {
  const record = recordOf(as, pem);
  return { as, key: () => keyOf(pem), record: () => record, clock: Date.now };
}

/** Waits for a QUERY, and reads what it asks. */
export async function askedOf(raw: Raw): Promise<{ readonly query: Query; readonly signed: SignedRequest }> {
  const query = await until(() => raw.messages.find(({ type }) => type === 'query') as unknown as Query | undefined);
  const signed = readRequest({ octets: query.request, signature: query.signature, record: query.record });
  if ('wrong' in signed) throw new Error(signed.wrong);
  return { query, signed };
}

/** What the nodes that come first in final ANSWERs say. */
export function finalsOf(raw: Raw): Statement[] {
  return raw.messages.flatMap(message =>
    message.type === 'answer' && message.final === true ? [said((message.nodes as WireNode[])[0]!)] : [],
  );
}

/** The code of the NOTIFICATION that has come. */
export function codeOf(raw: Raw): unknown {
  return raw.messages.find(({ type }) => type === 'notification')?.code;
}
