/**
 * Fuzzes every decoder of BGP messages: `node test/bench/fuzz-bgp.ts SECONDS [SEED]`. Inputs are mutations of a corpus, which
 * takes in each input that was judged as none before it (another action, clause or reason); it begins with written seeds
 * and, where it is there, with the public data beside the project. Each input is inspected on several sessions, rendered as
 * quarantine shows it, and given to the route path, which must end the session exactly where the codec does. Prints what was
 * done and found; exits 1 with the input in hex when one throws, breaks a promise, or takes longer than a second.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { showAttributes } from '../../src/bgp/attributes.ts';
import { formatCapability } from '../../src/bgp/capabilities.ts';
import { inspectMessage, type MessageContext } from '../../src/bgp/inspect.ts';
import { createFramer, encodeMessage, HEADER_LENGTH, UPDATE } from '../../src/bgp/message.ts';
import { formatNlri } from '../../src/bgp/nlri.ts';
import { formatNotification } from '../../src/bgp/notification.ts';
import { quarantine, renderQuarantine } from '../../src/bgp/quarantine.ts';
import { emptyLayout, locateUpdate } from '../../src/bgp/update.ts';
import { Contradictions } from '../../src/collector/contradictions.ts';
import { createIngest } from '../../src/collector/ingest.ts';
import { noCounts } from '../../src/collector/ingest-peer.ts';
import { VerdictMemo } from '../../src/collector/verdict-memo.ts';
import { Cursor } from '../../src/net/cursor.ts';
import { newPeerTable, newRib } from '../../src/rib/adj-rib-in.ts';
import { bgpMessages } from '../bgp/captures.ts';
import { attribute, hex, MARKER, updateBody } from '../bgp/octets.ts';
import { EVERYTHING, NOTHING } from '../bgp/sessions.ts';

const DATA = new URL('../../../shared/data/bgp/', import.meta.url).pathname;
const seconds = Number(process.argv[2] ?? 60);
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 31);

/** xorshift32: an input is found again by the seed and the count before it. */
let state = seed | 1;
function random(below: number): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % below;
}

const ADD_PATH: MessageContext = {
  ...EVERYTHING,
  as4: false,
  ebgp: true,
  extendedNextHop: [],
  addPath: [...(EVERYTHING.others ?? []), { afi: 1, safi: 1 }, { afi: 2, safi: 1 }],
  ownAddresses: ['192.0.2.1'],
  role: { ours: 'peer', peerAs: 64496 },
};

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

/** Messages of the public data, where it is there. */
function publicData(): Uint8Array[] {
  if (!existsSync(DATA)) return [];
  const found: Uint8Array[] = [];
  const dir = mkdtempSync(join(tmpdir(), 'fuzz-'));
  try {
    for (const archive of readdirSync(join(DATA, 'fuzz')))
      execFileSync('tar', ['xJf', join(DATA, 'fuzz', archive), '-C', dir]);
    for (const name of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
      if (!statSync(join(dir, name)).isFile()) continue;
      const framer = createFramer((_, bytes, start, end) => found.push(bytes.slice(start, end)) > 0);
      framer.push(readFileSync(join(dir, name)));
    }
  } finally {
    rmSync(dir, { recursive: true });
  }
  for (const name of readdirSync(join(DATA, 'pcap')).filter(file => /^(bgp|packetlife|tcpdump).*cap(ng)?$/.test(file)))
    found.push(...bgpMessages(join(DATA, 'pcap', name)));
  for (const name of readdirSync(join(DATA, 'exabgp')))
    for (const [, raw] of readFileSync(join(DATA, 'exabgp', name), 'utf8').matchAll(/^\d+:raw:([0-9A-F:]+)$/gm))
      found.push(hex(raw!.replaceAll(':', '')));
  return found;
}

