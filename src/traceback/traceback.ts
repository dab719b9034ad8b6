/** The trace part of one daemon: D-point, ITM, BTM and DTM of its AS, the listener and the peerings. */
import { MANAGERS } from '../config/trace-sites-tree.ts';
import type { TracebackConfig, TracePeerConfig } from '../config/traceback-tree.ts';
import type { CommittedWindow } from '../probe/sealed/prove-sealed.ts';
import type { AuditRecord } from '../store/records.ts';
import { createAdjacency } from './adjacency.ts';
import { createAnswering } from './answering.ts';
import { type Approvals, createApprovals, type KeptApprovals } from './approval.ts';
import { auditable } from './audit.ts';
import { type BelievedRecord, believedRecords } from './belief.ts';
import type { Probes } from './btm.ts';
import { countCanaries } from './canaries.ts';
import { createDPoint, type DPoint } from './d-point.ts';
import { createDirectory } from './directory.ts';
import { createDoors } from './doors.ts';
import { type CanaryStatus, type DrawingTimes, drawCanaries } from './drawing.ts';
import { createFlooding } from './flooding.ts';
import { createForeseeing, type Foreseeing } from './foreseeing.ts';
import type { AsGraph } from './graph.ts';
import { createHearing } from './hearing.ts';
import { createHints, type Hints } from './hints.ts';
import { createHonestyBook, type HonestyBook, measuredWords } from './honesty.ts';
import { type Identity, sameTrust } from './identity.ts';
import { createItm } from './itm.ts';
import type { KeptCommitments } from './kept-commitments.ts';
import { createMeasuring, type FalseYes } from './measuring.ts';
import { createMembers } from './members.ts';
import { type Behind, openOf } from './own-open.ts';
import { createOwnRecord } from './own-record.ts';
import { createOwnSight, type SightStatus } from './own-sight.ts';
import { createParticipants, type Participants } from './participants.ts';
import type { Participation } from './participation.ts';
import type { PeerStatus } from './peer-status.ts';
import { createPeering, type Log, type Peering, type PeeringOptions } from './peering.ts';
import { createRefusals } from './refusals.ts';
import { createTakingPart, type TraceOrder } from './taking-part.ts';
import { TIMING, type Timing } from './timing.ts';
import { TLS, type Transport } from './transport.ts';
import type { Open } from './wire.ts';

/** Members that are no peers and may be connected at a time. */
const MEMBERS_AT_ONCE = 1024;

export interface TracebackOptions {
  readonly as: number;
  readonly config: TracebackConfig;
  /** From `loadIdentity` (traceback/identity.ts). */
  readonly identity: Identity;
  readonly probes: Probes;
  readonly graph: AsGraph;
  /** Seconds for which the probes keep windows, as told to peers; null when not known. */
  readonly retention: number | null;
  /** What stands behind the ITM; all managers, with `retention` and the coverage of the configuration, when left out. */
  readonly behind?: () => Behind;
  /** How this AS comes by sightings; by digests of its own probes when left out. */
  readonly methods?: () => Open['methods'];
  /** Where it is kept who takes part; nobody is known yet when left out. */
  readonly participants?: Participants;
  /** Where commitments are kept, others' and one's own; in memory when left out. */
  readonly commitments?: KeptCommitments;
  /** Called once for every QUERY sent or received and every trace, with the decision taken. */
  readonly audit: (line: AuditRecord) => void;
  /**
   * Resolves when all lines so far are on disk; rejects in words when they cannot be: nothing is asked or answered then.
   * Left out: lines are kept where they are given.
   */
  readonly recorded?: () => Promise<void>;
  /** What was measured of other ASes; nothing yet when left out. */
  readonly honesty?: HonestyBook;
  /** Where questions that wait for a person are kept, and what one has said; in memory when left out. */
  readonly approvals?: KeptApprovals;
  /** Called with what proves that an AS has said yes falsely. */
  readonly keepFalseYes?: (proof: FalseYes) => void;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly timing?: Partial<Timing>;
  /** When canaries are drawn, and asked about. */
  readonly drawing?: DrawingTimes;
  /** TLS when left out. */
  readonly transport?: Transport;
}

