/**
 * IODEF version 1 (RFC 5070), which RID carries (RFC 6545): the classes that a trace needs, in the order in which the RFC has
 * them. The decoder takes what it knows and leaves the rest, as section 4.3 wants.
 */
import { element, type Xml } from '../xml/element.ts';
import { iodefAs, iodefExpectation, iodefSystem, iodefTime } from '../xml/iodef.ts';
import { childrenOf, elementAt, type XmlElement } from '../xml/read-xml.ts';
import type { EntryContacts } from './conclusion.ts';
import {
  DIGEST_COLUMNS,
  DIGEST_FORMAT,
  decodeDigest,
  decodePacket,
  encodeDigest,
  encodePacket,
  type PacketRecord,
  readInstant,
} from './packet-record.ts';

export const IODEF_V1 = 'urn:ietf:params:xml:ns:iodef-1.0';

/** Records of one incident, and octets of its packets together. */
const MOST_RECORDS = 128;
const MOST_PACKET_OCTETS = 1 << 20;
const MOST_TEXTS = 16;

export interface IncidentId {
  /** Who gave the number: a name that is unique in the world (section 3.3). */
  readonly name: string;
  readonly id: string;
}

export interface IodefSystem {
  readonly category: 'source' | 'target' | 'intermediate' | 'sensor' | 'infrastructure';
  readonly ases: readonly number[];
  readonly words: string;
}

/** An incident, as far as a trace is concerned. */
export interface IodefIncident {
  readonly purpose: 'traceback' | 'mitigation' | 'reporting' | 'other';
  readonly incident: IncidentId;
  /** ms since the epoch; null: not stated. */
  readonly detected: number | null;
  readonly reported: number;
  readonly descriptions: readonly string[];
  /** 0 to 100; null: not stated. */
  readonly confidence: number | null;
  readonly creator: { readonly name: string; readonly contact: string | null };
  readonly contacts: readonly EntryContacts[];
  readonly systems: readonly IodefSystem[];
  /** What the reader is asked to do, in words; empty: nothing. */
  readonly expected: string;
  readonly records: readonly PacketRecord[];
  /** Documents of other formats, by what they are. */
  readonly data: readonly { readonly meaning: string; readonly text: string }[];
}

/** The IODEF-Document of one incident. */
export function encodeIodefV1(of: IodefIncident): Xml {
  const incident = element('Incident', { purpose: of.purpose, restriction: 'need-to-know' }, [
    element('IncidentID', { name: of.incident.name }, of.incident.id),
    ...(of.detected === null ? [] : [iodefTime('DetectTime', of.detected)]),
    iodefTime('ReportTime', of.reported),
    ...of.descriptions.map(text => element('Description', {}, text)),
    element('Assessment', {}, [
      element('Impact', { type: 'unknown' }, ''),
      ...(of.confidence === null ? [] : [element('Confidence', { rating: 'numeric' }, String(of.confidence))]),
    ]),
    element('Contact', { role: 'creator', type: 'organization' }, [
      element('ContactName', {}, of.creator.name),
      ...(of.creator.contact === null ? [] : [element('Email', {}, of.creator.contact)]),
    ]),
    ...eventOf(of),
    ...of.data.map(({ meaning, text }) => element('AdditionalData', { dtype: 'string', meaning }, text)),
  ]);
  return element('IODEF-Document', { version: '1.00', lang: 'en', xmlns: IODEF_V1 }, [incident]);
}

/** Section 3.14: what is asked or told. */
function eventOf({ systems, contacts, expected, records }: IodefIncident): Xml[] {
  const inside = [
    ...contacts.flatMap(contactsOf),
    ...(systems.length === 0 ? [] : [element('Flow', {}, systems.map(systemOf))]),
    ...iodefExpectation(expected),
    ...(records.length === 0 ? [] : [element('Record', {}, records.map(recordOf))]),
  ];
  return inside.length === 0 ? [] : [element('EventData', {}, inside)];
}

/** Section 3.7. */
function contactsOf({ as, lines }: EntryContacts): Xml[] {
  if (lines.length === 0)
    return [
      element('Contact', { role: 'tech', type: 'organization' }, [
        element('ContactName', {}, `AS${as}`),
        element('Description', {}, 'no contact known'),
      ]),
    ];
  return lines.map(({ role, name, reach, source }) =>
    element('Contact', { role: role === 'administrative' ? 'admin' : 'tech', type: 'organization' }, [
      element('ContactName', {}, name === '' ? `AS${as}` : name),
      element('Description', {}, `${role} of AS${as}, from ${source}`),
      ...reach.filter(isMail).map(to => element('Email', {}, to)),
      ...reach.filter(to => !isMail(to)).map(number => element('Telephone', {}, number)),
    ]),
  );
}

const isMail = (to: string): boolean => to.includes('@');

/** The same in version 2 (RFC 7970 section 3.17). */
export const systemOf = ({ category, ases, words }: IodefSystem): Xml =>
  iodefSystem(category, ases.map(iodefAs), words);

/** Section 3.19.1: the time stands before what is recorded. The same in version 2. */
export function recordOf(record: PacketRecord): Xml {
  const item =
    record.kind === 'digest'
      ? element('RecordItem', { dtype: 'csv', meaning: DIGEST_COLUMNS, formatid: DIGEST_FORMAT }, encodeDigest(record))
      : element('RecordItem', { dtype: `ipv${record.version}-packet` }, encodePacket(record));
  return element('RecordData', {}, [...(record.time === null ? [] : [iodefTime('DateTime', record.time)]), item]);
}