/** A few small changes: octets, lengths, pieces left out, doubled, or taken from another input. */
function mutate(input: Uint8Array, other: Uint8Array): Uint8Array {
  let octets = [...input];
  for (let changes = 1 + random(4); changes > 0; changes--) {
    const at = random(octets.length + 1);
    const size = 1 + random(16);
    const kind = random(8);
    if (kind === 0) octets[at] = random(256);
    else if (kind === 1) octets[at] = (octets[at] ?? 0) ^ (1 << random(8));
    else if (kind === 2) octets[at] = (octets[at] ?? 0) + (random(2) === 0 ? 1 : 255);
    else if (kind === 3) octets[at] = [0, 1, 0x7f, 0x80, 0xff][random(5)]!;
    else if (kind === 4) octets.splice(at, size);
    else if (kind === 5) octets.splice(at, 0, ...octets.slice(at, at + size));
    else if (kind === 6) octets.splice(at, 0, ...other.subarray(random(other.length + 1)).subarray(0, size));
    else octets = octets.slice(0, at);
  }
  return Uint8Array.from(octets.slice(0, 4000), octet => octet & 0xff);
}

/** The attributes of an UPDATE, each from its flags on; null where they cannot be told apart. */
function partsOf(message: Uint8Array): { withdrawn: Uint8Array; attributes: Uint8Array[]; nlri: Uint8Array } | null {
  const layout = emptyLayout();
  if (message[18] !== UPDATE || locateUpdate(message, HEADER_LENGTH, message.length, layout) !== null) return null;
  const attributes: Uint8Array[] = [];
  const c = new Cursor(message, layout.attributesStart, layout.attributesEnd);
  while (c.left > 0) {
    const at = c.offset;
    const long = (c.u8() & 0x10) !== 0;
    c.skip(1);
    c.skip(long ? c.u16() : c.u8());
    if (c.failed) return null;
    attributes.push(message.subarray(at, c.offset));
  }
  const part = (start: number, end: number) => message.subarray(start, end);
  return {
    withdrawn: part(layout.withdrawnStart, layout.withdrawnEnd),
    attributes,
    nlri: part(layout.nlriStart, layout.nlriEnd),
  };
}

/** One attribute with another value, its length set right. */
function revalue(attribute: Uint8Array, other: Uint8Array): Uint8Array {
  const long = (attribute[0]! & 0x10) !== 0;
  const value = mutate(attribute.subarray(long ? 4 : 3), other).subarray(0, long ? 2000 : 255);
  const length = long ? [value.length >> 8, value.length & 0xff] : [value.length];
  return Uint8Array.of(attribute[0]!, attribute[1]!, ...length, ...value);
}

/** Changes one part of an UPDATE and keeps its frame whole, so that what stands deeper is reached. */
function mutateParts(input: Uint8Array, other: Uint8Array): Uint8Array | null {
  const parts = partsOf(input);
  if (parts === null) return null;
  let { withdrawn, nlri } = parts;
  const attributes = [...parts.attributes];
  const at = random(attributes.length + 1);
  const kind = random(8);
  const strange = partsOf(other)?.attributes ?? [];
  if (kind === 0) withdrawn = mutate(withdrawn, other);
  else if (kind === 1) nlri = mutate(nlri, other);
  else if (kind === 2) attributes.splice(at, 1);
  else if (kind === 3 && strange.length > 0) attributes.splice(at, 0, strange[random(strange.length)]!);
  else if (attributes[at] !== undefined) attributes[at] = revalue(attributes[at], other);
  const list = Buffer.concat(attributes);
  if (withdrawn.length + list.length + nlri.length > 4000) return null;
  const size = (octets: Uint8Array) => [octets.length >> 8, octets.length & 0xff];
  return encodeMessage(UPDATE, Uint8Array.of(...size(withdrawn), ...withdrawn, ...size(list), ...list, ...nlri));
}

function next(): Uint8Array {
  const input = corpus[random(corpus.length)]!;
  const other = corpus[random(corpus.length)]!;
  const whole = random(4) > 0 ? mutateParts(input, other) : null;
  if (whole !== null) return whole;
  const type = random(20) === 0 ? random(7) : input[HEADER_LENGTH - 1]!;
  const message = encodeMessage(type, mutate(input.subarray(HEADER_LENGTH), other));
  if (random(50) === 0) message[random(HEADER_LENGTH)] = random(256);
  return message;
}

