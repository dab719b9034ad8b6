/** What others say of neighbours, and what crosses the probe socket: ARP and ND in frames, member lists, messages. */
import { encodeFrame, frameReader } from '../../src/net/frames.ts';
import { findLayers } from '../../src/packet/find-layers.ts';
import { newLayers } from '../../src/packet/layers.ts';
import { mayClaim, readNeighborClaim } from '../../src/packet/neighbor-claim.ts';
import { readMemberList } from '../../src/probe/neighbors/ix-f.ts';
import { vantageMap } from '../../src/probe/neighbors/vantage.ts';
import { readToDaemon, readToProbe } from '../../src/probe/socket/messages.ts';
import { hex } from '../packet/packets.ts';
import { probeBlock } from '../probe/tapped.ts';
import { mutate } from './mutate.ts';
import type { Target } from './target.ts';

const ROW = {
  mac: '00:00:5e:00:53:01',
  vlan: 1,
  interface: 'e',
  direction: 'in',
  as: 1,
  from: 'x',
  conflict: '',
  packets: 1,
  lastSeen: 1,
};
const INTERVAL = { from: 1, to: 2 };
const VANTAGE = { direction: 'unknown', neighbor: null };
const MESSAGES = [
  {
    type: 'welcome',
    version: 1,
    probe: probeBlock({ neighbors: [{ as: 1, macs: ['00:00:5e:00:53:01'], vlan: 7 }], learn: ['arp'] }),
  },
  { type: 'neighbors', neighbors: { owners: [['192.0.2.1', 1, 'bgp']], members: [['00:00:5e:00:53:01', 2]] } },
  { type: 'vantages', id: 1, report: { rows: [ROW], notes: ['x'] } },
  { type: 'question', id: 1, questions: [{ epoch: 1, digest: '0123456789abcdef', ...INTERVAL }], keys: [] },
  {
    type: 'answer',
    id: 1,
    answer: { probe: 'x', sightings: [{ vantage: VANTAGE, ...INTERVAL, question: 0, provisional: true }] },
  },
];
const LIST = {
  version: '1.0',
  member_list: [
    {
      asnum: 1,
      connection_list: [{ vlan_list: [{ ipv4: { address: '192.0.2.1', mac_addresses: ['00:00:5e:00:53:01'] } }] }],
    },
  ],
};
const SEEDS: readonly Uint8Array[] = [
  hex('ffffffffffff 00005e005301 0806 0001 0800 0604 0001 00005e005301 c0000201 000000000000 c0000209'),
  hex('ffffffffffff 00005e005301 8100 0064 0806 0001 0800 0604 0002 00005e005301 c0000201 000000000000 c0000209'),
  // The checksums are right.
  hex(
    '333300000001 00005e005301 86dd 60000000 0020 3aff fe800000000000000000000000000001 ff020000000000000000000000000001',
    '8700 9b5c 00000000 20010db8000000000000000000000007 0101 00005e005301',
  ),
  Buffer.from(JSON.stringify(LIST)),
  ...MESSAGES.map(encodeFrame),
];

export function neighborTarget(): Target {
  const layers = newLayers();
  const map = vantageMap();
  let second = 0;
  return {
    name: 'sources about neighbours',
    seeds: SEEDS,
    mutate,
    judge(octets) {
      const bytes = Uint8Array.from(octets);
      findLayers(bytes, 0, bytes.length, bytes.length, 1, layers);
      const claim = mayClaim(bytes, layers) ? readNeighborClaim(bytes, layers, bytes.length) : null;
      map.second = ++second;
      map.hear(bytes, layers, bytes.length);
      const at = map.list[map.of(bytes, layers, 0, false)];
      if (at === undefined) throw new Error('a frame at no vantage');

      const list = readMemberList(bytes, null);
      const ports = typeof list === 'string' ? list : `${list.ports.length} ${list.unreadable}`;
      const messages: string[] = [];
      frameReader(
        2 ** 20,
        message =>
          messages.push(
            ...[readToDaemon(message), readToProbe(message)].map(one => (typeof one === 'string' ? one : one.type)),
          ),
        error => messages.push(error.reason),
      )(bytes);
      const words = [claim === null || claim === 'forged' ? claim : 'claim', at.direction, ports, ...messages];
      return words.join(' ').replace(/\d+/g, '#');
    },
    begin() {
      second = 0;
      map.configure(probeBlock({ learn: ['arp'], neighbors: [{ as: 1, macs: ['00:00:5e:00:53:01'] }] }));
      map.know({ owners: [{ address: '192.0.2.1', as: 1, from: 'bgp' }], members: [] });
    },
  };
}
