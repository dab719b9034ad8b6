/**
 * The XML messages between a client and a decision point of InterTrack as of 2010 (InterTrackMessage 1.1, of 2010-03-25):
 * what a client asks, by what name its question goes, and what came of it. No namespace; elements in the order of its schema.
 */
import { document, element, type Xml } from '../xml/element.ts';
import { childrenOf, elementAt, readXml, type XmlElement } from '../xml/read-xml.ts';

/** Seconds and microseconds since 1970: how that program names messages, and tells time. */
export interface TimeVal {
  readonly sec: number;
  readonly usec: number;
}

/** What a packet is given as. */
export type PacketDump =
  | { readonly kind: 'hash'; readonly hash: string }
  | { readonly kind: 'packet'; readonly octets: Uint8Array };

export interface ClientTraceRequest {
  /** Who asks and who is asked: addresses or names, given back as they are. */
  readonly source: string;
  readonly destination: string;
  readonly sequence: TimeVal;
  /** AS hops, 0 to 64. */
  readonly ttl: number;
  readonly packets: readonly PacketDump[];
}

/** Of the twelve those that a trace of today can say. */
export type AsStatus =
  | 'Destination'
  | 'Source'
  | 'Transit'
  | 'Translator'
  | 'NotFound'
  | 'Unknown'
  | 'Refused'
  | 'Busy'
  | 'Wait';

export type TraceError =
  | 'TB_WAIT_ITM_REPLY'
  | 'TB_REFUSED_AUTH'
  | 'TB_REFUSED_LIMIT'
  | 'TB_BUSY_ITM'
  | 'TB_UNKNOWN_ERROR';

export interface AsResult {
  readonly as: number;
  readonly status: AsStatus;
  /** AS hops from who asked. */
  readonly depth: number;
  /** Certainty, 0 to 100. */
  readonly degree: number;
  readonly state: 'found' | 'notfound' | 'error' | 'reached';
  readonly incomings: readonly number[];
  /** Where the state is `error`: then there are no incomings. */
  readonly error: TraceError | null;
}

export interface ClientTraceReply {
  readonly request: ClientTraceRequest;
  /** The AS that answers, and the question's name. */
  readonly origin: number;
  readonly id: TimeVal;
  /** When the packets were looked for. */
  readonly time: TimeVal;
  /** Certainty of it all. */
  readonly degree: number;
  /** One at least, or why there is none. */
  readonly result: readonly AsResult[] | TraceError;
}

const MOST_PACKETS = 64;
/** Addresses and names are no longer. */
const LONGEST_NAME = 255;

/** A client's question, as one of this program would write it. */
export function encodeRequest({ source, destination, sequence, ttl, packets }: ClientTraceRequest): string {
  return message('ClientTraceRequest', [
    element('DestinationNode', {}, [addressOf(destination)]),
    element('SourceNode', {}, [addressOf(source)]),
    timeVal('TemporarySequenceNumber', sequence),
    element('TTL', {}, String(ttl)),
    ...packets.map(dumpOf),
  ]);
}

/** Reads one message; a string says why it is no question of a client. Never throws. */
export function decodeRequest(text: string): ClientTraceRequest | string {
  const root = readXml(text, { length: 1 << 18, depth: 12, elements: 1000 });
  if ('wrong' in root) return `line ${root.line}, column ${root.column}: ${root.wrong}`;
  if (root.name !== 'InterTrackMessage' || root.space !== '') return 'it is no InterTrackMessage';
  const request = elementAt(root, 'ClientTraceRequest');
  if (request === undefined)
    return `it is no ClientTraceRequest, but ${JSON.stringify(root.attributes.type?.slice(0, 40) ?? '')}`;
  const sequence = decodeTime(elementAt(request, 'TemporarySequenceNumber'));
  if (sequence === null) return 'it has no TemporarySequenceNumber';
  const ttl = Number(elementAt(request, 'TTL')?.text.trim() || Number.NaN);
  if (!Number.isInteger(ttl) || ttl < 0 || ttl > 64) return 'its TTL is no number of AS hops, 0 to 64';
  const dumps = childrenOf(request, 'PacketDump');
  if (dumps.length === 0) return 'it has no PacketDump: a trace by PayloadHash cannot be made';
  if (dumps.length > MOST_PACKETS) return `it has more than ${MOST_PACKETS} packets`;
  const packets: PacketDump[] = [];
  for (const dump of dumps) {
    const packet = decodeDump(dump);
    if (typeof packet === 'string') return packet;
    packets.push(packet);
  }
  if (new Set(packets.map(({ kind }) => kind)).size > 1) return 'it has hashes and packets';
  const nameOf = (name: string) => nameIn(elementAt(request, name, 'NodeID'));
  return { source: nameOf('SourceNode'), destination: nameOf('DestinationNode'), sequence, ttl, packets };
}

/** The name that a question goes by, said at once. */
export function encodeIdReply({ request, origin, id }: Pick<ClientTraceReply, 'request' | 'origin' | 'id'>): string {
  return message('ClientMessageIDReply', [
    element('SourceNode', {}, [addressOf(request.source)]),
    element('DestinationNode', {}, [addressOf(request.destination)]),
    timeVal('TemporarySequenceNumber', request.sequence),
    messageId(origin, id),
  ]);
}

