/** MRT files, whole and packed: the records, and all that is made of them. */
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { bgpdumpLines } from '../../src/mrt/bgpdump.ts';
import { elementLines } from '../../src/mrt/element-lines.ts';
import type { TextSink } from '../../src/mrt/line-output.ts';
import { mrtReader } from '../../src/mrt/records.ts';
import { openMrt, readMrt } from '../../src/mrt/source.ts';
import { updatesOf } from '../../src/mrt/updates.ts';
import { createWalker, type MrtVisitor } from '../../src/mrt/walk.ts';
import { mutate } from './mutate.ts';
import type { Target } from './target.ts';

/** Reads a file in pieces of so many octets; returns what was wrong with its records. */
function walk(file: Uint8Array, visitor: MrtVisitor, piece: number): string[] {
  const reader = mrtReader();
  const walker = createWalker(visitor);
  const wrong: string[] = [];
  let octets = 0;
  for (let at = 0; ; ) {
    const step = reader.next();
    if (step === 'end') break;
    if (step === 'record') wrong.push(walker.walk(reader.record) ?? '');
    else if (step !== 'more') {
      octets += step.octets;
      wrong.push(step.reason);
    } else if (at < file.length) {
      reader.feed(file.slice(at, at + piece));
      at += piece;
    } else reader.finish();
  }
  if (octets > file.length) throw new Error('more octets lost than there are');
  return wrong.map(text => text.replace(/\d+/g, '#'));
}

/** Makes text of files, one after the other, by one writer of lines, which remembers what it likes of those before. */
function writer(lines: (sink: TextSink) => MrtVisitor & { flush(): void }) {
  let parts: Buffer[] = [];
  // As a slow reader of the output does it: a buffer is given back before the next one is full.
  const visitor = lines((text, again) => {
    parts.push(Buffer.from(text));
    again();
  });
  return (file: Uint8Array, piece: number): string => {
    parts = [];
    walk(file, visitor, piece);
    visitor.flush();
    return Buffer.concat(parts).toString('latin1');
  };
}

/** How many records of a packed file that is cut off can be read, and its error. */
async function unpacked(file: Uint8Array): Promise<string> {
  let records = 0;
  const events = { record: () => void records++, gap: () => {} };
  const end = await readMrt(openMrt('-', Readable.from([Buffer.from(file)])), events).catch((e: Error) => e.message);
  return `${records} ${end ?? ''}`;
}

/** The target; a seed is the begin of a file. */
export function mrtFileTarget(seeds: readonly Uint8Array[]): Target {
  let count = 0;
  // Each file is read by two of each kind, in other pieces and with another memory: both must say the same.
  const bgpdump = [writer(bgpdumpLines), writer(bgpdumpLines)] as const;
  const json = [writer(elementLines), writer(elementLines)] as const;
  return {
    name: 'MRT files',
    seeds,
    mutate: (input, other, random) => mutate(input, other, random, 1 << 16),
    judge(file) {
      const piece = 1 + (file.length % 1009);
      const wrong = walk(file, updatesOf({ update: () => {}, leftOut: () => {} }), file.length + 1);
      for (const [first, second] of [bgpdump, json]) {
        const text = first(file, file.length + 1);
        if (++count % 3 > 0 && text !== second(file, piece)) throw new Error('a file in pieces reads as another');
        if (first === json[0]) for (const line of text.split('\n').slice(0, -1)) JSON.parse(line);
      }
      const judged = wrong.join();
      if (count % 64 > 1) return judged;
      const packed = gzipSync(file, { level: 1 });
      return unpacked(packed.subarray(0, 1 + ((count * 7919) % packed.length))).then(() => judged);
    },
    begin() {
      count = 0;
    },
  };
}
