/** One AS of the large testbed: a real traceback manager, or one that does not do as it should. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { TracebackConfig, TracePeerConfig } from '../../../src/config/traceback-tree.ts';
import type { Probes } from '../../../src/traceback/btm.ts';
import type { AsGraph } from '../../../src/traceback/graph.ts';
import type { Identity } from '../../../src/traceback/identity.ts';
import type { Participants } from '../../../src/traceback/participants.ts';
import { signParticipation } from '../../../src/traceback/participation.ts';
import { createPeering, type Peering } from '../../../src/traceback/peering.ts';
import { type Request, signRequest } from '../../../src/traceback/request.ts';
import { sealKeys } from '../../../src/traceback/seal.ts';
import { TIMING } from '../../../src/traceback/timing.ts';
import { createTraceback, type Traceback } from '../../../src/traceback/traceback.ts';
import { TLS } from '../../../src/traceback/transport.ts';
import { LEAST_VERSION, VERSION } from '../../../src/traceback/wire.ts';
import type { Internet } from '../internet/graph.ts';
import { PLAIN } from './plain.ts';

/** Key and certificate, PEM. */
export interface Pem {
  readonly key: string;
  readonly certificate: string;
}

export const FEDERATION = 'testbed';
const PORT = 17900;
/** Where the delaying proxy of an AS listens (delay.ts). */
const DELAYED_PORT = 17901;
const RATE = 100;
/** Longer holds than a daemon's, for KEEPALIVEs of thousands of sessions would share two processors with what is measured. */
const TIMES = { ...TIMING, hold: 120_000, retryMost: 10_000 };

export const addressOf = (as: number) => `127.9.${as >> 8}.${as & 255}`;
export const listenOf = (as: number) => ({ address: addressOf(as), port: PORT });
export const dialledAt = (as: number, delay: number) => ({
  address: addressOf(as),
  port: delay > 0 ? DELAYED_PORT : PORT,
});

export interface AsParts {
  readonly as: number;
  readonly pem: Pem;
  /** Neighbours that take part. */
  readonly peers: readonly number[];
  readonly certificateOf: (as: number) => readonly X509Certificate[];
  readonly authority: readonly X509Certificate[];
  readonly delay: number;
  /** TCP in place of TLS. */
  readonly plain: boolean;
}

function configOf({ as, peers, delay }: AsParts): TracebackConfig {
  const allow = { in: 'allow', out: 'allow', rate: RATE } as const;
  return {
    listen: [listenOf(as)],
    identity: '',
    certificate: '',
    announce: [dialledAt(as, delay)],
    federations: [{ name: FEDERATION, secret: '', authority: '', ...allow }],
    peers: peers.map(peer => ({ as: peer, certificate: '', ...dialledAt(peer, delay), ...allow })),
    answer: { detail: 'neighbor-as', coverage: 1, proof: 'none', unproved: 0 },
    measure: { decoys: 0.01 },
  };
}

function identityOf({ as, pem, peers, certificateOf, authority }: AsParts): Identity {
  return {
    as,
    ...pem,
    signs: createPrivateKey(pem.key),
    trust: new Map(peers.map(peer => [peer, certificateOf(peer)])),
    authorities: authority,
    authoritiesOf: new Map([[FEDERATION, authority]]),
  };
}

/** The participation record that such an AS makes. */
export function recordOf(as: number, pem: Pem, delay: number): Uint8Array {
  const now = Date.now();
  return signParticipation(
    {
      ...{ as, sequence: now, issued: now, expires: now + 86_400_000, withdrawn: false },
      addresses: [dialledAt(as, delay)],
      certificate: new Uint8Array(new X509Certificate(pem.certificate).raw),
      roles: ['itm', 'btm', 'dtm', 'dpoint'],
      methods: ['digest'],
      federations: [FEDERATION],
      retention: 3600,
      coverage: 1,
    },
    createPrivateKey(pem.key),
  );
}