export interface Traceback extends Foreseeing {
  readonly startTrace: DPoint['startTrace'];
  /** Questions of others that wait for a person, or that one has decided on. */
  readonly approvals: Omit<Approvals, 'look'>;
  /** One row for each configured peer. */
  status(): PeerStatus[];
  /** One row for each member of a federation that is no configured peer and has had a session, or might have. */
  members(): PeerStatus[];
  /** What is configured for a peer or a member that was spoken to; null for any other AS. */
  policyOf(as: number): TracePeerConfig | null;
  /** ASes that might be asked: peers and members, whether there is a session or not. */
  askable(): number[];
  /** Who takes part, and why each is believed. */
  believed(): BelievedRecord[];
  /** What was measured of other ASes. */
  readonly honesty: Pick<HonestyBook, 'all' | 'of'>;
  /** What was drawn by probes to measure them; null where no probe can. */
  canaries(): CanaryStatus | null;
  /** The newest participation record of each AS that is believed, withdrawals among them. */
  participants(): readonly Participation[];
  /** ASes that routes hint at, and what became of each hint; `take` is told what routes say now. */
  readonly hints: Hints;
  /** Asks the RIB over whom others are reached, and tells them: done each minute anyhow. */
  tellAdjacency(): Promise<void>;
  /** Participants that have told over which neighbours of this AS they reach it. */
  adjacent(): number[];
  /** Addresses and ports bound. */
  listening(): { readonly address: string; readonly port: number }[];
  /**
   * Takes another configuration and identity; touches no session whose peer did not change. Rejects when a listener
   * cannot be started, and then nothing has changed.
   */
  reconfigure(config: TracebackConfig, identity: Identity): Promise<void>;
  /** Carries out what the operator orders, and tells in words what was done. Throws an Error in words when it cannot be. */
  order(order: TraceOrder, by: string): string;
  /** Takes what checklists say from now on: the session with a peer of whom they say something else ends. */
  believe(checklists: NonNullable<Identity['checklists']>): void;
  /** Ends every trace of this AS now: as `interrupted`, each with what it has. */
  interrupt(): void;
  /** Ends traces and sessions, each with NOTIFICATION; with `withdraw` this AS takes part no more, and says so first. */
  close(withdraw?: boolean): void;
  /** Probes have sealed windows: this AS commits to them. */
  sealed(windows: readonly CommittedWindow[]): void;
  /** What was made of proofs of sight so far. */
  sight(): SightStatus;
}

