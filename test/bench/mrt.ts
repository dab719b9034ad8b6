/**
 * How fast MRT files are read, beside bgpdump: `node test/bench/mrt.ts`. Each file of the data folder is unpacked and
 * laid end to end until it is long enough to be timed, each copy with other AS paths, so that no reader finds what it has
 * seen already. The runs of all readers alternate, three of each; medians are shown.
 * An element is a line of `bgpdump -m`. CPU is that of all threads of the program, start included.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { UPDATE } from '../../src/bgp/message.ts';
import { emptyLayout, locateUpdate } from '../../src/bgp/update.ts';
import { AS_PATH, emptyPlaces, locateAttributes } from '../../src/mrt/attribute-places.ts';
import { mrtReader } from '../../src/mrt/records.ts';
import { createWalker } from '../../src/mrt/walk.ts';

const DATA = new URL('../../../shared/data/bgp/mrt/', import.meta.url).pathname;
const ITCTL = new URL('../../bin/itctl', import.meta.url).pathname;
const FILES = [
  { name: 'rib.20140523.0600_firstMB.bz2', what: 'TABLE_DUMP_V2, 35 peers', times: 16 },
  { name: 'bview.20020722.2337.gz', what: 'TABLE_DUMP', times: 32 },
  { name: 'updates.20071015.1505.gz', what: 'BGP4MP', times: 320 },
] as const;
const RUNS = 3;

interface Run {
  /** Seconds. */
  readonly wall: number;
  readonly cpu: number;
}

/** Runs a program, its output thrown away. */
function timed(command: string, ...words: string[]): Run {
  const script = 'TIMEFORMAT="%R %U %S"; time "$@" >/dev/null 2>&1';
  const { stderr } = spawnSync('bash', ['-c', script, 'bash', command, ...words], { encoding: 'utf8' });
  const [wall, user, system] = stderr.trim().split('\n').at(-1)!.split(' ').map(Number);
  return { wall: wall!, cpu: user! + system! };
}

/** Reads each record in this process and finds its attributes: what a program does that looks for something. */
function walked(file: string): Run {
  const bytes = readFileSync(file);
  const places = emptyPlaces();
  const find = (record: { bytes: Uint8Array }, start: number, end: number) =>
    void locateAttributes(record.bytes, start, end, places);
  const walker = createWalker({
    route: (record, route) => find(record, route.attributesStart, route.attributesEnd),
    message: (record, message) => find(record, message.start, message.end),
    state() {},
    other() {},
  });
  const used = process.cpuUsage();
  const began = performance.now();
  const reader = mrtReader();
  reader.feed(bytes);
  reader.finish();
  for (let step = reader.next(); step !== 'end'; step = reader.next())
    if (step === 'record') walker.walk(reader.record);
  const { user, system } = process.cpuUsage(used);
  return { wall: (performance.now() - began) / 1000, cpu: (user + system) / 1e6 };
}

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!;
const rate = (elements: number, seconds: number) => `${(elements / seconds / 1e6).toFixed(2).padStart(7)} M/s`;

function unpacked(name: string): Buffer {
  const bytes = readFileSync(join(DATA, name));
  if (name.endsWith('.gz')) return gunzipSync(bytes);
  const { stdout } = spawnSync('bzip2', ['-dc'], { input: bytes, maxBuffer: 1 << 28 });
  return stdout;
}

const dir = mkdtempSync(join(tmpdir(), 'bench-mrt-'));
try {
  console.log(`${cpus()[0]!.model}, ${cpus().length} CPUs, Node ${process.version}; medians of ${RUNS} runs`);
  for (const { name, what, times } of FILES) {
    const file = join(dir, 'file.mrt');
    const once = unpacked(name);
    writeFileSync(file, '');
    for (let i = 0; i < times; i++) appendFileSync(file, copyOf(once, i));
    const lines = execFileSync('sh', ['-c', `bgpdump -m ${file} 2>/dev/null | wc -l`], { encoding: 'utf8' });
    const elements = Number(lines);
    const readers = [
      { label: 'walk, in place', run: () => walked(file) },
      { label: 'itctl decode mrt', run: () => timed(ITCTL, 'decode', 'mrt', file) },
      { label: 'itctl decode mrt -j', run: () => timed(ITCTL, '-j', 'decode', 'mrt', file) },
      { label: 'bgpdump -m', run: () => timed('bgpdump', '-m', file) },
    ];
    const runs = readers.map((): Run[] => []);
    for (let i = 0; i < RUNS; i++) readers.forEach(({ run }, reader) => void runs[reader]!.push(run()));
    console.log(`\n${name} x ${times} (${what}): ${elements} elements, ${(statSync(file).size / 1e6).toFixed(0)} MB`);
    console.log(`${''.padEnd(20)}        wall         CPU`);
    readers.forEach(({ label }, reader) => {
      const wall = median(runs[reader]!.map(run => run.wall));
      const cpu = median(runs[reader]!.map(run => run.cpu));
      console.log(`${label.padEnd(20)} ${rate(elements, wall)} ${rate(elements, cpu)}`);
    });
  }
} finally {
  rmSync(dir, { recursive: true });
}

/**
 * The whole records that a file begins with, `add` added to the last AS of each path. A torn end would leave the next copy
 * behind a gap, which bgpdump does not get over.
 */
function copyOf(once: Uint8Array, add: number): Uint8Array {
  const bytes = once.slice();
  const places = emptyPlaces();
  const layout = emptyLayout();
  const change = (start: number, end: number) => {
    locateAttributes(bytes, start, end, places);
    const at = places.ends[AS_PATH]! - 2;
    if (places.starts[AS_PATH]! < 0 || at < places.starts[AS_PATH]! + 4) return;
    const as = ((bytes[at]! << 8) | bytes[at + 1]!) + add;
    bytes[at] = as >> 8;
    bytes[at + 1] = as;
  };
  const walker = createWalker({
    route: (_, { attributesStart, attributesEnd }) => change(attributesStart, attributesEnd),
    message(_, { type, start, end }) {
      if (type === UPDATE && locateUpdate(bytes, start, end, layout) === null)
        change(layout.attributesStart, layout.attributesEnd);
    },
    state() {},
    other() {},
  });
  const reader = mrtReader();
  reader.feed(bytes);
  reader.finish();
  let whole = 0;
  for (let step = reader.next(); step === 'record'; step = reader.next()) {
    walker.walk(reader.record);
    whole = reader.record.end;
  }
  return bytes.subarray(0, whole);
}
