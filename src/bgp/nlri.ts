import type { Afi } from '../net/address.ts';
import { Cursor } from '../net/cursor.ts';
import { formatPrefix, type Prefix } from '../net/prefix.ts';
import { type Family, formatFamily, isHeld, knownFamily } from './family.ts';
import { decodeFlow, type FlowComponent, formatFlow } from './flowspec.ts';
import { formatDistinguisher, LABEL_OCTETS, readLabels } from './labels.ts';

/** Where the routes of one family stand in a buffer: a field of an UPDATE, or the end of a multiprotocol attribute. */
export interface NlriField extends Family {
  readonly start: number;
  readonly end: number;
  /** A path identifier stands before each route (RFC 7911 section 3). */
  readonly pathIds: boolean;
  /** The routes are withdrawn: a label stack shrinks to one field that says nothing (RFC 8277 section 2.4). */
  readonly withdrawn: boolean;
}

/** A route to a prefix, in whatever family. */
export interface PrefixNlri extends Prefix {
  readonly safi: number;
  /** Path identifier of RFC 7911; null without. */
  readonly pathId: number | null;
  /** Route distinguisher as text (RFC 4364 section 4.2); null but for VPN families. */
  readonly rd: string | null;
  /** MPLS labels, outermost first (RFC 8277); empty but for labelled families, and when withdrawn. */
  readonly labels: readonly number[];
}

/** A flow specification (RFC 8955, RFC 8956). */
export interface FlowNlri extends Family {
  readonly pathId: number | null;
  readonly rd: string | null;
  readonly components: readonly FlowComponent[];
}

/** All the NLRI of a family that is not read, as they came. */
export interface OpaqueNlri extends Family {
  readonly octets: Uint8Array;
}

export type Nlri = PrefixNlri | FlowNlri | OpaqueNlri;

/** True for a route to a prefix, in whatever family. */
export function isPrefix(route: Nlri): route is PrefixNlri {
  return 'length' in route;
}

/** Where NLRI are damaged. */
export interface NlriFault {
  readonly offset: number;
  readonly what: string;
}

/**
 * A route as text: `192.0.2.0/24`; in another family than unicast with its name, and path identifier, distinguisher and labels
 * where it has them: `ipv4 vpn 10.0.0.0/25 rd 65000:1 label 1000 path 1`.
 */
export function formatNlri(route: Nlri): string {
  return `${isHeld(route) ? '' : `${formatFamily(route)} `}${formatRoute(route)}`;
}

/** The same without the family. */
export function formatRoute(route: Nlri): string {
  if ('octets' in route) return Buffer.from(route.octets).toString('hex');
  const what = 'components' in route ? formatFlow(route.components, route.afi) : formatPrefix(route);
  const rd = route.rd === null ? '' : ` rd ${route.rd}`;
  const labels = 'labels' in route && route.labels.length > 0 ? ` label ${route.labels.join('/')}` : '';
  return `${what}${rd}${labels}${route.pathId === null ? '' : ` path ${route.pathId}`}`;
}

const RD_OCTETS = 8;
const PATH_ID_OCTETS = 4;

/**
 * Reads the routes of a field. The answer is the routes, or where the field is damaged: a length longer than the family
 * allows, or a route that overruns the field (RFC 7606 section 5.3). Bits behind a prefix length are cleared, as RFC 4271
 * section 4.3 has them ignored. NLRI of a family that is not read come as one item of octets. `seen` is told of each route
 * of a family that is read, and of the octets that it stands in, its path identifier among them.
 */
export function decodeNlri(
  buffer: Uint8Array,
  field: NlriField,
  seen: (route: Nlri, start: number, end: number) => void = () => {},
): Nlri[] | NlriFault {
  const { afi, safi, start, end } = field;
  const form = knownFamily(field)?.form;
  if (form === undefined) return start < end ? [{ afi, safi, octets: new Uint8Array(buffer.slice(start, end)) }] : [];
  const routes: Nlri[] = [];
  const c = new Cursor(buffer, start, end);
  while (c.left > 0) {
    const at = c.offset;
    const pathId = field.pathIds ? c.u32() : null;
    if (c.failed) return { offset: at, what: `path identifier of ${end - at} octets, must be ${PATH_ID_OCTETS}` };
    const route =
      form === 'flow' || form === 'flow-vpn'
        ? readFlow(c, field, pathId, form === 'flow-vpn')
        : readPrefix(c, field, pathId, form);
    if ('what' in route) return route;
    seen(route, at, c.offset);
    routes.push(route);
  }
  return routes;
}

/** One prefix: length in bits, labels (RFC 8277 section 2), route distinguisher (RFC 4364 section 4.3.4), prefix. */
function readPrefix(
  c: Cursor,
  field: NlriField,
  pathId: number | null,
  form: 'prefix' | 'labelled' | 'vpn',
): PrefixNlri | NlriFault {
  const afi = field.afi as Afi;
  const most = afi === 1 ? 32 : 128;
  const at = c.offset;
  const bits = c.u8();
  const wrong = (what: string): NlriFault => ({ offset: at, what });
  const before = form === 'prefix' ? 0 : (form === 'vpn' ? RD_OCTETS * 8 : 0) + LABEL_OCTETS * 8;
  if (c.failed) return wrong('a path identifier without a prefix');
  if (form === 'prefix' && bits > most) return wrong(`prefix length ${bits}, at most ${most}`);
  if (bits < before)
    return wrong(`length ${bits}, label${form === 'vpn' ? ' and distinguisher' : ''} alone take ${before}`);
  const value = c.sub((bits + 7) >> 3);
  if (c.failed) return wrong(`prefix of ${bits} bits overruns its field`);
  const labels = form === 'prefix' ? [] : readLabels(value, field.withdrawn);
  if (labels === null) return wrong('the label stack has no end');
  const rd = form === 'vpn' ? formatDistinguisher(value.view(RD_OCTETS)) : null;
  if (value.failed) return wrong(`length ${bits} ends inside labels and distinguisher`);
  const length = bits - (value.offset - at - 1) * 8;
  if (length < 0 || length > most) return wrong(`prefix length ${length}, at most ${most}`);
  const bytes = new Uint8Array(most / 8);
  bytes.set(value.view(value.left));
  if ((length & 7) !== 0) bytes[length >> 3]! &= 0xff00 >> (length & 7);
  return { afi, bytes, length, safi: field.safi, pathId, rd, labels };
}

/** One flow specification behind its length of 1 or 2 octets (RFC 8955 section 4.1), with a distinguisher in a VPN (section 8). */
function readFlow(c: Cursor, field: NlriField, pathId: number | null, vpn: boolean): FlowNlri | NlriFault {
  const at = c.offset;
  const first = c.u8();
  const length = first < 0xf0 ? first : ((first & 0x0f) << 8) | c.u8();
  const value = c.sub(length);
  if (c.failed) return { offset: at, what: `flow specification of ${length} octets overruns its field` };
  const rd = vpn ? formatDistinguisher(value.view(RD_OCTETS)) : null;
  if (value.failed) return { offset: at, what: `flow specification of ${length} octets holds no distinguisher` };
  const components = decodeFlow(value, field.afi as Afi);
  if (typeof components === 'string') return { offset: value.offset, what: components };
  return { afi: field.afi, safi: field.safi, pathId, rd, components };
}
