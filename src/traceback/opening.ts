/**
 * Opens what other ASes have sealed to this one, and checks who says it (intertrack-protocol(7), STATEMENTS). What is not
 * as it should be is told as this AS's own finding; it is never taken for a word of the AS that it stands under.
 */
import { createHash } from 'node:crypto';
import type { AnswerNode } from './branch.ts';
import { isSeen, newLeaf } from './branch.ts';
import { printable } from './connection.ts';
import type { Directory } from './directory.ts';
import type { RefusalBody, RefusalKind } from './refusals.ts';
import type { SignedRequest } from './request.ts';
import { openSeal, type sealKeys } from './seal.ts';
import { decodeStatement, isStatementOf, type SignedStatement } from './statement.ts';
import type { TraceNode, TraceVerdict } from './trace.ts';

/** Words of an asker about an AS that it could not ask; an AS has no such word about itself. */
export const OF_OTHERS: readonly TraceVerdict[] = ['absent', 'unreachable', 'silent'];

export interface Opening {
  /** The tree, opened. `says` collects the statements that are good. */
  open(tree: AnswerNode): TraceNode;
  /** Opens what is new in the tree and keeps it: what is opened as it comes need not be opened when the time is up. */
  look(tree: AnswerNode): void;
  /** Statements opened so far, each once. */
  statements(): readonly SignedStatement[];
}

/** What is wrong with an answer. */
interface Wrong {
  readonly wrong: string;
  readonly kind: RefusalKind;
}

/** Opens the answers to one request of AS `as`. */
export function createOpening(
  as: number,
  { hash }: SignedRequest,
  keys: ReturnType<typeof sealKeys>,
  directory: Directory,
  clock: () => number,
  refused: (kind: RefusalKind, body: RefusalBody) => void,
): Opening {
  /** By the SHA-256 of what was sealed: every ANSWER brings again what the one before it brought. */
  const opened = new Map<string, { readonly said: SignedStatement; readonly signed: TraceNode['signed'] } | Wrong>();
  /** What was refused already, by the same and by why. */
  const told = new Set<string>();
  /** The same by the octets as they are held here. */
  const held = new WeakMap<Uint8Array, NonNullable<ReturnType<typeof opened.get>>>();

  const no = (kind: RefusalKind, wrong: string): Wrong => ({ kind, wrong });
  const read = (sealed: Uint8Array) => {
    const octets = openSeal(keys, sealed, hash);
    if (octets === null) return no('unsealed', 'its answer is not sealed to this AS, or was changed on the way');
    const said = decodeStatement(octets);
    if (typeof said === 'string') return no('statement', `its answer is malformed: ${said}`);
    if (!Buffer.from(said.statement.request).equals(hash)) return no('statement', 'its answer is to another request');
    const key = directory.keyOf(said.statement.by, said.record, clock());
    if (typeof key === 'string') return no('unsigned', `its answer cannot be checked: ${key}`);
    if (!isStatementOf(said, key.key)) return no('unsigned', 'its answer is not signed by it');
    return { said, signed: key.doubt === null ? ('good' as const) : ('unknown' as const) };
  };

  const readOnce = (sealed: Uint8Array) => {
    const before = held.get(sealed);
    if (before !== undefined) return before;
    const name = createHash('sha256').update(sealed).digest('base64');
    const got = opened.get(name) ?? read(sealed);
    opened.set(name, got);
    held.set(sealed, got);
    return got;
  };
  const look = (node: AnswerNode): void => {
    if ('sealed' in node) readOnce(node.sealed);
    node.children.forEach(look);
  };

  /** `above`: the ASes that asked onward to this node; the last is nearest. `from`: who sent it here, itself when null. */
  const open = (node: AnswerNode, above: readonly number[], from: number | null): TraceNode => {
    const sender = from ?? ('leaf' in node ? null : node.as);
    const children = node.children.map(child => open(child, [...above, node.as], sender));
    if ('leaf' in node) return { ...node.leaf, signed: 'own', children };
    const got = readOnce(node.sealed);
    const finding = (kind: RefusalKind, verdict: TraceVerdict, why: string): TraceNode => {
      const reason = printable(why);
      const name = `${Buffer.from(node.sealed).toString('base64')} ${node.as} ${kind}`;
      if (!told.has(name)) {
        told.add(name);
        // Who has made it is not known where no signature says so; who has sent it is.
        refused(kind, { peer: sender ?? node.as, reason, as: node.as, request: Buffer.from(hash).toString('hex') });
      }
      return { ...newLeaf(node.as, verdict, reason, node.sent), signed: 'own', children };
    };
    if ('wrong' in got) return finding(got.kind, 'silent', got.wrong);
    const { said, signed } = got;
    const { statement } = said;
    if (statement.as !== node.as) return finding('statement', 'silent', `its answer is about AS ${statement.as}`);
    const own = statement.by === node.as;
    if (own === OF_OTHERS.includes(statement.verdict))
      return finding(
        'usurped',
        'conflict',
        `AS ${statement.by} says of it ${statement.verdict}, which is not its to say`,
      );
    if (!own && !above.includes(statement.by))
      return finding('usurped', 'silent', `AS ${statement.by}, which nobody asked, speaks for it`);
    if (isSeen(statement.verdict) !== node.seen)
      return finding('contradiction', 'conflict', 'what it let those on the way know is not what it signed');
    return {
      as: node.as,
      verdict: statement.verdict,
      reason: statement.reason,
      ingress: statement.ingress,
      egress: statement.egress ?? [],
      source: statement.source,
      falsePositive: statement.false_positive,
      coverage: statement.coverage,
      loss: statement.loss,
      sampling: statement.sampling,
      retainedFrom: statement.retained_from,
      retainedTo: statement.retained_to,
      packets: statement.packets,
      windows: statement.windows,
      provisional: statement.provisional,
      likelihood: statement.likelihood ?? null,
      after: node.sent + statement.after,
      ...{ signed, by: statement.by },
      children,
    };
  };

  return {
    open: tree => open(tree, [as], null),
    look,
    statements: () => [...opened.values()].flatMap(got => ('wrong' in got ? [] : [got.said])),
  };
}
