/**
 * IPFIX, RFC 7011: a message header of 16 octets, then Sets of templates, options templates and data.
 *
 *     header    0 version 10 · 2 length of the message · 4 export time, s · 8 sequence of data records · 12 domain
 *     Set       0 id: 2 templates, 3 options templates, 256 up data · 2 length with these four octets
 *     template  0 id · 2 count of fields (0: withdrawn) · [options: 4 count of scope fields, 1 at least] · fields
 *     field     1 bit: an enterprise number follows · 15 bits element · 2 octets length, 65535 variable · [4 enterprise]
 */
import { readDataSet, takeTemplate } from './data-sets.ts';
import type { FlowError, FlowReading, ObservationDomain } from './observation-domain.ts';
import { noteSequence } from './sequence.ts';
import { compileTemplate, type TemplateField } from './template.ts';
import { u16, u32 } from './unsigned.ts';

const HEADER = 16;
const TEMPLATES = 2;
const OPTIONS = 3;
const FIRST_DATA = 256;

/**
 * Reads a message `bytes[start]` to `bytes[end - 1]` that begins with version 10; tells what is wrong with it, or null.
 * `withdrawals` says whether the transport may withdraw templates: over UDP nobody may (section 8.4), and a forged one would
 * silence an exporter.
 */
export function decodeIpfix(
  bytes: Uint8Array,
  start: number,
  end: number,
  reading: FlowReading,
  withdrawals: boolean,
): FlowError | null {
  if (end - start < HEADER) return { offset: end - start, reason: 'the header is cut' };
  const stated = u16(bytes, start + 2);
  if (stated < HEADER || stated > end - start)
    return { offset: 2, reason: `a message of ${stated} octets in a datagram of ${end - start}` };
  const limit = start + stated;
  const clock = { time: u32(bytes, start + 4) * 1000, uptime: -1 };
  const domain = reading.domain(u32(bytes, start + 12));
  if (domain === null) return null;
  const { counts } = reading;
  let wrong: FlowError | null = null;
  let records = 0;
  // What a set without its template holds is not known, and then neither is the next sequence number.
  let counted = true;
  for (let at = start + HEADER; limit - at >= 4; ) {
    const id = u16(bytes, at);
    const length = u16(bytes, at + 2);
    if (length < 4 || length > limit - at) {
      wrong ??= { offset: at - start + 2, reason: `a Set of ${length} octets where ${limit - at} are left` };
      counted = false;
      break;
    }
    const body = at + 4;
    const next = at + length;
    if (id === TEMPLATES || id === OPTIONS)
      wrong ??= readTemplates(bytes, start, body, next, id, domain, reading, withdrawals);
    else if (id >= FIRST_DATA) {
      const template = domain.templates.get(id, reading.now);
      if (template === undefined) {
        counts.withoutTemplate++;
        counted = false;
      } else records += readDataSet(template, bytes, body, next, domain, clock, reading);
    } else counts.passedOver++;
    at = next;
  }
  noteSequence(domain.sequence, u32(bytes, start + 8), records);
  if (!counted) domain.sequence.next = null;
  return wrong;
}

/** Sections 3.4.1, 3.4.2 and 8.1. What is wrong with one template does not keep the others out. */
function readTemplates(
  bytes: Uint8Array,
  start: number,
  from: number,
  end: number,
  kind: number,
  domain: ObservationDomain,
  reading: FlowReading,
  withdrawals: boolean,
): FlowError | null {
  let wrong: FlowError | null = null;
  for (let at = from; end - at >= 4; ) {
    const id = u16(bytes, at);
    const count = u16(bytes, at + 2);
    const begin = at;
    // Padding is zero, and shorter than any record (section 3.3.1).
    if (id === 0) return wrong;
    if (count === 0) {
      at += 4;
      if (!withdrawals) reading.counts.passedOver++;
      else if (id === TEMPLATES || id === OPTIONS) domain.templates.withdrawAll(id === OPTIONS);
      else domain.templates.withdraw(id);
      continue;
    }
    if (id < FIRST_DATA) return { offset: at - start, reason: `${id} is no number of a template` };
    at += 4;
    let scope = 0;
    if (kind === OPTIONS) {
      scope = end - at >= 2 ? u16(bytes, at) : 0;
      if (scope === 0 || scope > count)
        return { offset: at - start, reason: `options template ${id} has ${scope} scope fields of ${count}` };
      at += 2;
    }
    if (count * 4 > end - at)
      return { offset: begin - start, reason: `template ${id} has more fields than there are octets` };
    const fields: TemplateField[] = [];
    for (let i = 0; i < count; i++) {
      const enterprise = end - at >= 4 && (bytes[at]! & 0x80) !== 0;
      const octets = enterprise ? 8 : 4;
      if (end - at < octets) return { offset: at - start, reason: `field ${i + 1} of template ${id} is cut` };
      fields.push({
        element: u16(bytes, at) & 0x7fff,
        enterprise: enterprise ? u32(bytes, at + 4) : 0,
        octets: u16(bytes, at + 2),
      });
      at += octets;
    }
    const taken = takeTemplate(id, compileTemplate(id, fields, scope), begin - start, domain, reading);
    wrong ??= taken;
  }
  return wrong;
}

export interface IpfixHeader {
  /** Export time, seconds since the epoch. */
  readonly seconds: number;
  /** Data records sent before this message. */
  readonly sequence: number;
  readonly domain: number;
}

/** What goes into a Set. `records` are written already (`encodeDataRecord`). */
export type IpfixSet =
  | { readonly template: number; readonly fields: readonly TemplateField[] }
  | { readonly options: number; readonly scope: readonly TemplateField[]; readonly fields: readonly TemplateField[] }
  | { readonly withdraw: number; readonly options: boolean }
  | { readonly data: number; readonly records: readonly Uint8Array[]; readonly padding?: number };

/** Writes a message. */
export function encodeIpfix(header: IpfixHeader, sets: readonly IpfixSet[]): Uint8Array {
  const body = Buffer.concat(sets.map(encodeSet));
  const head = Buffer.alloc(HEADER);
  head.writeUInt16BE(10, 0);
  head.writeUInt16BE(HEADER + body.length, 2);
  head.writeUInt32BE(header.seconds, 4);
  head.writeUInt32BE(header.sequence, 8);
  head.writeUInt32BE(header.domain, 12);
  return Uint8Array.from(Buffer.concat([head, body]));
}

function words(...values: number[]): Buffer {
  return Buffer.from(values.flatMap(value => [value >> 8, value & 0xff]));
}

function encodeField({ element, enterprise, octets }: TemplateField): Buffer {
  return enterprise === 0
    ? words(element, octets)
    : words(element | 0x8000, octets, Math.floor(enterprise / 65536), enterprise & 0xffff);
}

function encodeSet(set: IpfixSet): Buffer {
  const list = (fields: readonly TemplateField[]) => Buffer.concat(fields.map(encodeField));
  let id: number;
  let body: Buffer;
  if ('template' in set) {
    id = TEMPLATES;
    body = Buffer.concat([words(set.template, set.fields.length), list(set.fields)]);
  } else if ('scope' in set) {
    id = OPTIONS;
    const all = [...set.scope, ...set.fields];
    body = Buffer.concat([words(set.options, all.length, set.scope.length), list(all)]);
  } else if ('withdraw' in set) {
    id = set.options ? OPTIONS : TEMPLATES;
    body = words(set.withdraw, 0);
  } else {
    id = set.data;
    body = Buffer.concat([...set.records, Buffer.alloc(set.padding ?? 0)]);
  }
  return Buffer.concat([words(id, 4 + body.length), body]);
}
