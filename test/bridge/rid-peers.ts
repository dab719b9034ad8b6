/** Two RID systems that talk over real TLS on loopback, the traces behind them scripted. */
import { X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import type { BridgedReason, TraceGate } from '../../src/bridge/bridged.ts';
import { postRid, type RidPosted } from '../../src/bridge/rid-client.ts';
import type { RidPeer } from '../../src/bridge/rid-counts.ts';
import { createRidDesk, type RidDesk } from '../../src/bridge/rid-desk.ts';
import type { RidIdentity } from '../../src/bridge/rid-http.ts';
import { openRidServer, type RidServer } from '../../src/bridge/rid-server.ts';
import type { Trace } from '../../src/traceback/trace.ts';
import { ENTRY_CONTACTS, TRACE } from '../control/scripted.ts';
import { makeCertificate } from '../traceback/certificates.ts';

export interface RidSystem {
  readonly name: string;
  readonly identity: RidIdentity;
  readonly desk: RidDesk;
  readonly server: RidServer;
  /** What it believes of the other; may be changed. */
  peer: RidPeer;
  /** What was asked of its traces, and what it wrote to the audit log. */
  readonly asked: { readonly records: readonly object[]; readonly why: BridgedReason }[];
  readonly audited: [what: string, body: Readonly<Record<string, unknown>>][];
  readonly refused: string[];
  /** Traces that are there. */
  readonly traces: Map<string, Trace>;
  /** Makes what is asked next fail. */
  trouble: string | null;
}

export const SIGNAL = new AbortController().signal;

/** Two of them, each the other's only peer, of which the second one's policy for the first is given. */
export async function twoSystems(policy: Partial<RidPeer> = {}): Promise<[RidSystem, RidSystem, close: () => void]> {
  const identities = [makeCertificate(64500), makeCertificate(64510)] as const;
  const certificates = identities.map(({ certificate }) => new X509Certificate(certificate));
  const names = ['one', 'two'] as const;
  const systems: RidSystem[] = [];
  for (const i of [0, 1] as const) {
    const other = names[1 - i]!;
    const identity = identities[i];
    const asked: RidSystem['asked'] = [];
    const audited: RidSystem['audited'] = [];
    const refused: string[] = [];
    const traces = new Map<string, Trace>();
    const traced = async (records: readonly object[], why: BridgedReason): Promise<Trace> => {
      const { trouble } = systems[i]!;
      if (trouble !== null) throw new Error(trouble);
      asked.push({ records, why });
      const trace = { ...TRACE, id: `t20260301-120003-000${traces.size}`, requester: why.requester };
      traces.set(trace.id, trace);
      return trace;
    };
    const gate: TraceGate = {
      digests: traced,
      packets: traced,
      digestsOf: async () => expect.fail('no packet was given'),
      hashes: async () => expect.fail('no hash was given'),
      find: async id => traces.get(id) ?? null,
      contacts: async () => ENTRY_CONTACTS,
    };
    const desk = createRidDesk({
      gate,
      self: () => ({
        ...{ as: 64500 + 10 * i, federation: 'jp-isp' },
        creator: { name: `${names[i]}.example.net`, contact: null },
      }),
      peers: () => [systems[i]!.peer],
      post: (peer, body, token, signal) =>
        postRid({ url: new URL(peer.url!), identity, certificate: certificates[1 - i]!, body, token, signal }),
      audit: (what, body) => audited.push([what, body]),
      log: () => {},
      clock: Date.now,
    });
    const server = await openRidServer({
      listen: { address: '127.0.0.1', port: 0 },
      identity,
      peers: () => new Map([[other, certificates[1 - i]!]]),
      receive: desk.receive,
      refused: (_from, why) => refused.push(why),
      log: () => {},
    });
    const peer: RidPeer = { name: other, url: null, in: 'allow', packets: false, rate: 1000 };
    systems.push({
      ...{ name: names[i]!, identity, desk, server, peer, asked, audited, refused, traces },
      trouble: null,
    });
  }
  const [one, two] = systems as [RidSystem, RidSystem];
  one.peer = { ...one.peer, url: `https://127.0.0.1:${two.server.port}/` };
  two.peer = { ...two.peer, url: `https://127.0.0.1:${one.server.port}/`, ...policy };
  return [
    one,
    two,
    () => {
      for (const { server } of systems) server.close();
    },
  ];
}

/** Posts a text to a system as the other one, or as whoever is given. */
export function post(
  to: RidSystem,
  from: RidIdentity,
  body: string,
  options: { readonly token?: string; readonly certificate?: string; readonly patience?: number } = {},
): Promise<RidPosted> {
  const { token = null, certificate = to.identity.certificate, patience = 30_000 } = options;
  return postRid({
    url: new URL(`https://127.0.0.1:${to.server.port}/`),
    ...{ identity: from, certificate: new X509Certificate(certificate), body, token, signal: SIGNAL, patience },
  });
}
