import { expect } from 'chai';
import fc from 'fast-check';
import type { Case } from '../../src/hijack/case.ts';
import { DRILL_PEER } from '../../src/hijack/case-book.ts';
import { FLAP_WINDOW, STEADY } from '../../src/hijack/case-life.ts';
import type { CaseChange } from '../../src/hijack/case-reports.ts';
import { readCase } from '../../src/hijack/stored-case.ts';
import { gone, held, last, MINUTE, openBook, T0, told, unseen } from './book.ts';

const peers = (count: number) => Array.from({ length: count }, (_, i) => `p${i}`);
const mark = (time: number, reason = '') => ({ time, by: 'uid 1000, pid 4711', reason });

describe('hijack/case-life', () => {
  it('fades when a fifth of many is left, and does not end by that', () => {
    const { book } = openBook();
    const all = peers(10);
    book.judged(all.map(peer => held(peer, T0)));
    book.judged(all.slice(0, 7).map(peer => gone(peer, T0 + MINUTE)));
    expect(book.open()[0]!.state).to.equal('ongoing');
    const faded = last(book.judged([gone('p7', T0 + 2 * MINUTE)]));
    expect([faded.state, faded.timeline.at(-1)!.what]).to.deep.equal(['fading', 'fading: 2 of 10 left']);
    expect(told(book.tick(T0 + 1000 * MINUTE))).to.deep.equal([]);
    expect(last(book.judged([held('p1', T0 + 1001 * MINUTE)])).state).to.equal('ongoing');
    book.judged([gone('p1', T0 + 1002 * MINUTE), gone('p8', T0 + 1002 * MINUTE), gone('p9', T0 + 1002 * MINUTE)]);
    expect(told(book.tick(T0 + 1007 * MINUTE))).to.deep.equal(['end']);
  });

  it('does not call it fading while most are only out of sight', () => {
    const { book } = openBook();
    book.judged(peers(10).map(peer => held(peer, T0)));
    expect(last(book.judged(peers(9).map(peer => unseen(peer, T0 + MINUTE)))).state).to.equal('ongoing');
  });

  it('flaps when it has come back four times within an hour: one begin, one end', () => {
    const { book } = openBook();
    const changes: CaseChange[] = [];
    let now = T0;
    for (let i = 0; i < 5; i++) {
      changes.push(...book.judged([held('a', now)]), ...book.judged([gone('a', now + MINUTE)]));
      now += 2 * MINUTE;
    }
    expect(told(changes)).to.deep.equal(['begin']);
    expect(book.open()[0]).to.include({ state: 'flapping', flaps: 4 });
    expect(told(book.tick(now + STEADY - 2 * MINUTE)), 'the usual hold-down is too short for it').to.deep.equal([]);
    expect(told(book.tick(now + STEADY))).to.deep.equal(['end']);
  });

  it('knows by cases that ended that the next one flaps', () => {
    const { book } = openBook({ holdDown: 0 });
    const states: string[] = [];
    for (let i = 0; i < 5; i++) {
      states.push(last(book.judged([held('a', T0 + i * MINUTE)])).state);
      book.judged([gone('a', T0 + i * MINUTE + 1000)]);
    }
    expect(states).to.deep.equal(['ongoing', 'ongoing', 'ongoing', 'ongoing', 'flapping']);
    expect(
      book.open().map(({ state }) => state),
      'the fifth is not over so soon',
    ).to.deep.equal(['flapping']);
  });

  it('is done with flapping when it has been held for long', () => {
    const { book } = openBook();
    for (let i = 0; i < 5; i++) book.judged([held('a', T0 + 2 * i), gone('a', T0 + 2 * i + 1)]);
    book.judged([held('a', T0 + MINUTE)]);
    book.tick(T0 + MINUTE + STEADY);
    expect(book.open()[0]!.state, 'its comebacks still count').to.equal('flapping');
    book.tick(T0 + MINUTE + FLAP_WINDOW);
    expect(book.open()[0]!.state).to.equal('ongoing');
  });

  it('takes what is told of a peer later for later, though a clock was set back', () => {
    for (const back of [1_000, 2 * MINUTE, 60 * MINUTE]) {
      const { book } = openBook();
      const state = () => book.open()[0]!.witnesses[0]!.state;
      book.judged([held('a', T0 + MINUTE)]);
      book.judged([gone('a', T0 + MINUTE + 10 - back)]);
      expect(state(), `gone, ${back} ms back`).to.equal('gone');
      book.judged([held('a', T0 + MINUTE + 20 - back)]);
      expect(state(), `held again, ${back} ms back`).to.equal('holds');
    }
  });

  it('tells of begin and end in time though the clock is set back meanwhile', () => {
    const { book } = openBook({ holdUp: MINUTE, holdDown: MINUTE });
    const events = (now: number) => book.tick(now).flatMap(({ notice }) => notice ?? []);
    const HOUR = 60 * MINUTE;
    book.judged([held('a', T0 + HOUR)]);
    expect(events(T0 + HOUR + 1_000)).to.deep.equal([]);
    expect(events(T0 + 2_000), 'an hour back').to.deep.equal([]);
    expect(events(T0 + 2_000 + MINUTE)).to.deep.equal(['begin']);
    book.judged([gone('a', T0 + 2 * MINUTE)]);
    expect(events(T0 + 2 * MINUTE + 1_000)).to.deep.equal([]);
    expect(events(T0 - HOUR), 'back again').to.deep.equal([]);
    expect(events(T0 - HOUR + MINUTE)).to.deep.equal(['end']);
  });

  describe('set aside', () => {
    it('by a person: in silence, until it is over, and the timeline says who', () => {
      const { book } = openBook();
      const { id } = last(book.judged([held('a', T0)]));
      const as = { ...mark(T0 + MINUTE, 'our customer'), until: T0 + 60 * MINUTE };
      const dismissed = last(book.dismiss(id, as)!);
      expect(dismissed).to.deep.include({ state: 'dismissed', dismissed: as });
      expect(dismissed.timeline.at(-1)).to.deep.equal({
        time: T0 + MINUTE,
        what: 'dismissed until 2026-11-22T05:00:00Z: our customer',
        state: 'dismissed',
        by: 'uid 1000, pid 4711',
      });
      book.judged([held('b', T0 + 2 * MINUTE)]);
      expect(book.open()[0]!.state).to.equal('dismissed');
      expect(told(book.tick(T0 + 60 * MINUTE)), 'its begin was told').to.deep.equal([]);
      const [again] = book.open();
      expect([again!.state, again!.dismissed]).to.deep.equal(['ongoing', undefined]);
      expect(again!.timeline.some(({ what }) => what === 'taken up again: the dismissal is over')).to.equal(true);
    });

    it('is told of when it is taken up again and nobody knew, and never twice', () => {
      const { book } = openBook({ holdUp: 10 * MINUTE });
      const { id } = last(book.judged([held('a', T0)]));
      book.dismiss(id, { ...mark(T0 + 1, 'x'), until: null });
      expect(told(book.tick(T0 + 60 * MINUTE))).to.deep.equal([]);
      book.takeUp(id, mark(T0 + 61 * MINUTE, 'it is not ours'));
      expect(told(book.tick(T0 + 61 * MINUTE))).to.deep.equal(['begin']);
      expect(book.takeUp(id, mark(T0 + 62 * MINUTE)), 'it is not set aside any more').to.equal(null);
    });

    it('tells its end to those who were told of its begin, to nobody else', () => {
      for (const holdUp of [0, 10 * MINUTE]) {
        const { book } = openBook({ holdUp, holdDown: 0 });
        const { id } = last(book.judged([held('a', T0)]));
        book.dismiss(id, { ...mark(T0 + 1, 'x'), until: null });
        const ended = book.judged([gone('a', T0 + 2)]);
        expect(last(ended).state).to.equal('resolved');
        expect(told(ended)).to.deep.equal(holdUp === 0 ? ['end'] : []);
      }
    });

    it('by an exception as long as that is in force; its end is an event', () => {
      const { book, world } = openBook();
      const except = { prefix: '192.0.2.0/24', origins: [64666], until: T0 + 60 * MINUTE, reason: 'scrubbing' };
      world.exceptions = [except];
      const opened = book.judged([held('a', T0)]);
      expect(told(opened)).to.deep.equal([]);
      expect(last(opened)).to.deep.include({ state: 'dismissed', severity: 'info' });
      expect(last(opened).hints!.map(({ hint }) => hint)).to.deep.equal(['scrubbing']);
      expect(last(opened).dismissed).to.deep.include({ by: 'watch ours', until: T0 + 60 * MINUTE, exception: true });
      world.now = T0 + 60 * MINUTE;
      const over = book.tick(world.now);
      expect(told(over)).to.deep.equal(['begin']);
      expect(last(over)).to.deep.include({ state: 'ongoing', severity: 'major', hints: [] });
    });

    it('by an exception that a reload brings, and no longer when it takes it away', () => {
      const { book, world } = openBook();
      book.judged([held('a', T0)]);
      world.exceptions = [{ prefix: '192.0.2.0/24', origins: [64666], until: null, reason: 'scrubbing' }];
      book.tick(T0 + 1000);
      expect(book.open()[0]!.state).to.equal('dismissed');
      world.exceptions = [];
      expect(told(book.tick(T0 + 2000)), 'told before').to.deep.equal([]);
      expect(book.open()[0]!.state).to.equal('ongoing');
    });
  });

  it('is acknowledged and remarked on by people, whose words stand in the timeline', () => {
    const { book } = openBook();
    const { id } = last(book.judged([held('a', T0)]));
    expect(last(book.acknowledge(id, mark(T0 + 1, 'called AS64510'))!).acknowledged).to.deep.equal(
      mark(T0 + 1, 'called AS64510'),
    );
    expect(last(book.remark(id, mark(T0 + 2, 'they look into it'))!).timeline.slice(-2)).to.deep.equal([
      { time: T0 + 1, what: 'acknowledged: called AS64510', state: 'ongoing', by: 'uid 1000, pid 4711' },
      { time: T0 + 2, what: 'note: they look into it', state: 'ongoing', by: 'uid 1000, pid 4711' },
    ]);
    expect(book.acknowledge('2026-11-22-99', mark(T0))).to.equal(null);
  });

  it('keeps the words of people while the route goes on and on', () => {
    const { book } = openBook();
    const { id } = last(book.judged([held('a', T0)]));
    for (let i = 1; i <= 3000; i++) {
      book.judged([(i % 2 === 0 ? held : gone)('a', T0 + i)]);
      if (i % 500 === 0) book.remark(id, mark(T0 + i, `word ${i}`));
    }
    const { timeline } = book.open()[0]!;
    expect(timeline).to.have.length(400);
    expect(timeline.filter(({ by }) => by !== undefined).map(({ what }) => what)).to.deep.equal(
      [500, 1000, 1500, 2000, 2500, 3000].map(i => `note: word ${i}`),
    );
    for (let i = 0; i < 500; i++) book.remark(id, mark(T0 + 4000 + i, 'word'));
    expect(book.open()[0]!.timeline).to.have.length(400);
  });

  it('is as grave as the registry of the hour says', () => {
    const { book, world } = openBook();
    expect(last(book.judged([held('a', T0)]))).to.deep.include({ severity: 'major', hints: [] });
    world.roas = [64666];
    world.now = T0 + MINUTE;
    book.registryChanged();
    const judged = last(book.tick(T0 + MINUTE));
    expect(judged).to.include({ severity: 'info', changed: T0 + MINUTE });
    expect(judged.hints!.map(({ hint }) => hint)).to.deep.equal(['registration-error', 'disputed']);
    expect(judged.timeline.at(-1)!.what).to.match(/^severity info, was major: IRR mismatch and ROV valid make it info/);
    book.registryChanged();
    expect(book.tick(T0 + 2 * MINUTE), 'nothing is another').to.deep.equal([]);
  });

  it('calls a route stuck when the last witness has been alone for a while', () => {
    const { book } = openBook();
    book.judged(['a', 'b', 'c'].map(peer => held(peer, T0)));
    book.judged(['b', 'c'].map(peer => gone(peer, T0 + MINUTE)));
    book.tick(T0 + 10 * MINUTE);
    expect(book.open()[0]).to.include({ severity: 'major' });
    const stuck = last(book.tick(T0 + 12 * MINUTE));
    expect([stuck.severity, stuck.hints![0]!.hint, stuck.witnesses[0]!.stale!.score]).to.deep.equal([
      'minor',
      'stuck-route',
      0.5,
    ]);
    expect(told(book.tick(T0 + 100_000 * MINUTE)), 'it is held').to.deep.equal([]);
    book.judged([gone('a', T0 + 100_001 * MINUTE)]);
    const over = last(book.tick(T0 + 100_006 * MINUTE));
    expect([over.state, over.severity]).to.deep.equal(['resolved', 'minor']);
    expect(over.timeline.at(-1)!.what, 'the last word is why').to.equal('no peer has held it for the hold-down');
  });

  it('takes up a case that an older version stored', () => {
    const { book: before } = openBook();
    const { severity, hints, why, incident, origin, ground, ...old } = last(before.judged([held('a', T0)]));
    expect([severity, hints, why, incident, origin, ground]).to.not.include(undefined);
    const stored = readCase(JSON.stringify(old));
    expect(stored).to.include({ origin: 64666, ground: '' });
    const { book } = openBook({ stored: [stored] });
    book.tick(T0 + 1000);
    expect(last(book.judged([held('a', T0 + 2000)]))).to.include({ id: old.id, state: 'ongoing', severity: 'major' });
  });

  it('puts related cases into one incident', () => {
    const { book } = openBook();
    book.judged([held('a', T0), held('b', T0, { prefix: '192.0.2.0/25', state: 'mismatch-covering' })]);
    expect(book.open().map(({ incident }) => incident)).to.deep.equal(['I2026-11-22-01', 'I2026-11-22-01']);
  });

  it('keeps a drill apart from what is real', () => {
    const { book } = openBook();
    const drilled = book.judged([held(DRILL_PEER, T0)]);
    book.judged([held('a', T0 + 1)]);
    expect(last(drilled)).to.include({ drill: true });
    expect(book.open().map(({ drill, witnesses }) => [drill, witnesses.map(({ peer }) => peer)])).to.deep.equal([
      [true, [DRILL_PEER]],
      [undefined, ['a']],
    ]);
    const over = book.judged([gone(DRILL_PEER, T0 + 2)]);
    expect([told(over), last(over).drill], 'there is no hold-down for it').to.deep.equal([['end'], true]);
    expect(book.open()).to.have.length(1);
  });

  it('holds what it promises, whatever people and exceptions do meanwhile', () => {
    const peer = fc.constantFrom('p1', 'p2', 'p3', 'p4', 'p5', 'p6');
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ do: fc.constant('held' as const), peer }) },
      { weight: 5, arbitrary: fc.record({ do: fc.constant('gone' as const), peer }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('unseen' as const), peer }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('whole' as const), peer }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('dismiss' as const), minutes: fc.nat({ max: 90 }) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('take up' as const) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('except' as const), on: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
      { weight: 5, arbitrary: fc.record({ do: fc.constant('wait' as const), minutes: fc.nat({ max: 40 }) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), fc.constantFrom(0, 2 * MINUTE), (steps, holdUp) => {
        let { book, world } = openBook({ holdUp });
        const store = new Map<string, Case>();
        const notices = new Map<string, string[]>();
        const holding = new Set<string>();
        const lost = new Set<string>();
        function keep(changes: readonly CaseChange[] | null): void {
          for (const { case: one, notice } of changes ?? []) {
            expect(store.get(one.id)?.state, 'what is over stays over').to.not.equal('resolved');
            store.set(one.id, one);
            if (notice !== null) notices.set(one.id, [...(notices.get(one.id) ?? []), notice]);
            if (one.state === 'resolved') {
              expect([...holding], 'ended while a peer held it').to.deep.equal([]);
              for (const { state } of one.witnesses) expect(state, 'ended by a lost session').to.equal('gone');
            }
          }
        }
        for (const one of steps) {
          world.now += 1000;
          const { now } = world;
          const [open] = book.open();
          if (one.do === 'held') {
            holding.add(one.peer);
            keep(book.judged([held(one.peer, now)]));
          } else if (one.do === 'gone' && holding.delete(one.peer)) keep(book.judged([gone(one.peer, now)]));
          else if (one.do === 'unseen' && holding.delete(one.peer)) {
            lost.add(one.peer);
            keep(book.judged([unseen(one.peer, now)]));
          } else if (one.do === 'whole') keep(book.endOfRib(one.peer, now));
          else if (one.do === 'dismiss' && open !== undefined)
            keep(book.dismiss(open.id, { ...mark(now, 'x'), until: now + one.minutes * MINUTE }));
          else if (one.do === 'take up' && open !== undefined) keep(book.takeUp(open.id, mark(now, 'x')));
          else if (one.do === 'except')
            world.exceptions = one.on ? [{ prefix: '192.0.2.0/24', origins: [64666], until: null, reason: 'x' }] : [];
          else if (one.do === 'restart') {
            const { exceptions } = world;
            ({ book, world } = openBook({ holdUp, stored: [...store.values()] }));
            Object.assign(world, { now, exceptions });
            holding.clear();
          } else if (one.do === 'wait') world.now += one.minutes * MINUTE;
          keep(book.tick(world.now));
          if (holding.size > 0) {
            expect(book.open(), 'it is held, so its case is open').to.have.length(1);
            if (world.exceptions.length > 0) expect(book.open()[0]!.state).to.equal('dismissed');
          }
          for (const { state, dismissed } of book.open())
            expect(state === 'dismissed').to.equal(dismissed !== undefined);
        }
        for (const [id, list] of notices) {
          expect(['begin', 'end', 'begin,end'], 'at most one begin and one end, in order').to.include(list.join());
          expect(store.get(id)!.told).to.deep.equal(list);
        }
      }),
      { numRuns: 300 },
    );
  });
});
