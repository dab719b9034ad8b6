/**
 * This machine among others: the bus and the database that they share, the cases as this one sees them, and who is there.
 * What the collector here tells goes over the bus to whichever machine has the partition; that may be this one.
 */
import { hostname } from 'node:os';
import { answerQuestions, askMachine, type Question } from '../bus/asking.ts';
import { answerForAll, askForAll } from '../bus/asking-all.ts';
import { type CaseEvent, OLDEST, VERSIONS, WITH_ROAS } from '../bus/case-event.ts';
import type { Bus } from '../bus/connection.ts';
import { type Alive, openPresence, type Presence } from '../bus/presence.ts';
import { createPublisher, type Publisher } from '../bus/publisher.ts';
import { machineName, routerIdOf } from '../bus/subjects.ts';
import { comesAndGoes } from '../collector/peers.ts';
import type { Config } from '../config/tree.ts';
import type { CaseOrder } from '../control/daemon.ts';
import type { MachineRow } from '../control/machine-rows.ts';
import { placeOf } from '../hijack/case-id.ts';
import { joinStores } from '../store/joined.ts';
import { openDeliveries } from '../store/postgresql/deliveries.ts';
import { openScope } from '../store/postgresql/scope.ts';
import type { Store, StoreReads } from '../store/records.ts';
import { type AgreedPartitions, agreeOnPartitions } from './agreed-partitions.ts';
import { readAskedOrder } from './asked-order.ts';
import { bookTeller } from './book-teller.ts';
import type { CaseCompany } from './case-company.ts';
import type { CaseHouse, CaseParts } from './case-house.ts';
import { type CasePartition, openCasePartition } from './case-partition.ts';
import type { Log } from './log.ts';
import { behindOf, countsOf, sharedOf } from './machine-counts.ts';
import { ANSWER, askAllMachines, askedSeldom, type Look } from './machine-looks.ts';
import { copiesProblems, heldProblems, machineProblems, readProblems } from './machine-problems.ts';
import { openMachineScope } from './machine-scope.ts';
import { openBusOf, openShared, took } from './machine-servers.ts';
import { outboxFace } from './outbox-face.ts';
import { namesOf, partitionLook } from './partition-answers.ts';
import { openPartitions, type Partitions, scopeOf } from './partitions.ts';
import { quietTeller } from './quiet-teller.ts';
import { removedMachines } from './removed-machine.ts';
import { createResyncs, retellSoon } from './resyncs.ts';
import { noteAgain } from './sent-again.ts';
import { createSharedCases, type SharedCases } from './shared-cases.ts';
import type { SharedDatabase } from './shared-database.ts';
import { openSoleHolder, type SoleHolder } from './sole-holder.ts';
import { openSummaries, type Summaries } from './summaries.ts';
import { createTeller } from './teller.ts';
import { admitted, createTwinWatch, type TwinWatch } from './twin.ts';

export interface MachinesParts {
  readonly config: () => Config;
  readonly version: string;
  /** When this life began, ms since the epoch. */
  readonly started: number;
  /** The database of this machine alone. */
  readonly own: Store;
  /** The collector is to tell all that is wrong with what peers hold. */
  readonly retell: () => void;
  /** Tells once more what is wrong with ROAs. */
  readonly roasAnew: () => void;
  /** How the collector fares, for the other machines. */
  readonly self: () => Promise<Pick<Alive, 'peers' | 'established' | 'routes' | 'problems'>>;
  /** For other machines. */
  readonly look: Look;
  readonly log: Log;
  readonly onFatal: (why: string) => void;
  /** Called every ten seconds while the schema of the database is changed, before anything else is begun. */
  readonly onWork?: () => void;
}

/** The scope of summaries of what all partitions tell. */
const SUMMARIES = 'summaries';
/** How long what waits for the bus may still go out when the daemon ends. Milliseconds. */
const LAST_WORDS = 3_000;

/**
 * Opens what the configuration says is shared. Rejects in words when somebody has to mend something at the database; one that
 * is not there is waited for.
 */
