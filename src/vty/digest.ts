/** `itctl digest FILE`: what the packets of a capture are known by. */
import { once } from 'node:events';
import { accessSync, readFileSync } from 'node:fs';
import { openMrt } from '../mrt/source.ts';
import { type CaptureDigest, createCaptureDigester } from '../packet/capture-digests.ts';
import { loadKernel } from '../packet/digest-kernel.ts';
import { epochKey, SHORTEST_SECRET, secretOf } from '../packet/itk1.ts';
import { readRecords } from '../probe/capture/read-records.ts';
import { type OfflineStreams, sentence } from './decode-mrt.ts';
import type { DigestOptions } from './digest-options.ts';
import { plain } from './render/text.ts';
import { EXIT } from './run.ts';

/** Digests that are remembered, to tell which packets have the same. */
const MOST_REMEMBERED = 1 << 20;
/** Characters that are written at a time. */
const PAGE = 1 << 16;

/**
 * Prints the digests of a capture to the standard output, as fast as that takes them; the counts go to the standard
 * error. Returns the exit code: failed when the file cannot be read to its end, or has not the packet that was asked
 * for.
 */
export async function digest(options: DigestOptions, json: boolean, streams: OfflineStreams): Promise<number> {
  const { stdin, stdout, err } = streams;
  const { file, from, to, profiles, reassemble } = options;
  const name = file === '-' ? 'standard input' : file;
  const keyOf = keysOf(options);
  if (typeof keyOf === 'string') {
    err(plain(keyOf));
    return EXIT.failed;
  }
  try {
    if (file !== '-') accessSync(file);
  } catch (error) {
    err(plain(`${file}: ${sentence(error)}`));
    return EXIT.failed;
  }
  if (options.key === null && options.keyFile === null && profiles.some(({ keyed }) => keyed))
    err('without --key or --key-file the key is all zeroes: compare these digests with each other only');

  const digester = createCaptureDigester({ kernel: loadKernel(), profiles, keyOf, reassemble });
  const counts = createCounts();
  let text = '';
  let last = 0;
  const print = (all: readonly CaptureDigest[]): void => {
    for (const one of all) {
      // A packet that was put together is told of where one of its fragments is.
      const told = one.parts === null ? [one.packet] : one.parts;
      if (!told.some(number => number >= from && number <= to)) continue;
      const sameAs = counts.count(one);
      text += json ? `${JSON.stringify(objectOf(one, sameAs))}\n` : `${lineOf(one, sameAs)}\n`;
    }
  };
  const flush = async () => {
    const page = text;
    text = '';
    if (page !== '' && !stdout.write(page)) await once(stdout, 'drain');
  };
  let enough = false;
  const chunks = async function* () {
    for await (const chunk of openMrt(file, stdin)) {
      yield chunk;
      if (enough) return;
    }
  };
  const wrong = await readRecords(chunks(), record => {
    // Fragments may be anywhere: then the whole file is read.
    if (enough || (!reassemble && record.number < from)) return;
    last = record.number;
    print(digester.take(record));
    enough = !reassemble && record.number >= to;
    return text.length < PAGE ? undefined : flush();
  });
  print(digester.end());
  await flush();
  if (wrong !== null && !enough) err(plain(`${name}: ${wrong}`));
  err(plain(`${name}: ${counts.summary()}`));
  if (last < from && from > 1) err(plain(`${name}: there is no packet ${from}`));
  return (wrong !== null && !enough) || (last < from && from > 1) ? EXIT.failed : EXIT.ok;
}

/** The key of each epoch, or what is wrong with the file of the secret. */
function keysOf({ key, keyFile }: DigestOptions): ((epoch: number) => Uint8Array) | string {
  if (keyFile === null) {
    const one = key ?? new Uint8Array(16);
    return () => one;
  }
  try {
    const secret = secretOf(readFileSync(keyFile));
    if (secret === null) return `${keyFile}: a secret has at least ${SHORTEST_SECRET} octets`;
    return epoch => epochKey(secret, epoch);
  } catch (error) {
    return `${keyFile}: ${sentence(error)}`;
  }
}

function lineOf({ packet, layer, profile, result, quoted, parts }: CaptureDigest, sameAs: number | null): string {
  const words = [packet, layer ?? '-', profile?.name ?? '-'];
  if ('reason' in result) words.push(result.reason);
  else {
    words.push(result.digest, result.entropy);
    if (result.fragment) words.push('fragment');
    if (result.sourceRoute) words.push('source-route');
  }
  if (quoted) words.push('quoted');
  if (parts !== null) words.push(`reassembled=${parts.join(',')}`);
  if (sameAs !== null) words.push(`=${sameAs}`);
  return words.join(' ');
}

function objectOf(one: CaptureDigest, sameAs: number | null): object {
  const { packet, seconds, nanoseconds, layer, profile, result, quoted, parts } = one;
  return {
    packet,
    time: seconds * 1000 + Math.floor(nanoseconds / 1e6),
    layer,
    profile: profile?.name ?? null,
    ...('reason' in result ? { reason: result.reason } : { digest: result.digest, entropy: result.entropy }),
    ...('digest' in result && result.fragment && { fragment: true }),
    ...('digest' in result && result.sourceRoute && { sourceRoute: true }),
    ...(quoted && { quoted }),
    ...(parts !== null && { reassembled: parts }),
    ...(sameAs !== null && { sameAs }),
  };
}

/** What was printed, and which packets have the same digest. */
function createCounts() {
  const first = new Map<string, number>();
  const without = new Map<string, number>();
  let packets = 0;
  let last = 0;
  let digests = 0;
  let repeated = 0;
  return {
    /** Counts it; returns the earlier packet that has the same digest in this profile, or null. */
    count({ packet, profile, result }: CaptureDigest): number | null {
      // In the order of their numbers, but for what is told at the end.
      if (packet > last) packets++;
      last = Math.max(last, packet);
      if ('reason' in result) {
        without.set(result.reason, (without.get(result.reason) ?? 0) + 1);
        return null;
      }
      digests++;
      const key = `${profile!.number}${result.digest}`;
      const earlier = first.get(key);
      if (earlier === undefined) {
        if (first.size < MOST_REMEMBERED) first.set(key, packet);
        return null;
      }
      repeated++;
      return earlier === packet ? null : earlier;
    },
    summary(): string {
      const left = [...without].map(([reason, count]) => `${count} ${reason}`);
      return (
        `${packets} packets, ${digests} digests, ${repeated} of them met before` +
        `${left.length === 0 ? '' : `; without a digest ${left.join(', ')}`}`
      );
    },
  };
}
