/**
 * The evidence of a trace as a file: the request, and every statement octet by octet, with the records of who signed
 * them. Whoever has it, and the authority's certificate, can check years later who said what, without any daemon.
 * The format is that of itctl(8), EVIDENCE OF A TRACE.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { outOfDate, vouchedFor } from '../net/tls.ts';
import { isSeen } from './branch.ts';
import { OF_OTHERS } from './opening.ts';
import { readParticipation } from './participation.ts';
import { checkProof, type Shown } from './proof.ts';
import { isRequestOf, readRequest, type SignedRequest } from './request.ts';
import { isStatementOf, readStatement, type SignedStatement } from './statement.ts';
import type { TraceNode, TraceVerdict } from './trace.ts';

export const FORMAT = 'intertrack-trace-evidence-1';
/** Statements and records of one file. */
const MOST = 4096;
/** How far the clock of an AS that signs may be from that of the origin, ms. */
const CLOCKS = 60_000;

/** An item that was signed: base64, and which of `records` is that of who signed it. */
interface FiledItem {
  /** What was signed, base64. */
  readonly octets: string;
  /** Ed25519 signature, base64. */
  readonly signature: string;
  /** Place in `records` of the record of who signed it, from 0. */
  readonly record: number;
}

export interface FiledEvidence {
  readonly request: FiledItem;
  /** What each AS said, signed by it. */
  readonly statements: readonly FiledItem[];
  /** Participation records, base64, each once. */
  readonly records: readonly string[];
}

/** What was signed, as it is filed. */
export function fileEvidence(request: SignedRequest, statements: readonly SignedStatement[]): FiledEvidence {
  const records: string[] = [];
  const file = (item: Pick<SignedStatement, 'octets' | 'signature' | 'record'>): FiledItem => {
    const record = base64(item.record);
    let at = records.indexOf(record);
    if (at < 0) at = records.push(record) - 1;
    return { octets: base64(item.octets), signature: base64(item.signature), record: at };
  };
  const filed = { request: file(request), statements: statements.map(file) };
  return { ...filed, records };
}

const base64 = (octets: Uint8Array) => Buffer.from(octets).toString('base64');

/** What was found of one signed item. */
export interface Checked {
  /** Who signed it, by its record; null when that cannot be read. */
  readonly by: number | null;
  /** When, ms; null when that cannot be read. */
  readonly time: number | null;
  /** SHA-256 of the certificate of the key that signed it, hex in pairs. */
  readonly certificate: string | null;
  /** Null when the signature is good, of its time, and of that request; else what is wrong. */
  readonly fault: string | null;
  /** Null when an authority vouches for the certificate at that time; else why not. Not there: no authority was given. */
  readonly doubt?: string | null;
}

export interface CheckedStatement extends Checked {
  /** What it says. Null when it cannot be read. */
  readonly says: SignedStatement['statement'] | null;
}

/** What was found of one of the request's proofs of sight. */
export interface CheckedProof {
  /** Place in the request's `proof`. */
  readonly proof: number;
  /** What it shows, and of which packet; null when it shows nothing. */
  readonly shows: (Shown & { readonly packet: number }) | null;
  /** Null when it is good; else what is wrong. */
  readonly fault: string | null;
}

export interface CheckedEvidence {
  readonly trace: string;
  readonly request: Checked & { readonly says: SignedRequest['request'] | null };
  readonly statements: readonly CheckedStatement[];
  /** Whether the origin has committed to what they lead to, and when, those know whom it told: the file does not. */
  readonly proofs: readonly CheckedProof[];
  /** What the trace in the file says and no good statement does. */
  readonly unsaid: readonly string[];
  /** Nothing is wrong, and where authorities were given, they vouch for all. */
  readonly good: boolean;
}

