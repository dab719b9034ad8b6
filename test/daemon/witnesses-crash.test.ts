import { join } from 'node:path';
import { expect } from 'chai';
import type { Config } from '../../src/config/tree.ts';
import { type CasesOfStore, openCases } from '../../src/daemon/cases.ts';
import type { Case, Witness } from '../../src/hijack/case.ts';
import { checkChain, readEvidence } from '../../src/hijack/evidence-chain.ts';
import type { Judged } from '../../src/hijack/judged.ts';
import { readCase } from '../../src/hijack/stored-case.ts';
import { FEW } from '../../src/hijack/witness-ledger.ts';
import { createOutbox } from '../../src/notify/outbox.ts';
import type { Registry } from '../../src/registry/registry.ts';
import type { Store } from '../../src/store/records.ts';
import { gone, held } from '../hijack/book.ts';
import { open, scratch } from '../store/fixture.ts';
import { noLog, oneWatch } from './one-watch.ts';

/** Peers of a hijack that has enough of them for changes of witnesses to wait. */
const PEERS = Array.from({ length: FEW + 36 }, (_, i) => `p${i}`);
const NEW = ['new1', 'new2', 'new3'];
const OTHER = [64500, 64511, 64666];

const change = (what: 'held' | 'gone', peer: string, path: readonly number[] = [64500, 64510, 64666]): Judged =>
  what === 'held' ? held(peer, Date.now(), { path }) : gone(peer, Date.now());

describe('daemon/cases, killed while changes of witnesses wait', function () {
  this.timeout(60_000);
  const directory = scratch();
  let registry: Registry;
  let config: Config;
  let number = 0;

  before(async () => {
    ({ config, registry } = await oneWatch(directory));
  });
  after(() => registry.close());

  /** A life of the daemon over a store. `kill`: from now on it writes nothing any more, whatever it does. */
  async function life(store: Store) {
    let dead = false;
    const dying: Store = {
      ...store,
      read: store.read,
      write: batch => (dead ? Promise.reject(new Error('killed')) : store.write(batch)),
    };
    const outbox = createOutbox({ store: dying, notify: [], log: noLog, grace: 0 });
    const cases = await openCases(dying, outbox, registry, () => config, noLog, null, { lost: () => dead });
    return {
      cases,
      async kill() {
        dead = true;
        await cases.close();
        await outbox.close();
      },
      async end() {
        await cases.close();
        await outbox.close();
      },
    };
  }

  /** A hijack that is stored with its first peers, of which more let go, are new or have another path as it is killed. */
  async function killed() {
    const store = await open(join(directory, `state${number++}`));
    const { cases, kill } = await life(store);
    for (const peer of PEERS) cases.endOfRib(peer, Date.now());
    await cases.judged(PEERS.map(peer => change('held', peer)));
    const paths = new Map(PEERS.map(peer => [peer, [64500, 64510, 64666]]));
    const last = [
      ...PEERS.slice(0, 5).map(peer => change('gone', peer)),
      ...PEERS.slice(5, 9).map(peer => change('held', peer, OTHER)),
      ...NEW.map(peer => change('held', peer, OTHER)),
    ];
    // Those that may wait are done with before anything is written.
    for (const one of last.slice(0, 10)) await cases.judged([one]);
    for (const one of last.slice(10)) void cases.judged([one]);
    const stopped = kill();
    for (const { what, peer, path } of last)
      if (what === 'gone') paths.delete(peer);
      else paths.set(peer, [...path] as number[]);
    await stopped;
    expect(stateOf(await storedOf(store)), 'something was lost').to.not.deep.equal(
      [...paths].map(([peer, path]) => [peer, path]),
    );
    return { store, paths };
  }

  async function storedOf(store: Store): Promise<Case> {
    const [one, ...others] = (await store.read('case.all', {})).map(({ body }) => readCase(body));
    expect(others, 'it is one case').to.deep.equal([]);
    return one!;
  }
  const stateOf = ({ witnesses }: Pick<Case, 'witnesses'>) =>
    witnesses.filter(({ state }) => state === 'holds').map(({ peer, path }) => [peer, path]);

  /** What peers hold is told once more as their sessions come up, and that their tables are whole. */
  async function tellAgain(cases: CasesOfStore, paths: ReadonlyMap<string, readonly number[]>): Promise<void> {
    for (const peer of [...PEERS, ...NEW]) {
      cases.session(peer);
      const path = paths.get(peer);
      if (path !== undefined) await cases.judged([change('held', peer, path)]);
      cases.endOfRib(peer, Date.now());
    }
  }

  /** The witnesses that the records of the evidence come to. */
  async function proven(store: Store, { id, state }: Case): Promise<readonly Witness[]> {
    const records = await store.read('evidence.of-case', { caseId: id });
    expect(checkChain(id, records).fault).to.equal(null);
    const known = new Map<string, Witness>();
    for (const { body } of records) {
      const { witnesses, witnessed = [] } = readEvidence(body)!;
      if (witnesses !== undefined) known.clear();
      for (const one of [...(witnesses ?? []), ...witnessed]) known.set(one.peer, one);
    }
    expect(readEvidence(records.at(-1)!.body)!.state).to.equal(state);
    return [...known.values()];
  }

  it('knows all of them again once they are told anew, and its evidence has them', async () => {
    const { store, paths } = await killed();
    const { cases, end } = await life(store);
    await tellAgain(cases, paths);
    await end();
    const of = await storedOf(store);
    expect([of.state, of.told]).to.deep.equal(['ongoing', ['begin']]);
    expect(new Map(stateOf(of) as [string, number[]][])).to.deep.equal(paths);
    expect(of.witnesses.filter(({ state }) => state === 'gone').map(({ peer }) => peer)).to.deep.equal(
      PEERS.slice(0, 5),
    );
    expect(await proven(store, of)).to.deep.equal(of.witnesses);
  });

  it('does not end it before somebody is heard of whom nothing was written', async () => {
    const { store } = await killed();
    const { cases, end } = await life(store);
    // That nobody of whom it knows holds it any more is known before that another one does.
    await tellAgain(cases, new Map([['new2', OTHER]]));
    await end();
    const of = await storedOf(store);
    expect([of.state, of.told, of.upstream]).to.deep.equal(['fading', ['begin'], 64511]);
    expect(stateOf(of)).to.deep.equal([['new2', OTHER]]);
    expect(await proven(store, of)).to.deep.equal(of.witnesses);
    const events = (await store.read('outbox.of-case', { caseId: of.id })).map(({ event }) => event);
    expect(events).to.deep.equal(['begin']);
  });
});
