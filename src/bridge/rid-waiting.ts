/**
 * What is kept of a RID request that waits for a person, so that it waits on after a restart: who asked for what under which
 * name, and digests of the packets. Packets as they are, descriptions and addresses are not kept.
 */
import type { TraceGate } from './bridged.ts';
import type { DigestRecord, PacketRecord } from './packet-record.ts';
import type { RidEntry } from './rid-book.ts';
import type { RidMessage } from './rid-message.ts';

/** Of a message what its answer needs. */
type Asked = Pick<RidMessage, 'type' | 'region' | 'traffic' | 'incident'>;

export interface KeptRid {
  readonly entry: RidEntry;
  /** Null: nothing can be traced by it, as of one whose packets could not be digested. */
  readonly asked:
    | (Asked & {
        /** By which the peer is called back; null: it asks again. */
        readonly token: string | null;
        readonly digests: readonly DigestRecord[];
      })
    | null;
}

/** What is kept of a request with these records. Never rejects. */
export async function keptRid(
  entry: RidEntry,
  { type, region, traffic, incident }: Asked,
  records: readonly PacketRecord[],
  token: string | null,
  digestsOf: TraceGate['digestsOf'],
  federation: string,
): Promise<KeptRid> {
  const digests = records.filter(one => one.kind === 'digest');
  const raw = records.filter(one => one.kind === 'packet');
  try {
    const made = digests.length > 0 ? [] : await digestsOf(raw);
    const all = [...digests, ...made.map(one => ({ ...one, kind: 'digest' as const, federation }))];
    return { entry, asked: { type, region, traffic, incident, token, digests: all } };
  } catch {
    return { entry, asked: null };
  }
}

/** The message again, as far as it was kept. */
export function messageOf({ entry, asked }: KeptRid): RidMessage | null {
  if (asked === null || asked.digests.length === 0) return null;
  const { type, region, traffic, incident, digests: records } = asked;
  const creator = { name: entry.peer, contact: null };
  return {
    ...{ type, region, traffic, incident, node: entry.peer, status: null, source: null },
    report: {
      ...{ purpose: 'traceback', incident: incident ?? { name: entry.peer, id: '' }, detected: null },
      ...{ reported: entry.at, descriptions: [], confidence: null, creator, contacts: [], systems: [] },
      ...{ expected: '', records, data: [] },
    },
  };
}
