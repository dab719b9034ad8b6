/** What the intakes of a probe have taken in, together and in words. */
import type { IntakeStatus } from '../intake/intake-messages.ts';

/** Of an intake that has not begun. */
export function noStatus(): IntakeStatus {
  return {
    ...{ frames: 0, digests: 0, without: new Map(), lost: 0, dropped: 0 },
    ...{ span: null, live: 0, octets: 0, sampled: 1, held: null, outgrown: 0, fill: 0 },
  };
}

/** Of two intakes of one probe; null is one that has not begun. */
export function addStatuses(one: IntakeStatus, other: IntakeStatus | null): IntakeStatus {
  if (other === null) return one;
  const without = new Map(one.without);
  for (const [reason, count] of other.without) without.set(reason, (without.get(reason) ?? 0) + count);
  return {
    frames: one.frames + other.frames,
    digests: one.digests + other.digests,
    without,
    lost: one.lost + other.lost,
    dropped: one.dropped + other.dropped,
    span: joined(one.span, other.span),
    live: one.live + other.live,
    octets: one.octets + other.octets,
    sampled: Math.min(one.sampled, other.sampled),
    held: null,
    outgrown: one.outgrown + other.outgrown,
    fill: Math.max(one.fill, other.fill),
    ...(other.flows === undefined ? {} : { flows: other.flows, sampling: other.sampling ?? 1 }),
  };
}

function joined(one: IntakeStatus['span'], other: IntakeStatus['span']): IntakeStatus['span'] {
  if (one === null || other === null) return one ?? other;
  return { from: Math.min(one.from, other.from), to: Math.max(one.to, other.to) };
}

/** As a line ends: how much, what of it has no digest and why, what is lost, and of which time. */
export function summary({ frames, digests, without, span, lost, outgrown }: IntakeStatus): string {
  const left = [...without].map(([reason, count]) => `${count} ${reason}`);
  const time = span === null ? '' : `, ${new Date(span.from).toISOString()} to ${new Date(span.to).toISOString()}`;
  const not = left.length === 0 ? '' : `, without a digest ${left.join(', ')}`;
  const more = outgrown === 0 ? '' : `, ${outgrown} slices larger than expected`;
  return `${frames} packets, ${digests} digests of layers${not}, ${lost} lost${more}${time}`;
}

/** A function that is told how many packets there were until a time in ms, and says how many a second came since it was. */
export function packetRate(): (packets: number, now: number) => number {
  let before = { packets: 0, now: performance.now() };
  return (packets, now) => {
    const rate = now > before.now ? ((packets - before.packets) * 1000) / (now - before.now) : 0;
    before = { packets, now };
    return Math.round(rate);
  };
}