/** Starts listening and dialling. Rejects, with nothing left open, when an address cannot be bound. */
export async function createTraceback(options: TracebackOptions): Promise<Traceback> {
  const { as, clock, log, transport = TLS } = options;
  let { config, identity } = options;
  const timing = { ...TIMING, ...options.timing };
  const peerings = new Map<number, Peering>();

  const audit = (what: string, body: Readonly<Record<string, unknown>>) =>
    options.audit({ time: clock(), what, body: JSON.stringify(body) });

  const recorded = options.recorded ?? (() => Promise.resolve());

  const refusals = createRefusals(clock, audit);
  const { refused } = refusals;
  const approvals = createApprovals(clock, audit, options.approvals);

  const participants = options.participants ?? createParticipants(as);
  const members = createMembers({
    participants,
    ...{ config: () => config, identity: () => identity, clock, isOut: () => takingPart.out() !== null },
    start: peer => makePeering(peer, true),
  });
  const hints = createHints({ as, participants, members, isPeer: peer => peerings.has(peer), clock });
  const everybody = () => [...peerings.values(), ...members.peerings()];
  const latencyOf = () => {
    const measured = new Map([...everybody()].map(peering => [peering.as, peering.status().latency]));
    return (as: number) => measured.get(as) ?? null;
  };
  const askable = () => [...new Set([...peerings.keys(), ...members.askable()])];

  const adjacency = createAdjacency({
    graph: options.graph,
    participants: askable,
    peerings: everybody,
    log,
  });
  const itm = createItm({
    as,
    members,
    isAdjacent: adjacency.isAdjacent,
    probes: options.probes,
    graph: options.graph,
    answer: () => config.answer,
    peerings: () => peerings,
    federation: () => federation(),
    federationsOf: other => participants.of(other, clock())?.federations ?? null,
    ...{ clock, log },
    asked(peer, ask) {
      audit('query.sent', { peer, ...auditable(ask) });
      measuring.sent(peer, ask);
    },
    examine: (who, ask) => measuring.examine(who, ask),
  });
  const takingPart = createTakingPart({
    ...{ peerings: () => peerings, members, flooding: () => flooding, clock, log, audit },
  });
  let leaving = false;
  const methods = options.methods ?? (() => ['digest'] as const);
  const behind =
    options.behind ??
    ((): Behind => ({ roles: MANAGERS, retention: options.retention, coverage: config.answer.coverage }));
  const record = createOwnRecord({
    as,
    withdrawn: () => leaving || takingPart.out() !== null,
    identity: () => identity,
    config: () => config,
    ...{ behind, methods, clock },
  });
  const voice = { as, key: () => identity.signs, record, clock };
  const directory = createDirectory(() => identity, participants);
  const federation = () => config.federations[0]?.name ?? '';
  const honesty = options.honesty ?? createHonestyBook({ clock });
  /** The peering with an AS that may be asked directly; null for any other, and while this AS takes no part. */
  const askablePeering = (who: number) => {
    const peering = peerings.get(who);
    if (peering === undefined) return members.ask(who);
    return peering.config().out === 'allow' && peering.reachable() ? peering : null;
  };
  const measuring = createMeasuring({
    ...{ as, voice, directory, federation, clock, log, audit, recorded, refused, book: honesty },
    prove: questions => sight.prove(questions),
    config: () => config.measure,
    peering: askablePeering,
    ...(options.keepFalseYes !== undefined && { keep: options.keepFalseYes }),
  });
  const sight = createOwnSight({
    ...{ kept: options.commitments, probes: options.probes, peerings: everybody },
    ...{ answer: () => config.answer, clock, log },
  });
  const { draw } = options.probes;
  const canaries =
    draw &&
    drawCanaries({
      ...{ draw, ask: measuring.canary, clock, log },
      ...(options.drawing !== undefined && { times: options.drawing }),
      // Members are asked for by name alone: a session with them is dialled when there is something to ask.
      askable: () =>
        takingPart.out() !== null
          ? []
          : [...[...peerings.keys()].filter(peer => askablePeering(peer) !== null), ...members.askable()],
      config: () => config.measure,
    });
  const dPoint = createDPoint({
    ...{ as, itm, voice, directory, federation, clock, prove: sight.prove, audit, recorded, refused },
    ...{ credit: honesty.credit, examine: measuring.examine },
    heard: tree => countCanaries(tree, honesty),
    measured: who => measuredWords(honesty, who),
  });

  const query = createAnswering({
    ...{ as, itm, voice, directory, answer: () => config.answer, clock, log },
    ...{ audit, recorded, refused, approvals, sight },
  });

  const flooding = createFlooding({
    ...{ participants, identity: () => identity, record, peerings: everybody, clock, log, refused },
    news: members.withdrawn,
  });
  const mayTell = createHearing(clock);
  const hear: PeeringOptions['hear'] = (message, peering) => {
    if (!mayTell(message, peering)) return;
    if (message.type === 'announce') flooding.hear(message.records, peering);
    else if (message.type === 'adjacency') adjacency.hear(message.through, peering);
    else sight.hear(message.roots, peering);
  };
  const up = (peering: Peering) => {
    flooding.up(peering, peerings.get(peering.as) === peering);
    adjacency.up(peering);
    sight.up(peering);
  };

  const makePeering = (peer: TracePeerConfig, onDemand: boolean): Peering => {
    const open = (): Open =>
      openOf({ as, timing, behind: behind(), methods: methods() }, peerings.get(peer.as)?.config().rate ?? peer.rate);
    const told = { query, hear, up, refused };
    const wire = { identity: () => identity, transport, open, timing, clock, log };
    return createPeering({ config: peer, onDemand, ...wire, ...told });
  };
  const startPeering = (peer: TracePeerConfig) => {
    const peering = makePeering(peer, false);
    peerings.set(peer.as, peering);
    takingPart.made(peering);
  };

  const doors = createDoors(listen =>
    transport.listen({
      ...{ listen, identity: () => identity, clock, log, refused },
      peering: (peer, certificate) =>
        peerings.get(peer) ?? (takingPart.out() === null ? members.accept(peer, certificate) : null) ?? undefined,
      peers: () => config.peers.length + (identity.authorities.length > 0 ? MEMBERS_AT_ONCE : 0),
    }),
  );
  (await doors.prepare(config.listen)).take();
  for (const peer of config.peers) startPeering(peer);

  return {
    async startTrace(...trace) {
      const out = takingPart.out();
      if (out !== null) throw new Error(`this AS takes no part in traces: disabled by ${out.by}`);
      return dPoint.startTrace(...trace);
    },
    honesty,
    canaries: () => canaries?.status() ?? null,
    order: takingPart.carryOut,
    approvals,
    status: () => [...peerings.values()].map(peering => peering.status()),
    members: () => [...members.peerings()].map(peering => peering.status()),
    policyOf: as => [...everybody()].find(peering => peering.as === as)?.config() ?? null,
    askable,
    ...createForeseeing(itm, latencyOf),
    believed: () => believedRecords(participants, identity, clock()),
    hints,
    tellAdjacency: adjacency.look,
    adjacent: adjacency.adjacent,
    participants() {
      const now = clock();
      return participants.records(now).map(({ participation }) => participation);
    },
    listening: () => doors.all().map(({ listen, port }) => ({ address: listen.address, port })),
    async reconfigure(next, nextIdentity) {
      (await doors.prepare(next.listen)).take();
      const before = identity;
      config = next;
      identity = nextIdentity;
      for (const listener of doors.all()) listener.renew();
      for (const [peer, peering] of peerings)
        if (!next.peers.some(wanted => wanted.as === peer)) {
          peering.close({ code: 'configuration', text: 'the peer was removed' });
          peerings.delete(peer);
        }
      for (const peer of next.peers) {
        const peering = peerings.get(peer.as);
        if (peering === undefined) startPeering(peer);
        else peering.configure(peer, !sameTrust(peer.as, before, identity));
      }
      members.reconfigured();
      flooding.announce();
    },
    believe(checklists) {
      const before = identity;
      identity = { ...identity, checklists };
      for (const [peer, peering] of peerings)
        if (!sameTrust(peer, before, identity)) peering.configure(peering.config(), true);
    },
    interrupt: dPoint.close,
    sealed: sight.sealed,
    sight: sight.status,
    close(withdraw = false) {
      sight.close();
      dPoint.close();
      canaries?.close();
      measuring.close();
      if (withdraw) {
        leaving = true;
        flooding.announce();
      }
      flooding.close();
      adjacency.close();
      const text = withdraw ? 'this AS takes part no more' : 'the daemon ends';
      members.close(text);
      doors.close();
      refusals.close();
      for (const peering of peerings.values()) peering.close({ code: 'shutdown', text });
    },
  };
}