/** Checks a file's text; a string says why it is no such file. `authorities`: empty when none were given. */
export function checkEvidence(text: string, authorities: readonly X509Certificate[]): CheckedEvidence | string {
  const document = readDocument(text);
  if (typeof document === 'string') return document;
  const { id, tree, evidence } = document;
  const records = evidence.records.map(octetsOf);
  const signed = ({ octets, signature, record }: FiledItem) => ({
    octets: octetsOf(octets),
    signature: octetsOf(signature),
    record: records[record] ?? new Uint8Array(0),
  });

  const asked = readRequest(signed(evidence.request));
  const hash = createHash('sha256').update(octetsOf(evidence.request.octets)).digest();
  const request =
    'wrong' in asked
      ? { ...unread(`${asked.at}: ${asked.wrong}`), says: null }
      : {
          ...checkSigner(asked.record, asked.request.origin, asked.request.issued, authorities, key => {
            return isRequestOf(asked, key) ? null : 'is not signed by that key';
          }),
          says: asked.request,
        };

  const statements = evidence.statements.map((item): CheckedStatement => {
    const said = readStatement(signed(item));
    if (typeof said === 'string') return { ...unread(said), says: null };
    const { statement } = said;
    const checked = checkSigner(said.record, statement.by, statement.time, authorities, key => {
      if (!isStatementOf(said, key)) return 'is not signed by that key';
      if (!hash.equals(statement.request)) return 'is about another request';
      if ((statement.as === statement.by) === OF_OTHERS.includes(statement.verdict))
        return `${statement.verdict} is not its to say`;
      const { says } = request;
      if (says !== null && (statement.time < says.issued - CLOCKS || statement.time > says.expires + CLOCKS))
        return 'was not said while the request was good';
      return null;
    });
    return { ...checked, says: statement };
  });

  const saw = new Set(
    statements.flatMap(({ fault, says }) => (fault === null && says !== null && isSeen(says.verdict) ? [says.as] : [])),
  );
  const unsaid = seenIn(tree).filter(as => !saw.has(as));
  const proofs = request.says === null ? [] : checkProofs(request.says);
  const faultless = [request, ...statements].every(({ fault, doubt = null }) => fault === null && doubt === null);
  return {
    ...{ trace: id, request, statements, proofs },
    unsaid: unsaid.map(as => `AS ${as} saw it: no good statement says so`),
    good: faultless && unsaid.length === 0 && proofs.every(({ fault }) => fault === null),
  };
}

function checkProofs(request: SignedRequest['request']): CheckedProof[] {
  return request.proof.map((octets, proof) => {
    const shown = checkProof(octets, request);
    if (typeof shown === 'string') return { proof, shows: null, fault: shown };
    return { proof, shows: { ...shown, packet: request.questions[shown.question]!.packet }, fault: null };
  });
}

const unread = (fault: string): Checked => ({ by: null, time: null, certificate: null, fault });

/** Checks who signed something at `time`, and with `signed` that the key of the record did. */
function checkSigner(
  record: Uint8Array,
  as: number,
  time: number,
  authorities: readonly X509Certificate[],
  signed: (key: X509Certificate['publicKey']) => string | null,
): Checked {
  const read = readParticipation(record, time);
  if (typeof read === 'string') return { by: as, time, certificate: null, fault: `record: ${read}` };
  const { participation, certificate } = read;
  const made = { by: as, time, certificate: certificate.fingerprint256 };
  if (participation.as !== as) return { ...made, fault: `record: is of AS ${participation.as}, not of AS ${as}` };
  if (participation.issued > time + CLOCKS) return { ...made, fault: 'record: was made later' };
  const date = outOfDate(certificate, time);
  const fault = date === null ? signed(certificate.publicKey) : `certificate ${date}, and was used then`;
  return { ...made, fault, ...(authorities.length > 0 && { doubt: vouchedFor(certificate, authorities, time) }) };
}

/** ASes that the tree of a file says saw the packet. */
function seenIn(tree: unknown): number[] {
  const found = new Set<number>();
  const queue: unknown[] = [tree];
  for (let i = 0; i < queue.length && i < MOST; i++) {
    const { as, verdict, children } = (queue[i] ?? {}) as Partial<Record<keyof TraceNode, unknown>>;
    if (typeof as === 'number' && isSeen(verdict as TraceVerdict)) found.add(as);
    if (Array.isArray(children)) for (const child of children.slice(0, MOST)) queue.push(child);
  }
  return [...found];
}

interface Document {
  readonly id: string;
  readonly tree: unknown;
  readonly evidence: FiledEvidence;
}

function readDocument(text: string): Document | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'it is no JSON';
  }
  const { format, trace, evidence } = members(value);
  if (format !== FORMAT) return 'it is no evidence of a trace, as `trace export ID --evidence` writes it';
  const { id, tree } = members(trace);
  const { request, statements, records } = members(evidence);
  if (typeof id !== 'string' || !Array.isArray(statements) || !Array.isArray(records)) return 'parts of it are missing';
  if (statements.length > MOST || records.length > MOST) return `it has more than ${MOST} statements`;
  if (!isItem(request)) return 'its request is none';
  const wrong = statements.findIndex(one => !isItem(one));
  if (wrong >= 0) return `statement ${wrong + 1} is none`;
  if (!records.every(isBase64)) return 'a record is no base64';
  return { id, tree, evidence: { request, statements, records } };
}

function members(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** Characters of an item in base64: none is larger than a request. */
const LONGEST = 65_536;

function isBase64(value: unknown): value is string {
  return typeof value === 'string' && value.length <= LONGEST && /^[A-Za-z0-9+/]*={0,2}$/.test(value);
}

function isItem(value: unknown): value is FiledItem {
  const { octets, signature, record } = members(value);
  return isBase64(octets) && isBase64(signature) && Number.isInteger(record);
}

const octetsOf = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));

/** Certificates of authorities in a PEM text; a string says what is wrong with it. */
export function readAuthorities(pem: string): X509Certificate[] | string {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) return 'holds no certificate in PEM';
  try {
    return blocks.map(block => new X509Certificate(block));
  } catch {
    return 'a certificate in it is damaged';
  }
}
