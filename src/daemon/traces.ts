/**
 * The trace side of the daemon: the federation's secret and its keys, the station that probes connect to, the managers,
 * and the digesting of packets that this AS itself asks about. A packet comes in here and only digests go on.
 */
import { readFileSync } from 'node:fs';
import type { FrontierRow } from '../collector/frontier-row.ts';
import type { RibQuery } from '../collector/messages.ts';
import type { Config, TracebackConfig } from '../config/tree.ts';
import { type Guessing, guessingOf } from '../packet/best-packets.ts';
import { type DigestKernel, loadKernel } from '../packet/digest-kernel.ts';
import {
  digestPacket,
  epochKey,
  type LayerDigest,
  type PacketDigest,
  SHORTEST_SECRET,
  secretOf,
} from '../packet/itk1.ts';
import { reflectionOf, triggerOf } from '../packet/reflection.ts';
import { flowKeysOf } from '../probe/flow-key-of.ts';
import type { FlowAnswer, FlowQuestion } from '../probe/flow-question.ts';
import { openProbeStation, type ProbeStation } from '../probe/station.ts';
import type { Adjacency } from '../rib/adjacency.ts';
import type { Store } from '../store/records.ts';
import type { TraceQuestion, TraceRequest } from '../traceback/d-point.ts';
import { needOf } from '../traceback/evidence.ts';
import type { FiledEvidence } from '../traceback/evidence-file.ts';
import { type Identity, loadIdentity } from '../traceback/identity.ts';
import { epochsOf, intervalOf } from '../traceback/interval.ts';
import { MAX_QUESTIONS } from '../traceback/request.ts';
import type { Trace, TraceCause, TraceTranslation } from '../traceback/trace.ts';
import { createTraceback, type Traceback } from '../traceback/traceback.ts';
import { commitmentsTo } from './commitments.ts';
import { findForms, seekForms } from './linked-forms.ts';
import type { Log } from './log.ts';
import { openProbeDoors } from './probe-doors.ts';

/** A packet of this AS that is to be traced. */
export interface PacketToTrace {
  /** LINKTYPE_ of the frame. */
  readonly linkType: number;
  readonly frame: Uint8Array;
  /** The frame's length on the wire, where the capture may have cut it. */
  readonly wire: number;
  /** ms since the epoch. */
  readonly time: number;
  /** Of a fragment, the IP packet that it and others make: what those ask for who saw it whole. */
  readonly whole?: { readonly frame: Uint8Array; readonly wire: number };
}

/** A digest that somebody knows, 16 hex digits; of the hour of its time where the epoch is null. */
export interface DigestToTrace {
  readonly digest: string;
  readonly time: number;
  readonly epoch: number | null;
}

export interface TraceReason {
  readonly cause?: TraceCause;
  /** How many of the packets one vantage has to have seen; null: `needOf`. */
  readonly need?: number | null;
  /** The packets are replies, and what triggered them is to be traced. */
  readonly trigger?: boolean;
}

export interface Traces {
  /** Traces packets of one attack, at least one. Resolves with the final trace, which is stored with its cause. */
  startTrace(packets: readonly PacketToTrace[], onPartial: (trace: Trace) => void, why?: TraceReason): Promise<Trace>;
  /** Traces a packet of which its digest is known. */
  startDigest(digest: DigestToTrace, onPartial: (trace: Trace) => void): Promise<Trace>;
  /** How hard the packet that would be asked for is to guess; or why it has no digest, in words. */
  guessingOf(packet: Omit<PacketToTrace, 'time'>): Guessing | { readonly reason: string };
  readonly station: ProbeStation;
  /** Null when there is no `traceback` block. */
  traceback(): Traceback | null;
  /** Takes another configuration. Rejects in words when a file or an address is wrong; then nothing has changed. */
  reconfigure(config: Config): Promise<void>;
  close(): Promise<void>;
}

/** Files of a `traceback` block, read and checked. Throws an Error that names the file and what is wrong with it. */
export function readTraceFiles(config: TracebackConfig, as: number): { identity: Identity; secret: Uint8Array | null } {
  const loaded = loadIdentity(config, as, Date.now());
  if ('errors' in loaded) throw new Error(loaded.errors.map(({ file, reason }) => `${file}: ${reason}`).join('\n'));
  const file = config.federations[0]?.secret;
  if (file === undefined) return { identity: loaded.identity, secret: null };
  let octets: Uint8Array;
  try {
    octets = readFileSync(file);
  } catch (e) {
    throw new Error(`${file}: ${(e as Error).message}`);
  }
  const secret = secretOf(octets);
  if (secret === null) throw new Error(`${file}: a federation's secret has at least ${SHORTEST_SECRET} octets`);
  return { identity: loaded.identity, secret };
}

