/** Takes hashes of packets from PACKTER by UDP and has them traced. Nothing is answered. */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { BridgeAudit, BridgeCounts, BridgeLog, TraceGate } from './bridged.ts';
import { type ClientRules, createClientDoor, createRefusals } from './client-door.ts';
import { decodePackter } from './packter.ts';

export interface PackterOptions {
  readonly gate: Pick<TraceGate, 'hashes'>;
  readonly rules: () => ClientRules;
  /** Counted up as requests come. */
  readonly counts: BridgeCounts;
  readonly audit: BridgeAudit;
  readonly log: BridgeLog;
  readonly clock: () => number;
}

/** What is done about one datagram. Never rejects. */
export function createPackter({ gate, rules, counts, audit, log, clock }: PackterOptions) {
  const door = createClientDoor(rules, clock);
  const refuse = createRefusals('packter', { counts, audit, log, clock });
  return async (octets: Uint8Array, from: string): Promise<void> => {
    counts.received++;
    const not = door.refuses(from);
    if (not !== null) return refuse(not);
    const hashes = decodePackter(octets);
    if (typeof hashes === 'string') return refuse(`${from}: ${hashes}`);
    audit('packter.received', { from, hashes });
    const requester = { by: 'packter', peer: from, reference: hashes[0]!.slice(0, 12) } as const;
    try {
      const trace = await gate.hashes(hashes, { requester, purpose: 'attack' });
      counts.traced++;
      log('info', `packter: ${from}: trace ${trace.id}`);
    } catch (error) {
      refuse(`${from}: ${(error as Error).message}`);
    }
  };
}

/** Listens at an address. Rejects with the kernel's words when it cannot be bound. */
export function openPackter(
  { address, port }: { readonly address: string; readonly port: number },
  take: ReturnType<typeof createPackter>,
): Promise<{ readonly port: number; close(): void }> {
  const socket: Socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', ipv6Only: false });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ address, port }, () => {
      socket.off('error', reject);
      socket.on('error', () => {});
      socket.on('message', (octets, { address: from }) => void take(octets, from));
      resolve({ port: socket.address().port, close: () => socket.close() });
    });
  });
}
