/** What IDS and translators write: lines of EVE, netlink messages of conntrack, lines of logs. */
import { readEveLine } from '../../src/daemon/ids/eve.ts';
import { readConntrack, translationOfTracked } from '../../src/flow/conntrack.ts';
import { logPattern } from '../../src/flow/log-pattern.ts';
import { LOG_FORMATS, type LogFormat } from '../../src/flow/translation-log.ts';
import { translationTable } from '../../src/flow/translation-table.ts';
import { lineSplitter } from '../../src/net/line-splitter.ts';
import { mutate } from './mutate.ts';
import type { Target } from './target.ts';

const EVE = `{"timestamp":"2026-11-29T09:48:44.123456+0000","flow_id":7,"event_type":"alert","alert":{"signature_id":2010935,"signature":"x","category":"y","severity":2},"packet":"aGVsbG8=","packet_info":{"linktype":1}}`;
const LINES = `${EVE}
RT_SRC_NAT_PBA_ALLOC [internal-ip="10.0.10.10" block-port-low="48640" block-port-high="48895" reflexive-ip="192.0.2.172"]
JSERVICES_NAT_PORT_BLOCK_ALLOC: 10.0.0.10 -> 192.0.2.3:1024-1087 0x59412760
[UserbasedA - 10.32.0.1 ivrf - 192.0.2.6 - 12544 12671 - -][SessionbasedWD TCP 10.32.0.1 v - 192.0.2.6 5555 12544 - 198.51.100.1 80]
[1795323345.270000]\t [NEW] udp 17 30 src=192.168.7.10 dst=10.3.0.10 sport=5555 dport=9999 [UNREPLIED] src=10.3.0.10 dst=10.1.9.2 sport=9999 dport=1024
`;
/** 192.168.7.10:5555 to 10.3.0.10:9999 by UDP, leaving as 10.1.9.2:1024; and what ends a dump. */
const NETLINK =
  '7c000000000100060000000000000000020000003400018014000180080001 00c0a8070a080002000a03000a1c00028005000100110000000600020015b300000600030027 0f00003400028014000180080001000a03000a080002000a0109021c000280050001001100000006000200270f0000060003000400 0000' +
  '1400000003000200010000000000000000000000';

const FORMATS: readonly LogFormat[] = [
  ...Object.values(LOG_FORMATS),
  logPattern('(?<event>\\w+) (?<inside>[\\d.:a-f]+) .*?(?<outside>[\\d.]+):(?<first>\\d+)-(?<last>\\d+)') as LogFormat,
];

export function alertAndTranslationTarget(): Target {
  let table = translationTable(1 << 16);
  return {
    name: 'alerts of an IDS, and what translators tell',
    seeds: [Buffer.from(LINES), Buffer.from(NETLINK.replace(/ /g, ''), 'hex')],
    mutate,
    judge(input) {
      const judged: string[] = [];
      const { messages, wrong } = readConntrack(input);
      if (messages.length > input.length / 16 + 1) throw new Error('more messages than octets for them');
      for (const message of messages) {
        judged.push(message.what);
        const known = message.what === 'new' || message.what === 'changed' || message.what === 'gone';
        const one = known
          ? translationOfTracked(message.tracked, message.what === 'gone' ? 'delete' : 'create', 1, '')
          : null;
        if (one !== null) table.take(one);
      }
      judged.push(wrong ?? 'whole');
      const lines: string[] = [];
      lineSplitter(
        4096,
        line => lines.push(Buffer.from(line).toString()),
        () => judged.push('long'),
      ).feed(input);
      for (const line of lines) {
        const alert = readEveLine(Buffer.from(line));
        judged.push(typeof alert === 'string' ? alert : alert === null ? 'event' : `${alert.without}`);
        for (const format of FORMATS)
          for (const said of format(line)) {
            judged.push(said.event);
            table.take({ ...said, time: said.time ?? 0, realm: null, exporter: '' });
            const { source, destination, sourcePort, destinationPort } = said.outside;
            if (source === null || said.event.includes('delete')) continue;
            const found = table.find(
              {
                ...{ protocol: said.protocol ?? 6, source, destination: destination ?? new Uint8Array(source.length) },
                ...{ sourcePort: said.block?.first ?? sourcePort ?? 0, destinationPort: destinationPort ?? 0 },
              },
              said.time ?? 0,
              0,
            );
            const stated = said.block !== null || sourcePort !== null;
            if (stated && found.length === 0 && sameFamily(said.outside)) throw new Error(`${line} is not found again`);
          }
      }
      return judged.join();
    },
    begin() {
      if (table.octets > (1 << 16) * 1.3) throw new Error(`the table has ${table.octets} octets`);
      table = translationTable(1 << 16);
    },
  };
}

/** A log may name ends of two families, which no packet has. */
const sameFamily = ({ source, destination }: { source: Uint8Array | null; destination: Uint8Array | null }): boolean =>
  destination === null || source?.length === destination.length;