export async function openTraces(
  initial: Config,
  query: (query: RibQuery) => Promise<{ readonly rows: readonly unknown[] }>,
  store: Store,
  log: Log,
): Promise<Traces> {
  let config = initial;
  let secret: Uint8Array | null = null;
  let traceback: Traceback | null = null;
  let kernel: DigestKernel | null = null;

  const station = await openProbeStation({
    socket: config.probeSocket,
    probes: config.probes,
    epochKey: epoch => secret && epochKey(secret, epoch),
    committed: commitmentsTo(store, log),
    log,
  }).catch((e: Error) => {
    throw new Error(`probe socket ${e.message}`);
  });
  const doors = openProbeDoors(station, log);

  const graph = {
    async frontier(from: number, avoid: readonly number[], among: readonly number[]) {
      const { rows } = await query({ about: 'frontier', from, avoid, among });
      return rows[0] as FrontierRow;
    },
    async adjacency(among: readonly number[]) {
      const { rows } = await query({ about: 'adjacency', among });
      return rows as readonly Adjacency[];
    },
  };

  const retentionOf = ({ probes: all }: Config) => {
    const probes = all.filter(probe => probe.translator === undefined);
    return probes.length === 0 ? null : Math.floor(Math.min(...probes.map(probe => probe.retention)) / 1000);
  };

  async function take(next: Config): Promise<void> {
    const opening = await doors.prepare(next);
    await takeTraceback(next).catch(e => {
      opening.abandon();
      throw e;
    });
    station.reconfigure(next.probes);
    opening.commit();
    config = next;
  }

  async function takeTraceback(next: Config): Promise<void> {
    if (next.traceback === null) {
      traceback?.close();
      traceback = null;
      secret = null;
    } else {
      const files = readTraceFiles(next.traceback, next.localAs);
      if (traceback && next.localAs !== config.localAs) {
        traceback.close(); // every session was opened as the other AS
        traceback = null;
      }
      if (traceback) await traceback.reconfigure(next.traceback, files.identity);
      else
        traceback = await createTraceback({
          as: next.localAs,
          config: next.traceback,
          identity: files.identity,
          probes: station,
          graph,
          retention: retentionOf(next),
          audit: record => {
            store.write([{ op: 'audit.add', record }]).catch((e: Error) => log('error', `audit log: ${e.message}`));
          },
          log,
          clock: Date.now,
        });
      secret = files.secret;
    }
  }

  try {
    await take(initial);
  } catch (e) {
    doors.close();
    await station.close();
    throw e;
  }

  /**
   * Digests of the innermost IP layer that has one, a question for each epoch that may apply; of a fragment with its
   * whole, both: some saw this and some that.
   */
  function questionsOf(packet: PacketToTrace): Pick<TraceRequest, 'questions' | 'fragment'> {
    if (secret === null) throw new Error('no federation is configured: there is no key to digest with');
    kernel ??= loadKernel();
    const questions: { epoch: number; digest: string }[] = [];
    let fragment = false;
    for (const epoch of epochsOf(packet.time)) {
      const key = epochKey(secret, epoch);
      const inner = innermost(digestPacket(kernel, packet.frame, packet.linkType, key, packet.wire));
      const { whole } = packet;
      const made = whole && innermost(digestPacket(kernel, whole.frame, LINKTYPE_RAW, key, whole.wire));
      if ('reason' in inner && (made === undefined || 'reason' in made))
        throw new Error(`the packet has no digest: ${inner.reason}`);
      const found = [inner, made].flatMap(one => (one !== undefined && 'digest' in one ? [one.digest] : []));
      questions.push(...found.map(digest => ({ epoch, digest })));
      // Who is clear of both is clear of it.
      fragment = 'digest' in inner && inner.fragment && (made === undefined || 'reason' in made);
    }
    return { questions, fragment };
  }

  /**
   * The packets that have a digest, with the questions for them; a packet is its place in the list. Throws an Error that
   * says why when none has.
   */
  function askedFor(all: readonly PacketToTrace[]) {
    const packets: PacketToTrace[] = [];
    const questions: TraceQuestion[] = [];
    let fragment = false;
    let reason: unknown = new Error('there is no packet to trace');
    for (const packet of all) {
      try {
        const found = questionsOf(packet);
        const { time } = packet;
        questions.push(...found.questions.map(one => ({ ...one, packet: packets.length, time })));
        fragment ||= found.fragment === true;
        packets.push(packet);
      } catch (error) {
        reason = error;
      }
    }
    if (packets.length === 0) throw reason;
    return { packets, questions, fragment };
  }

  /** What flow records say of packets with the headers of these. Headers go to our own probes and nowhere else. */
  async function priorsOf(packets: readonly PacketToTrace[]): Promise<FlowAnswer[]> {
    const questions = new Map<string, FlowQuestion>();
    for (const { frame, linkType, wire, time } of packets)
      for (const key of flowKeysOf(frame, linkType, wire))
        if (!questions.has(JSON.stringify(key))) questions.set(JSON.stringify(key), { ...key, ...intervalOf(time) });
    if (questions.size === 0) return [];
    return station.askFlows([...questions.values()].slice(0, MOST_PRIORS), Date.now() + PRIORS_TIME);
  }

  async function stored(trace: Trace, evidence: FiledEvidence | null): Promise<Trace> {
    const { id, asked } = trace;
    await store.write([
      { op: 'trace.put', record: { id, asked, body: JSON.stringify(trace) } },
      ...(evidence === null ? [] : [{ op: 'trace.rests-on' as const, id, body: JSON.stringify(evidence) }]),
    ]);
    return trace;
  }

  return {
    station,
    traceback: () => traceback,
    async startTrace(packets, onPartial, { cause, need = null, trigger = false } = {}) {
      if (traceback === null) throw new Error('no traceback block is configured');
      const asked = askedFor(trigger ? triggersOf(packets) : packets);
      const [{ time }] = asked.packets as [PacketToTrace];
      let priors: Pick<Trace, 'flows'> = {};
      let evidence: FiledEvidence | null = null;
      const looked = priorsOf(asked.packets).then(flows => {
        if (flows.length > 0) priors = { flows };
      });
      const forms = await Promise.all(
        asked.packets.map(packet => findForms(packet, station, kernel ?? loadKernel(), secret!)),
      );
      // Other ASes have seen the packets as they were outside.
      const outside = forms.flatMap((form, packet) =>
        (form?.outside ?? []).map(one => ({ ...one, packet, time: asked.packets[packet]!.time })),
      );
      const request: TraceRequest = {
        questions: [...asked.questions, ...outside].slice(0, MAX_QUESTIONS),
        need: need ?? needOf(asked.packets.length),
        ...(asked.fragment && { fragment: true }),
        time,
        ...(cause !== undefined && { case: `ids ${cause.ids} ${cause.signature ?? cause.text}` }),
      };
      // Of several packets that were translated one is looked for on both sides: it tells of all.
      const linked = forms.findIndex(form => form !== null);
      const own = asked.questions.filter(({ packet }) => packet === linked);
      const [traced, translation] = await Promise.all([
        traceback.startTrace(
          request,
          trace => onPartial({ ...trace, ...priors }),
          signed => {
            evidence = signed;
          },
        ),
        linked < 0 ? undefined : seekForms(forms[linked]!, own, asked.packets[linked]!.time, station),
        looked,
      ]);
      const translated = translation === undefined ? traced : withTranslation(traced, translation);
      const [{ frame, linkType, wire }] = asked.packets as [PacketToTrace];
      const reflection = trigger ? null : reflectionOf(frame, linkType, wire);
      return stored(
        {
          ...{ ...translated, ...priors, ...(cause !== undefined && { cause }) },
          ...(reflection !== null && { reflection }),
          ...(trigger && { trigger: true as const }),
        },
        evidence,
      );
    },
    async startDigest({ digest, time, epoch }, onPartial) {
      if (traceback === null) throw new Error('no traceback block is configured');
      const epochs = epoch === null ? epochsOf(time) : [epoch];
      const questions = epochs.map(one => ({ epoch: one, digest: digest.toLowerCase() }));
      let evidence: FiledEvidence | null = null;
      const trace = await traceback.startTrace({ questions, time }, onPartial, signed => {
        evidence = signed;
      });
      return stored(trace, evidence);
    },
    guessingOf({ frame, linkType, wire }) {
      kernel ??= loadKernel();
      return guessingOf(kernel, frame, linkType, wire);
    },
    reconfigure: take,
    async close() {
      traceback?.close();
      doors.close();
      await station.close();
    },
  };
}