/** The graph as an AS sees it: the true one. Nobody has learned adjacency. */
export function graphAt({ graph }: Internet, as: number): AsGraph {
  return {
    adjacency: () => Promise.resolve([]),
    frontier(from, avoid, among, here = as) {
      const found = graph.frontier(here, from, avoid, among);
      return Promise.resolve({ ...found, frontier: found.frontier.map(one => ({ as: one, cone: graph.cone(one) })) });
    },
  };
}

/** A manager that does as it should, listening and dialling. */
export function startAs(
  parts: AsParts,
  more: {
    readonly probes: Probes;
    readonly graph: AsGraph;
    readonly participants?: Participants;
    audit(what: string): void;
  },
): Promise<Traceback> {
  return createTraceback({
    as: parts.as,
    config: configOf(parts),
    identity: identityOf(parts),
    probes: more.probes,
    graph: more.graph,
    ...(more.participants === undefined ? {} : { participants: more.participants }),
    retention: 3600,
    audit: ({ what }) => more.audit(what),
    log: () => {},
    clock: Date.now,
    timing: TIMES,
    transport: parts.plain ? PLAIN : TLS,
  });
}

/** An AS that has sessions, takes QUERYs and never answers. */
export interface Silent {
  status: Traceback['status'];
  close(): void;
  /** Asks every peer, so many times at once. Returns how many QUERYs went out. */
  flood(times: number): number;
}

export async function startSilent(parts: AsParts): Promise<Silent> {
  const { as, pem, delay } = parts;
  const transport = parts.plain ? PLAIN : TLS;
  const config = configOf(parts);
  const identity = identityOf(parts);
  const peerings = new Map<number, Peering>();
  const start = (peer: TracePeerConfig, onDemand: boolean) =>
    createPeering({
      ...{ config: peer, onDemand, identity: () => identity, transport, timing: TIMES, clock: Date.now, log: () => {} },
      open: () => ({
        ...{ type: 'open', version: VERSION, least: LEAST_VERSION, as, hold: 120, restart: 0, roles: ['itm'] },
        ...{ methods: ['digest'], epochs: { length: 3600, overlap: 300 }, retention: null, coverage: null },
        limits: { questions: 64, flight: 64, rate: RATE },
      }),
      query: () => {},
    });
  for (const peer of config.peers) peerings.set(peer.as, start(peer, false));
  /** A member that dials: it is let in, and told nothing. */
  const member = (peer: number): Peering => {
    const made = start(
      { as: peer, certificate: '', ...dialledAt(peer, delay), in: 'allow', out: 'allow', rate: RATE },
      true,
    );
    peerings.set(peer, made);
    return made;
  };
  const listener = await transport.listen({
    listen: listenOf(as),
    identity: () => identity,
    peering: peer => peerings.get(peer) ?? member(peer),
    peers: () => 1024,
    clock: Date.now,
    log: () => {},
    refused: () => {},
  });
  return {
    status: () => config.peers.map(peer => peerings.get(peer.as)!.status()),
    close() {
      listener.close();
      for (const peering of peerings.values()) peering.close({ code: 'shutdown', text: 'the daemon ends' });
    },
    flood(times) {
      const now = Date.now();
      const question = {
        packet: 0,
        epoch: Math.floor(now / 3_600_000),
        digest: '0000000000000000',
        from: now,
        to: now,
      };
      const request: Request = {
        ...{ trace: '00000000000000ff', origin: as, issued: now, expires: now + 8000, purpose: 'test', reference: '' },
        ...{ federation: FEDERATION, need: 1, questions: [question], seal: sealKeys().seal, proof: [] },
      };
      const signed = signRequest(request, createPrivateKey(pem.key), recordOf(as, pem, delay));
      const ask = { hops: [as], ttl: 15, deadline: now + 2000, budget: 64, signed };
      const ignored = { answer() {}, lost() {} };
      let sent = 0;
      for (let i = 0; i < times; i++)
        for (const { as: peer } of config.peers) if (peerings.get(peer)!.ask(ask, ignored) !== null) sent++;
      return sent;
    },
  };
}
