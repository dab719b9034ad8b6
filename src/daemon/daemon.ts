/**
 * The main thread: opens the parts in the order in which they need each other, passes what one tells to the next, and
 * closes them in reverse. It never loops over a table or a packet (DESIGN section 2).
 */
import { join } from 'node:path';
import type { FromCollector } from '../collector/messages.ts';
import { comesAndGoes } from '../collector/peers.ts';
import { type CollectorThread, startCollector } from '../collector/thread.ts';
import type { Config } from '../config/tree.ts';
import type { ReloadReport } from '../control/daemon.ts';
import { openControl } from '../control/server.ts';
import type { Case } from '../hijack/case.ts';
import { formatPrefix } from '../net/prefix.ts';
import { openRegistry, type RegistryGeneration } from '../registry/registry.ts';
import type { RpkiChange } from '../registry/rpki/rpki.ts';
import type { SourceSize } from '../registry/source-size.ts';
import { openStore } from '../store/store.ts';
import { createHttpServer, type HttpFiles, type HttpServer, NO_HTTP, readHttpFiles } from '../web/server.ts';
import { daemonAnswers } from './answers.ts';
import { createArchive } from './archive.ts';
import { aspasTold } from './aspas-told.ts';
import { openAudit } from './audit.ts';
import { openBridges } from './bridge-gate.ts';
import type { Bridges } from './bridges.ts';
import { ownCaseHouse } from './case-house.ts';
import { openContacts } from './contacts.ts';
import { createDrift } from './drift.ts';
import { asDutiesSay } from './duties.ts';
import { groundOfCases } from './grounds.ts';
import { openIds } from './ids/ids.ts';
import { inTurn } from './in-turn.ts';
import { createLive } from './live.ts';
import { createLiveUpdates } from './live-updates.ts';
import type { HeardLog } from './log.ts';
import { carryOutLook, type Look, selfOf } from './machine-looks.ts';
import { type Mitigations, openMitigations } from './mitigations.ts';
import { openNeighbors } from './neighbors.ts';
import { nextConfig } from './next-config.ts';
import { openOriginated } from './originated.ts';
import { createPast } from './past.ts';
import { claimsBy } from './path-claims.ts';
import { logGeneration } from './registry-words.ts';
import { appliedReload, loadAgain, refusedReload } from './reload-report.ts';
import { watchRoas } from './roas.ts';
import { createRpki } from './rpki.ts';
import { shown } from './shown.ts';
import { openStandingTraces, type StandingTraces, tracedBy } from './standing-traces.ts';
import { createTraceContacts } from './trace-contacts.ts';
import { openTraces } from './traces.ts';
import { openWhois } from './whois.ts';

export interface RunningDaemon {
  reload(): Promise<ReloadReport>;
  close(): Promise<void>;
}

export interface DaemonOptions {
  /** The configuration file, for reloads. */
  readonly file: string;
  readonly config: Config;
  readonly version: string;
  readonly log: HeardLog;
  /** Something without which the daemon cannot go on has happened. */
  readonly onFatal: (reason: string) => void;
  /** Called now and then while the start takes long though all is well. */
  readonly onWork?: () => void;
}

