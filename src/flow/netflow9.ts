/**
 * NetFlow version 9, RFC 3954: a header of 20 octets, then FlowSets of templates, options templates and data.
 *
 *     header   0 version 9 · 2 count of records · 4 sysUptime ms · 8 seconds · 12 sequence of packets · 16 source ID
 *     FlowSet  0 id: 0 templates, 1 options templates, 256 up data · 2 length with these four octets
 *     template 0 id · 2 count of fields · then type and length of each, 2 octets each
 *     options  0 id · 2 octets of scope fields · 4 octets of option fields · then type and length of each
 */
import { readDataSet, takeTemplate } from './data-sets.ts';
import type { FlowError, FlowReading, ObservationDomain } from './observation-domain.ts';
import { noteSequence } from './sequence.ts';
import { compileTemplate, type TemplateField } from './template.ts';
import { u16, u32 } from './unsigned.ts';

const HEADER = 20;
const TEMPLATES = 0;
const OPTIONS = 1;
const FIRST_DATA = 256;

/** Reads a datagram `bytes[start]` to `bytes[end - 1]` that begins with version 9; tells what is wrong with it, or null. */
export function decodeNetflow9(bytes: Uint8Array, start: number, end: number, reading: FlowReading): FlowError | null {
  if (end - start < HEADER) return { offset: end - start, reason: 'the header is cut' };
  const clock = { time: u32(bytes, start + 8) * 1000, uptime: u32(bytes, start + 4) };
  const domain = reading.domain(u32(bytes, start + 16));
  if (domain === null) return null;
  noteSequence(domain.sequence, u32(bytes, start + 12), 1);
  let wrong: FlowError | null = null;
  for (let at = start + HEADER; end - at >= 4; ) {
    const id = u16(bytes, at);
    const length = u16(bytes, at + 2);
    if (length < 4 || length > end - at)
      return { offset: at - start + 2, reason: `a FlowSet of ${length} octets where ${end - at} are left` };
    const body = at + 4;
    const next = at + length;
    if (id === TEMPLATES || id === OPTIONS) wrong ??= readTemplates(bytes, start, body, next, id, domain, reading);
    else if (id >= FIRST_DATA) {
      const template = domain.templates.get(id, reading.now);
      if (template === undefined) reading.counts.withoutTemplate++;
      else readDataSet(template, bytes, body, next, domain, clock, reading);
    } else reading.counts.passedOver++;
    at = next;
  }
  return wrong;
}

/** Sections 5.2 and 6.1. What is wrong with one template does not keep the others out. */
function readTemplates(
  bytes: Uint8Array,
  start: number,
  from: number,
  end: number,
  kind: number,
  domain: ObservationDomain,
  reading: FlowReading,
): FlowError | null {
  let wrong: FlowError | null = null;
  const header = kind === OPTIONS ? 6 : 4;
  for (let at = from; end - at >= header; ) {
    const id = u16(bytes, at);
    // Padding to 4 octets is zero, and no template has such an id.
    if (id < FIRST_DATA) return wrong;
    const scope = kind === OPTIONS ? u16(bytes, at + 2) / 4 : 0;
    const count = kind === OPTIONS ? scope + u16(bytes, at + 4) / 4 : u16(bytes, at + 2);
    const first = at + header;
    if (!Number.isInteger(count) || !Number.isInteger(scope) || count * 4 > end - first)
      return { offset: at - start, reason: `template ${id} has more fields than there are octets` };
    const fields: TemplateField[] = [];
    for (let i = 0; i < count; i++)
      // Scope types (section 6.1) are numbers of their own: 1 system, 2 interface … none of them is read.
      fields.push({
        element: i < scope ? 0 : u16(bytes, first + i * 4),
        enterprise: 0,
        octets: u16(bytes, first + i * 4 + 2),
      });
    // 65535 is a length like any other here; no datagram has such a record.
    const template = fields.some(({ octets }) => octets === 0xffff)
      ? 'a field longer than a datagram'
      : compileTemplate(id, fields, kind === OPTIONS ? Math.max(1, scope) : 0);
    const taken = takeTemplate(id, template, at - start, domain, reading);
    wrong ??= taken;
    at = first + count * 4;
  }
  return wrong;
}

export interface Netflow9Header {
  readonly uptime: number;
  /** Seconds since the epoch. */
  readonly seconds: number;
  readonly sequence: number;
  readonly sourceId: number;
}

/** What goes into a FlowSet. `records` are written already (`encodeDataRecord`). */
export type FlowSet =
  | { readonly template: number; readonly fields: readonly TemplateField[] }
  | { readonly options: number; readonly scope: readonly TemplateField[]; readonly fields: readonly TemplateField[] }
  | { readonly data: number; readonly records: readonly Uint8Array[] };

/** Writes a datagram; FlowSets are padded to 4 octets. */
export function encodeNetflow9(header: Netflow9Header, sets: readonly FlowSet[]): Uint8Array {
  const head = Buffer.alloc(HEADER);
  head.writeUInt16BE(9, 0);
  head.writeUInt16BE(
    sets.reduce((sum, set) => sum + ('records' in set ? set.records.length : 1), 0),
    2,
  );
  head.writeUInt32BE(header.uptime, 4);
  head.writeUInt32BE(header.seconds, 8);
  head.writeUInt32BE(header.sequence, 12);
  head.writeUInt32BE(header.sourceId, 16);
  return Uint8Array.from(Buffer.concat([head, ...sets.map(encodeFlowSet)]));
}

function encodeFlowSet(set: FlowSet): Buffer {
  const words = (...values: number[]) => Buffer.from(values.flatMap(value => [value >> 8, value & 0xff]));
  const list = (fields: readonly TemplateField[]) =>
    words(...fields.flatMap(({ element, octets }) => [element, octets]));
  const [id, body] =
    'template' in set
      ? [TEMPLATES, Buffer.concat([words(set.template, set.fields.length), list(set.fields)])]
      : 'options' in set
        ? [
            OPTIONS,
            Buffer.concat([
              words(set.options, set.scope.length * 4, set.fields.length * 4),
              list([...set.scope, ...set.fields]),
            ]),
          ]
        : [set.data, Buffer.concat(set.records)];
  const padding = -body.length & 3;
  return Buffer.concat([words(id, 4 + body.length + padding), body, Buffer.alloc(padding)]);
}
