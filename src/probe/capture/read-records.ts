/** Reads a capture from a stream to its end. */
import type { InterfaceNumber, PcapRecord } from '../../packet/capture.ts';
import type { FrameBlock } from '../../packet/frame-block.ts';
import { pcapReader } from '../../packet/pcap.ts';

/** The octets of a file, chunk by chunk; each is used no more when the next one is asked for. */
export interface ChunkSource extends AsyncIterable<Uint8Array> {
  /** Octets in front of each chunk that may be overwritten (PcapReader `feed`). */
  readonly room?: number;
}

/**
 * Calls `each` with every record of a capture as it comes; what `each` returns is waited for when it is a promise, so
 * that the stream is not read faster than it can be used. Resolves with null at the file's end, or with a sentence that
 * says what is wrong and where, after all that came before was delivered. `numberOf` numbers interfaces (packet/pcap.ts).
 * With `eachBlock`, frames are given to that by the block where the format has blocks, and singly to `each` where not;
 * it has taken all of a block when what it returns is done.
 */
export async function readRecords(
  input: ChunkSource,
  each: (record: PcapRecord) => Promise<void> | undefined,
  numberOf?: InterfaceNumber,
  eachBlock?: (block: FrameBlock) => Promise<void> | undefined,
): Promise<string | null> {
  const reader = pcapReader(numberOf);
  const { record } = reader;
  try {
    for await (const chunk of input) {
      reader.feed(chunk, input.room ?? 0);
      for (;;) {
        const block = eachBlock === undefined ? null : reader.block();
        if (block !== null) {
          const wait = eachBlock!(block);
          if (wait !== undefined) await wait;
          reader.took(block);
        }
        const found = reader.next();
        if (found === 'more') break;
        if (found !== 'record') return `after record ${found.record}, at octet ${found.offset}: ${found.reason}`;
        const wait = each(record);
        if (wait !== undefined) await wait;
      }
    }
  } catch (error) {
    return `after record ${record.number}: ${error instanceof Error ? error.message : String(error)}`;
  }
  const wrong = reader.end();
  return wrong === null ? null : `after record ${wrong.record}, at octet ${wrong.offset}: ${wrong.reason}`;
}
