/** A document that has to be read as a whole before anything can be said of it: from a file or the standard input, bounded. */
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';

/**
 * The text of a file, `-` for the standard input. Rejects in words when there are more than `most` octets, of which no more
 * is read then, and as the file does. What is no UTF-8 in it is replaced by the sign for that.
 */
export async function readDocument(file: string, stdin: Readable, most: number): Promise<string> {
  const chunks: Buffer[] = [];
  let octets = 0;
  // One octet too many says that there are: a device or a pipe tells no size before.
  const from = file === '-' ? stdin : createReadStream(file, { end: most });
  for await (const chunk of from as AsyncIterable<Buffer>) {
    octets += chunk.length;
    if (octets > most) throw new Error(`it has more than ${most} octets`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
