/** What the command set asks of the daemon (control/daemon.ts), answered from its parts. */

import { hostname } from 'node:os';
import { encoderLoadedAt } from '../bgp/encoder-loaded.ts';
import { heapRow, type MemoryReport } from '../collector/memory.ts';
import type { FamilyRouteRow, RibSize, RouteRow, SummaryRow } from '../collector/messages.ts';
import type { SafetyReport } from '../collector/safety.ts';
import type { CollectorThread } from '../collector/thread.ts';
import type { Config } from '../config/tree.ts';
import type { Daemon, IrrStatusRow, ReloadReport, RibRows, StatusReport } from '../control/daemon.ts';
import type { HttpStatus } from '../control/http-rows.ts';
import { loadingOf } from '../control/loading.ts';
import { peerTrouble } from '../control/traceback-rows.ts';
import { sendTest, testTargets } from '../notify/test-notice.ts';
import { MAX_VISIBLE } from '../registry/compile.ts';
import type { Registry } from '../registry/registry.ts';
import type { Rpki } from '../registry/rpki/rpki.ts';
import { outOfDate, troubleOf } from '../registry/source-trouble.ts';
import type { Store } from '../store/records.ts';
import { type FiledEvidence, FORMAT } from '../traceback/evidence-file.ts';
import type { Trace } from '../traceback/trace.ts';
import type { Archive } from './archive.ts';
import type { AuditLog } from './audit.ts';
import { createAuditAnswers } from './audit-answers.ts';
import { creatorOf, federationOf } from './bridge-gate.ts';
import type { Bridges } from './bridges.ts';
import type { CaseHouse, OutboxFace } from './case-house.ts';
import type { Cases } from './cases.ts';
import { createConfigAnswers } from './config-answers.ts';
import type { ContactDesk } from './contacts.ts';
import type { Drift } from './drift.ts';
import { drill } from './drill.ts';
import type { Ids } from './ids/ids.ts';
import { createIrrAnswers } from './irr-answers.ts';
import type { Live } from './live.ts';
import type { LiveUpdates } from './live-updates.ts';
import type { HeardLog } from './log.ts';
import { createMitigationAnswers } from './mitigation-answers.ts';
import type { Mitigations } from './mitigations.ts';
import type { Neighbors } from './neighbors.ts';
import type { Originated } from './originated.ts';
import { createPast } from './past.ts';
import { createPlanAnswers } from './plan-answers.ts';
import { createProbeAnswers, flowRows, probeRows } from './probe-answers.ts';
import { createRpkiAnswers, rpkiProblems } from './rpki.ts';
import { silentExporters } from './silent-exporters.ts';
import { createStandingAnswers } from './standing-answers.ts';
import type { StandingTraces } from './standing-traces.ts';
import type { createTraceContacts } from './trace-contacts.ts';
import { tracePeerRows } from './trace-peers.ts';
import { createTracebackAnswers, mustTraceback } from './traceback-answers.ts';
import type { Traces } from './traces.ts';
import { createVerdicts } from './verdicts.ts';
import { watchedTables } from './watched-tables.ts';
import type { Whois } from './whois.ts';

export interface DaemonParts {
  readonly version: string;
  readonly started: number;
  readonly config: () => Config;
  readonly file: string;
  readonly collector: CollectorThread;
  readonly registry: Registry;
  readonly rpki: Rpki;
  readonly drift: Drift;
  readonly originated: Originated;
  readonly whois: Whois;
  readonly http: () => HttpStatus;
  readonly cases: Cases;
  readonly contacts: ContactDesk;
  readonly traceContacts: ReturnType<typeof createTraceContacts>;
  readonly bridges: Bridges;
  readonly mitigations: Mitigations;
  readonly outbox: OutboxFace;
  readonly house: CaseHouse;
  readonly traces: Traces;
  readonly neighbors: Neighbors;
  readonly ids: Ids;
  readonly standing: StandingTraces;
  readonly archive: Archive;
  readonly live: Live;
  readonly updates: LiveUpdates;
  readonly store: Store;
  readonly audit: AuditLog;
  readonly log: HeardLog;
  /** Addresses that cannot be listened at for BGP, in words. */
  readonly reload: () => Promise<ReloadReport>;
}

