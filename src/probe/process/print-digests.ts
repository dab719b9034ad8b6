/** `itprobe -d`: the digests of a capture, one line for each packet and layer. */
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { createCaptureDigester } from '../../packet/capture-digests.ts';
import type { DigestKernel } from '../../packet/digest-kernel.ts';
import { epochKey } from '../../packet/itk1.ts';
import { STRICT } from '../../packet/profiles.ts';
import { readRecords } from '../capture/read-records.ts';

export interface PrintOptions {
  readonly kernel: DigestKernel;
  readonly input: AsyncIterable<Uint8Array>;
  /** What to call the input. */
  readonly file: string;
  readonly secret: Uint8Array;
  readonly output: Writable;
  readonly say: (line: string) => void;
}

/** Prints to the end of the file, or as far as it can be read. Resolves with the exit status, 0 or 1. */
export async function printDigests({ kernel, input, file, secret, output, say }: PrintOptions): Promise<number> {
  const keyOf = (epoch: number) => epochKey(secret, epoch);
  const digester = createCaptureDigester({ kernel, profiles: [STRICT], keyOf, reassemble: false });
  const wrong = await readRecords(input, record => {
    const place = `${timeText(record.seconds, record.nanoseconds)} ${record.number}`;
    const lines = digester.take(record).map(({ layer, result }) => {
      const words = 'reason' in result ? result.reason : `${result.digest} ${result.entropy}`;
      return `${place} ${layer ?? '-'} ${words}`;
    });
    return output.write(`${lines.join('\n')}\n`) ? undefined : once(output, 'drain').then(() => undefined);
  });
  if (wrong !== null) say(`${file}: ${wrong}`);
  return wrong === null ? 0 : 1;
}

/** RFC 3339 with microseconds, or the bare seconds of a year that it can't write. */
function timeText(seconds: number, nanoseconds: number): string {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime()) || seconds > 253402300799) return `${seconds}`;
  const micros = String(Math.floor(nanoseconds / 1000)).padStart(6, '0');
  return `${date.toISOString().slice(0, 19)}.${micros}Z`;
}