export async function openMachines(parts: MachinesParts): Promise<CaseHouse> {
  const { config, own, log, started } = parts;
  const { bus: wanted, duties, routerId } = config();
  const machine = machineName(routerId);
  const closers: (() => void | Promise<void>)[] = [];
  const twins = createTwinWatch(machine, started, log, parts.onFatal);
  // First, so that who has this name already hears that it was asked for.
  const bus = wanted === null ? null : openBusOf(wanted, machine, log, twins);
  if (bus !== null) closers.push(() => bus.close());
  try {
    const opened = await openShared(config(), parts);
    closers.push(() => opened.close());
    const shared = await admitted(opened, routerId, log, parts.onFatal);
    const scope = duties.includes('traceback') ? await openMachineScope(shared, machine, log, parts.onFatal) : null;
    if (scope !== null) closers.push(() => scope.close());
    const partitions = await agreeOnPartitions({
      ...{ shared, own, log, onFatal: parts.onFatal },
      wanted: wanted?.partitions ?? 1,
    });
    const store = scope === null ? own : joinStores(own, scope);
    const there = scope?.there ?? Promise.resolve();
    return houseOf(parts, { machine, shared, store, there, bus, twins, agreed: partitions, closers });
  } catch (error) {
    await closeAll(closers);
    throw error;
  }
}

interface Opened {
  readonly machine: string;
  readonly shared: SharedDatabase;
  readonly store: Store;
  readonly there: Promise<void>;
  readonly bus: Bus | null;
  readonly twins: TwinWatch;
  readonly agreed: AgreedPartitions;
  readonly closers: (() => void | Promise<void>)[];
}

