/**
 * Lines of the logs of translators: what each format says of a translation. A format is a function from a line to a
 * Translation; null when the line is of something else.
 *
 * `juniper`: Junos, port blocks of MS-MPC and of MX-SPC3 and SRX:
 *     JSERVICES_NAT_PORT_BLOCK_ALLOC: 10.0.0.10 -> 192.0.2.3:1024-1087 0x59412760       also ASP_…, _RELEASE, _ACTIVE
 *     RT_SRC_NAT_PBA_ALLOC [internal-ip="10.0.0.10" block-port-low="1024" block-port-high="1279" reflexive-ip="192.0.2.3" …]
 * `cisco`: IOS XR Carrier Grade NAT, one or several in a line, what does not apply being `-`:
 *     [UserbasedA L4 SOURCE VRF SOURCE6 OUTSIDE PORT FIRST LAST DESTINATION PORT]        also …W, Sessionbased…, …AD, …WD
 * `conntrack`: conntrack(8) with -E, and with -o timestamp:
 *     [1795323345.270000]	    [NEW] udp      17 30 src=… dst=… sport=… dport=… [UNREPLIED] src=… dst=… sport=… dport=…
 */
import { parseAddress } from '../net/address.ts';
import { sameEnds } from './conntrack.ts';
import type { FlowEnds, Translation, TranslationEvent } from './translation.ts';

/** What a line says; its time is null when the line does not tell it in a way that is certain. */
export type Logged = Omit<Translation, 'time' | 'exporter' | 'realm'> & { readonly time: number | null };

/** Reads one line. Never throws, and its time is bounded by the length of the line. */
export type LogFormat = (line: string) => readonly Logged[];

export const LOG_FORMATS: Readonly<Record<'juniper' | 'cisco' | 'conntrack', LogFormat>> = {
  juniper,
  cisco,
  conntrack,
};

const PROTOCOLS: Readonly<Record<string, number>> = {
  ...{ icmp: 1, tcp: 6, udp: 17, gre: 47, icmpv6: 58, 'ipv6-icmp': 58, ospf: 89, sctp: 132, udplite: 136 },
};

/** A name or a number of a protocol; null for anything else. */
export function protocolOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const known = PROTOCOLS[text.toLowerCase()];
  if (known !== undefined) return known;
  return /^\d{1,3}$/.test(text) && Number(text) < 256 ? Number(text) : null;
}

export const addressOf = (text: string | undefined): Uint8Array | null =>
  text === undefined ? null : (parseAddress(text)?.bytes ?? null);

export const portOf = (text: string | undefined): number | null =>
  text !== undefined && /^\d{1,5}$/.test(text) && Number(text) <= 0xffff ? Number(text) : null;

const ends = (source: Uint8Array | null, sourcePort: number | null = null): FlowEnds => ({
  ...{ source, destination: null, sourcePort, destinationPort: null },
});

function block(
  time: number | null,
  event: TranslationEvent,
  inside: Uint8Array | null,
  outside: Uint8Array | null,
  first: number | null,
  last: number | null,
): Logged[] {
  if (inside === null || outside === null || first === null || last === null || last < first) return [];
  const ports = { first, last, step: 1 };
  return [{ time, event, protocol: null, inside: ends(inside), outside: ends(outside), block: ports }];
}

function juniper(line: string): Logged[] {
  const old =
    /(?:JSERVICES|ASP)_NAT_PORT_BLOCK_(ALLOC|RELEASE|ACTIVE): ?([0-9a-fA-F.:]{2,45}) -> ([0-9.]{7,15}):(\d{1,5})-(\d{1,5})/.exec(
      line,
    );
  if (old !== null) {
    const [, what, inside, outside, first, last] = old;
    const event = what === 'RELEASE' ? 'block-delete' : 'block-create';
    return block(lineTime(line), event, addressOf(inside), addressOf(outside), portOf(first), portOf(last));
  }
  const what = /RT_SRC_NAT_PBA_(ALLOC|RELEASE|INTERIM)/.exec(line)?.[1];
  if (what === undefined) return [];
  const field = (name: string) => new RegExp(`\\b${name}="([^"]{1,64})"`).exec(line)?.[1];
  return block(
    lineTime(line),
    what === 'RELEASE' ? 'block-delete' : 'block-create',
    addressOf(field('internal-ip')),
    addressOf(field('reflexive-ip')),
    portOf(field('block-port-low')),
    portOf(field('block-port-high')),
  );
}

