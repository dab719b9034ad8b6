/** Malformed messages as the operator finds them: a line in the log, and the message itself in quarantine. */
import { type Inspection, inspectMessage } from '../bgp/inspect.ts';
import { encodeMessage, messageName, UPDATE } from '../bgp/message.ts';
import { createQuarantine, type Quarantine, quarantine } from '../bgp/quarantine.ts';
import type { IngestPeer } from './ingest-peer.ts';
import type { QuarantineRow } from './messages.ts';

/** The latest messages of a peer: at most so many, and so many octets. */
const LIMITS = { messages: 100, octets: 1 << 20 };

/** The quarantine of one peer. It outlives its sessions. */
export const newQuarantine = (): Quarantine => createQuarantine(LIMITS);

/** Keeps a malformed UPDATE by its body, and returns what is wrong with it in a line. */
export function keepMalformed(ring: Quarantine, peer: IngestPeer, body: Uint8Array, now: number): string {
  const message = encodeMessage(UPDATE, body);
  return keep(ring, message, inspectMessage(message, { ...peer, extendedMessage: true }), now);
}

/** The same of another message, which ended its session; `extendedMessage` is what was agreed on (RFC 8654). */
export function keepRefused(ring: Quarantine, message: Uint8Array, extendedMessage: boolean, now: number): string {
  const inspection = inspectMessage(message, { as4: true, ebgp: false, ipv4: true, ipv6: true, extendedMessage });
  return keep(ring, message, inspection, now);
}

function keep(ring: Quarantine, message: Uint8Array, inspection: Inspection, now: number): string {
  ring.add(quarantine(now, message, inspection));
  const what = inspection.errors.map(error => `${error.what} (${error.clause}, octet ${error.offset})`).join('; ');
  return `malformed ${messageName(inspection.type)}, ${inspection.action}: ${what}`;
}

/** Rows of `show quarantine` for one peer, oldest first. */
export function quarantineRows(peer: string, ring: Quarantine): QuarantineRow[] {
  const { dropped } = ring.counts();
  return ring.entries().map(entry => ({
    ...entry,
    peer,
    message: Buffer.from(entry.message).toString('hex'),
    dropped,
  }));
}
