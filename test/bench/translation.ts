/**
 * What translators and IDS tell, as fast as it can be taken: node test/bench/translation.ts [SESSIONS]. Beside it a `Map` of
 * objects, and JSON.parse of every line.
 */
import { readEveLine } from '../../src/daemon/ids/eve.ts';
import { readConntrack, translationOfTracked } from '../../src/flow/conntrack.ts';
import type { FlowEnds, Translation } from '../../src/flow/translation.ts';
import { LOG_FORMATS } from '../../src/flow/translation-log.ts';
import { translationTable } from '../../src/flow/translation-table.ts';
import { lineSplitter } from '../../src/net/line-splitter.ts';

const SESSIONS = Number(process.argv[2] ?? 400_000);
const ROUNDS = 5;

/** Median nanoseconds of one of `count`. */
function measure(count: number, work: () => void): number {
  const times = Array.from({ length: ROUNDS }, () => {
    const begin = performance.now();
    work();
    return ((performance.now() - begin) * 1e6) / count;
  }).sort((a, b) => a - b);
  return Math.round(times[ROUNDS >> 1]!);
}
const say = (what: string, value: number | string, beside = '') => console.log(`| ${what} | ${value} | ${beside} |`);

const octets = (number: number) => Uint8Array.of(10, number >>> 16, number >>> 8, number);
const server = Uint8Array.of(198, 51, 100, 1);
const ends = (source: Uint8Array, sourcePort: number): FlowEnds => ({
  ...{ source, sourcePort, destination: server, destinationPort: 443 },
});
const sessions = Array.from(
  { length: SESSIONS },
  (_, i): Translation => ({
    ...{ time: i, event: 'create', protocol: 6, block: null, realm: null, exporter: 'x' },
    inside: ends(octets(i % 65_536), 1024 + ((i >>> 3) % 60_000)),
    outside: ends(Uint8Array.of(192, 0, 2, i % 16), 1024 + ((i >>> 4) % 64_000)),
  }),
);
const packets = sessions.map(({ outside, time }) => ({
  packet: {
    ...{ protocol: 6, source: outside.source!, destination: server },
    sourcePort: outside.sourcePort!,
    destinationPort: 443,
  },
  time,
}));

console.log(`${SESSIONS} sessions; median of ${ROUNDS} rounds\n\n| work | ns | beside |\n|---|---|---|`);
const memory = SESSIONS * 128;
const fill = () => {
  const table = translationTable(memory);
  for (const one of sessions) table.take(one);
  return table;
};
const keyOf = (one: FlowEnds) => `6 ${one.source} ${one.sourcePort} ${one.destination} ${one.destinationPort}`;
const map = () => {
  const table = new Map<string, Translation[]>();
  for (const one of sessions)
    for (const key of [keyOf(one.inside), keyOf(one.outside)]) {
      const list = table.get(key);
      if (list === undefined) table.set(key, [one]);
      else list.push(one);
    }
  return table;
};
const mapped = measure(SESSIONS, map);
say('a session into two keys of a `Map`', mapped);
const filled = measure(SESSIONS, fill);
say('a session into the table', filled, `${(mapped / filled).toFixed(1)} times as fast`);
const table = fill();
let found = 0;
const finding = measure(SESSIONS, () => {
  for (const { packet, time } of packets) found += table.find(packet, time, 0).length;
});
say('a packet of a session found', finding, `${(found / ROUNDS / SESSIONS).toFixed(3)} sessions each`);
const strange = measure(SESSIONS, () => {
  for (const { packet, time } of packets) table.find({ ...packet, protocol: 17 }, time, 0);
});
say('a packet of no session', strange);
say('octets of a session', Math.round(table.octets / table.size), `${table.size} held`);

