/**
 * Filters of sealed windows: bits a digest beside what information theory allows, false positives over millions of
 * digests that were not seen, and the time to seal and to ask, beside the same in C and binary fuse filters in C when
 * there is a compiler.
 *
 *     node test/bench/filters.ts [MOST_KEYS]
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chooseFilter } from '../../src/probe/filters/choose-filter.ts';
import { ask, falseSightings, filterOctets, keysOf, type SealedFilter } from '../../src/probe/filters/sealed-filter.ts';
import { openSealer, type SeenKeys } from '../../src/probe/filters/sealer.ts';
import { storageKey } from '../../src/probe/filters/storage-key.ts';

const MOST = Number(process.argv[2] ?? 1_000_000);
const ROUNDS = 7;
const ABSENT = 4_000_000;

const sealer = openSealer();
const key = storageKey(Uint8Array.from({ length: 16 }, (_, i) => i));

/** Splitmix64 in halves: digests as even as those of a keyed hash, and quickly made. */
let state = 1n;
function digests(count: number): Uint32Array<ArrayBuffer> {
  const list = new BigUint64Array(count);
  for (let i = 0; i < count; i++) {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    let z = state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    list[i] = z ^ (z >> 31n);
  }
  return new Uint32Array(list.buffer);
}
const absent = digests(ABSENT);

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!;
const fixed = (value: number, digits = 2) => value.toFixed(digits);
const percent = (value: number) => `${(value * 100).toFixed(value < 1e-3 ? 5 : 3)} %`;

function table(head: string[], rows: (string | number)[][]): void {
  const all = [head, ...rows].map(row => row.map(String));
  const widths = head.map((_, i) => Math.max(...all.map(row => row[i]!.length)));
  for (const row of all) console.log(row.map((cell, i) => cell.padStart(widths[i]!)).join('  '));
  console.log();
}

function seal(seen: SeenKeys[], bits: 8 | 16): { filter: SealedFilter; reason: string; milliseconds: number } {
  const began = performance.now();
  const sealed = sealer.seal(seen, bits, key);
  const milliseconds = performance.now() - began;
  if (sealed === null) throw new Error('no memory');
  return { ...sealed, milliseconds };
}

/** Vantages named for digests that nobody saw, and ns a question. */
function askAbsent(filter: SealedFilter): { named: number; ns: number } {
  let named = 0;
  const began = performance.now();
  for (let i = 0; i < absent.length; i += 2) named += ask(filter, absent[i]!, absent[i + 1]!).length;
  return { named: named / ABSENT, ns: ((performance.now() - began) * 1e6) / ABSENT };
}

/** Throws when a digest is not found where it was seen. Shares of answers that name another vantage too, and ns. */
function askSeen(filter: SealedFilter, seen: SeenKeys[]): { wrong: number; ns: number } {
  let wrong = 0;
  let count = 0;
  let milliseconds = 0;
  for (const { vantage, keys } of seen) {
    const halves = keys as Uint32Array;
    const mixed = new Uint32Array(halves.length);
    for (let i = 0; i < halves.length; i += 2) {
      const { low, high } = sealer.mixed(key, halves[i]!, halves[i + 1]!);
      mixed[i] = low;
      mixed[i + 1] = high;
    }
    const began = performance.now();
    for (let i = 0; i < mixed.length; i += 2) {
      const found = ask(filter, mixed[i]!, mixed[i + 1]!);
      if (!found.includes(vantage)) throw new Error(`digest ${i / 2} of vantage ${vantage} is not found`);
      if (found.length > 1) wrong++;
    }
    milliseconds += performance.now() - began;
    count += mixed.length / 2;
  }
  return { wrong: wrong / count, ns: (milliseconds * 1e6) / count };
}

interface InC {
  ns: number;
  octets: number;
  ask: number;
}

const directory = mkdtempSync(join(tmpdir(), 'filters-'));
const program = join(directory, 'filters');
let compiled = true;
try {
  const source = fileURLToPath(new URL('filters.c', import.meta.url));
  execFileSync('cc', ['-O3', '-march=native', '-o', program, source, '-lm']);
} catch {
  compiled = false;
  console.log('skipped: what is beside it in C, there is no compiler\n');
}
function inC(kind: string, bits: number, keys: number): InC | null {
  if (!compiled) return null;
  const { stdout, status } = spawnSync(
    program,
    [kind, String(bits), String(keys), String(Math.max(1, Math.floor(100_000 / keys)))],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`${kind} in C ended with status ${status}`);
  return JSON.parse(stdout) as InC;
}

console.log(
  'one vantage: bits a digest all in, ratio to the bound of 8 or 16 bits; ns a digest to seal, median of rounds',
);
const plain: (string | number)[][] = [];
for (const bits of [8, 16] as const)
  for (const count of [10, 1000, 10_000, 30_000, 65_536, 262_144, MOST]) {
    const seen = [{ vantage: 0, keys: digests(count) }];
    const times: number[] = [];
    const others: Record<string, { ns: number[]; octets: number }> = {};
    for (let round = 0; round < ROUNDS; round++) {
      // Small windows are sealed often enough to be timed.
      const often = Math.max(1, Math.floor(100_000 / count));
      let milliseconds = 0;
      for (let i = 0; i < often; i++) milliseconds += seal(seen, bits).milliseconds;
      times.push((milliseconds * 1e6) / often / count);
      for (const kind of ['ribbon', 'fuse3', 'fuse4']) {
        const result = count < 1000 ? null : inC(kind, bits, count);
        if (result === null) continue;
        const other = others[kind] ?? { ns: [], octets: result.octets };
        other.ns.push(result.ns);
        others[kind] = other;
      }
    }
    const { filter } = seal(seen, bits);
    const here = median(times);
    const { named, ns } = askAbsent(filter);
    const perKey = (filterOctets(filter) * 8) / count;
    const c = others.ribbon && median(others.ribbon.ns);
    const rival = (kind: string) =>
      others[kind] === undefined
        ? '-'
        : `${fixed((others[kind].octets * 8) / count)} bits, ${fixed(median(others[kind].ns), 0)} ns`;
    plain.push([
      bits,
      count,
      fixed(perKey),
      fixed(perKey / bits, 3),
      percent(named),
      fixed(here, 0),
      c === undefined ? '-' : fixed(c, 0),
      c === undefined ? '-' : fixed(here / c),
      fixed(ns, 0),
      fixed(askSeen(filter, seen).ns, 0),
      rival('fuse3'),
      rival('fuse4'),
    ]);
  }