const CISCO: Readonly<Record<string, TranslationEvent>> = {
  ...{ UserbasedA: 'block-create', UserbasedW: 'block-delete', SessionbasedA: 'create', SessionbasedW: 'delete' },
  ...{ SessionbasedAD: 'create', SessionbasedWD: 'delete' },
};

function cisco(line: string): Logged[] {
  const time = lineTime(line);
  return [...line.matchAll(/\[((?:User|Session)based[A-Z]{1,2}) ([^\][]{1,400})\]/g)].flatMap(([, name, rest]) => {
    const event = CISCO[name!];
    const words = rest!
      .trim()
      .split(/ +/)
      .map(word => (word === '-' ? undefined : word));
    if (event === undefined || words.length < 7) return [];
    const [l4, source, , source6, translated, port, first, last, destination, destinationPort] = words;
    const inside = addressOf(source) ?? addressOf(source6);
    const outside = addressOf(translated);
    const [low, high] = [portOf(first), portOf(last)];
    if (event === 'block-create' || event === 'block-delete')
      return block(time, event, inside, outside, low, high ?? low);
    if (inside === null || outside === null || low === null) return [];
    const far = { destination: addressOf(destination), destinationPort: portOf(destinationPort) };
    return [
      {
        ...{ time, event, protocol: protocolOf(l4), block: null },
        inside: { ...ends(inside, portOf(port)), ...far },
        outside: { ...ends(outside, low), ...far },
      },
    ];
  });
}

function conntrack(line: string): Logged[] {
  const match =
    /^(?:\[(\d{1,12}(?:\.\d{1,9})?) *\])?\s*\[(NEW|UPDATE|DESTROY)\]\s+(\S{1,20})\s+(\d{1,3})\s(.{1,1000})$/.exec(line);
  if (match === null) return [];
  const [, seconds, what, , protocol, rest] = match;
  const fields = (name: string) =>
    [...rest!.matchAll(new RegExp(`\\b${name}=(\\S{1,45})`, 'g'))].map(([, value]) => value);
  const [src, dst, sport, dport, id] = ['src', 'dst', 'sport', 'dport', 'id'].map(fields) as string[][];
  const icmp = Number(protocol) === 1 || Number(protocol) === 58;
  const tuple = (i: number): FlowEnds => ({
    ...{ source: addressOf(src![i]), destination: addressOf(dst![i]) },
    sourcePort: portOf((icmp ? id : sport)![i]),
    destinationPort: portOf((icmp ? id : dport)![i]),
  });
  const [came, answered] = [tuple(0), tuple(1)];
  if (came.source === null || answered.destination === null) return [];
  const outside = {
    ...{ source: answered.destination, destination: answered.source },
    ...{ sourcePort: answered.destinationPort, destinationPort: answered.sourcePort },
  };
  if (sameEnds(came, outside)) return [];
  const event = what === 'NEW' ? 'create' : what === 'DESTROY' ? 'delete' : 'seen';
  const time = seconds === undefined ? null : Math.floor(Number(seconds) * 1000);
  return [{ time, event, protocol: protocolOf(protocol), inside: came, outside, block: null }];
}

/** The time of a line that begins as RFC 5424 has it, with a zone; else null: without year and zone it is not certain. */
export function lineTime(line: string): number | null {
  const stamp = /^(?:<\d{1,3}>\d{1,2} )?(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d))/.exec(
    line,
  )?.[1];
  const time = stamp === undefined ? Number.NaN : Date.parse(stamp);
  return Number.isNaN(time) || time < 0 ? null : time;
}
