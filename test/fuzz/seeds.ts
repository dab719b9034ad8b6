/** What the fuzzers begin with: written seeds and, where it is there, the public data beside the project. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createFramer, encodeMessage, UPDATE } from '../../src/bgp/message.ts';
import { mrtReader } from '../../src/mrt/records.ts';
import { bgpMessages, tcpStreams } from '../bgp/captures.ts';
import { attribute, hex, MARKER, updateBody } from '../bgp/octets.ts';

const DATA = new URL('../../../shared/data/bgp/', import.meta.url).pathname;
/** Records taken of the begin of each MRT file, and octets at most. */
const RECORDS = 6;
const OCTETS = 8192;

function writtenSeeds(): Uint8Array[] {
  const base = attribute(0x40, 1, '00') + attribute(0x40, 2, '0202 0000fbf0 0000fbf4') + attribute(0x40, 3, 'c0000201');
  const hop6 = `20010db8${'00'.repeat(11)}01`;
  const values = [
    `000201 10 ${hop6} 00 20 20010db8`,
    '000104 04 c0000201 00 30 003e81 c00002',
    '000180 0c 0000000000000000 c0000201 00 70 003e81 0000fde800000001 c00002',
    '000185 00 00 0f 0118c00002 0218cb0071 03810604 81 50',
    '000285 00 00 0d 012000 20010db8 0381060d 81 07',
    '000186 00 00 0b 0000fde800000001 038106',
  ];
  const extras = [
    attribute(0x80, 4, '00000064'),
    attribute(0x40, 5, '000000c8'),
    attribute(0xc0, 7, '0000fbf4 c0000202'),
    attribute(0xc0, 8, 'fbf40078 ffffff01'),
    attribute(0x80, 10, 'c0000204 c0000205'),
    attribute(0xc0, 16, '0002fbf400000001 8006000000000000'),
    attribute(0xc0, 17, '0202 00010000 00010001'),
    attribute(0xc0, 32, '0000fbf4 00000001 00000002'),
    attribute(0xc0, 35, '0000fbf5'),
  ];
  const updates = [
    updateBody('18c00002', base, '18c63364 10cb00'),
    updateBody('', base + extras.join(''), '18c63364'),
    ...values.map(value => updateBody('', attribute(0x80, 14, value) + base, '')),
    ...values.map(value => updateBody('', attribute(0x80, 15, value.slice(0, 6) + value.slice(-20)), '')),
    updateBody('00000001 18c00002', base, '00000002 18c63364'),
  ].map(body => encodeMessage(UPDATE, body));
  const open =
    '04 fbf0 00b4 c0000201 2a 0228 0104 00010001 0200 4002 0078 4104 0000fbf0 4508 00010103 00020101 0506 000100010002 0901 03';
  const others = [`001304`, `001903 06 02 03 627965`, `001705 0002 01 01`];
  return [...updates, encodeMessage(1, hex(open)), ...others.map(text => hex(MARKER + text))];
}

/** Names of the files of a folder of the data; none when it is not there. */
const filesOf = (folder: string): readonly string[] =>
  existsSync(join(DATA, folder)) ? readdirSync(join(DATA, folder)).map(name => join(DATA, folder, name)) : [];

/** BGP messages; only the written ones when `small`. */
export function messageSeeds(small: boolean): Uint8Array[] {
  const found = writtenSeeds();
  if (small) return found;
  for (const archive of filesOf('fuzz')) {
    const dir = mkdtempSync(join(tmpdir(), 'fuzz-'));
    try {
      execFileSync('tar', ['xJf', archive, '-C', dir]);
      for (const name of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
        if (!statSync(join(dir, name)).isFile()) continue;
        const framer = createFramer((_, bytes, start, end) => found.push(bytes.slice(start, end)) > 0);
        framer.push(readFileSync(join(dir, name)));
      }
    } finally {
      rmSync(dir, { recursive: true });
    }
  }
  for (const file of filesOf('pcap').filter(name => /\/(bgp|packetlife|tcpdump)[^/]*cap(ng)?$/.test(name)))
    found.push(...bgpMessages(file));
  for (const file of filesOf('exabgp'))
    for (const [, raw] of readFileSync(file, 'utf8').matchAll(/^\d+:raw:([0-9A-F:]+)$/gm))
      found.push(hex(raw!.replaceAll(':', '')));
  return found;
}

/** What monitored routers sent: the streams of the captures of BMP, cut to a length. */
export function bmpSeeds(): Uint8Array[] {
  const files = filesOf('pcap').filter(name => /\/bmp[^/]*cap(ng)?$/.test(name));
  return files.flatMap(file => tcpStreams(readFileSync(file), null)).map(stream => stream.slice(0, 4096));
}

/** The first records of each MRT file, with the peer table among them. */
export function mrtSeeds(): Uint8Array[] {
  const files = filesOf('mrt').filter(name => /\.(mrt|gz)$/.test(name) && !/expect|ipasn/.test(name));
  return files.map(file => {
    const bytes = readFileSync(file);
    const reader = mrtReader();
    reader.feed(file.endsWith('.gz') ? gunzipSync(bytes) : bytes);
    reader.finish();
    let end = 0;
    for (let records = 0; records < RECORDS && reader.next() === 'record'; records++) {
      if (reader.record.end > OCTETS) break;
      end = reader.record.end;
    }
    return reader.record.bytes.slice(0, end);
  });
}
