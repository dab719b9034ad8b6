import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { AttributeSet } from '../../src/bgp/attribute-set.ts';
import { formatFlow } from '../../src/bgp/flowspec.ts';
import { inspectMessage } from '../../src/bgp/inspect.ts';
import type { Nlri } from '../../src/bgp/nlri.ts';
import { formatPrefix } from '../../src/net/prefix.ts';
import { hex } from './octets.ts';
import { EVERYTHING } from './sessions.ts';

const DATA = new URL('../../../shared/data/bgp/exabgp/', import.meta.url).pathname;

/** Our families by their names there. */
const FAMILIES: Readonly<Record<string, string>> = {
  'ipv4 unicast': '1/1',
  'ipv6 unicast': '2/1',
  'ipv4 multicast': '1/2',
  'ipv4 nlri-mpls': '1/4',
  'ipv4 mpls-vpn': '1/128',
  'ipv6 mpls-vpn': '2/128',
  'ipv4 flow': '1/133',
  'ipv6 flow': '2/133',
  'ipv4 flow-vpn': '1/134',
};

interface TheirRoute {
  readonly nlri?: string;
  readonly string?: string;
  readonly rd?: string;
  readonly label?: readonly (readonly number[])[];
  readonly 'path-information'?: string;
}
interface TheirUpdate {
  readonly attribute?: Readonly<Record<string, unknown>>;
  readonly announce?: Readonly<Record<string, Readonly<Record<string, readonly TheirRoute[]>>>>;
}
interface Vector {
  readonly name: string;
  readonly raw: string;
  readonly update: TheirUpdate;
}

/** The messages that come with a decode: `N:raw:` before `N:json:`, or three lines of a decoding file. */
function vectors(): Vector[] {
  return readdirSync(DATA).flatMap(name => {
    const lines = readFileSync(join(DATA, name), 'utf8').split('\n');
    const found: Vector[] = [];
    const add = (raw: string, json: string) => {
      const update: TheirUpdate | undefined = JSON.parse(json).neighbor?.message?.update;
      // Some hold a body alone, of families that are not read.
      if (update !== undefined && raw.startsWith('FF')) found.push({ name, raw: raw.replaceAll(':', ''), update });
    };
    if (name.startsWith('decoding')) add(lines[1]!, lines[2]!);
    let raw = '';
    for (const line of lines) {
      raw = /^\d+:raw:([0-9A-F:]+)$/.exec(line)?.[1] ?? raw;
      const json = /^\d+:(?:json|jsv6):(.*)$/.exec(line)?.[1];
      if (json !== undefined) add(raw, json);
    }
    return found;
  });
}

const dotted = (id: number) => [id >>> 24, (id >> 16) & 255, (id >> 8) & 255, id & 255].join('.');
const PROTOCOLS: Readonly<Record<string, string>> = { tcp: '6', udp: '17', icmp: '1' };
const NAMES: Readonly<Record<string, string>> = {
  'destination-ipv4': 'destination',
  'source-ipv4': 'source',
  'next-header': 'upper-layer-protocol',
};

/** Their text of a flow specification in our words. */
function flowOf(text: string): string {
  const words = text
    .replace(/^flow /, '')
    .replace(/ rd \S+/, '')
    .replace(/[[\]]/g, '')
    .split(/\s+/)
    .filter(Boolean);
  let numeric = true;
  return words
    .map(word => {
      if (/^[a-z][a-z0-9-]*$/.test(word) && !/^(syn|rst|last-fragment)$/.test(word)) {
        numeric = !['tcp-flags', 'fragment'].includes(word);
        return NAMES[word] ?? word;
      }
      if (!numeric) return word.replaceAll('push', 'psh');
      return word.replace(/(^|&)=/g, '$1==').replace(/[a-z]+$/, name => PROTOCOLS[name] ?? name);
    })
    .join(' ');
}

const theirs = (family: string, hop: string, route: TheirRoute) =>
  [
    FAMILIES[family],
    hop === 'no-nexthop' ? '' : hop,
    route.string === undefined ? route.nlri : flowOf(route.string),
    route.rd ?? '',
    route.label?.map(([label]) => label).join('/') ?? '',
    route['path-information'] ?? '',
  ].join(' ');

const ours = (route: Nlri, set: AttributeSet) => {
  const { mpReach, nextHop } = set;
  const hop = mpReach?.afi === route.afi && mpReach.safi === route.safi ? mpReach.nextHop : nextHop;
  if ('octets' in route) return '';
  const what = 'components' in route ? formatFlow(route.components, route.afi) : formatPrefix(route);
  const labels = 'labels' in route ? route.labels.join('/') : '';
  const id = route.pathId === null ? '' : dotted(route.pathId);
  return [`${route.afi}/${route.safi}`, hop ?? '', what, route.rd ?? '', labels, id].join(' ');
};

/** Attributes that both decode, in one form. */
const attributesOf = ({ attribute: a = {} }: TheirUpdate) => ({
  origin: a.origin ?? null,
  med: a.med ?? null,
  localPref: a['local-preference'] ?? null,
  communities: (a.community as [number, number][] | undefined)?.map(([high, low]) => high * 65536 + low) ?? [],
  large: a['large-community'] ?? [],
  atomic: a['atomic-aggregate'] ?? false,
});
const ourAttributes = (set: AttributeSet) => ({
  origin: set.originCode === null ? null : ['igp', 'egp', 'incomplete'][set.originCode],
  med: set.med,
  localPref: set.localPref,
  communities: set.communities,
  large: set.largeCommunities,
  atomic: set.atomicAggregate,
});

describe('bgp against the vectors of ExaBGP', () => {
  it('agrees on routes, next hops and attributes of every family that is read, but for two', function () {
    if (!existsSync(DATA)) this.skip();
    const odd: string[] = [];
    let agreed = 0;
    for (const { name, raw, update } of vectors()) {
      const announced = Object.entries(update.announce ?? {});
      if (announced.some(([family]) => FAMILIES[family] === undefined)) continue;
      const expected = announced.flatMap(([family, hops]) =>
        Object.entries(hops).flatMap(([hop, routes]) => routes.map(route => theirs(family, hop, route))),
      );
      const paths = announced.filter(([, hops]) =>
        Object.values(hops).some(list => list.some(r => 'path-information' in r)),
      );
      const addPath = paths.map(([family]) => {
        const [afi, safi] = FAMILIES[family]!.split('/').map(Number);
        return { afi: afi!, safi: safi! };
      });
      const { action, body } = inspectMessage(hex(raw), { ...EVERYTHING, as4: name !== 'conf-no-asn4.ci', addPath });
      const read = body !== null && 'update' in body ? body.update : null;
      if (action !== 'accept' || read === null) {
        odd.push(`${name}: ${action}`);
        continue;
      }
      const routes = [...read.announced, ...read.otherAnnounced].map(route => ours(route, read.attributes));
      expect(routes, `${name}: ${raw}`).to.have.members(expected);
      expect(ourAttributes(read.attributes), `${name}: ${raw}`).to.deep.equal(attributesOf(update));
      agreed++;
    }
    // An IPv6 pattern there holds all of the address, as the drafts before RFC 8956 had it (section 3.1 has none of the
    // bits before the offset); and an IPv6 route has an IPv4 next hop, which no RFC allows.
    expect(odd).to.deep.equal(['conf-flow.ci: afi-safi-disable', 'extended-nexthop.ci: session-reset']);
    expect(agreed).to.be.greaterThan(45);
  });
});
