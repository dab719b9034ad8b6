/** What bridges may have traced, and what they are told of it. */
import { hostname } from 'node:os';
import type { BridgeSelf, TraceGate } from '../bridge/bridged.ts';
import type { Config } from '../config/tree.ts';
import type { AuditRecord, Store } from '../store/records.ts';
import type { Trace } from '../traceback/trace.ts';
import { type Bridges, createBridges } from './bridges.ts';
import type { Log } from './log.ts';
import type { createTraceContacts } from './trace-contacts.ts';
import type { Traces } from './traces.ts';

const LINKTYPE_RAW = 101;

/** Bridges that are shut until they are configured. */
export function openBridges(parts: {
  readonly traces: Pick<Traces, 'startQuestions' | 'startTrace'>;
  readonly store: Pick<Store, 'read'>;
  readonly traceContacts: ReturnType<typeof createTraceContacts>;
  readonly config: () => Config;
  readonly audit: (line: AuditRecord) => void;
  readonly log: Log;
}): Bridges {
  const { traces, store, traceContacts, config, audit, log } = parts;
  return createBridges({
    gate: createBridgeGate(traces, store, traceContacts),
    ...{ self: () => selfOf(config()), audit, log },
  });
}

function createBridgeGate(
  traces: Pick<Traces, 'startQuestions' | 'startTrace'>,
  store: Pick<Store, 'read'>,
  contacts: ReturnType<typeof createTraceContacts>,
): TraceGate {
  return {
    digests(records, why) {
      const questions = records.map(({ packet, epoch, digest, time }) => ({ packet, epoch, digest, time }));
      return traces.startQuestions(questions, Math.min(...questions.map(({ time }) => time)), why);
    },
    packets(records, why) {
      const packets = records.map(({ octets, time }) => ({
        ...{ linkType: LINKTYPE_RAW, frame: octets, wire: Math.max(octets.length, lengthOf(octets)) },
        time: time ?? Date.now(),
      }));
      return traces.startTrace(packets, () => {}, why);
    },
    async find(id) {
      const [record] = await store.read('trace.get', { id });
      return record === undefined ? null : (JSON.parse(record.body) as Trace);
    },
    contacts,
  };
}

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