/** 192.168.7.10:5555 to 10.3.0.10:9999 by UDP, leaving as 10.1.9.2:1024. */
const event = Buffer.from(
  '7c0000000001000600000000000000000200000034000180140001800800010 0c0a8070a080002000a03000a1c000280050001001100000006000200 15b30000060003002 70f0000340002801400018008000100 0a03000a080002000a0109021c0002800500010011000000060002002 70f00000600030004000000'.replace(
    / /g,
    '',
  ),
  'hex',
);
say(
  'a conntrack event read',
  measure(SESSIONS, () => {
    for (let i = 0; i < SESSIONS; i++)
      for (const one of readConntrack(event).messages)
        if (one.what === 'new') translationOfTracked(one.tracked, 'create', i, '');
  }),
  `${readConntrack(event).messages.map(one => one.what)}`,
);
for (const [format, line] of [
  [
    'juniper',
    'Jun 28 15:29:20 x (FPC Slot 5) {NG1}[F]: JSERVICES_NAT_PORT_BLOCK_ALLOC: 10.0.0.10 -> 192.0.2.3:1024-1087 0x59412760',
  ],
  ['cisco', 'NAT44 - [SessionbasedAD TCP 10.32.0.1 ivrf - 192.0.2.6 5555 12544 - 198.51.100.1 80]'],
  [
    'conntrack',
    '[NEW] udp 17 30 src=192.168.7.10 dst=10.3.0.10 sport=5555 dport=9999 [UNREPLIED] src=10.3.0.10 dst=10.1.9.2 sport=9999 dport=1024',
  ],
] as const)
  say(
    `a line of \`${format}\``,
    measure(100_000, () => {
      for (let i = 0; i < 100_000; i++) LOG_FORMATS[format](line);
    }),
  );

const LINES = 100_000;
const flow = (i: number) =>
  `{"timestamp":"2026-11-29T09:48:44.123456+0000","flow_id":${i},"event_type":"flow","src_ip":"192.0.2.1","src_port":${i % 65536},"dest_ip":"198.51.100.1","dest_port":53,"proto":"UDP","app_proto":"dns","flow":{"pkts_toserver":1,"pkts_toclient":1,"bytes_toserver":71,"bytes_toclient":156,"start":"2026-11-29T09:48:44.123456+0000","end":"2026-11-29T09:48:44.223456+0000","age":0,"state":"established","reason":"timeout","alerted":false}}`;
const alert = (i: number) =>
  `{"timestamp":"2026-11-29T09:48:44.123456+0000","flow_id":${i},"event_type":"alert","src_ip":"192.0.2.1","dest_ip":"198.51.100.1","proto":"UDP","alert":{"action":"allowed","gid":1,"signature_id":2010935,"rev":3,"signature":"ET SCAN","category":"Bad","severity":2},"packet":"${Buffer.alloc(600, i).toString('base64')}","packet_info":{"linktype":1}}`;
const log = Buffer.from(Array.from({ length: LINES }, (_, i) => `${i % 100 === 0 ? alert(i) : flow(i)}\n`).join(''));
let alerts = 0;
const eve = measure(LINES, () => {
  const lines = lineSplitter(
    2 ** 20,
    line => {
      const read = readEveLine(line);
      if (read !== null && typeof read !== 'string') alerts++;
    },
    () => {},
  );
  for (let at = 0; at < log.length; at += 65_536) lines.feed(log.subarray(at, at + 65_536));
});
const parsed = measure(LINES, () => {
  const lines = lineSplitter(
    2 ** 20,
    line => void JSON.parse(Buffer.from(line.buffer, line.byteOffset, line.length).toString()),
    () => {},
  );
  for (let at = 0; at < log.length; at += 65_536) lines.feed(log.subarray(at, at + 65_536));
});
say('a line of EVE by JSON.parse', parsed);
say(
  'a line of EVE, 1 in 100 an alert with its packet',
  eve,
  `${(parsed / eve).toFixed(1)} times as fast, ${Math.round((log.length / LINES / eve) * 1000)} MB/s, ${alerts / ROUNDS} alerts`,
);
