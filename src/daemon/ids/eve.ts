/**
 * EVE, the JSON log of Suricata, as far as a trace needs it (Suricata User Guide, "Eve JSON Format": common section, event
 * type alert, `packet` and `packet_info`). One object a line.
 */
import { LONGEST_FRAME } from '../../packet/capture.ts';

/** The packet that an alert brings with it. */
export interface AlertPacket {
  readonly linkType: number;
  readonly frame: Uint8Array;
}

/** An alert. Its addresses are not taken; only a flow without a number is told from others by them. */
export interface EveAlert {
  /** `signature_id`, `signature`, `category` and `severity` (1 is the gravest) of the rule that matched. */
  readonly signature: number;
  readonly text: string;
  readonly category: string;
  readonly severity: number;
  /** What the alerts of one flow have in common. */
  readonly flow: string;
  /** The packet's time, ms since the epoch. */
  readonly time: number;
  /** Null when the alert has none, or one that cannot be read: `without` says why. */
  readonly packet: AlertPacket | null;
  readonly without: 'no packet' | 'no base64' | 'too long' | null;
}

/** Octets of a line that are believed: an alert with a packet of 64K and all its payload has half of them. */
export const LONGEST_LINE = 2 ** 20;
const LONGEST_TEXT = 1024;

const ALERT = Buffer.from('"alert"');

/** DLT values that are not LINKTYPE values (https://www.tcpdump.org/linktypes.html): raw IP. */
const LINK_TYPES: Readonly<Record<number, number>> = { 12: 101, 14: 101 };
const ETHERNET = 1;

/** Reads a line: an alert, null for an event of another type, or a text that says what is wrong. Never throws. */
export function readEveLine(line: Uint8Array): EveAlert | null | string {
  // Most lines are of flows, DNS and TLS: they are not worth a parser.
  const octets = Buffer.from(line.buffer, line.byteOffset, line.length);
  if (octets.length > 0 && octets[0] === 0x7b && octets.at(-1) === 0x7d && !octets.includes(ALERT)) return null;
  let event: unknown;
  try {
    event = JSON.parse(octets.toString('utf8'));
  } catch {
    return 'it is no JSON';
  }
  if (!isMap(event)) return 'it is no JSON object';
  if (event.event_type !== 'alert') return typeof event.event_type === 'string' ? null : 'it has no event_type';
  return alertOf(event);
}

type Fields = Readonly<Record<string, unknown>>;

function alertOf(event: Fields): EveAlert | string {
  const { alert } = event;
  if (!isMap(alert)) return 'it is an alert without `alert`';
  const signature = whole(alert.signature_id);
  if (signature === null) return 'it has no signature_id';
  const time = readTime(event.timestamp);
  if (time === null) return 'it has no timestamp';
  return {
    signature,
    text: text(alert.signature),
    category: text(alert.category),
    severity: whole(alert.severity) ?? 255,
    flow: flowOf(event),
    time,
    ...packetOf(event),
  };
}

/** Suricata writes 2026-11-29T09:48:44.123456+0000: ISO 8601, with a zone that Date.parse wants a colon in. */
function readTime(value: unknown): number | null {
  if (typeof value !== 'string' || value.length > 40) return null;
  const time = Date.parse(value.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
  return Number.isNaN(time) || time < 0 ? null : time;
}

function flowOf(event: Fields): string {
  const flow = whole(event.flow_id);
  if (flow !== null) return String(flow);
  const { proto, src_ip, src_port, dest_ip, dest_port } = event;
  return JSON.stringify([proto, src_ip, src_port, dest_ip, dest_port].map(text));
}

function packetOf({ packet, packet_info }: Fields): Pick<EveAlert, 'packet' | 'without'> {
  if (typeof packet !== 'string' || packet === '') return { packet: null, without: 'no packet' };
  if (packet.length > Math.ceil(LONGEST_FRAME / 3) * 4) return { packet: null, without: 'too long' };
  if (packet.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(packet)) return { packet: null, without: 'no base64' };
  const stated = isMap(packet_info) ? whole(packet_info.linktype) : null;
  const linkType = stated === null ? ETHERNET : (LINK_TYPES[stated] ?? stated);
  return { packet: { linkType, frame: Buffer.from(packet, 'base64') }, without: null };
}

const isMap = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

const whole = (value: unknown): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;

const text = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value).slice(0, LONGEST_TEXT) : '';