/** Milliseconds that probes have for priors: less than a trace takes. */
const PRIORS_TIME = 1000;
/** Headers for which they are asked. */
const MOST_PRIORS = 8;

/** What was seen on both sides of a translator is told so of this AS. */
function withTranslation(trace: Trace, translation: TraceTranslation): Trace {
  const { tree } = trace;
  const root: Trace['tree'] =
    translation.both && tree.verdict === 'saw'
      ? { ...tree, verdict: 'translated', reason: `${tree.reason}; on both sides of a translator` }
      : tree;
  return { ...trace, tree: root, translation };
}

const LINKTYPE_RAW = 101;

/** What triggered these replies. Throws an Error that says why when nothing of it is known of any. */
function triggersOf(packets: readonly PacketToTrace[]): PacketToTrace[] {
  const all = packets.map(({ frame, linkType, wire, time }) => ({ time, ...triggerOf(frame, linkType, wire) }));
  const known = all.flatMap(one => ('reason' in one ? [] : [{ ...one, linkType: LINKTYPE_RAW }]));
  const [first] = all;
  if (known.length === 0)
    throw new Error(first !== undefined && 'reason' in first ? first.reason : 'there is no packet');
  return known;
}

/** The digest of the innermost IP layer that has one, or why there is none. */
function innermost({ layers, stop }: PacketDigest): Extract<LayerDigest, { digest: string }> | { reason: string } {
  const inner = layers.findLast(layer => 'digest' in layer);
  if (inner !== undefined) return inner;
  const reasons = layers.map(layer => ('reason' in layer ? `layer ${layer.layer}: ${layer.reason}` : ''));
  return { reason: reasons.join(', ') || stop };
}
