/**
 * RID messages (RFC 6545): who wants what of whom under which policy, whether that is permitted, what was found, and the
 * IODEF document that it is about. Elements stand in the order of the RFC's schema.
 */
import { document, element, type Xml } from '../xml/element.ts';
import { childOf, childrenOf, elementAt, readXml, type XmlBounds, type XmlElement } from '../xml/read-xml.ts';
import {
  decodeIncidentId,
  decodeIodefV1,
  encodeIodefV1,
  type IncidentId,
  IODEF_V1,
  type IodefIncident,
} from './iodef-v1.ts';

export const RID = 'urn:ietf:params:xml:ns:iodef-rid-2.0';

/** Section 5.2. */
const RID_TYPES = ['TraceRequest', 'InvestigationRequest', 'Query', 'Acknowledgement', 'Result', 'Report'] as const;
export type RidType = (typeof RID_TYPES)[number];

const REGIONS = ['ClientToSP', 'SPToClient', 'IntraConsortium', 'PeerToPeer', 'BetweenConsortiums'] as const;
export type RidRegion = (typeof REGIONS)[number];

const TRAFFIC = [
  'Attack',
  'Network',
  'Content',
  'DataWithHandlingRequirements',
  'AudienceRestriction',
  'Other',
] as const;
export type RidTraffic = (typeof TRAFFIC)[number];

const AUTHORIZATIONS = ['Approved', 'Denied', 'Pending'] as const;
const JUSTIFICATIONS = [
  'SystemResource',
  'Authentication',
  'AuthenticationOrigin',
  'Encryption',
  'UnrecognizedFormat',
  'CannotProcess',
  'Other',
] as const;

/** Section 5.3. A justification stands where something is not approved. */
export interface RequestStatus {
  readonly authorization: (typeof AUTHORIZATIONS)[number];
  readonly justification: (typeof JUSTIFICATIONS)[number] | null;
}

export interface RidMessage {
  readonly type: RidType;
  readonly region: RidRegion;
  readonly traffic: RidTraffic;
  /** The system that speaks: its host name. */
  readonly node: string;
  /** The incident it is about, by the name that whoever asked gave it; null: not stated. */
  readonly incident: IncidentId | null;
  readonly status: RequestStatus | null;
  /** Section 5.4: what a Result says of the source; its ASes where they are told. */
  readonly source: { readonly found: boolean; readonly ases: readonly number[] } | null;
  readonly report: IodefIncident | null;
}

/** A message of which nothing can be made. */
export interface RidFault {
  readonly wrong: string;
}

/** The document of a message. */
export function encodeRid({ type, region, traffic, node, incident, status, source, report }: RidMessage): string {
  const policy = element('iodef-rid:RIDPolicy', { MsgType: type, MsgDestination: 'RIDSystem' }, [
    element('iodef-rid:PolicyRegion', { region }, ''),
    element('iodef:Node', {}, [element('iodef:NodeName', {}, node)]),
    element('iodef-rid:TrafficType', { type: traffic }, ''),
    ...(incident === null ? [] : [element('iodef:IncidentID', { name: incident.name }, incident.id)]),
    ...(report === null ? [] : [schemaOf(report)]),
  ]);
  return document(
    element('iodef-rid:RID', { lang: 'en', 'xmlns:iodef-rid': RID, 'xmlns:iodef': IODEF_V1 }, [
      policy,
      ...(status === null ? [] : [statusOf(status)]),
      ...(source === null ? [] : [sourceOf(source)]),
    ]),
  );
}

/** Section 5.6: the document within the message. */
const schemaOf = (report: IodefIncident): Xml =>
  element('iodef-rid:ReportSchema', { Version: '1.0' }, [
    element('iodef-rid:XMLDocument', { dtype: 'xml', meaning: 'xml' }, [encodeIodefV1(report)]),
  ]);

const statusOf = ({ authorization, justification }: RequestStatus): Xml =>
  element(
    'iodef-rid:RequestStatus',
    { AuthorizationStatus: authorization, ...(justification !== null && { Justification: justification }) },
    '',
  );

