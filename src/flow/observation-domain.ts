/** What is remembered of one source of one exporter: of an observation domain, a source ID, a sub-agent, an engine. */
import type { FlowRecord } from './flow-record.ts';
import { newSequence, type Sequence } from './sequence.ts';
import { type TemplateCache, templateCache } from './template-cache.ts';

/** Selectors whose sampling is remembered. */
const MOST_SELECTORS = 256;

export interface ObservationDomain {
  readonly templates: TemplateCache;
  readonly sequence: Sequence;
  /** One packet in so many, by selector; the key -1 is what was said without one. */
  readonly sampling: Map<number, number>;
  /** Samples dropped by an sFlow agent, by data source. */
  readonly drops: Map<number, number>;
}

export function newObservationDomain(): ObservationDomain {
  return { templates: templateCache(), sequence: newSequence(), sampling: new Map(), drops: new Map() };
}

/** Counts of what an exporter sent. */
export interface FlowCounts {
  /** Datagrams that came. */
  datagrams: number;
  /** Records of flows, and among them pieces of packets, and translations. */
  records: number;
  /** Records that have a piece of a packet. */
  sections: number;
  /** Records of translations. */
  translations: number;
  /** Records about the exporter itself, and templates taken. */
  options: number;
  /** Templates that were taken. */
  templates: number;
  /** Templates that had to go for others. */
  templatesDropped: number;
  /** Data sets whose template is not known, or not any more. */
  withoutTemplate: number;
  /** Counter samples and other things that say nothing of single packets or flows. */
  passedOver: number;
  /** Datagrams that make no sense, and templates refused. */
  malformed: number;
}

export function newFlowCounts(): FlowCounts {
  return {
    ...{ datagrams: 0, records: 0, sections: 0, translations: 0, options: 0, templates: 0, templatesDropped: 0 },
    ...{ withoutTemplate: 0, passedOver: 0, malformed: 0 },
  };
}

/** What is wrong with a datagram, and at which octet of it. */
export interface FlowError {
  readonly offset: number;
  readonly reason: string;
}

/** What a decoder works with: state of the exporter, counts, one record for all, and who takes it when it is filled. */
export interface FlowReading {
  /** The state of a domain by its number, and the agent where one sender has several; null when it is not believed. */
  domain(number: number, agent?: string): ObservationDomain | null;
  readonly counts: FlowCounts;
  readonly record: FlowRecord;
  /** Called with `record` filled; it is emptied afterwards. */
  take(record: FlowRecord): void;
  /** When the datagram came, milliseconds since the epoch. */
  readonly now: number;
}

/** Notes what an options record says of sampling. */
export function learnSampling(domain: ObservationDomain, record: FlowRecord): void {
  const one = samplingOf(record);
  if (one === 0) return;
  const { sampling } = domain;
  if (!sampling.has(record.selector) && sampling.size >= MOST_SELECTORS) sampling.delete(sampling.keys().next().value!);
  sampling.set(record.selector, one);
}

/** Completes the sampling of a record from what options said. */
export function applySampling(domain: ObservationDomain, record: FlowRecord): void {
  if (record.sampling > 0 || domain.sampling.size === 0) return;
  const known = domain.sampling.get(record.selector) ?? domain.sampling.get(-1);
  // A domain with one selector needs not name it.
  const only = domain.sampling.size === 1 ? domain.sampling.values().next().value : undefined;
  record.sampling = known ?? only ?? 0;
}

/** selectorAlgorithm of the IANA registry (RFC 5477 section 8.2.1): one packet in how many; 0 when that is not said. */
export function samplingOf(record: FlowRecord): number {
  const { algorithm, interval, space, size, population, probability, hashMin, hashMax, selectedMin, selectedMax } =
    record;
  switch (algorithm) {
    case 1: // systematic count-based: `interval` packets, then `space` not
      return interval > 0 && space >= 0 ? (interval + space) / interval : 0;
    case 3: // random n out of N
      return size > 0 && population >= size ? population / size : 0;
    case 4: // uniform probabilistic
      return probability > 0 && probability <= 1 ? 1 / probability : 0;
    case 6: // by a hash: BOB, IPSX, CRC; the share of its range that is taken
    case 7:
    case 8:
      return selectedMax >= selectedMin && hashMax > hashMin && selectedMin >= 0
        ? Math.max(1, (hashMax - hashMin + 1) / (selectedMax - selectedMin + 1))
        : 0;
    default:
      return record.sampling;
  }
}
