/** A translation from a flow record: the octets are copied, the record is overwritten by the next. */
import type { FlowRecord } from './flow-record.ts';
import { type FlowEnds, type Translation, translationEvent } from './translation.ts';

/** What the record says of a translation; null when it says nothing. */
export function translationOf(record: FlowRecord, exporter: string): Translation | null {
  const { natEvent, natSource, natDestination } = record;
  if (natEvent < 0 && natSource < 0 && natDestination < 0) return null;
  const event = natEvent < 0 ? 'seen' : translationEvent(natEvent);
  // Without an inside there is nothing to join.
  if (event === null || record.source < 0) return null;
  const inside: FlowEnds = {
    source: address(record, record.source, record.family),
    destination: address(record, record.destination, record.family),
    sourcePort: port(record.sourcePort),
    destinationPort: port(record.destinationPort),
  };
  const family = record.natFamily;
  // Exporters leave out, or send as zero, an end that is not translated.
  const same = family === record.family;
  const outside: FlowEnds = {
    source: address(record, natSource, family) ?? (same ? inside.source : null),
    destination: address(record, natDestination, family) ?? (same ? inside.destination : null),
    sourcePort: port(record.natSourcePort) ?? inside.sourcePort,
    destinationPort: port(record.natDestinationPort) ?? inside.destinationPort,
  };
  const { protocol } = record;
  return {
    time: record.observed,
    event,
    // A block of ports is of all protocols, which some write as 0.
    protocol: protocol < 0 || (protocol === 0 && record.blockFirst >= 0) ? null : protocol,
    inside,
    outside,
    block: blockOf(record),
    realm: record.realm < 0 ? null : record.realm,
    exporter,
  };
}

function address({ bytes }: FlowRecord, at: number, family: number): Uint8Array | null {
  if (at < 0) return null;
  const copied = new Uint8Array(bytes.subarray(at, at + (family === 4 ? 4 : 16)));
  return copied.every(octet => octet === 0) ? null : copied;
}

function port(number: number): number | null {
  return number < 0 || number > 0xffff ? null : number;
}

/** RFC 8158 section 5.6: start with an end, or with a step and how many ports. */
function blockOf({ blockFirst, blockLast, blockStep, blockPorts }: FlowRecord): Translation['block'] {
  if (blockFirst < 0) return null;
  const step = Math.max(1, blockStep);
  const last = blockLast >= 0 ? blockLast : blockPorts > 0 ? blockFirst + (blockPorts - 1) * step : blockFirst;
  return { first: blockFirst, last: Math.min(0xffff, Math.max(blockFirst, last)), step };
}