/** Starts everything. Rejects in words when a part cannot be opened; what was open is closed again. */
export async function startDaemon({
  file,
  config: initial,
  version,
  log,
  onFatal,
  onWork = () => {},
}: DaemonOptions): Promise<RunningDaemon> {
  let config = asDutiesSay(initial);
  const started = Date.now();
  const closers: (() => void | Promise<void>)[] = [];
  let http: HttpServer | null = null;
  const close = async () => {
    for (const one of closers.splice(0).reverse())
      await Promise.resolve()
        .then(one)
        .catch((e: Error) => log('error', `while closing: ${e.message}`));
  };

  try {
    const own = await openStore(config.state, { onProblem: text => log('error', text) });
    closers.push(() => own.close());
    const look: Look = (...of) => carryOutLook(daemon, ...of);
    const house =
      config.sharedStore === null
        ? ownCaseHouse(own, config, log, look)
        : // Loaded where it is wanted: the clients of PostgreSQL and NATS are 5 MiB and a tenth of a second at the start.
          await (await import('./machines.ts')).openMachines({
            ...{ config: () => config, version, started, own, log, onFatal, onWork, look },
            retell: () => collector.send({ type: 'retell' }),
            roasAnew: () => roas.tellAnew(),
            self: () => selfOf(collector.query),
          });
    const { store } = house;
    closers.push(() => house.close());
    const live = createLive(started);
    closers.push(() => live.close());
    const audit = openAudit({ store, retain: config.auditRetain, log });
    closers.push(() => audit.close());
    const earlier = await store.read('source.all', {});
    const remember = (record: SourceSize) => {
      store
        .write([{ op: 'source.put', record }])
        .catch((e: Error) => log('error', `${record.name}: its size cannot be remembered: ${e.message}`));
    };
    let tableComplete = () => {};
    const tellAspas = aspasTold(aspas => collector.send({ type: 'aspas', aspas }));
    function vrpsChanged(change: RpkiChange): void {
      registry.vrpsChanged(change.whole ? null : change.touched);
      tellAspas(rpki.view().aspas);
      roas.rpkiChanged();
    }
    const rpki = createRpki(vrpsChanged, remember, earlier, log);
    closers.push(() => rpki.close());
    const originated = await openOriginated({
      ...{ store, config: () => config, changed: () => registry.originatedChanged(), log },
    });
    closers.push(() => originated.close());
    const registry = await openRegistry(
      {
        onRefresh: generation => inForce(generation),
        onTrouble: (source, why) => {
          const then = registry.lacks(source) ? 'no case ends by what it lacks' : 'the last good copy stays in use';
          log('error', `irr ${source}: ${why}; ${then}`);
        },
        onAlarm: (source, why) => log('warn', `irr ${source}: ${why}`),
        onWell: source => log('info', `irr ${source}: well again`),
        onWhole: remember,
      },
      { directory: join(config.state, 'irr'), earlier, vrps: () => rpki.view().vrps, originated: originated.of },
    );
    closers.push(() => registry.close());
    const whois = openWhois(registry, () => config, version, log);
    closers.push(() => whois.close());
    const contacts = openContacts(config.state, registry, log);
    closers.push(() => contacts.close());
    contacts.configure(config);
    let mitigations: Mitigations | null = null;
    let standing: StandingTraces | null = null;
    const company = {
      changed(of: Case) {
        for (const one of [contacts, mitigations, standing]) one?.changed(of);
      },
      contacts: contacts.lines,
    };
    const ground = groundOfCases({ config: () => config, registry, rpki });
    const { cases, outbox, ...opened } = await house.openCases({
      ...{ registry, config: () => config, ground, company, told: live.notice },
    });
    closers.push(opened.close, cases.watch(live.case));
    const roas = watchRoas({ config: () => config, registry, rpki, cases, everywhere: house.openEverywhere, log });
    closers.push(() => roas.close());
    const collector: CollectorThread = startCollector({
      message: heard,
      died: error => onFatal(`the collector thread died: ${error.message}`),
    });
    const archive = createArchive(collector, log);
    closers.push(() => archive.close()); // after the collector, whose last words are for it
    closers.push(() => collector.stop());

    const updates = createLiveUpdates(collector.send);
    /** Who waits for the collector to have taken a configuration, in the order in which they were sent. */
    const awaitingReady: (() => void)[] = [];

    /** What a collector says goes on to the book of cases and to the log. */
    function heard(message: Exclude<FromCollector, { type: 'answer' | 'rows' }>): void {
      switch (message.type) {
        case 'judged':
          // Taken in when on disk: a collector that runs ahead of the disk waits.
          void cases
            .judged(message.changes)
            .then(() => collector.send({ type: 'took', changes: message.changes.length }));
          break;
        case 'session': {
          const { peer, state, reason } = message.change;
          log(reason === undefined ? 'info' : 'warn', `peer ${peer}: ${state}`, { reason });
          cases.session(peer);
          live.changed('sessions');
          break;
        }
        case 'end-of-rib':
          log('info', `peer ${message.peer}: table complete`);
          cases.endOfRib(message.peer, message.time);
          tableComplete();
          live.changed('sessions');
          break;
        case 'peer-forgotten':
          log('info', `peer ${message.peer}: forgotten`);
          cases.peerForgotten(message.peer);
          break;
        case 'rejudged':
          log(message.done.partial ? 'debug' : 'info', `registry generation ${message.done.generation} in force`, {
            ...message.done,
          });
          cases.registryChanged();
          drift.registryChanged();
          break;
        case 'retelling':
          roas.tellAnew();
          house.retold(message);
          break;
        case 'retold':
          house.retold(message);
          break;
        case 'originated':
          originated.heard(message);
          break;
        case 'live':
          updates.heard(message.batch);
          break;
        case 'dumping':
          archive.dumping(message);
          break;
        case 'log':
          log(message.level, message.text, message.fields);
          break;
        case 'ready':
          awaitingReady.shift()?.();
          // Only now have the sessions that are no longer configured said their last. At the start it is the word about
          // peers that went from the configuration while the daemon was down.
          cases.peersAre(
            config.peers.map(({ name }) => name),
            name => comesAndGoes(config, name),
          );
          break;
        case 'stopped':
          break;
      }
    }

    function inForce({ layers, touched, generation, report }: RegistryGeneration): void {
      logGeneration({ report }, registry.status(), log);
      roas.registryChanged(touched);
      collector.send({ type: 'registry', ...layers, touched: touched?.map(formatPrefix) ?? null, generation });
    }

    /** Sends the collector what it needs of the configuration, with what is announced on order; resolves when it has it. */
    function configureCollector(): Promise<void> {
      const { routerId, localAs, bgpListen: listen, bmp } = config;
      const peers = mitigations?.peers() ?? config.peers;
      const taken = new Promise<void>(resolve => awaitingReady.push(resolve));
      const learns = config.watches.some(one => one.originated !== null);
      collector.send({
        type: 'configure',
        config: { routerId, localAs, listen, peers, bmp, originated: learns },
      });
      return taken;
    }
    /** Later: the case may be in the middle of a change. */
    const note = (id: string, reason: string, by: string) =>
      setImmediate(() =>
        cases
          .mark(id, { what: 'note', by, reason, until: null })
          .catch((e: Error) => log('warn', `case ${id}: a note is lost: ${e.message}`)),
      );
    mitigations = await openMitigations({
      ...{ store, config: () => config, cases: cases.open, apply: configureCollector, note, log },
    });
    closers.push(() => mitigations?.close());

    const claims = claimsBy(collector, createPast(archive, collector, registry));
    const traces = await openTraces(config, collector.query, store, audit, log, claims, live);
    closers.push(() => traces.close());
    const neighbors = openNeighbors({ config: () => config, query: collector.query, station: traces.station, log });
    closers.push(() => neighbors.close());
    tableComplete = neighbors.tableComplete;
    const everywhere = (stands: boolean) => (stands || config.ids.length > 0 ? house.openEverywhere() : null);
    standing = await openStandingTraces({
      ...{ store, traces, cases, wanted: tracedBy(() => config), note, log },
      ...(config.sharedStore !== null && { everywhere }),
    });
    closers.push(() => standing?.close());
    const traceContacts = createTraceContacts(() => config, contacts);
    const bridges = await openBridges({ traces, store, traceContacts, config: () => config, audit: audit.add, log });
    closers.push(() => bridges.close());
    const ids = openIds(traces, log, standing.offer);
    closers.push(() => ids.close());

    async function reload(): Promise<ReloadReport> {
      const loaded = await loadAgain(file, log);
      if ('applied' in loaded) return loaded;
      const { next, changes, refused: why } = nextConfig(config, loaded.config);
      const touches = (...sections: string[]) => changes.some(({ section }) => sections.includes(section));
      const refused = (words: string) => refusedReload(words, log);
      if (why !== '') return refused(why);
      // Only files, bridges and traces can still refuse, and then nothing has changed: traces come last, for they change at once.
      let httpFiles: HttpFiles | null;
      let bridging: Awaited<ReturnType<Bridges['prepare']>>;
      try {
        httpFiles = next.http && readHttpFiles(next.http);
        bridging = await bridges.prepare(next);
      } catch (e) {
        return refused((e as Error).message);
      }
      // Keys, certificates and secrets are read anew even where the text is the same: they are what expires.
      if (touches('traceback', 'probe', 'router') || next.traceback !== null || next.probeListen.length > 0)
        try {
          await traces.reconfigure(next);
        } catch (e) {
          bridging.abandon();
          return refused((e as Error).message);
        }
      bridging.commit();
      config = next;
      log.configure(config.log);
      audit.configure(config.auditRetain);
      if (touches('notify')) outbox.configure(config.notify);
      if (touches('contacts')) contacts.configure(config);
      neighbors.configure();
      if (touches('ids')) await ids.configure(config.ids);
      await archive.configure(config);
      mitigations?.reconfigured();
      void configureCollector(); // always: where it could not listen it tries again
      await whois.configure(config.whois);
      await http?.configure(config.http, httpFiles);
      inForce(await registry.reload(config.irr, config.watches));
      if (touches('rpki')) roas.reconfigured();
      rpki.reload(config.rpki);
      return appliedReload(changes, log);
    }

    const reloadInTurn = inTurn(reload);
    const drift = createDrift({ config: () => config, collector, registry, originated, rpki, store, log });
    closers.push(() => drift.close());
    const daemon = daemonAnswers({
      version,
      started,
      ...{ config: () => config, file },
      ...{
        collector,
        registry,
        whois,
        rpki,
        drift,
        originated,
        cases,
        contacts,
        traceContacts,
        bridges,
        live,
        updates,
      },
      ...{ mitigations, outbox, house, traces, neighbors, ids, standing, archive, store, audit, log },
      http: () => http?.status() ?? NO_HTTP,
      reload: reloadInTurn,
    });
    const control = await openControl({ socket: config.controlSocket, daemon, log });
    closers.push(() => control.close());
    if (config.readerSocket !== null) {
      const looking = await openControl({ socket: config.readerSocket, reader: true, daemon, log });
      closers.push(() => looking.close());
    }
    http = createHttpServer(daemon, log, undefined, shown);
    closers.push(() => http?.close());
    // Before those who wait for them are sent away: a trace whose asker goes is cancelled.
    closers.push(() => traces.interrupt());

    // A daemon that finds the control socket taken has ended before any peer or mail server heard of it.
    inForce(await registry.reload(config.irr, config.watches));
    rpki.reload(config.rpki);
    await house.begin();
    await whois.configure(config.whois); // with the sources read: before, it would say that there is nothing
    await http.configure(config.http, config.http && readHttpFiles(config.http));
    (await bridges.prepare(config)).commit();
    await ids.configure(config.ids);
    void archive.configure(config); // what peers send waits for it
    void configureCollector();
    neighbors.configure();
    await outbox.start();
    void house.there.then(traces.takeUpAgain);
    return { reload: reloadInTurn, close };
  } catch (e) {
    await close();
    throw e;
  }
}
