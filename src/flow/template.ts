/** A template: which fields a data record has, and where (RFC 7011 section 3.4, RFC 3954 sections 5.2 and 6.1). */
import { ELEMENTS, REVERSE_ELEMENTS, REVERSE_ENTERPRISE, type ReadElement } from './elements.ts';
import { clearFlowRecord, type FlowRecord } from './flow-record.ts';
import { u16 } from './unsigned.ts';

/** A length that says: it stands before each value (RFC 7011 section 7). */
export const VARIABLE = 0xffff;
/** Fields that a template may have; the longest that routers send have some sixty. */
export const MOST_FIELDS = 512;

export interface TemplateField {
  readonly element: number;
  /** Private enterprise number; 0 for IANA. */
  readonly enterprise: number;
  /** Octets of a value, or VARIABLE. */
  readonly octets: number;
}

export interface Template {
  readonly id: number;
  readonly fields: readonly TemplateField[];
  /** Fields at the beginning that say what an options record is about; 0 of a template of flows. */
  readonly scopeFields: number;
  /** Octets of the shortest record: at least 1. */
  readonly least: number;
  /** Steps of reading: fields that mean nothing here lie between them. Offsets are of the record, or -1 behind a variable field. */
  readonly steps: readonly Step[];
  readonly variable: boolean;
}

interface Step {
  readonly at: number;
  readonly octets: number;
  readonly read: ReadElement | null;
  /** Lengths that can be read. */
  readonly least: number;
  readonly most: number;
}

/** A template from its fields; in words what is wrong with it. */
export function compileTemplate(id: number, fields: readonly TemplateField[], scopeFields: number): Template | string {
  if (fields.length > MOST_FIELDS) return `a template of ${fields.length} fields, more than ${MOST_FIELDS}`;
  let least = 0;
  let at = 0;
  const steps: Step[] = [];
  const variable = fields.some(({ octets }) => octets === VARIABLE);
  for (const field of fields) {
    const { octets } = field;
    const element = elementOf(field);
    const varies = octets === VARIABLE;
    const readable = element !== undefined && (varies || (octets >= element.least && octets <= element.most));
    const step = {
      at: variable ? -1 : at,
      octets,
      read: readable ? element.read : null,
      least: element?.least ?? 0,
      most: element?.most ?? 0,
    };
    // With a variable length before it nothing has a place: then every field is a step.
    if (variable || readable) steps.push(step);
    least += varies ? 1 : octets;
    at += octets;
  }
  // Such records would never end.
  if (least === 0) return 'a template whose records are empty';
  if (least > 0xffff) return `a template whose records have ${least} octets at least, more than a message`;
  return { id, fields, scopeFields, least, steps, variable };
}

function elementOf({ element, enterprise }: TemplateField) {
  if (enterprise === 0) return ELEMENTS.get(element);
  return enterprise === REVERSE_ENTERPRISE ? REVERSE_ELEMENTS.get(element) : undefined;
}

/**
 * Reads one data record at `bytes[at]` into `record`. Returns the offset behind it, or -1 when there is no whole record
 * before `end`: padding, or a variable length that lies.
 */
export function readDataRecord(
  template: Template,
  bytes: Uint8Array,
  at: number,
  end: number,
  record: FlowRecord,
): number {
  if (end - at < template.least) return -1;
  clearFlowRecord(record, bytes);
  const { steps } = template;
  if (!template.variable) {
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i]!;
      step.read!(record, bytes, at + step.at, step.octets);
    }
    return at + template.least;
  }
  for (let i = 0; i < steps.length; i++) {
    const { read, octets, least, most } = steps[i]!;
    let length = octets;
    if (octets === VARIABLE) {
      // One octet of length, or 255 and two more (RFC 7011 section 7).
      if (at >= end) return -1;
      length = bytes[at++]!;
      if (length === 255) {
        if (end - at < 2) return -1;
        length = u16(bytes, at);
        at += 2;
      }
    }
    if (end - at < length) return -1;
    if (read !== null && length >= least && length <= most) read(record, bytes, at, length);
    at += length;
  }
  return at;
}

/** A value of a data record as it is written: a number, or octets. */
export type FieldValue = number | Uint8Array;

/** Writes one data record; numbers take the length of their field. */
export function encodeDataRecord(fields: readonly TemplateField[], values: readonly FieldValue[]): Uint8Array {
  const parts = fields.map(({ octets }, i) => {
    const value = values[i] ?? 0;
    if (octets !== VARIABLE) return typeof value === 'number' ? octetsOf(value, octets) : fitted(value, octets);
    const written = typeof value === 'number' ? octetsOf(value, 4) : value;
    const length = written.length < 255 ? [written.length] : [255, written.length >> 8, written.length & 0xff];
    return Uint8Array.from([...length, ...written]);
  });
  return Uint8Array.from(Buffer.concat(parts));
}

function fitted(value: Uint8Array, octets: number): Uint8Array {
  const made = new Uint8Array(octets);
  made.set(value.subarray(0, octets));
  return made;
}

/** A number in so many octets, network byte order. */
function octetsOf(value: number, octets: number): Uint8Array {
  const made = new Uint8Array(octets);
  let left = value;
  for (let i = octets - 1; i >= 0; i--) {
    made[i] = left % 256;
    left = Math.floor(left / 256);
  }
  return made;
}