table(
  [
    'bits',
    'digests',
    'bits/digest',
    'ratio',
    'false',
    'seal',
    'in C',
    'ratio',
    'ask',
    'ask seen',
    'fuse3 in C',
    'fuse4 in C',
  ],
  plain,
);

console.log(
  `one filter that returns the vantage, ${MOST} digests in all: bound 8 + log2 V, wrong vantages of digests seen elsewhere`,
);
const many: (string | number)[][] = [];
for (const vantages of [2, 10, 17, 33, 100, 300, 500, 1000, 3000]) {
  const each = Math.floor(MOST / vantages);
  // Below 17 vantages a filter for each is smaller, and taken: digests of the others, at vantages that saw little.
  const seen = Array.from({ length: vantages }, (_, vantage) => ({ vantage, keys: digests(each) }));
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) times.push(seal(seen, 8).milliseconds);
  const { filter } = seal(seen, 8);
  const { named, ns } = askAbsent(filter);
  const perKey = (filterOctets(filter) * 8) / keysOf(filter);
  const { one } = chooseFilter(
    seen.map(() => each),
    8,
  );
  const bound = 8 + (filter.kind === 'one' ? Math.log2(vantages) : 0);
  many.push([
    vantages,
    filter.kind,
    fixed(perKey),
    fixed(bound),
    fixed(perKey / bound, 3),
    fixed((one * 8) / keysOf(filter) / (8 + Math.log2(vantages)), 3),
    percent(named),
    percent(askSeen(filter, seen).wrong),
    fixed((median(times) * 1e6) / (each * vantages), 0),
    fixed(ns, 0),
  ]);
}
table(
  [
    'vantages',
    'kind',
    'bits/digest',
    'bound',
    'ratio',
    'ratio of one for all',
    'named in vain',
    'wrong beside',
    'seal',
    'ask',
  ],
  many,
);

console.log('a minute, six windows of ten seconds');
/** Digests of vantages whose shares fall as 1/n; `twice` of them are seen at the next vantage too. */
function window(total: number, vantages: number, twice: number): SeenKeys[] {
  const sum = Array.from({ length: vantages }, (_, i) => 1 / (i + 1)).reduce((a, b) => a + b, 0);
  const own = Array.from({ length: vantages }, (_, i) => digests(Math.ceil(total / (i + 1) / sum)));
  return own.map((keys, vantage) => {
    const before = own[(vantage + vantages - 1) % vantages]!;
    const shared = before.subarray(0, Math.floor((before.length / 2) * twice) * 2);
    return { vantage, keys: Uint32Array.from([...keys, ...shared]) };
  });
}
const minutes: (string | number)[][] = [];
for (const [vantages, twice] of [
  [8, 0],
  [8, 0.5],
  [800, 0],
  [800, 0.05],
  [800, 1],
] as const) {
  let milliseconds = 0;
  let octets = 0;
  let keys = 0;
  let named = 0;
  let wrong = 0;
  let last: SealedFilter | null = null;
  let said = '';
  for (let i = 0; i < 6; i++) {
    const seen = window(MOST / 10, vantages, twice);
    const sealed = seal(seen, 8);
    milliseconds += sealed.milliseconds;
    octets += filterOctets(sealed.filter);
    keys += keysOf(sealed.filter);
    named += falseSightings(sealed.filter) / 6;
    wrong += askSeen(sealed.filter, seen).wrong / 6;
    last = sealed.filter;
    said = sealed.reason;
  }
  minutes.push([
    vantages,
    `${twice * 100} %`,
    last!.kind,
    keys,
    fixed((octets * 8) / keys),
    fixed((milliseconds * 1e6) / keys, 0),
    percent(named),
    percent(wrong),
    said,
  ]);
}
table(
  [
    'vantages',
    'seen twice',
    'kind',
    'digests',
    'bits/digest',
    'seal',
    'named in vain',
    'several',
    'reason of the last',
  ],
  minutes,
);

console.log('a question to an hour: 360 windows of 8 vantages');
const hour = Array.from({ length: 360 }, () =>
  seal(
    Array.from({ length: 8 }, (_, vantage) => ({ vantage, keys: digests(MOST / 200) })),
    16,
  ),
);
const times: number[] = [];
for (let i = 0; i < 400; i += 2) {
  const began = performance.now();
  const { low, high } = sealer.mixed(key, absent[i]!, absent[i + 1]!);
  for (const { filter } of hour) ask(filter, low, high);
  times.push(performance.now() - began);
}
const first = times[0]!;
console.log(
  `first ${fixed(first)} ms, median ${fixed(median(times), 3)} ms, slowest ${fixed(Math.max(...times), 3)} ms`,
);
rmSync(directory, { recursive: true });
