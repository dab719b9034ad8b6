import { expect } from 'chai';
import type { Canary } from '../../src/probe/canary.ts';
import { type CanaryOutcome, type DrawingOptions, drawCanaries } from '../../src/traceback/drawing.ts';
import { type Ases, newAses, probeAnswer, sawFrom, sawTo, until } from './ases.ts';
import { makeAuthority } from './certificates.ts';

const HALF_PAST = Date.UTC(2026, 10, 22, 12, 30);
const AT_ONCE = { every: [1, 5], later: [1, 5] } as const;

const canaryOf = (neighbor: number, time: number, more: Partial<Canary> = {}): Canary => ({
  ...{ neighbor, direction: 'in', epoch: Math.floor(time / 3_600_000), digest: '0123456789abcdef', time },
  entropy: 'high',
  ...more,
});

describe('traceback/canaries drawn by probes', function () {
  this.timeout(240_000);
  const open: { close(): void }[] = [];
  afterEach(() => {
    for (const one of open.splice(0)) one.close();
  });

  const drawing = (more: Partial<DrawingOptions>) => {
    const log: string[] = [];
    const asked: number[] = [];
    const one = drawCanaries({
      draw: neighbors => Promise.resolve(neighbors.map(as => canaryOf(as, HALF_PAST))),
      config: () => ({ decoys: 0, canaries: 600_000 }),
      askable: () => [64501, 64502, 64503],
      ask(as) {
        asked.push(as);
        return Promise.resolve<CanaryOutcome | null>('counted');
      },
      clock: () => HALF_PAST,
      log: (_level, text) => log.push(text),
      times: AT_ONCE,
      ...more,
    });
    open.push(one);
    return { ...one, log, asked };
  };

  it('draws one of each neighbour that can be asked, and no second before its time', async () => {
    let now = HALF_PAST;
    const given: (readonly number[])[] = [];
    const { asked, status } = drawing({
      clock: () => now,
      draw(neighbors) {
        given.push(neighbors);
        return Promise.resolve(neighbors.map(as => canaryOf(as, now)));
      },
    });
    await until(() => asked.length === 3, 'one of each');
    expect(asked.toSorted()).to.deep.equal([64501, 64502, 64503]);
    expect(given.map(({ length }) => length)).to.deep.equal([3, 2, 1]);
    now += 1_000_000;
    await until(() => asked.length === 6, 'the next of each');
    expect(status()).to.include({
      every: 600_000,
      drawn: 6,
      asked: 6,
      counted: 6,
      waiting: 0,
      dropped: 0,
      leftAlone: 0,
    });
  });

  it('has nothing drawn where nobody takes part, nor where it is configured so', async () => {
    let draws = 0;
    const draw = () => Promise.resolve(draws++ < 0 ? [] : []);
    let looked = 0;
    drawing({
      draw,
      askable() {
        looked++;
        return [];
      },
    });
    const { status } = drawing({ draw, config: () => ({ decoys: 0 }) });
    await until(() => looked > 3, 'some rounds');
    expect(draws).to.equal(0);
    expect(status()).to.include({ every: 0, drawn: 0 });
  });

  it('takes none that is old, of nobody that was named, or of the turn of an hour', async () => {
    const turn = Math.ceil(HALF_PAST / 3_600_000) * 3_600_000 - 1000;
    for (const [now, canary] of [
      [HALF_PAST, canaryOf(64501, HALF_PAST - 60_000)],
      [HALF_PAST, canaryOf(64509, HALF_PAST)],
      [HALF_PAST, canaryOf(64501, HALF_PAST, { epoch: 7 })],
      [turn, canaryOf(64501, turn)],
    ] as const) {
      let draws = 0;
      const { status } = drawing({
        clock: () => now,
        draw() {
          draws++;
          return Promise.resolve([canary]);
        },
      });
      await until(() => draws > 2, 'some rounds');
      expect(status().drawn).to.equal(0);
    }
  });

  it('leaves alone for a day who refuses them, says so, and goes on after a probe that fails', async () => {
    let now = HALF_PAST;
    let fails = true;
    const { status, log, asked } = drawing({
      clock: () => now,
      askable: () => [64501],
      draw(neighbors) {
        if (!fails) return Promise.resolve(neighbors.map(as => canaryOf(as, now)));
        fails = false;
        return Promise.reject(new Error('the socket is gone'));
      },
      ask(as) {
        asked.push(as);
        return Promise.resolve('refused');
      },
    });
    await until(() => status().leftAlone === 1, 'the refusal');
    expect(log.join('\n')).to.contain('the socket is gone').and.contain('AS 64501 does not answer about canaries');
    now += 3_600_000;
    const told = status();
    expect(told.drawn).to.equal(1);
    now += 86_400_000;
    await until(() => asked.length > 1, 'another one, a day later');
  });

  it('asks about none that waits where nobody is to be asked any more, and outlives a question that fails', async () => {
    let every = 600_000;
    const { asked, status } = drawing({
      config: () => ({ decoys: 0, canaries: every }),
      askable: () => [64501],
      draw(neighbors) {
        const drawn = neighbors.map(as => canaryOf(as, HALF_PAST));
        // It is configured so as soon as the canary waits.
        void Promise.resolve().then(() => setImmediate(() => (every = 0)));
        return Promise.resolve(drawn);
      },
      times: { every: [1, 5], later: [50, 51] },
    });
    await until(() => status().dropped === 1, 'it is given up');
    expect(asked).to.deep.equal([]);
    const failing = drawing({ askable: () => [64501], ask: () => Promise.reject(new Error('no key')) });
    await until(() => failing.log.length > 0, 'what is said of it');
    expect(failing.log).to.deep.equal(['traceback: nobody can be asked about a canary: Error: no key']);
  });

  describe('among ASes', () => {
    let ases: Ases;
    beforeEach(() => {
      ases = newAses();
    });
    afterEach(() => ases.close());
    // An hour's turn would keep the canaries back: all clocks stand at half past.
    const shift = HALF_PAST - Math.floor(HALF_PAST / 3_600_000) * 3_600_000 - (Date.now() % 3_600_000);
    const clock = () => Date.now() + shift;

    it('measures who sees what passed it, whom it names, and writes down what was asked', async () => {
      const other: Canary['direction'][] = ['in', 'out'];
      const saw = (...vantages: Parameters<typeof probeAnswer>[0]) => ({
        ask: () =>
          Promise.resolve({ answers: [probeAnswer(vantages, { retained: { from: 0, to: 1e14 } })], silent: [] }),
      });
      await ases.start({
        ...{ as: 64500, peers: [64501, 64502], clock, measure: { decoys: 0, canaries: 1 }, drawing: AT_ONCE },
        probes: {
          ask: () => Promise.resolve({ answers: [], silent: [] }),
          draw: neighbors =>
            Promise.resolve(
              neighbors.flatMap(as => other.map(direction => canaryOf(as, clock(), { direction, entropy: 'fair' }))),
            ),
        },
      });
      // What comes in from 64501 goes out there to 64500, and what goes out to it comes in there from it.
      await ases.start({ ...{ as: 64501, peers: [64500], clock }, probes: saw(sawTo(64500), sawFrom(64500)) });
      await ases.start({ ...{ as: 64502, peers: [64500], clock }, probes: saw() });
      await ases.link();
      const { traceback, audit } = ases.at(64500);
      const of = (as: number) => traceback.honesty.of(as);
      await until(() => (of(64501)?.canaries ?? 0) > 5 && (of(64502)?.canaries ?? 0) > 5, 'canaries of both');
      expect(of(64501)!.recall!.rate).to.be.closeTo(1, 1e-9);
      expect(of(64501)).to.include({ misnamed: 0 });
      expect(of(64501)!.named).to.be.above(4);
      expect(of(64502)!.recall!.rate).to.equal(0);
      expect(of(64502)!.contradictions.join()).to.contain('does not see what passes it');
      const [line] = audit.filter(({ what }) => what === 'canary.sent');
      expect(JSON.parse(line!.body)).to.include({ purpose: 'attack', entropy: 'fair' });
      expect(traceback.canaries()!.counted).to.be.above(10);
      expect(ases.at(64501).audit.some(({ what }) => what === 'query.answered')).to.equal(true);
    });

    it('asks nobody before that is in the audit log, and nobody while it cannot be', async () => {
      let disk = Promise.withResolvers<void>();
      await ases.start({
        ...{ as: 64500, peers: [64501], clock, measure: { decoys: 0, canaries: 1 }, drawing: AT_ONCE },
        recorded: () => disk.promise,
        probes: {
          ask: () => Promise.resolve({ answers: [], silent: [] }),
          draw: neighbors => Promise.resolve(neighbors.map(as => canaryOf(as, clock()))),
        },
      });
      await ases.start({ as: 64501, peers: [64500], clock });
      await ases.link();
      const { traceback, audit } = ases.at(64500);
      const heard = () => ases.at(64501).audit.filter(({ what }) => what.startsWith('query')).length;
      const written = () => audit.filter(({ what }) => what === 'canary.sent').length;
      await until(() => written() > 2, 'some are written down');
      expect(heard()).to.equal(0);
      const { reject } = disk;
      disk = Promise.withResolvers();
      reject(new Error('disk full'));
      await until(() => traceback.canaries()!.asked > 2, 'they are given up');
      expect(traceback.canaries()!.counted).to.equal(0);
      expect(heard()).to.equal(0);
      disk.resolve();
      await until(() => heard() > 0, 'the neighbour is asked');
    });

    it('asks nobody once this AS takes no part, not even members that it would dial', async () => {
      const federation = { authority: makeAuthority('jp-isp') };
      const drawn = Promise.withResolvers<readonly Canary[]>();
      let draws = 0;
      const { traceback, audit } = await ases.start({
        ...{ as: 64500, peers: [64501], federation, clock, measure: { decoys: 0, canaries: 1 }, drawing: AT_ONCE },
        probes: {
          ask: () => Promise.resolve({ answers: [], silent: [] }),
          draw(neighbors) {
            if (neighbors.includes(64502)) draws++;
            return neighbors.includes(64502) ? drawn.promise : Promise.resolve([]);
          },
        },
      });
      await ases.start({ as: 64501, peers: [64500, 64502], federation, clock });
      await ases.start({ as: 64502, peers: [64501], federation, clock });
      await ases.link();
      await until(() => draws > 0, 'one of the member is being drawn');
      traceback.order({ what: 'disable', reason: 'maintenance' }, 'the test');
      drawn.resolve([canaryOf(64502, clock())]);
      await until(() => traceback.canaries()!.dropped === 1, 'it is given up');
      expect(traceback.canaries()).to.include({ drawn: 1, asked: 0 });
      expect(audit.filter(({ what }) => what === 'canary.sent')).to.deep.equal([]);
    });
  });
});
