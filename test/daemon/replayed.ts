/** MRT files of a small Internet, and what a replay of them says. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { parseConfig } from '../../src/config/index.ts';
import { replay } from '../../src/daemon/replay.ts';
import type { CaseLine, SummaryLine } from '../../src/daemon/replay-lines.ts';
import type { ReplayedFile } from '../../src/daemon/replay-options.ts';
import { hex } from '../bgp/octets.ts';
import {
  address,
  message,
  nextHop,
  nlri,
  number,
  ORIGIN_IGP,
  path,
  reach,
  record,
  unreach,
  update,
} from '../mrt/octets.ts';

export const T0 = 1_772_323_200;
export interface Speaker {
  readonly address: string;
  readonly as: number;
}
export const tokyo: Speaker = { address: '203.0.113.1', as: 64500 };
export const osaka: Speaker = { address: '203.0.113.2', as: 64501 };
const COLLECTOR = 65010;

const ends = (peer: Speaker) =>
  `${number(peer.as, 4)}${number(COLLECTOR, 4)}0000${peer.address.includes(':') ? '0002' : '0001'}` +
  `${address(peer.address)}${address(peer.address.includes(':') ? '2001:db8::ffff' : '203.0.113.254')}`;

const six = (prefix: string) => prefix.includes(':');
export const attributes = (asns: readonly number[]): string => ORIGIN_IGP + path(asns);

/** A BGP4MP record (MESSAGE_AS4) so many seconds behind T0. */
export const sent = (at: number, peer: Speaker, hexMessage: string): string =>
  record(16, 4, ends(peer) + hexMessage, T0 + at);
/** A peer announces a route. */
export const announces = (at: number, peer: Speaker, prefix: string, asns: readonly number[]): string =>
  sent(
    at,
    peer,
    six(prefix)
      ? update('', reach(2, ['2001:db8::1'], nlri(prefix)) + attributes(asns), '')
      : update('', attributes(asns) + nextHop('203.0.113.1'), nlri(prefix)),
  );
export const withdraws = (at: number, peer: Speaker, prefix: string): string =>
  sent(at, peer, six(prefix) ? update('', unreach(2, nlri(prefix)), '') : update(nlri(prefix), '', ''));
/** End-of-RIB of IPv4 (RFC 4724 section 2). */
export const endOfRib = (at: number, peer: Speaker): string => sent(at, peer, update('', '', ''));
export const keepalive = (at: number, peer: Speaker): string => sent(at, peer, message(4, ''));
export const state = (at: number, peer: Speaker, from: number, to: number): string =>
  record(16, 5, `${ends(peer)}${number(from, 2)}${number(to, 2)}`, T0 + at);

/** A table (TABLE_DUMP_V2) of these peers: the path of each to each prefix; null: it has none. */
export function table(
  at: number,
  peers: readonly Speaker[],
  routes: Readonly<Record<string, readonly (readonly number[] | null)[]>>,
): string {
  const index = peers
    .map(({ address: of, as }) => `${of.includes(':') ? '03' : '02'}01010101${address(of)}${number(as, 4)}`)
    .join('');
  let records = record(13, 1, `0a0000010000${number(peers.length, 2)}${index}`, T0 + at);
  for (const [prefix, paths] of Object.entries(routes)) {
    const hop = six(prefix) ? `800e1110${address('2001:db8::1')}` : nextHop('203.0.113.1');
    const entries = paths.flatMap((asns, i) => {
      if (asns === null) return [];
      const of = attributes(asns) + hop;
      return [`${number(i, 2)}${number(T0, 4)}${number(of.length / 2, 2)}${of}`];
    });
    const body = `00000000${nlri(prefix)}${number(entries.length, 2)}${entries.join('')}`;
    records += record(13, six(prefix) ? 4 : 2, body, T0 + at);
  }
  return records;
}

/** What a replay said. */
export interface Said {
  readonly status: number;
  readonly lines: readonly CaseLine[];
  readonly summary: SummaryLine;
  readonly text: string;
  readonly remarks: readonly string[];
  readonly complaints: readonly string[];
}

/** A directory for the files of a test. */
export function stage() {
  const directory = mkdtempSync(join(tmpdir(), 'replayed-'));
  let files = 0;
  const at = (name: string) => join(directory, name);
  function write(name: string, octets: string | Uint8Array): string {
    writeFileSync(at(name), octets);
    return at(name);
  }
  /** A file of records in hex. */
  const mrt = (...records: string[]): string => write(`${files++}.mrt`, hex(records.join('')));
  async function play(config: string, sources: readonly (string | ReplayedFile)[], stdin?: Uint8Array): Promise<Said> {
    const loaded = parseConfig(config, at('intertrackd.conf'));
    if (!loaded.ok) throw new Error(loaded.errors.map(({ message: text }) => text).join());
    const lines: (CaseLine | SummaryLine)[] = [];
    const remarks: string[] = [];
    const complaints: string[] = [];
    const status = await replay(
      loaded.config,
      sources.map(file => (typeof file === 'string' ? { file, collector: '' } : file)),
      stdin === undefined ? null : Readable.from([stdin]),
      {
        line: line => lines.push(line),
        drained: () => undefined,
        remark: text => remarks.push(text),
        complain: text => complaints.push(text),
        progress() {},
      },
    );
    const summary = lines.pop() as SummaryLine;
    const text = lines.map(line => `${JSON.stringify(line)}\n`).join('');
    return { status, lines: lines as CaseLine[], summary, text, remarks, complaints };
  }
  return { directory, at, write, mrt, play, end: () => rmSync(directory, { recursive: true }) };
}