function houseOf(parts: MachinesParts, opened: Opened): CaseHouse {
  const { config, log, started, version, retell } = parts;
  const { machine, shared, store, there, bus, twins, agreed, closers } = opened;
  const { database } = shared;
  const everyScope = openScope(database, null, null);
  const everywhere = {
    async read<K extends keyof StoreReads>(what: K, args: StoreReads[K]['args']) {
      mustBeThere();
      return everyScope.read(what, args).catch((error: Error) => {
        throw new Error(`what the machines share is in the database: ${error.message}`, { cause: error });
      });
    },
  };
  function mustBeThere(): void {
    const away = shared.away();
    if (away !== null) throw new Error(`what the machines share is in the database, which is waited for: ${away}`);
  }
  const { duties, bus: wanted } = config();
  let publisher: Publisher | null = null;
  let presence: Presence | null = null;
  let partitions: Partitions<CasePartition> | null = null;
  let summaries: SoleHolder<Summaries> | null = null;
  let cases: SharedCases | null = null;
  let begin = async () => {};
  const running = (): ReadonlyMap<number, CasePartition> => partitions?.running() ?? new Map();

  const outboxes = () => [...running().values(), ...[summaries?.running() ?? []].flat()].map(({ outbox }) => outbox);

  /** What is closed while everything can still be written. */
  const leaving: (() => void | Promise<void>)[] = [];

  const resyncs = { asked: 0, told: 0 };
  const resync = createResyncs(async collector => {
    resyncs.asked++;
    return bus !== null && askForAll(bus, collector);
  });

  const toTheBook = bookTeller({
    book: () => running().get(0)?.cases,
    mayBe: name => comesAndGoes(config(), name),
  });
  /** By what all machines with cases read; of one that is silent it is not known whether it comes back as it was. */
  const roasAreRead = () => bus === null || (presence?.version() ?? OLDEST) >= WITH_ROAS;
  let wereRead = false;
  const tell = (event: CaseEvent): Promise<void> => (publisher === null ? toTheBook(event) : publisher.tell(event));

  /** The partition of a case, and the machine that has it. */
  function holderOf(id: string, count: number) {
    const partition = placeOf(id, count);
    return { partition, has: presence?.machines().find(one => !one.missed && one.partitions.includes(partition)) };
  }

  async function elsewhere(id: string, order: CaseOrder): Promise<void> {
    const { partition } = holderOf(id, await agreed.known);
    // What is to be done is asked of whom the database names, whatever machines say that they have.
    const has = (await database.holdings()).find(({ scope, left }) => scope === scopeOf(partition) && left > 0);
    if (bus === null || has === undefined)
      throw new Error(`no machine has partition ${partition} now, that of case ${id}`);
    await askMachine(bus, machineName(namesOf(has.holder).holder), { ask: 'mark', id, order }, ANSWER);
  }

  /** What another machine wants of this one. */
  async function answer(question: Question, signal: AbortSignal): Promise<unknown> {
    if (
      question.ask === 'look' &&
      Array.isArray(question.words) &&
      question.words.every(one => typeof one === 'string')
    )
      return parts.look(question.words as string[], signal);
    if (question.ask === 'life') return twins.asked();
    if (question.ask === 'forget') return removed.asked(question);
    if (question.ask !== 'mark') throw new Error('the question is not known here');
    const read = readAskedOrder(question);
    if (read === null) throw new Error('it is no order about a case');
    const { id, order } = read;
    const mine = [...running().values()].find(one => one.cases.open().some(of => of.id === id));
    if (mine === undefined) throw new Error(`case ${id} is not here, or is over`);
    await mine.cases.mark(id, order);
    return null;
  }

  const counted = () => ({ database, running: running(), ...resyncs, taken: partitions?.taken() ?? 0 });
  const removed = removedMachines({
    ...{ bus, machine, count: agreed.known, running, log },
    machines: () => presence?.machines() ?? [],
    unlist: of => presence?.forget(of),
  });

  const selfNow = duties.includes('collector') ? parts.self : askedSeldom(parts.self);
  async function alive(): Promise<Alive> {
    const { published, waiting, dropped } = publisher!.report();
    const here = [...running().keys()].sort((a, b) => a - b);
    const self = await selfNow();
    // What was found before was told to nobody.
    if (roasAreRead() && !wereRead) parts.roasAnew();
    wereRead = roasAreRead();
    return {
      ...{ ...self, problems: [...twins.problems(), ...self.problems] },
      ...{ version, roles: duties, started, published, waiting, dropped, time: Date.now() },
      ...{ partitions: here, ...behindOf(here, running()), reads: VERSIONS },
      counts: countsOf({ bus: bus!, publisher: publisher!, ...counted() }),
    };
  }

  function joinBus(to: Bus): void {
    const made = agreed.known.then(partitions =>
      createPublisher({
        ...{ bus: to, partitions, life: started, resync: retell, took: took('publish'), log },
        version: () => presence?.version() ?? OLDEST,
      }),
    );
    const teller = createTeller({ publisher: made, retell, log });
    publisher = duties.includes('collector') ? teller : quietTeller(teller);
    leaving.push(() => publisher?.close(LAST_WORDS));
    void publisher.tell({ what: 'hello' });
    const asked = retellSoon(() => {
      resyncs.told++;
      retell();
    });
    answerForAll(to, asked);
    answerQuestions(to, answer);
    presence = openPresence({
      bus: to,
      self: alive,
      onTwin: twins.heard,
      onChange(of, missed) {
        const unseen = missed ? 'is not heard any more: what its peers hold is out of sight' : 'is there';
        log(missed ? 'warn' : 'info', `machine ${routerIdOf(of)} ${unseen}`);
        const collects =
          presence
            ?.machines()
            .find(({ machine: one }) => one === of)
            ?.roles.includes('collector') ?? true;
        for (const partition of running().values()) missed ? partition.missed(of) : partition.back(of, collects);
      },
    });
    leaving.push(() => presence?.close());
  }

  /** Takes this machine's share of the cases. */
  async function openMine(face: SharedCases, caseParts: CaseParts): Promise<void> {
    const count = await agreed.known;
    // The first machine decides for all, so that what follows a mail answers it whoever sends it.
    let mailDomain: string | null = null;
    const companyOf = async (): Promise<CaseCompany> => {
      mailDomain ??= await database.agree('mail domain', hostname());
      return { ...caseParts.company, mailDomain, ...(count > 1 && { summaries: SUMMARIES }) };
    };
    partitions = await openPartitions<CasePartition>({
      ...{ database, count, log },
      onTwin: () => twins.found(database.place),
      // Whoever has this one tells of ROAs (shared-cases.ts). What was found while nobody had it was told to nobody.
      onOpen: partition => {
        if (partition === 0) parts.roasAnew();
      },
      async open(partition, scope, tenure) {
        const tenant = await openCasePartition({
          ...{ ...caseParts, company: await companyOf(), bus, replicas: wanted?.replicas ?? 1 },
          deliveries: openDeliveries(database, tenure.lease),
          ...{ partition, partitions: count, store: scope, tenure, askResync: resync.ask, log },
          lifeOf: collector => presence?.lifeOf(collector) ?? null,
          took: took('stream'),
        });
        tenant.cases.watch(face.watchers.tellLine);
        // Nobody asks over a bus that is not there. What is held now is not known here, as in case-partition.ts.
        if (bus === null) retell();
        return tenant;
      },
    });
    leaving.push(() => partitions?.close());
    if (count === 1) return;
    summaries = await openSoleHolder<Summaries>({
      ...{ database, scope: SUMMARIES, log },
      open: async (scope, tenure) =>
        openSummaries({
          ...{ ...caseParts, company: await companyOf(), store: scope, tenure, log },
          ...{ deliveries: openDeliveries(database, tenure.lease), again: record => noteAgain(face, record) },
        }),
    });
    leaving.push(() => summaries?.close());
  }

  return {
    store,
    everywhere,
    there,
    begin: () => begin(),
    async openCases(caseParts: CaseParts) {
      const face = createSharedCases({
        ...{ running, everywhere, elsewhere, tell },
        tellsOfRoas: () => running().has(0) && roasAreRead(),
        problems: () => partitions?.problems() ?? [],
      });
      cases = face;
      if (bus !== null) joinBus(bus);
      begin = async () => {
        if (!duties.includes('cases')) return;
        const opening = shared.there.then(() => openMine(face, caseParts));
        if (shared.away() === null) await opening;
        else opening.catch((error: Error) => parts.onFatal(`the cases cannot be opened: ${error.message}`));
      };
      return { cases: face, outbox: outboxFace(outboxes), close: () => closeAll(leaving) };
    },
    retold(message) {
      void tell(
        message.type === 'retelling' ? { what: 'resync' } : { what: 'resynced', up: message.up, whole: message.whole },
      );
    },
    openEverywhere: () => cases!.everywhere(),
    pendingEverywhere: () => everywhere.read('outbox.pending', {}),
    elsewhere(id) {
      const { partition, has } = holderOf(id, agreed.now() ?? 1);
      if (running().has(partition)) return null;
      return { partition, machine: has === undefined ? null : routerIdOf(has.machine) };
    },
    outboxOf: caseId => everywhere.read('outbox.of-case', { caseId }),
    machines: () =>
      (presence?.machines() ?? []).map((one): MachineRow => {
        const self = one.machine === machine;
        return {
          ...one,
          machine: routerIdOf(one.machine),
          self,
          twice: one.twice || (self && twins.problems().length > 0),
        };
      }),
    partitions: partitionLook({ shared, agreed, mine: () => partitions, machines: () => presence?.machines() ?? [] }),
    refused: () => bus?.refused.rows() ?? [],
    shared: () => bus && publisher && sharedOf({ bus, publisher, machines: presence?.machines() ?? [], ...counted() }),
    askAll: (words, signal) =>
      askAllMachines({ bus, machine, others: presence?.machines() ?? [], look: parts.look }, words, signal),
    async forgetMachine(...of) {
      mustBeThere();
      return removed.forget(...of);
    },
    problems: () => [
      ...awayProblems(shared.away(), duties),
      ...twins.problems(),
      ...(publisher?.problems() ?? []),
      ...(bus?.up === false && duties.includes('cases')
        ? ['until the bus is there no case begins, changes or ends']
        : []),
      ...machineProblems(presence?.machines() ?? []),
      ...(bus?.refused.problems() ?? []),
      ...(config().rpki.length > 0 && running().has(0) && !roasAreRead()
        ? ['a machine with cases reads nothing of ROAs: what is wrong with them is told once it is upgraded or removed']
        : []),
      ...heldProblems(running()),
      ...(bus?.up ? readProblems(running()) : []),
      ...copiesProblems(running(), wanted?.replicas ?? 1),
    ],
    close: () => closeAll(closers),
  };
}

/** What waits for the database, for `show status`. */
function awayProblems(away: string | null, duties: Config['duties']): string[] {
  if (away === null) return [];
  const waiting = [
    ...(duties.includes('cases') ? ['no case is opened, ended or told'] : []),
    ...(duties.includes('traceback') ? ['no trace is asked for or answered'] : []),
  ];
  return [`the database is waited for${waiting.map((one, i) => `${i === 0 ? ': ' : ', '}${one}`).join('')} (${away})`];
}

async function closeAll(closers: (() => void | Promise<void>)[]): Promise<void> {
  for (const one of closers.splice(0).reverse()) await one();
}