/** What came of it. */
export function encodeReply({ request, origin, id, time, degree, result }: ClientTraceReply): string {
  const inside =
    typeof result === 'string' ? [element('ErrorCode', { errortype: result }, '')] : result.map(one => asOf(one));
  const traced = element('AllResultExport', {}, [
    element('ITMTraceRequest', { Footmark_type: 'Footmark' }, [
      element('DestinationNode', {}, [itmId(origin)]),
      messageId(origin, id),
      element('TTL', {}, String(request.ttl)),
      element('ITMPathList', {}, [element('Origin', {}, [itmId(origin)])]),
      element('Footmark', {}, [dumpOf(request.packets[0]!), timeVal('TimeStamp', time)]),
    ]),
    element('ITMTraceReply', {}, [
      element('SourceNode', {}, [itmId(origin)]),
      messageId(origin, id),
      element('InterASTraceResult', { degree: String(degree) }, inside),
    ]),
  ]);
  return message(
    'ClientTraceReply',
    [
      element('SourceNode', {}, [addressOf(request.source)]),
      element('DestinationNode', {}, [addressOf(request.destination)]),
      messageId(origin, id),
      traced,
    ],
    { Export_type: 'AllResultExport' },
  );
}

const message = (type: string, content: readonly Xml[], attributes: Readonly<Record<string, string>> = {}): string =>
  document(element('InterTrackMessage', { type }, [element(type, attributes, content)]));

function asOf({ as, status, depth, degree, state, incomings, error }: AsResult): Xml {
  const cover = { ipversion: 'any', scope: 'global' };
  const neighbors = incomings.map(one => element('NeighborAS', cover, [element('ASNumber', {}, String(one))]));
  return element('AS', { depth: String(depth), degree: String(degree), state, tstype: 'digest' }, [
    itmId(as),
    element('ASStatus', { type: status }, ''),
    ...(error !== null ? [element('ErrorCode', { errortype: error }, '')] : []),
    ...(error === null && neighbors.length > 0 ? [element('Incomings', {}, neighbors)] : []),
  ]);
}

const itmId = (as: number): Xml =>
  element('NodeID', { idtype: 'ITMID' }, [
    element('ITMID', {}, [
      element('ASNumber', {}, String(as)),
      element('CoverArea', { ipversion: 'any', scope: 'global' }, ''),
    ]),
  ]);

/** An address where it is one, else a name. */
function addressOf(name: string): Xml {
  const six = name.includes(':');
  if (!six && !/^\d{1,3}(\.\d{1,3}){3}$/.test(name))
    return element('NodeID', { idtype: 'FQDN' }, [element('FQDN', {}, name)]);
  const attributes = { version: six ? '6' : '4', block: 'global', mask: six ? '128' : '32' };
  return element('NodeID', { idtype: 'IP' }, [element('IPAddress', attributes, name)]);
}

function nameIn(node: XmlElement | undefined): string {
  const text = elementAt(node, 'IPAddress')?.text ?? elementAt(node, 'FQDN')?.text ?? '';
  return text.trim().slice(0, LONGEST_NAME);
}

const messageId = (origin: number, id: TimeVal): Xml =>
  element('MessageID', {}, [element('Origin', {}, [itmId(origin)]), timeVal('SequenceNumber', id)]);

const timeVal = (tag: string, { sec, usec }: TimeVal): Xml =>
  element(tag, { sec: String(sec), usec: String(usec) }, '');

function decodeTime(of: XmlElement | undefined): TimeVal | null {
  const { sec = '', usec = '' } = of?.attributes ?? {};
  if (!/^\d{1,10}$/.test(sec) || !/^\d{1,6}$/.test(usec) || Number(sec) > 0xffffffff) return null;
  return { sec: Number(sec), usec: Number(usec) };
}

/** `iftype` 1 is Ethernet; the length is that of the text, as its clients have it. */
function dumpOf(packet: PacketDump): Xml {
  const text = packet.kind === 'hash' ? packet.hash : Buffer.from(packet.octets).toString('hex');
  const encodetype = packet.kind === 'hash' ? 'md5' : 'hexstring';
  return element('PacketDump', { encodetype, header: 'ip', iftype: '1', PayloadLength: String(text.length) }, text);
}

function decodeDump({ attributes, text }: XmlElement): PacketDump | string {
  const { encodetype = '', header = '' } = attributes;
  const plain = text.replace(/\s+/g, '');
  if (encodetype === 'md5')
    return /^[0-9A-Fa-f]{32}$/.test(plain)
      ? { kind: 'hash', hash: plain.toLowerCase() }
      : 'a hash has 32 hexadecimal digits';
  if (header !== 'ip') return 'a packet is taken from its IP header on';
  const isHex = encodetype === 'hexstring' && /^([0-9A-Fa-f]{2})+$/.test(plain);
  const isBase64 = encodetype === 'base64binary' && /^[A-Za-z0-9+/]+={0,2}$/.test(plain);
  if (!isHex && !isBase64) return `a packet cannot be read as ${JSON.stringify(encodetype.slice(0, 40))}`;
  const octets = new Uint8Array(Buffer.from(plain, isHex ? 'hex' : 'base64'));
  const version = (octets[0] ?? 0) >> 4;
  if (octets.length < (version === 6 ? 40 : 20) || (version !== 4 && version !== 6)) return 'a packet has an IP header';
  return octets.length > 0xffff ? 'a packet has at most 65535 octets' : { kind: 'packet', octets };
}
