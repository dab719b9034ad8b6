import { expect } from 'chai';
import fc from 'fast-check';
import type { Case } from '../../src/hijack/case.ts';
import { createCaseBook, PATIENCE } from '../../src/hijack/case-book.ts';
import { QUIET, STEADY } from '../../src/hijack/case-life.ts';
import type { CaseChange } from '../../src/hijack/case-reports.ts';
import { formatPrefix, parsePrefix } from '../../src/net/prefix.ts';
import type { JudgedChange } from '../../src/registry/judged-change.ts';
import type { RouteObject } from '../../src/registry/objects.ts';
import type { IrrState } from '../../src/registry/verdict.ts';
import { watchOf } from '../config/watch.ts';

const T0 = Date.UTC(2026, 10, 22, 4);
const MINUTE = 60_000;

const ours: RouteObject = {
  source: 'JPIRR',
  prefix: parsePrefix('192.0.2.0/24')!,
  origin: 64496,
  mntBy: ['MAINT-A'],
  holes: [],
  memberOf: [],
  keiro: ['a@example.jp'],
  notify: [],
  descr: '',
  text: 'route: 192.0.2.0/24\norigin: AS64496',
};

/** A book over a registry whose answer the test sets, with a clock the test sets. */
function bookWith(
  options: { holdUp?: number; holdDown?: number; stored?: readonly Case[]; maxOpen?: number; now?: number } = {},
) {
  const { holdUp = 0, holdDown = 5 * MINUTE, stored = [], maxOpen = 100, now = T0 } = options;
  const watch = watchOf('ours', { group: 'noc', critical: true, holdUp, holdDown });
  const world = { now, state: 'mismatch' as IrrState, watched: true, lacks: false };
  const book = createCaseBook({
    clock: () => world.now,
    registry: {
      decide: prefix => ({
        state: world.state,
        decidedBy: prefix,
        origins: [64496],
        watched: world.watched,
        rov: 'not-found',
        vrps: [],
        covers: null,
      }),
      watchesOf: () => [],
      nobodys: () => null,
      objectsFor: () => [ours],
      watchesFor: () => [watch],
      guards: () => [watch],
      lacks: () => world.lacks,
    },
    settings: () => ({
      watches: [watch],
      groups: [{ name: 'noc', mail: ['noc@example.net'] }],
      notify: [
        {
          kind: 'mail',
          from: 'k@example.net',
          relays: [{ host: 'h', port: 25 }],
          tls: 'none',
          to: ['x-keiro', 'group'],
          languages: ['en'],
          retry: 1,
        },
      ],
    }),
    stored,
    maxOpen,
  });
  return { book, world };
}

const change = (what: JudgedChange['what'], time: number, more: Partial<JudgedChange> = {}): JudgedChange => ({
  peer: 'tyo1',
  peerAs: 64500,
  peerAddress: '203.0.113.1',
  prefix: '192.0.2.0/24',
  origin: 64666,
  kind: more.state === 'mismatch-covering' ? 'more-specific' : 'origin',
  offender: more.origin === undefined ? 64666 : more.origin,
  ground: '',
  what,
  why: what === 'held' ? 'update' : what === 'gone' ? 'withdraw' : 'session',
  time,
  path: what === 'held' ? [64500, 64510, 64666] : [],
  state: 'mismatch',
  decidedBy: '192.0.2.0/24',
  ...more,
});

const told = (changes: readonly CaseChange[]) => changes.flatMap(({ notice }) => notice ?? []);
const last = (changes: readonly CaseChange[]): Case => changes.at(-1)!.case;
const tyo2 = { peer: 'tyo2', peerAs: 64501, peerAddress: '203.0.113.2', path: [64501, 64510, 64666] };

