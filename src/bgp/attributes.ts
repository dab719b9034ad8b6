import { Cursor } from '../net/cursor.ts';
import { AS_TRANS, mergePaths } from './as-path.ts';
import { type AttributeSet, type Draft, emptyDraft, type Place } from './attribute-set.ts';
import {
  ATTRIBUTES,
  EXTENDED_LENGTH,
  OPTIONAL,
  type PathAttribute,
  type Shown,
  TRANSITIVE,
} from './attribute-table.ts';
import type { AttributeContext } from './context.ts';
import {
  type Action,
  type AttributeError,
  type Damage,
  type SessionError,
  sessionErrorAt,
  stronger,
} from './errors.ts';
import { includesFamily } from './family.ts';

/** The verdict on the path attributes of one UPDATE. */
export interface DecodedAttributes {
  /** The strongest of what the errors ask for. */
  readonly action: Action;
  readonly errors: readonly AttributeError[];
  /** What to send when the action is `session-reset`. */
  readonly notification: SessionError | null;
  /** As much as could be read, whatever the action. */
  readonly set: AttributeSet;
}

const BY_CODE: ReadonlyMap<number, PathAttribute> = new Map(ATTRIBUTES.map(rule => [rule.code, rule]));
const MP_REACH = 14;
const MP_UNREACH = 15;
const TYPE_BITS = OPTIONAL | TRANSITIVE;
/** So many errors of one list are told; behind them only the strongest of the others. */
const MAX_ERRORS = 64;
/** So much of a bad attribute goes back in a NOTIFICATION that fits 4096 octets. */
const MAX_DATA = 4096 - 21;

/** Name of a path attribute, `attribute 99` for one that is not read, `attribute list` for 0. */
export function attributeName(code: number): string {
  return code === 0 ? 'attribute list' : (BY_CODE.get(code)?.name ?? `attribute ${code}`);
}

/**
 * Reads the path attributes at `start` to `end` of `buffer` (the Path Attributes field of RFC 4271 section 4.3, or part of it).
 * Faults are handled as RFC 7606 says, attribute by attribute (attribute-table.ts); offsets in the errors are those of `buffer`.
 * Whether mandatory attributes are missing depends on the NLRI: `missingMandatory`. Nothing of `buffer` is kept.
 */
export function decodeAttributes(
  buffer: Uint8Array,
  start: number,
  end: number,
  context: AttributeContext,
): DecodedAttributes {
  const list = new Cursor(buffer, start, end);
  const draft = emptyDraft();
  const present = new Map<number, Place>();
  draft.present = present;
  const seen = new Set<number>();
  const errors: AttributeError[] = [];
  let action: Action = 'accept';
  let notification: SessionError | null = null;

  const fault = (
    code: number,
    offset: number,
    made: Action,
    clause: string,
    what: string,
    damage: Damage = { what },
  ) => {
    action = stronger(action, made);
    const family = made === 'afi-safi-disable' ? damage.family : undefined;
    const error = { code, offset, clause, what, action: made, ...(family && { family }) };
    if (errors.length < MAX_ERRORS) errors.push(error);
    else if (errors.length === MAX_ERRORS || stronger(made, errors.at(-1)!.action) !== errors.at(-1)!.action)
      errors[MAX_ERRORS] = { ...error, what: `${what}; more are not listed` };
  };

  while (list.left > 0 && notification === null) {
    const at = list.offset;
    const flags = list.u8();
    const code = list.u8();
    const length = (flags & EXTENDED_LENGTH) === 0 ? list.u8() : list.u16();
    const value = list.sub(length);
    if (list.failed) {
      // The rest of the list cannot be framed; the NLRI still can, by the total length.
      fault(0, at, 'treat-as-withdraw', 'RFC 7606 4', `attribute at the end of the list overruns it (code ${code})`);
      break;
    }
    const reset = (subcode: number, what: string) => {
      const data =
        subcode === 1 ? new Uint8Array(0) : new Uint8Array(buffer.subarray(at, Math.min(list.offset, at + MAX_DATA)));
      notification = sessionErrorAt(errors.at(-1)?.offset ?? at, 3, subcode, what, data);
    };
    const rule = BY_CODE.get(code);

    if (seen.has(code)) {
      const twice = `${attributeName(code)} appears twice`;
      const multiprotocol = code === MP_REACH || code === MP_UNREACH;
      fault(code, at, multiprotocol ? 'session-reset' : 'attribute-discard', 'RFC 7606 3 g', twice);
      if (multiprotocol) reset(1, twice);
      continue;
    }
    seen.add(code);

    if (rule === undefined) {
      if ((flags & OPTIONAL) === 0) {
        const unknown = `unknown well-known attribute ${code}`;
        fault(code, at, 'session-reset', 'RFC 4271 6.3', unknown);
        reset(2, unknown);
      } else {
        draft.unknown = [...draft.unknown, { code, flags, bytes: new Uint8Array(value.view(length)) }];
        present.set(code, { offset: at, flags });
      }
      continue;
    }

    if ((flags & TYPE_BITS) !== rule.flags) {
      const made = rule.flagged ?? 'treat-as-withdraw';
      const wrong = `${rule.name} has flags ${hex(flags)}, must have ${hex(rule.flags)}`;
      fault(code, at, made, 'RFC 7606 3 c', wrong);
      if (made === 'session-reset') reset(4, wrong);
      continue;
    }
    const unwanted = rule.unwanted?.(context) ?? null;
    if (unwanted !== null) {
      fault(code, at, 'attribute-discard', rule.clause, `${rule.name}: ${unwanted}`);
      continue;
    }
    const wrong = rule.decode(value, draft, context);
    if (wrong === null) {
      present.set(code, { offset: at, flags });
      continue;
    }
    const damage = typeof wrong === 'string' ? { what: wrong } : wrong;
    const what = `${rule.name}: ${damage.what}`;
    const made = malformedAction(rule, damage, context);
    fault(code, Math.min(value.offset, list.offset), made, damage.clause ?? rule.clause, what, damage);
    if (made === 'session-reset') reset(9, what);
  }
  return { action, errors, notification, set: finish(draft) };
}

