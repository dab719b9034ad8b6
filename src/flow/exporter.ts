/**
 * One exporter that is believed: datagrams in, records out. The version word at the beginning tells the format, so that one
 * socket takes them all: 00 05 NetFlow 5, 00 09 NetFlow 9, 00 0a IPFIX, 00 00 00 05 sFlow.
 */
import { type FlowRecord, newFlowRecord } from './flow-record.ts';
import { decodeIpfix } from './ipfix.ts';
import { decodeNetflow5 } from './netflow5.ts';
import { decodeNetflow9 } from './netflow9.ts';
import {
  type FlowCounts,
  type FlowError,
  newFlowCounts,
  newObservationDomain,
  type ObservationDomain,
} from './observation-domain.ts';
import { translationOf } from './read-translation.ts';
import { decodeSflow } from './sflow.ts';
import type { Translation } from './translation.ts';
import { u16, u32 } from './unsigned.ts';

export type FlowVersion = 'sFlow 5' | 'NetFlow 5' | 'NetFlow 9' | 'IPFIX';

/** Domains of one exporter: a chassis has some dozens of line cards. */
export const MOST_DOMAINS = 256;

/** More is no sampling that a router does. */
const MOST_SAMPLING = 0xffffffff;

/** Who takes what is found. A record is overwritten by the next one: what is kept of it is copied. */
export interface FlowSink {
  /** Octets of one packet (`sectionLink` is not 0). */
  section(record: FlowRecord): void;
  /** Counts of packets with these addresses. */
  flow(record: FlowRecord): void;
  translation(translation: Translation): void;
}

export interface ExporterStatus extends Readonly<FlowCounts> {
  readonly exporter: string;
  /** Formats that it sends. */
  readonly versions: readonly FlowVersion[];
  /** Observation domains that were heard of. */
  readonly domains: number;
  /** Templates that are held. */
  readonly templatesHeld: number;
  /** Datagrams or records that never came, by their sequence numbers, and samples that the exporter dropped. */
  readonly lost: number;
  /** Times it began its numbers anew. */
  readonly restarts: number;
  /** Datagrams of domains that are not believed, or of too many domains. */
  readonly otherDomains: number;
  /** One packet in how many, at most and as last stated; 0 when it never said. */
  readonly sampling: number;
  /** When the last datagram came, ms since the epoch; null before the first. */
  readonly seen: number | null;
}

export interface Exporter {
  /** Takes a datagram that came at `now` (ms since the epoch). Tells what is wrong with it, or null. */
  take(datagram: Uint8Array, now: number): FlowError | null;
  status(): ExporterStatus;
  /** Samples, records or datagrams lost so far. */
  lost(): number;
}

export interface ExporterOptions {
  readonly address: string;
  /** Observation domains, source IDs, sub-agents that are believed; empty: all. */
  readonly domains: readonly number[];
  /** One in how many packets it looks at, where it does not say so itself. */
  readonly sampling: number | null;
}

/** An exporter of which nothing came yet. */
export function openExporter(options: ExporterOptions, sink: FlowSink): Exporter {
  const counts = newFlowCounts();
  const record = newFlowRecord();
  // Sub-agent 0 and source ID 0 are different sources.
  const domains = new Map<string, ObservationDomain>();
  const versions = new Set<FlowVersion>();
  const believed = new Set(options.domains);
  let version: FlowVersion = 'sFlow 5';
  let otherDomains = 0;
  let largest = 0;
  let seen: number | null = null;

  const domain = (number: number, agent = ''): ObservationDomain | null => {
    const key = `${version} ${number} ${agent}`;
    const known = domains.get(key);
    if (known !== undefined) return known;
    if ((believed.size > 0 && !believed.has(number)) || domains.size >= MOST_DOMAINS) {
      otherDomains++;
      return null;
    }
    const made = newObservationDomain();
    domains.set(key, made);
    return made;
  };

  const take = (filled: FlowRecord) => {
    if (!(filled.sampling <= MOST_SAMPLING)) filled.sampling = 0;
    if (filled.sampling === 0) filled.sampling = options.sampling ?? 0;
    if (filled.observed < 0) filled.observed = reading.now;
    if (filled.sampling > largest) largest = filled.sampling;
    const translation = translationOf(filled, options.address);
    if (translation !== null) {
      counts.translations++;
      sink.translation(translation);
    }
    if (filled.sectionLink > 0) {
      counts.sections++;
      sink.section(filled);
    } else if (filled.family > 0 && filled.natEvent < 0) sink.flow(filled);
  };

  const reading = { domain, counts, record, take, now: 0 };

  const decode = (bytes: Uint8Array): FlowError | null => {
    const end = bytes.length;
    if (end < 4) return { offset: end, reason: 'no version' };
    switch (u16(bytes, 0)) {
      case 5:
        version = 'NetFlow 5';
        return decodeNetflow5(bytes, 0, end, reading);
      case 9:
        version = 'NetFlow 9';
        return decodeNetflow9(bytes, 0, end, reading);
      case 10:
        version = 'IPFIX';
        return decodeIpfix(bytes, 0, end, reading, false);
      default:
        version = 'sFlow 5';
        if (u32(bytes, 0) === 5) return decodeSflow(bytes, 0, end, reading);
        return {
          offset: 0,
          reason: `version ${u16(bytes, 0) || u32(bytes, 0)} is none of sFlow 5, NetFlow 5 and 9, IPFIX`,
        };
    }
  };

  const lost = () => [...domains.values()].reduce((sum, { sequence }) => sum + sequence.lost, 0);

  return {
    take(datagram, now) {
      counts.datagrams++;
      seen = now;
      reading.now = now;
      const wrong = decode(datagram);
      if (wrong === null) versions.add(version);
      else counts.malformed++;
      return wrong;
    },
    lost,
    status: () => ({
      ...counts,
      exporter: options.address,
      versions: [...versions],
      domains: domains.size,
      templatesHeld: [...domains.values()].reduce((sum, { templates }) => sum + templates.count, 0),
      lost: lost(),
      restarts: [...domains.values()].reduce((sum, { sequence }) => sum + sequence.restarts, 0),
      otherDomains,
      sampling: largest,
      seen,
    }),
  };
}