describe('hijack/case-book', () => {
  it('opens a case with its evidence, and begins at once when there is no hold-up', () => {
    const { book } = bookWith();
    const changes = book.judged([change('held', T0), change('held', T0 + 1, tyo2)]);
    expect(told(changes)).to.deep.equal(['begin']);
    expect(last(changes)).to.deep.include({
      id: '2026-11-22-01',
      kind: 'origin',
      state: 'ongoing',
      prefix: '192.0.2.0/24',
      offender: 64666,
      expected: [64496],
      decidedBy: '192.0.2.0/24',
      watches: ['ours'],
      critical: true,
      opened: T0,
      ended: null,
      peakWitnesses: 2,
      upstream: 64510,
      told: ['begin'],
    });
    expect(last(changes).witnesses.map(({ peer, state }) => [peer, state])).to.deep.equal([
      ['tyo1', 'holds'],
      ['tyo2', 'holds'],
    ]);
    expect(last(changes).recipients).to.deep.equal([
      { address: 'noc@example.net', because: 'group noc' },
      { address: 'a@example.jp', because: 'x-keiro' },
    ]);
    expect(last(changes).objects.map(({ text }) => text)).to.deep.equal([ours.text]);
  });

  it('ends when the last witness has been gone for the hold-down', () => {
    const { book } = bookWith();
    book.judged([change('held', T0), change('held', T0, tyo2)]);
    expect(told(book.judged([change('gone', T0 + MINUTE)]))).to.deep.equal([]);
    expect(told(book.tick(T0 + 30 * MINUTE)), 'tyo2 still holds it').to.deep.equal([]);
    book.judged([change('gone', T0 + 40 * MINUTE, tyo2)]);
    expect(told(book.tick(T0 + 45 * MINUTE - 1))).to.deep.equal([]);
    const ended = book.tick(T0 + 45 * MINUTE);
    expect(told(ended)).to.deep.equal(['end']);
    expect(last(ended)).to.include({ state: 'resolved', ended: T0 + 40 * MINUTE, peakWitnesses: 2, upstream: 64510 });
    expect(last(ended).told).to.deep.equal(['begin', 'end']);
    expect(book.open()).to.deep.equal([]);
  });

  it('goes on when the route is back within the hold-down, and is another case behind it', () => {
    const { book } = bookWith();
    book.judged([change('held', T0)]);
    book.judged([change('gone', T0 + MINUTE)]);
    expect(told(book.judged([change('held', T0 + 2 * MINUTE)]))).to.deep.equal([]);
    expect(told(book.tick(T0 + 10 * MINUTE))).to.deep.equal([]);
    book.judged([change('gone', T0 + 20 * MINUTE)]);
    expect(told(book.tick(T0 + 25 * MINUTE))).to.deep.equal(['end']);
    const again = book.judged([change('held', T0 + 26 * MINUTE)]);
    expect([told(again), last(again).id]).to.deep.equal([['begin'], '2026-11-22-02']);
  });

  it('overlooks no route that was seen for a moment', () => {
    const { book } = bookWith({ holdDown: 0 });
    const changes = book.judged([change('held', T0), change('gone', T0), change('held', T0 + 1)]);
    expect(changes.map(({ notice, case: { id } }) => [notice, id])).to.deep.equal([
      ['begin', '2026-11-22-01'],
      ['end', '2026-11-22-01'],
      ['begin', '2026-11-22-02'],
    ]);
  });

  it('waits for the hold-up; a blip gets one notice that tells both ends', () => {
    const { book } = bookWith({ holdUp: MINUTE });
    expect(last(book.judged([change('held', T0)])).state).to.equal('suspected');
    expect(told(book.tick(T0 + MINUTE - 1))).to.deep.equal([]);
    book.judged([change('gone', T0 + MINUTE - 1), change('held', T0 + MINUTE)]);
    expect(told(book.tick(T0 + MINUTE + 1)), 'the hold-up counts without a break').to.deep.equal([]);
    expect(told(book.tick(T0 + 2 * MINUTE))).to.deep.equal(['begin']);

    const blip = bookWith({ holdUp: MINUTE }).book;
    blip.judged([change('held', T0), change('gone', T0 + 1000)]);
    const over = blip.tick(T0 + 6 * MINUTE);
    expect(told(over)).to.deep.equal(['end']);
    expect(last(over)).to.deep.include({ state: 'resolved', opened: T0, ended: T0 + 1000, told: ['end'] });
  });

  it('never ends a case for a lost session, and goes on when the peer announces it again', () => {
    const { book } = bookWith();
    book.session('tyo1');
    book.judged([change('held', T0)]);
    const lost = book.judged([change('unseen', T0 + MINUTE)]);
    expect(last(lost)).to.deep.include({ state: 'unseen' });
    expect(last(lost).witnesses[0]).to.deep.include({ state: 'unseen', until: T0 + MINUTE });
    expect(told([...lost, ...book.tick(T0 + 100 * MINUTE)])).to.deep.equal([]);
    book.session('tyo1');
    const back = book.judged([change('held', T0 + 100 * MINUTE + 1)]);
    expect([told(back), last(back).state]).to.deep.equal([[], 'ongoing']);
    expect(told(book.endOfRib('tyo1', T0 + 101 * MINUTE))).to.deep.equal([]);
    expect(last(book.judged([change('gone', T0 + 110 * MINUTE)])).state).to.equal('ongoing');
    expect(told(book.tick(T0 + 115 * MINUTE))).to.deep.equal(['end']);
  });

  it('takes a route for gone that is not in the whole table after the session came back', () => {
    const { book } = bookWith();
    book.judged([change('held', T0), change('unseen', T0 + MINUTE)]);
    const whole = book.endOfRib('tyo1', T0 + 10 * MINUTE);
    expect(last(whole).witnesses[0]).to.deep.include({ state: 'gone', until: T0 + 10 * MINUTE });
    expect(told(book.tick(T0 + 15 * MINUTE))).to.deep.equal(['end']);
  });

  it('waits for the word that the table is whole, whatever the clock says', () => {
    const { book } = bookWith({ holdDown: 0 });
    book.judged([change('held', T0), change('unseen', T0 + 1)]);
    book.session('tyo1');
    expect(told(book.tick(T0 + 100 * 1440 * MINUTE))).to.deep.equal([]);
    expect(told(book.endOfRib('tyo1', T0 + MINUTE))).to.deep.equal(['end']);
  });

  it('takes a peer with several paths of a prefix for a witness of each', () => {
    const { book } = bookWith();
    const beside = (origin: number) => ({ ...change('held', T0, { origin }), beside: true });
    book.judged([beside(64666), beside(64667)]);
    const states = () => book.open().map(({ offender, witnesses }) => [offender, witnesses[0]?.state]);
    expect(states()).to.deep.equal([
      [64666, 'holds'],
      [64667, 'holds'],
    ]);
    book.judged([change('gone', T0 + 1, { origin: 64666 })]);
    expect(states()).to.deep.equal([
      [64666, 'gone'],
      [64667, 'holds'],
    ]);
  });

  it('does not wait for a table on a session that was lost with the route', () => {
    const { book } = bookWith({ holdDown: 0 });
    book.session('tyo1');
    book.judged([change('held', T0), change('unseen', T0 + 1)]);
    expect(told(book.tick(T0 + 100 * MINUTE))).to.deep.equal([]);
  });

  it('lets go of a peer that is no longer configured', () => {
    const { book } = bookWith({ holdDown: 0 });
    book.judged([change('held', T0), change('unseen', T0 + 1)]);
    expect(told(book.peerRemoved('tyo1', T0 + 2))).to.deep.equal(['end']);
  });

  it('keeps offenders and kinds apart, and moves a peer that changes its route', () => {
    const { book } = bookWith();
    book.judged([change('held', T0), change('held', T0, { ...tyo2, origin: 64667 })]);
    book.judged([change('held', T0, { peer: 'osa', prefix: '192.0.2.0/25', state: 'mismatch-covering' })]);
    expect(book.open().map(c => [c.prefix, c.offender, c.kind])).to.deep.equal([
      ['192.0.2.0/24', 64666, 'origin'],
      ['192.0.2.0/24', 64667, 'origin'],
      ['192.0.2.0/25', 64666, 'more-specific'],
    ]);
    book.judged([change('held', T0 + 1, { origin: 64667 })]);
    const [first, second] = book.open();
    expect(first!.witnesses[0]).to.deep.include({ state: 'gone' });
    expect(second!.witnesses.map(({ peer }) => peer)).to.deep.equal(['tyo2', 'tyo1']);
  });

  it('knows an offender that is an AS_SET', () => {
    const { book } = bookWith();
    const set = { origin: null, path: [64500, [64666, 64667]] };
    expect(last(book.judged([change('held', T0, set)]))).to.include({ offender: null, upstream: 64500 });
    expect(last(book.judged([change('gone', T0 + 1, set)])).witnesses[0]!.state).to.equal('gone');
  });

  it('closes at once, with the reason, when the registry no longer objects', () => {
    const { book } = bookWith();
    book.judged([change('held', T0)]);
    const cleared = book.judged([change('gone', T0 + MINUTE, { why: 'registry' })]);
    expect(told(cleared)).to.deep.equal(['end']);
    expect(last(cleared).timeline.at(-1)!.what).to.match(/registry/);
  });

  it('asks the registry anew for cases that nobody holds, not for those that somebody does', () => {
    const { book, world } = bookWith();
    book.judged([change('held', T0), change('unseen', T0 + 1), change('held', T0, { prefix: '192.0.2.0/25' })]);
    expect(book.registryChanged()).to.deep.equal([]);
    world.state = 'match';
    world.now = T0 + MINUTE;
    const cleared = book.registryChanged();
    expect(told(cleared)).to.deep.equal(['end']);
    expect(last(cleared)).to.include({ prefix: '192.0.2.0/24', state: 'resolved', ended: T0 + MINUTE });
    expect(book.open().map(({ prefix }) => prefix)).to.deep.equal(['192.0.2.0/25']);
  });

  it('grows dormant after a day without change, and wakes', () => {
    const { book } = bookWith();
    book.judged([change('held', T0)]);
    expect(last(book.tick(T0 + QUIET)).state).to.equal('dormant');
    expect(book.tick(T0 + QUIET + 1)).to.deep.equal([]);
    expect(last(book.judged([change('held', T0 + QUIET + 2, tyo2)])).state).to.equal('ongoing');
  });

  it('opens no more cases than it may, and counts the rest', () => {
    const { book } = bookWith({ maxOpen: 2 });
    book.judged([1, 2, 3, 4].map(origin => change('held', T0, { origin, peer: `p${origin}` })));
    expect([book.open().length, book.refused]).to.deep.equal([2, 2]);
  });

  it('lets what nobody would be told of give way to what people have to know', () => {
    const { book } = bookWith({ maxOpen: 2 });
    const covering = (prefix: string, drawing: boolean) =>
      change('held', T0, { prefix, kind: 'super-prefix', drawing, state: 'unknown' });
    book.judged([covering('192.0.0.0/16', true), covering('192.0.0.0/20', false), covering('192.0.0.0/21', false)]);
    const prefixes = () => book.open().map(({ prefix }) => prefix);
    expect([prefixes(), book.refused]).to.deep.equal([['192.0.0.0/16', '192.0.0.0/20'], 1]);
    const changes = book.judged([change('held', T0 + 1000)]);
    expect(prefixes()).to.deep.equal(['192.0.0.0/16', '192.0.2.0/24']);
    expect(changes.map(({ case: of, notice }) => [of.prefix, of.state, notice])).to.deep.include.members([
      ['192.0.0.0/20', 'resolved', null],
      ['192.0.2.0/24', 'ongoing', 'begin'],
    ]);
    book.judged([change('held', T0 + 2000, { origin: 64667, peer: 'tyo2' })]);
    expect([prefixes().length, book.refused]).to.deep.equal([2, 2]);
  });

  it('ignores what is no prefix', () => {
    const { book } = bookWith();
    expect(
      book.judged([
        change('held', T0, { prefix: 'x' }),
        change('held', T0, { decidedBy: 'x' }),
        change('gone', T0),
        change('unseen', T0),
      ]),
    ).to.deep.equal([]);
  });

  it('keeps the timeline of a flapping route short and says so', () => {
    const { book } = bookWith();
    for (let i = 0; i < 2000; i++) book.judged([change(i % 2 === 0 ? 'held' : 'gone', T0 + i)]);
    const { timeline } = book.open()[0]!;
    expect(timeline.length).to.be.at.most(400);
    expect(timeline.filter(({ what }) => /events left out$/.test(what))).to.have.length(1);
    const leftOut = Number(/^\d+/.exec(timeline[50]!.what)![0]);
    expect(leftOut + timeline.length - 1, 'nothing is lost uncounted').to.equal(2002);
  });

  describe('after a restart', () => {
    /** A case as the store has it: held by tyo1, told. */
    function storedCase(): Case {
      const { book } = bookWith();
      return last(book.judged([change('held', T0 - 10 * MINUTE)]));
    }

    it('goes on with the case, tells nothing twice and never uses an id again', () => {
      const { book } = bookWith({ stored: [storedCase()] });
      const first = book.tick(T0);
      expect(last(first)).to.include({ id: '2026-11-22-01', state: 'unseen' });
      const held = book.judged([change('held', T0 + 1)]);
      expect([told(held), last(held).state]).to.deep.equal([[], 'ongoing']);
      const other = book.judged([change('held', T0 + 2, { prefix: '192.0.2.0/25' })]);
      expect(last(other).id).to.equal('2026-11-22-02');
    });

    it('believes no end before the witnesses have told their tables', () => {
      const { book } = bookWith({ stored: [storedCase()], holdDown: 0 });
      expect(told(book.tick(T0 + 1000 * MINUTE)), 'the session is not back').to.deep.equal([]);
      const ended = book.endOfRib('tyo1', T0 + 1000 * MINUTE);
      expect(told(ended)).to.deep.equal(['end']);
    });

    it('waits for the tables even when everybody had let go before', () => {
      const { book } = bookWith();
      book.judged([change('held', T0 - 10 * MINUTE)]);
      const stored = last(book.judged([change('gone', T0 - 9 * MINUTE)]));
      const waiting = bookWith({ stored: [stored] }).book;
      expect(told(waiting.tick(T0 + 1))).to.deep.equal([]);
      const back = waiting.judged([change('held', T0 + 2)]);
      expect([told(back), last(back).id]).to.deep.equal([[], stored.id]);
      const gone = bookWith({ stored: [stored] }).book;
      gone.endOfRib('tyo1', T0 + 2);
      const ended = gone.tick(T0 + 3);
      expect(told(ended)).to.deep.equal(['end']);
      expect(last(ended).ended).to.equal(T0 - 9 * MINUTE);
      const silent = bookWith({ stored: [stored] }).book;
      expect(told(silent.tick(T0 + PATIENCE))).to.deep.equal(['end']);
    });

    it('ends nothing while the source that the case rests on is missing', () => {
      const { book, world } = bookWith({ stored: [storedCase()], holdDown: 0 });
      world.lacks = true;
      world.state = 'unknown';
      const blind = [
        ...book.registryChanged(),
        ...book.endOfRib('tyo1', T0 + 1),
        ...book.tick(T0 + 100 * MINUTE),
        ...book.registryChanged(),
      ];
      expect(told(blind)).to.deep.equal([]);
      world.lacks = false;
      world.state = 'mismatch';
      expect(told(book.registryChanged()), 'its absence counts now').to.deep.equal(['end']);
    });

    it('nor by the clock, while that source is missing', () => {
      const { book } = bookWith();
      book.judged([change('held', T0 - 10 * MINUTE)]);
      const stored = last(book.judged([change('gone', T0 - 9 * MINUTE)]));
      const { book: again, world } = bookWith({ stored: [stored] });
      world.lacks = true;
      expect(told(again.tick(T0 + 100 * MINUTE))).to.deep.equal([]);
      world.lacks = false;
      expect(told(again.tick(T0 + 101 * MINUTE))).to.deep.equal(['end']);
    });

    it('tells no beginning twice, whatever state was stored with it', () => {
      const { book } = bookWith({ stored: [{ ...storedCase(), state: 'suspected' }] });
      expect(told(book.judged([change('held', T0)]))).to.deep.equal([]);
    });

    it('leaves resolved cases alone', () => {
      const { book } = bookWith({ stored: [{ ...storedCase(), state: 'resolved' }] });
      expect(book.open()).to.deep.equal([]);
    });
  });

  it('holds what it promises in any order of events', () => {
    const peer = fc.constantFrom('p1', 'p2', 'p3');
    const prefix = fc.constantFrom('192.0.2.0/24', '192.0.2.0/25');
    const origin = fc.constantFrom(64666, 64667);
    const event = fc.oneof(
      { weight: 6, arbitrary: fc.record({ do: fc.constant('held' as const), peer, prefix, origin }) },
      { weight: 4, arbitrary: fc.record({ do: fc.constant('gone' as const), peer, prefix, origin }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('down' as const), peer }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('whole' as const), peer }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
      { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), minutes: fc.nat({ max: 12 }) }) },
    );
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 60 }),
        fc.constantFrom(0, 2 * MINUTE),
        fc.constantFrom(0, 5 * MINUTE),
        (events, holdUp, holdDown) => {
          let { book, world } = bookWith({ holdUp, holdDown });
          /** The store, and the truth: who holds what now, and whose table was lost and is not whole again. */
          const store = new Map<string, Case>();
          const notices = new Map<string, string[]>();
          const held = new Map<string, number>();
          const lost = new Set<string>();
          const key = (peer: string, prefix: string) => `${peer} ${prefix}`;

          function keep(changes: readonly CaseChange[]): void {
            for (const { case: changed, notice } of changes) {
              const before = store.get(changed.id);
              expect(before?.state, 'a resolved case stays as it is').to.not.equal('resolved');
              store.set(changed.id, changed);
              if (notice !== null) notices.set(changed.id, [...(notices.get(changed.id) ?? []), notice]);
              if (notice === 'end') {
                expect(changed.state).to.equal('resolved');
                for (const witness of changed.witnesses) expect(witness.state, 'ended with a witness').to.equal('gone');
              }
            }
          }

          for (const step of events) {
            world.now += 1000;
            const now = world.now;
            if (step.do === 'wait') {
              world.now += step.minutes * MINUTE;
              keep(book.tick(world.now));
            } else if (step.do === 'restart') {
              const state = [...store.values()];
              ({ book, world } = bookWith({ holdUp, holdDown, stored: state, now }));
              for (const at of held.keys()) lost.add(at.split(' ')[0]!);
              for (const witness of state.flatMap(c => c.witnesses)) lost.add(witness.peer);
              held.clear();
            } else if (step.do === 'down') {
              const gone: JudgedChange[] = [];
              for (const [at, origin] of [...held]) {
                const [peer, prefix] = at.split(' ') as [string, string];
                if (peer !== step.peer) continue;
                gone.push(change('unseen', now, { peer, prefix, origin }));
                held.delete(at);
              }
              lost.add(step.peer);
              book.session(step.peer);
              keep(book.judged(gone));
            } else if (step.do === 'whole') {
              keep(book.endOfRib(step.peer, now));
              lost.delete(step.peer);
            } else if (step.do === 'held') {
              const { peer, prefix, origin } = step;
              held.set(key(peer, prefix), origin);
              const path = [64500, origin];
              keep(book.judged([change('held', now, { peer, prefix, origin, path })]));
            } else if (held.get(key(step.peer, step.prefix)) === step.origin) {
              const { peer, prefix, origin } = step;
              held.delete(key(peer, prefix));
              keep(book.judged([change('gone', now, { peer, prefix, origin })]));
            }
            keep(book.tick(world.now));

            for (const open of book.open()) {
              expect(open.timeline.length).to.be.at.most(400);
              expect(store.has(open.id), 'what is open was reported').to.equal(true);
            }
            for (const [at, origin] of held) {
              const [peer, prefix] = at.split(' ') as [string, string];
              const open = book.open().find(c => c.prefix === prefix && c.offender === origin);
              expect(open, `${at} is held, so its case is open`).to.not.equal(undefined);
              expect(open!.witnesses.find(w => w.peer === peer)!.state).to.equal('holds');
            }
            for (const open of book.open())
              for (const witness of open.witnesses) {
                const holds = held.get(key(witness.peer, open.prefix)) === open.offender;
                if (witness.state === 'holds') expect(holds, 'a witness holds it').to.equal(true);
                if (witness.state === 'unseen') expect(lost.has(witness.peer), 'unseen: session lost').to.equal(true);
              }
          }

          for (const [id, list] of notices) {
            expect(['begin', 'end', 'begin,end'], 'no notice twice, none out of order').to.include(list.join());
            expect(store.get(id)!.told).to.deep.equal(list);
            if (store.get(id)!.state === 'resolved') expect(list.at(-1)).to.equal('end');
            else expect(list).to.deep.equal(['begin']);
          }

          // Everybody withdraws, every session is back and whole: every case ends.
          for (const [at, origin] of held) {
            const [peer, prefix] = at.split(' ') as [string, string];
            keep(book.judged([change('gone', world.now, { peer, prefix, origin })]));
          }
          for (const peer of ['p1', 'p2', 'p3']) keep(book.endOfRib(peer, world.now));
          keep(book.tick(world.now + holdDown + PATIENCE + STEADY));
          expect(book.open()).to.deep.equal([]);
          for (const list of notices.values()) expect(list.at(-1)).to.equal('end');
          for (const { id, prefix } of store.values()) {
            expect(notices.has(id), `${id} was told`).to.equal(true);
            expect(formatPrefix(parsePrefix(prefix)!)).to.equal(prefix);
          }
        },
      ),
      { numRuns: 400 },
    );
  });
});