/**
 * What a malformed attribute makes of the UPDATE. A multiprotocol attribute of a family that is shown and not held disables
 * that family (RFC 4760 section 7); for IPv4 and IPv6 unicast, and where the family cannot be told, the session is reset: to
 * disable what is held would blind the collector until somebody restarts the session, a reset brings the table back.
 */
function malformedAction(rule: PathAttribute, { family }: Damage, { others }: AttributeContext): Action {
  const disable = rule.malformed === 'session-reset' && family !== undefined && includesFamily(others, family);
  return disable ? 'afi-safi-disable' : rule.malformed;
}

const hex = (octet: number) => `0x${octet.toString(16).padStart(2, '0')}`;

/**
 * Merges what a peer with 2-octet AS numbers carried in AS4_PATH and AS4_AGGREGATOR (RFC 6793 section 4.2.3). An AGGREGATOR that
 * is not AS_TRANS was written by a speaker that did not know them, so both are stale.
 */
function finish({ path4, aggregator4, ...set }: Draft): AttributeSet {
  const stale = aggregator4 !== null && set.aggregator !== null && set.aggregator.as !== AS_TRANS;
  if (stale) return set;
  const path = path4 === null ? set.path : mergePaths(set.path, path4);
  const aggregator = set.aggregator === null ? null : (aggregator4 ?? set.aggregator);
  return { ...set, path, aggregator };
}

/**
 * The mandatory attributes that a set lacks for the reachable NLRI of its message: ORIGIN and AS_PATH always, NEXT_HOP for the
 * NLRI field, as errors that ask for treat-as-withdraw (RFC 7606 section 3 d). `offset` is the place they are reported at.
 */
export function missingMandatory(set: AttributeSet, nlriField: boolean, offset: number): AttributeError[] {
  return [1, 2, ...(nlriField ? [3] : [])]
    .filter(code => !set.present.has(code))
    .map(code => ({
      code,
      offset,
      clause: 'RFC 7606 3 d',
      what: `${attributeName(code)} is missing`,
      action: 'treat-as-withdraw',
    }));
}

/** An attribute as it is shown. */
export interface ShownAttribute {
  readonly code: number;
  readonly name: string;
  readonly value: Shown;
}

/** The attributes that are there in the order of codes, then the unknown ones in hex. */
export function listAttributes(set: AttributeSet): ShownAttribute[] {
  const shown = ATTRIBUTES.flatMap(({ code, name, show }) => {
    const value = show(set);
    return value === null ? [] : [{ code, name, value }];
  });
  const kept = set.unknown.map(({ code, bytes }) => ({
    code,
    name: attributeName(code),
    value: Buffer.from(bytes).toString('hex'),
  }));
  return [...shown, ...kept];
}

/** The same as text, for the screen; those of the codes `besides` are left out. */
export function showAttributes(
  set: AttributeSet,
  besides: readonly number[] = [],
): { readonly name: string; readonly text: string }[] {
  return listAttributes(set)
    .filter(({ code }) => !besides.includes(code))
    .map(({ name, value }) => ({ name, text: formatShown(value) }));
}

function formatShown(value: Shown): string {
  if (value === true) return '';
  return typeof value === 'object' ? value.join(' ') : String(value);
}
