/** Data sets, which NetFlow 9 and IPFIX have in common: records by a template that came before. */

import type { FlowRecord } from './flow-record.ts';
import { sinceBoot } from './netflow5.ts';
import {
  applySampling,
  type FlowError,
  type FlowReading,
  learnSampling,
  type ObservationDomain,
} from './observation-domain.ts';
import { readDataRecord, type Template } from './template.ts';

/** Clock of the message that a data set came in: ms since the epoch, and the uptime then (-1: not stated). */
export interface ExportClock {
  readonly time: number;
  readonly uptime: number;
}

/** Takes a template of a set that stands at `offset`; `compiled` is what `compileTemplate` made of it. Returns what is wrong. */
export function takeTemplate(
  id: number,
  compiled: Template | string,
  offset: number,
  { templates }: ObservationDomain,
  { counts, now }: FlowReading,
): FlowError | null {
  if (typeof compiled === 'string') return { offset, reason: `template ${id}: ${compiled}` };
  counts.templates++;
  counts.templatesDropped += templates.put(compiled, now);
  return null;
}

/** Reads the records of a data set's body. Returns how many there are, options included. */
export function readDataSet(
  template: Template,
  bytes: Uint8Array,
  from: number,
  end: number,
  domain: ObservationDomain,
  clock: ExportClock,
  reading: FlowReading,
): number {
  const { record, counts } = reading;
  let found = 0;
  // What is shorter than a record is padding; every record moves `at` on by one octet at least.
  for (let at = from; ; ) {
    const next = readDataRecord(template, bytes, at, end, record);
    if (next < 0) return found;
    at = next;
    found++;
    if (template.scopeFields > 0) {
      counts.options++;
      learnSampling(domain, record);
      continue;
    }
    setTimes(record, clock);
    if (record.sectionExported >= 0) record.sectionOctets = Math.min(record.sectionOctets, record.sectionExported);
    applySampling(domain, record);
    counts.records++;
    reading.take(record);
  }
}

/** Instants from the several ways to state them; the time of the message stands in for what is not stated. */
function setTimes(record: FlowRecord, { time, uptime }: ExportClock): void {
  const { boot } = record;
  if (record.firstUptime >= 0)
    record.first =
      uptime >= 0 ? sinceBoot(time, uptime, record.firstUptime) : boot >= 0 ? boot + record.firstUptime : -1;
  if (record.lastUptime >= 0)
    record.last = uptime >= 0 ? sinceBoot(time, uptime, record.lastUptime) : boot >= 0 ? boot + record.lastUptime : -1;
  if (record.firstBefore >= 0) record.first = time - Math.floor(record.firstBefore / 1000);
  if (record.lastBefore >= 0) record.last = time - Math.floor(record.lastBefore / 1000);
  if (record.observed < 0) record.observed = record.last >= 0 ? record.last : time;
  if (record.last < 0) record.last = record.observed;
  if (record.first < 0 || record.first > record.last) record.first = record.last;
}