export function daemonAnswers(parts: DaemonParts): Daemon {
  const { config, collector, registry, cases, outbox, house, traces, store } = parts;

  const sources = (): IrrStatusRow[] =>
    registry.status().map(row => ({
      source: row.source,
      objects: row.objects,
      refused: row.problems,
      authoritative: row.authoritative,
      transport: row.transport,
      place: row.file,
      serial: row.serial,
      loaded: row.loaded,
      changed: row.changed,
      checked: row.succeeded,
      age: row.age,
      operations: row.operations,
      replayed: row.replayed,
      stale: outOfDate(row),
      alarms: row.alarms,
      lastError: row.lastError,
      ...(row.reading !== null && { reading: row.reading }),
    }));

  const probes = () => probeRows(traces.station, parts.started);

  async function status(): Promise<StatusReport> {
    const summary = (await collector.query({ about: 'summary' })).rows as readonly SummaryRow[];
    const size = (await collector.query({ about: 'size' })).rows[0] as RibSize;
    const irr = sources();
    const loaded = registry.status().flatMap(({ age }) => (age === null ? [] : [age]));
    const mail = outbox.status();
    const peers = tracePeerRows(config(), traces);
    const taps = probes();
    const machines = house.shared();
    const learned = parts.originated.count();
    const down = summary.filter(({ state }) => state !== 'Established');
    const loading = summary.filter(row => row.loading);
    const lost = down.map(({ peer }) => peer);
    const stale = irr.filter(source => source.stale).map(({ source }) => source);
    const problems = [
      ...size.problems,
      ...down.map(({ peer, state, lastError }) => `peer ${peer} is down: ${lastError || state}`),
      ...registry.status().flatMap(row => troubleOf(row).map(why => `irr ${row.source}: ${why}`)),
      ...(registry.unseen() === 0
        ? []
        : [`${registry.unseen()} route objects are not looked for at the peers: at most ${MAX_VISIBLE} prefixes are`]),
      ...rpkiProblems(parts.rpki),
      ...parts.whois.problems(),
      ...parts.http().listen.flatMap(({ problem }) => (problem === '' ? [] : [problem])),
      ...cases.problems(),
      ...house.problems(),
      ...parts.mitigations.problems(),
      ...parts.originated.problems(),
      ...(mail.lastError === '' || mail.waiting + mail.sending === 0 ? [] : [`not delivered: ${mail.lastError}`]),
      ...(mail.failed === 0 ? [] : [`${mail.failed} notices could not be delivered and were given up`]),
      ...taps.filter(tap => !tap.connected).map(tap => `probe ${tap.probe} is not connected`),
      ...silentExporters(flowRows(traces.station), taps, Date.now()),
      ...peers
        .filter(({ state }) => state !== 'Established')
        .map(p => `trace peer AS${p.as}: ${peerTrouble(p) || p.state}`),
      ...parts.ids.problems(),
      ...(await parts.archive.problems()),
      ...parts.audit.problems(),
      ...traces.certificateProblems(),
      ...waitingForApproval(traces),
      ...parts.log.problems(),
    ];
    return {
      version: parts.version,
      routerId: config().routerId,
      as: config().localAs,
      pid: process.pid,
      started: parts.started,
      time: Date.now(),
      memory: process.memoryUsage.rss(),
      collectors: 1,
      peers: summary.length,
      established: summary.length - lost.length,
      lost,
      prefixes: size.prefixes4 + size.prefixes6,
      routes: size.routes,
      ...(loading.length > 0 && { loading: loadingOf(loading, Date.now()) }),
      registry: {
        objects: irr.reduce((sum, { objects }) => sum + objects, 0),
        oldest: loaded.length === 0 ? null : Math.max(...loaded),
        stale,
      },
      ...(learned !== null && { originated: learned }),
      ...(machines !== null && { machines }),
      openCases: cases.openCount(),
      outbox: { pending: mail.waiting + mail.sending, oldest: mail.oldest },
      probes: { configured: taps.length, connected: taps.filter(tap => tap.connected).length },
      tracePeers: {
        configured: peers.length,
        established: peers.filter(({ state }) => state === 'Established').length,
      },
      problems,
    };
  }

  const verdicts = createVerdicts(parts);
  const traceOf = (record: { readonly body: string }) => JSON.parse(record.body) as Trace;
  return {
    status,
    async ribQuery<K extends keyof RibRows>(query: Parameters<CollectorThread['query']>[0]) {
      return (await collector.query(query)).rows as readonly RibRows[K][];
    },
    async routes(query, take, signal) {
      const { rows, changed } = await collector.stream(query, rows => take(rows as readonly RouteRow[]), signal);
      await take(rows as readonly RouteRow[]);
      return { changed: changed ?? 0 };
    },
    async familyRoutes(query, take, signal) {
      const { rows } = await collector.stream(query, rows => take(rows as readonly FamilyRouteRow[]), signal);
      await take(rows as readonly FamilyRouteRow[]);
    },
    order: (order, by) => collector.order(order, by),
    async memory() {
      const collectors = (await collector.query({ about: 'memory' })).rows as readonly MemoryReport[];
      return { rss: process.memoryUsage.rss(), main: heapRow(), collectors };
    },
    async safety() {
      const { encoder, peers } = (await collector.query({ about: 'safety' })).rows[0] as SafetyReport;
      return {
        threads: [
          { thread: 'main', encoder: encoderLoadedAt() },
          { thread: 'collector', encoder },
        ],
        peers,
      };
    },
    cases: house.openEverywhere,
    machines: async () => house.machines(),
    partitions: house.partitions,
    refused: async () => house.refused(),
    shared: async () => house.shared(),
    askAll: house.askAll,
    forgetMachine: house.forgetMachine,
    case: id => cases.get(id),
    caseElsewhere: house.elsewhere,
    drill: (question, signal) =>
      drill(
        question,
        {
          localAs: () => config().localAs,
          registry,
          cases,
          outboxOf: house.outboxOf,
          log: parts.log,
        },
        signal,
      ),
    evidence: id => cases.evidence(id),
    incident: id => cases.ofIncident(id),
    ...parts.live.answers(
      watchedTables({
        status,
        sources,
        probes,
        tracePeers: () => tracePeerRows(config(), traces),
        machines: house.machines,
        query: collector.query,
      }),
      id => traces.running.get(id) !== null,
    ),
    followUpdates: parts.updates.follow,
    http: async () => parts.http(),
    followLog: parts.log.follow,
    creator: () => creatorOf(config()),
    markCase: (id, order) => cases.mark(id, order),
    casesBefore: (one, limit) => cases.before(one, limit),
    outboxOf: house.outboxOf,
    outbox: house.pendingEverywhere,
    async testNotify(kind, by, take, signal) {
      parts.log('info', `test notices are sent for ${by}`);
      const names = { hostname: hostname(), routerName: config().routerId };
      const targets = testTargets(config(), kind);
      await Promise.all(targets.map(async (target, i) => take(await sendTest(target, i + 1, names, signal))));
    },
    async traces(limit) {
      // A trace ends between the two questions, or not: it is listed once.
      const running = traces.running.list();
      const stored = (await store.read('trace.latest', { limit })).map(traceOf);
      const over = new Set(stored.filter(({ state }) => state !== 'partial').map(({ id }) => id));
      const live = running.filter(({ id }) => !over.has(id));
      return [...live, ...stored.filter(({ id }) => live.every(one => one.id !== id))];
    },
    async trace(id) {
      const running = traces.running.get(id);
      if (running !== null) return running;
      const [record = (await house.everywhere.read('trace.get', { id }))[0]] = await store.read('trace.get', { id });
      return record ? traceOf(record) : null;
    },
    async traceEvidence(id) {
      const [record] = await store.read('trace.get', { id });
      const [evidence] = await store.read('trace.evidence', { id });
      if (record === undefined || evidence === undefined) return null;
      // Which sites and domains saw it stays inside, and so does what BGP says of its source.
      const { inside: _inside, claim: _claim, ...trace } = traceOf(record);
      return { format: FORMAT, trace, evidence: JSON.parse(evidence.body) as FiledEvidence };
    },
    tracesAs: () => ({ as: config().localAs, federation: federationOf(config()) }),
    traceContacts: parts.traceContacts,
    bridges: async () => parts.bridges.rows(),
    ridPeers: async () => parts.bridges.rid.peers(),
    ridEntries: async () => parts.bridges.rid.entries(),
    ridDecide: parts.bridges.rid.decide,
    ridSend: parts.bridges.rid.send,
    startTrace: ({ packets, onPartial, ...why }) => traces.startTrace(packets, onPartial, why),
    traceDigest: ({ onPartial, digest, time, epoch, ...why }) =>
      traces.startDigest({ digest, time, epoch }, onPartial, why),
    async traceAgain(id, { onPartial, ...why }) {
      const [record] = await store.read('trace.get', { id });
      if (record === undefined) throw new Error(`there is no trace ${id}`);
      return traces.startAgain(traceOf(record), onPartial, why);
    },
    certificateProblems: async () => traces.certificateProblems(),
    approvals: async () => traces.traceback()?.approvals.list() ?? [],
    approve: async (id, milliseconds, by) => mustTraceback(traces).approvals.approve(id, milliseconds, by),
    deny: async (id, reason, by) => mustTraceback(traces).approvals.deny(id, reason, by),
    irrStatus: async () => sources(),
    whois: async () => parts.whois.status(),
    lookUp: parts.whois.lookUp,
    lookUpSet: parts.whois.lookUpSet,
    ...createIrrAnswers(registry, config, sources, parts.whois.lookUp),
    contacts: parts.contacts.contactsOf,
    calls: parts.contacts.callsFor,
    ...createRpkiAnswers(parts.rpki, () => config().rpki),
    ...createProbeAnswers(parts),
    ids: async () => parts.ids.rows(),
    ...createStandingAnswers({ ...parts, everywhere: house.everywhere }),
    tracePeers: async () => tracePeerRows(config(), traces),
    ...createPlanAnswers({ config, traces, query: collector.query }),
    ...createTracebackAnswers({ traces, store, query: collector.query }),
    archive: () => parts.archive.status(),
    ...createAuditAnswers(store, parts.audit),
    ...createPast(parts.archive, collector, registry),
    ...verdicts,
    ...createMitigationAnswers({ ...parts, checkRoute: verdicts.checkRoute }),
    drift: days => parts.drift.report(days),
    ...createConfigAnswers(config, parts.file),
    reload: parts.reload,
    reloadIrr: (source, force) => registry.reloadSource(source, force),
  };
}

function waitingForApproval(traces: Traces): string[] {
  const waiting = (traces.traceback()?.approvals.list() ?? []).filter(({ state }) => state === 'pending').length;
  if (waiting === 0) return [];
  return [`${waiting} question${waiting === 1 ? '' : 's'} of other ASes wait for approval: \`show traceback pending\``];
}