function sourceOf({ found, ases }: NonNullable<RidMessage['source']>): Xml {
  const nodes = ases.map(as => element('iodef:Node', {}, [element('iodef:Address', { category: 'asn' }, String(as))]));
  return element('iodef-rid:IncidentSource', {}, [element('iodef-rid:SourceFound', {}, String(found)), ...nodes]);
}

/** Reads a document; never throws. */
export function decodeRid(text: string, bounds?: XmlBounds): RidMessage | RidFault {
  const root = readXml(text, bounds);
  if ('wrong' in root) return { wrong: `line ${root.line}, column ${root.column}: ${root.wrong}` };
  if (root.space !== RID || root.name !== 'RID') return { wrong: `it is no RID of ${RID}` };
  const policy = childOf(root, 'RIDPolicy');
  if (policy === undefined) return { wrong: 'it has no RIDPolicy' };
  // Request is what some systems call what the RFC calls TraceRequest and InvestigationRequest.
  const said = policy.attributes.MsgType;
  const type = said === 'Request' ? 'TraceRequest' : RID_TYPES.find(one => one === said);
  if (type === undefined) return { wrong: `it has no known MsgType, but ${quoted(said)}` };
  const region = REGIONS.find(one => one === childOf(policy, 'PolicyRegion')?.attributes.region);
  if (region === undefined) return { wrong: 'it has no known PolicyRegion' };
  const traffic = TRAFFIC.find(one => one === childOf(policy, 'TrafficType')?.attributes.type);
  if (traffic === undefined) return { wrong: 'it has no known TrafficType' };
  const incident = incidentIn(policy);
  if (typeof incident === 'string') return { wrong: incident };
  const status = statusIn(root);
  if (typeof status === 'string') return { wrong: status };
  const report = reportIn(policy);
  if (typeof report === 'string') return { wrong: report };
  const node = childOf(policy, 'Node', IODEF_V1);
  const name = elementAt(node, 'NodeName') ?? elementAt(node, 'Address');
  return {
    ...{ type, region, traffic, node: (name?.text ?? '').trim().slice(0, 256) },
    ...{ incident: incident ?? report?.incident ?? null, status, source: sourceIn(root), report },
  };
}

const quoted = (text: string | undefined): string => JSON.stringify((text ?? '').slice(0, 40));

function incidentIn(policy: XmlElement): IncidentId | string | null {
  const found = childOf(policy, 'IncidentID', IODEF_V1);
  return found === undefined ? null : decodeIncidentId(found);
}

function statusIn(root: XmlElement): RequestStatus | string | null {
  const found = childOf(root, 'RequestStatus');
  if (found === undefined) return null;
  const { AuthorizationStatus: said, Justification: why } = found.attributes;
  const authorization = AUTHORIZATIONS.find(one => one === said);
  if (authorization === undefined) return `it has no known AuthorizationStatus, but ${quoted(said)}`;
  return { authorization, justification: JUSTIFICATIONS.find(one => one === why) ?? null };
}

function sourceIn(root: XmlElement): RidMessage['source'] {
  const found = childOf(root, 'IncidentSource');
  if (found === undefined) return null;
  const yes = childOf(found, 'SourceFound')?.text.trim() ?? '';
  const addresses = childrenOf(found, 'Node', IODEF_V1).flatMap(node => childrenOf(node, 'Address'));
  const ases = addresses.flatMap(({ attributes, text }) =>
    attributes.category === 'asn' && /^\s*\d{1,10}\s*$/.test(text) && Number(text) <= 0xffffffff ? [Number(text)] : [],
  );
  return { found: yes === 'true' || yes === '1', ases };
}

function reportIn(policy: XmlElement): IodefIncident | string | null {
  const holder = elementAt(policy, 'ReportSchema', 'XMLDocument');
  const found = childOf(holder, 'IODEF-Document', IODEF_V1);
  if (found !== undefined) return decodeIodefV1(found);
  return holder === undefined || holder.children.length === 0 ? null : `its report is no IODEF-Document of ${IODEF_V1}`;
}
