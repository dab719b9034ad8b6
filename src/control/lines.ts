/** A line without its end, or the notice that one was longer than allowed and was skipped. */
export type Line = { readonly text: string } | { readonly tooLong: true };

/**
 * Cuts a stream of octets into lines that end in LF (a CR before it is dropped), holding never more than `limit` octets.
 * A longer line is skipped up to its LF and reported once, when it passes the limit. Octets that are not UTF-8 become
 * U+FFFD. What stands after the last LF when the stream ends is a line too.
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>, limit: number): AsyncGenerator<Line> {
  let held: Uint8Array[] = [];
  let size = 0;
  let skipping = false;
  const take = (): Line => {
    const text = Buffer.concat(held).toString('utf8');
    held = [];
    size = 0;
    return { text: text.endsWith('\r') ? text.slice(0, -1) : text };
  };
  for await (const chunk of chunks) {
    let from = 0;
    while (from < chunk.length) {
      const end = chunk.indexOf(0x0a, from);
      const piece = chunk.subarray(from, end < 0 ? chunk.length : end);
      from += piece.length + (end < 0 ? 0 : 1);
      if (!skipping && size + piece.length > limit) {
        skipping = true;
        held = [];
        size = 0;
        yield { tooLong: true };
      }
      if (!skipping && piece.length > 0) {
        held.push(piece);
        size += piece.length;
      }
      if (end < 0) break;
      if (skipping) skipping = false;
      else yield take();
    }
  }
  if (size > 0) yield take();
}
