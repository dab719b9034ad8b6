/** What bridges may have traced, and what they are told of it. */
import { hostname } from 'node:os';
import type { BridgeSelf, TraceGate } from '../bridge/bridged.ts';
import type { RawRecord } from '../bridge/packet-record.ts';
import type { Config } from '../config/tree.ts';
import { type DigestKernel, loadKernel } from '../packet/digest-kernel.ts';
import { digestText } from '../packet/itk1.ts';
import { LINKTYPE_RAW } from '../packet/link-headers.ts';
import { writeRekeyed } from '../packet/rekeyed.ts';
import type { AuditRecord, Store } from '../store/records.ts';
import { needOf } from '../traceback/evidence.ts';
import { epochsOf } from '../traceback/interval.ts';
import type { Trace } from '../traceback/trace.ts';
import { type Bridges, createBridges } from './bridges.ts';
import { keepRid, ridThatWaited } from './kept-rid.ts';
import type { Log } from './log.ts';
import type { createTraceContacts } from './trace-contacts.ts';
import type { Traces } from './traces.ts';

/** How long before it asks PACKTER may have seen a packet, ms: a person selects it first. */
const PACKTER_SPAN = 300_000;

type BridgedTraces = Pick<Traces, 'startQuestions' | 'startTrace' | 'questionOf' | 'epochKey'>;

/** Bridges that are shut until they are configured. */
export async function openBridges(parts: {
  readonly traces: BridgedTraces;
  readonly store: Pick<Store, 'read' | 'write'>;
  readonly traceContacts: ReturnType<typeof createTraceContacts>;
  readonly config: () => Config;
  readonly audit: (line: AuditRecord) => void;
  readonly log: Log;
}): Promise<Bridges> {
  const { traces, store, traceContacts, config, audit, log } = parts;
  const bridges = createBridges({
    gate: createBridgeGate(traces, store, traceContacts),
    ...{ self: () => selfOf(config()), audit, keepRid: keepRid(store, log), log },
  });
  bridges.rid.resume(await ridThatWaited(store, log));
  return bridges;
}

function createBridgeGate(
  traces: BridgedTraces,
  store: Pick<Store, 'read'>,
  contacts: ReturnType<typeof createTraceContacts>,
): TraceGate {
  /** Compiled when the first hash comes. */
  let kernel: DigestKernel | null = null;
  return {
    digests(records, why) {
      const questions = records.map(({ packet, epoch, digest, time }) => ({ packet, epoch, digest, time }));
      const need = needOf(new Set(questions.map(({ packet }) => packet)).size);
      return traces.startQuestions({ questions, need, time: Math.min(...questions.map(({ time }) => time)) }, why);
    },
    packets: (records, why) => traces.startTrace(records.map(packetOf), () => {}, why),
    async digestsOf(records) {
      const { questions } = traces.questionOf(records.map(packetOf));
      return questions.map(({ packet = 0, epoch, digest, from, to }) => ({
        ...{ packet, epoch, digest },
        time: Math.floor((from + to) / 2),
      }));
    },
    async hashes(hashes, why) {
      const now = Date.now();
      kernel ??= loadKernel();
      const own = kernel;
      const questions = [...new Set([...epochsOf(now - PACKTER_SPAN), ...epochsOf(now)])].flatMap(epoch => {
        const key = traces.epochKey(epoch);
        if (key === null) throw new Error('no federation is configured: there is no key to digest with');
        own.setKey(key);
        return hashes.map((hash, packet) => {
          const length = writeRekeyed(Buffer.from(hash, 'hex'), own.memory, own.slot(0));
          return { packet, epoch, digest: digestText(own.digest(length)) };
        });
      });
      const span = { time: now, from: now - PACKTER_SPAN, to: now };
      return traces.startQuestions({ questions, need: needOf(hashes.length), ...span }, why);
    },
    async find(id) {
      const [record] = await store.read('trace.get', { id });
      return record === undefined ? null : (JSON.parse(record.body) as Trace);
    },
    contacts,
  };
}

const packetOf = ({ octets, time }: RawRecord) => ({
  ...{ linkType: LINKTYPE_RAW, frame: octets, wire: Math.max(octets.length, lengthOf(octets)) },
  time: time ?? Date.now(),
});

/** What a packet says of its length (RFC 791 section 3.1, RFC 8200 section 3): it may have been cut. */
function lengthOf(octets: Uint8Array): number {
  if (octets[0]! >> 4 === 4) return octets[2]! * 256 + octets[3]!;
  return 40 + octets[4]! * 256 + octets[5]!;
}

/** Whom this daemon is to other systems. */
const selfOf = (config: Config): BridgeSelf => ({
  ...{ as: config.localAs, federation: federationOf(config), creator: creatorOf(config) },
});

/** The federation whose keys digests are made with; empty: none. */
export const federationOf = ({ traceback }: Config): string => traceback?.federations[0]?.name ?? '';

/** The name of this host, and a mail address where there is one. */
export const creatorOf = ({ notify }: Config): BridgeSelf['creator'] => ({
  name: hostname(),
  contact: notify.find(block => block.kind === 'mail')?.from ?? null,
});