function newRoutePath() {
  const rib = newRib();
  const memo = new VerdictMemo(rib);
  const telling = { now: () => 0, mark: () => {}, tell: () => {}, describe: () => null as never };
  const book = new Contradictions(telling);
  const ingest = createIngest(rib, memo, book, { endOfRib: () => {}, malformed: () => {}, passedOver: () => {} });
  const table = newPeerTable();
  rib.tables[0] = table;
  const counts = noCounts();
  return { ingest, peer: { number: 0, table, as4: true, ebgp: true, ipv4: true, ipv6: true, localAs: 64500, counts } };
}
let route = newRoutePath();

/** Inspects an input every way; returns how it was judged. Throws where a promise is broken. */
function judge(message: Uint8Array): string {
  const judged: string[] = [];
  for (const context of [NOTHING, EVERYTHING, ADD_PATH]) {
    const inspection = inspectMessage(message, context);
    const { action, notification, errors, body } = inspection;
    if ((action === 'session-reset') !== (notification !== null))
      throw new Error('a NOTIFICATION exactly with a reset');
    if ((action === 'accept') !== (errors.length === 0)) throw new Error('accepted exactly without an error');
    if (errors.some(({ offset }) => offset < 0 || offset > message.length))
      throw new Error('an error outside the message');
    if (body !== null && 'update' in body) {
      const { announced, withdrawn, otherAnnounced, otherWithdrawn, attributes } = body.update;
      [announced, withdrawn, otherAnnounced, otherWithdrawn].flat().forEach(formatNlri);
      showAttributes(attributes);
    }
    if (body !== null && 'open' in body) body.open.capabilities.forEach(formatCapability);
    if (body !== null && 'received' in body) formatNotification(body.received);
    if (errors.length > 0) renderQuarantine(quarantine(0, message, inspection));
    judged.push(
      `${message[18]} ${action} ${errors.map(({ clause, what }) => clause + what.replace(/[0-9a-f.:/]+/g, '#'))}`,
    );
    if (context === NOTHING && body !== null && 'update' in body) {
      const error = route.ingest.update(route.peer, message, HEADER_LENGTH, message.length);
      if ((error === null) !== (notification === null))
        throw new Error(
          `the route path says ${error?.what ?? 'nothing'}, the codec ${notification?.what ?? 'nothing'}`,
        );
    }
  }
  return judged.join('; ');
}

const corpus = [...writtenSeeds(), ...publicData()];
const seeds = corpus.length;
const seen = new Set<string>();
const actions = new Map<string, number>();
let inputs = 0;
let slowest = 0;
let message: Uint8Array = new Uint8Array(0);
const rss = () => Math.round(process.memoryUsage().rss / 2 ** 20);

function run(input: Uint8Array): void {
  message = input;
  const began = performance.now();
  const judged = judge(input);
  slowest = Math.max(slowest, performance.now() - began);
  if (slowest > 1000) throw new Error('took longer than a second');
  const action = judged.split(' ')[1]!;
  actions.set(action, (actions.get(action) ?? 0) + 1);
  inputs++;
  // A table of all the prefixes a fuzzer thinks of would grow for ever.
  if (inputs % 50_000 === 0) route = newRoutePath();
  if (seen.has(judged) || seen.size > 20_000) return;
  seen.add(judged);
  if (corpus.length < 20_000) corpus.push(input);
}

try {
  for (const input of corpus.slice()) run(input);
  const early = rss();
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) for (let i = 0; i < 100; i++) run(next());
  console.log(
    `seed ${seed}, ${seconds} s: ${inputs} inputs, ${Math.round(inputs / seconds)}/s, from ${seeds} messages`,
  );
  console.log(
    `${seen.size} ways to be judged: ${[...actions].map(([action, count]) => `${action} ${count}`).join(', ')}`,
  );
  console.log(`slowest ${slowest.toFixed(1)} ms; RSS ${early} MiB at the start, ${rss()} MiB at the end`);
} catch (error) {
  console.error(`seed ${seed}, input ${inputs}: ${error instanceof Error ? error.stack : error}`);
  console.error(Buffer.from(message).toString('hex'));
  process.exitCode = 1;
}
