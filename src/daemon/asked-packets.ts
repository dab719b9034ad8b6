/** Which digests are asked for, of packets that this AS wants to trace. A packet comes in here and only digests go on. */
import { guessingOf } from '../packet/best-packets.ts';
import type { DigestKernel } from '../packet/digest-kernel.ts';
import { digestPacket, EPOCH_MILLISECONDS, epochKey, type LayerDigest, type PacketDigest } from '../packet/itk1.ts';
import { LINKTYPE_RAW } from '../packet/link-headers.ts';
import { triggerOf } from '../packet/reflection.ts';
import type { TraceQuestion, TraceRequest } from '../traceback/d-point.ts';
import { epochsOf } from '../traceback/interval.ts';
import { MAX_QUESTIONS } from '../traceback/request.ts';

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

/**
 * Digests of the innermost IP layer that has one, a question for each epoch that may apply; of a fragment with its
 * whole, both: some saw this and some that.
 */
function questionsOf(
  packet: PacketToTrace,
  kernel: DigestKernel,
  secret: Uint8Array,
): Pick<TraceRequest, 'questions' | 'fragment'> {
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

/** Packets that several questions may be about, and how many of them at most are to be asked for. */
export interface Choice {
  readonly most: number;
  /** Packets beyond this number are asked for only when they are hard to guess. */
  readonly enough: number;
}

/**
 * Of more packets than are to be asked for, those that are hardest to guess; and of those that are hard enough, which are all
 * alike, the lowest digests, for whoever has to leave out packets keeps those (probe/sampling.ts). In their order.
 */
export function chosenOf(
  all: readonly PacketToTrace[],
  { most, enough }: Choice,
  kernel: DigestKernel,
  secret: Uint8Array,
): readonly PacketToTrace[] {
  if (all.length <= enough) return all;
  const ranked = all.map((packet, at) => {
    const guessing = guessingOf(kernel, packet.frame, packet.linkType, packet.wire);
    if ('reason' in guessing) return { packet, at, bits: -1, high: false, digest: '' };
    const key = epochKey(secret, Math.floor(packet.time / EPOCH_MILLISECONDS));
    const made = innermost(digestPacket(kernel, packet.frame, packet.linkType, key, packet.wire));
    const fragment = guessing.fragment && packet.whole === undefined;
    const high = guessing.entropy === 'high' && !fragment;
    return {
      packet,
      at,
      bits: guessing.bits - (fragment ? 1e6 : 0),
      high,
      digest: 'digest' in made ? made.digest : '',
    };
  });
  return ranked
    .toSorted((a, b) => Number(b.high) - Number(a.high) || (a.high ? (a.digest < b.digest ? -1 : 1) : b.bits - a.bits))
    .slice(0, most)
    .filter(({ high }, i) => high || i < enough)
    .toSorted((a, b) => a.at - b.at)
    .map(({ packet }) => packet);
}

/**
 * The packets that have a digest, with the questions for them; a packet is its place in the list. Throws an Error that
 * says why when none has.
 */
export function askedFor(all: readonly PacketToTrace[], kernel: DigestKernel, secret: Uint8Array) {
  const packets: PacketToTrace[] = [];
  const questions: TraceQuestion[] = [];
  let fragment = false;
  let reason: unknown = new Error('there is no packet to trace');
  for (const packet of all) {
    try {
      const found = questionsOf(packet, kernel, secret);
      const { time } = packet;
      // Near the turn of an hour, and of fragments, one packet takes several questions.
      if (questions.length + found.questions.length > MAX_QUESTIONS) break;
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

/** What triggered these replies. Throws an Error that says why when nothing of it is known of any. */
export function triggersOf(packets: readonly PacketToTrace[]): PacketToTrace[] {
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