/** The first incident of an IODEF-Document; a string says what is wrong with it. Never throws. */
export function decodeIodefV1(document: XmlElement): IodefIncident | string {
  if (document.space !== IODEF_V1 || document.name !== 'IODEF-Document')
    return `the report is no IODEF-Document of ${IODEF_V1}`;
  const incident = elementAt(document, 'Incident');
  if (incident === undefined) return 'the IODEF-Document has no Incident';
  const { purpose = '' } = incident.attributes;
  if (!isPurpose(purpose)) return `an Incident has no purpose ${JSON.stringify(purpose.slice(0, 40))}`;
  const id = decodeIncidentId(elementAt(incident, 'IncidentID'));
  if (typeof id === 'string') return id;
  const records = decodeRecords(incident);
  if (typeof records === 'string') return records;
  const creator = childrenOf(incident, 'Contact').find(({ attributes }) => attributes.role === 'creator');
  const confidence = Number(elementAt(incident, 'Assessment', 'Confidence')?.text.trim() || Number.NaN);
  const events = childrenOf(incident, 'EventData');
  return {
    purpose,
    incident: id,
    detected: instantAt(incident, 'DetectTime'),
    reported: instantAt(incident, 'ReportTime') ?? 0,
    descriptions: childrenOf(incident, 'Description')
      .slice(0, MOST_TEXTS)
      .map(({ text }) => text),
    confidence: confidence >= 0 && confidence <= 100 ? confidence : null,
    creator: {
      name: (elementAt(creator, 'ContactName')?.text ?? '').slice(0, 256),
      contact: elementAt(creator, 'Email')?.text.slice(0, 256) ?? null,
    },
    contacts: [],
    systems: events
      .flatMap(event => childrenOf(event, 'Flow'))
      .flatMap(flow => childrenOf(flow, 'System'))
      .flatMap(decodeSystem),
    expected: elementAt(events[0], 'Expectation', 'Description')?.text ?? '',
    records,
    data: childrenOf(incident, 'AdditionalData')
      .slice(0, MOST_TEXTS)
      .map(({ attributes, text }) => ({ meaning: attributes.meaning ?? '', text })),
  };
}

const PURPOSES = ['traceback', 'mitigation', 'reporting', 'other'] as const;
const isPurpose = (text: string): text is IodefIncident['purpose'] => PURPOSES.some(one => one === text);

/** An IncidentID; a string says what is wrong with it. */
export function decodeIncidentId(of: XmlElement | undefined): IncidentId | string {
  const [name, id] = [of?.attributes.name?.trim() ?? '', of?.text.trim() ?? ''];
  if (id === '' || id.length > 128) return 'an IncidentID has 1 to 128 characters';
  if (name === '' || name.length > 256) return 'an IncidentID has a name of 1 to 256 characters';
  return { name, id };
}

function instantAt(of: XmlElement, name: string): number | null {
  return readInstant(elementAt(of, name)?.text ?? '');
}

const CATEGORIES = ['source', 'target', 'intermediate', 'sensor', 'infrastructure'] as const;

function decodeSystem(system: XmlElement): IodefSystem[] {
  const category = CATEGORIES.find(one => one === system.attributes.category);
  if (category === undefined) return [];
  const addresses = childrenOf(system, 'Node').flatMap(node => childrenOf(node, 'Address'));
  const ases = addresses.flatMap(({ attributes, text }) => (attributes.category === 'asn' ? readAs(text) : []));
  return [{ category, ases, words: elementAt(system, 'Description')?.text ?? '' }];
}

/** An AS number as IODEF has it; none when it is none. */
function readAs(text: string): number[] {
  const as = /^\s*(AS)?(\d{1,10})\s*$/i.exec(text)?.[2];
  return as !== undefined && Number(as) > 0 && Number(as) <= 0xffffffff ? [Number(as)] : [];
}

/** Records of packets, of whatever event; those of other things are left out. */
function decodeRecords(incident: XmlElement): PacketRecord[] | string {
  const found: PacketRecord[] = [];
  let octets = 0;
  for (const event of childrenOf(incident, 'EventData'))
    for (const data of childrenOf(event, 'Record').flatMap(record => childrenOf(record, 'RecordData')))
      for (const item of childrenOf(data, 'RecordItem')) {
        const record = decodeRecord(item, instantAt(data, 'DateTime'));
        if (record === null) continue;
        if (typeof record === 'string') return record;
        if (found.length >= MOST_RECORDS) return `an incident has at most ${MOST_RECORDS} records of packets`;
        octets += record.kind === 'packet' ? record.octets.length : 0;
        if (octets > MOST_PACKET_OCTETS) return `packets of an incident have at most ${MOST_PACKET_OCTETS} octets`;
        found.push(record);
      }
  return found;
}

function decodeRecord({ attributes, text }: XmlElement, time: number | null): PacketRecord | string | null {
  if (attributes.formatid === DIGEST_FORMAT) return decodeDigest(text);
  if (attributes.dtype === 'ipv4-packet') return decodePacket(text, 4, time);
  if (attributes.dtype === 'ipv6-packet') return decodePacket(text, 6, time);
  return null;
}
