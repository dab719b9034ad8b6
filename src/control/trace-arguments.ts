/** What the words of commands about traces stand for. */
import type { Trace } from '../traceback/trace.ts';
import type { Call } from './commands.ts';
import { parseInstant } from './instant.ts';
import { type DecodedPacket, decodePackets, type PacketsWanted } from './packet-data.ts';

/** The trace that TRACE-ID names. Rejects, in words, when there is none. */
export async function namedTrace({ daemon, args }: Pick<Call, 'daemon' | 'args'>): Promise<Trace> {
  const trace = await daemon.trace(args['TRACE-ID']!);
  if (trace === null) throw new Error(`there is no trace ${args['TRACE-ID']}`);
  return trace;
}

/** `DIGEST TIME [EPOCH]`. */
export const namedDigest = ({ args }: Pick<Call, 'args'>) => ({
  digest: args.DIGEST!,
  time: parseInstant(args.TIME!, Date.now())!,
  epoch: args.EPOCH === undefined ? null : Number(args.EPOCH),
});

/** The packets that the client gave; null: it gave none, and is told that these of FILE are wanted. Throws in words. */
export function givenPackets(
  { args, data, want }: Pick<Call, 'args' | 'data' | 'want'>,
  wanted: Omit<PacketsWanted, 'file'>,
): readonly DecodedPacket[] | null {
  if (data.packets === undefined) {
    want({ file: args.FILE!, ...wanted });
    return null;
  }
  const packets = decodePackets(data.packets);
  if (typeof packets === 'string') throw new Error(packets);
  return packets;
}
