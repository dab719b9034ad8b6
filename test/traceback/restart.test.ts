/** Connections that are cut in the middle of a trace: intertrack-protocol(7), RESTART. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import type { Probes } from '../../src/traceback/btm.ts';
import type { Trace, TraceNode } from '../../src/traceback/trace.ts';
import { CODES, encodeMessage } from '../../src/traceback/wire.ts';
import {
  type Ases,
  asked,
  dialRaw,
  establishRaw,
  findNode,
  newAses,
  probeAnswer,
  sawFrom,
  sawTo,
  scripted,
  until,
} from './ases.ts';

const [NEAR, MIDDLE, FAR] = [64500, 64501, 64502];

/** A wire between two ASes that can be cut: what dials it is led on to `port`. */
interface Wire {
  readonly port: number;
  leadTo(port: number): void;
  /** Cuts all that goes over it now. */
  cut(): void;
  /** Takes nothing any more. */
  close(): void;
}

async function layWire(): Promise<Wire> {
  let to = 0;
  const open = new Set<Socket>();
  const server: Server = createServer(here => {
    const there = connect({ host: '127.0.0.1', port: to });
    for (const [one, other] of [
      [here, there],
      [there, here],
    ] as const) {
      open.add(one);
      one.setNoDelay(true);
      one.on('data', chunk => other.write(chunk));
      one.on('error', () => {});
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    for (const socket of open) socket.destroy();
  };
  return {
    port: (server.address() as { port: number }).port,
    leadTo(port) {
      to = port;
    },
    cut,
    close() {
      server.close();
      cut();
    },
  };
}

const outline = ({ tree }: Trace) => [NEAR, MIDDLE, FAR].map(as => findNode(tree, as)?.verdict ?? '-').join(' ');

/**
 * True when an AS was given up at the deadline: a trace has two seconds, which a machine with much else to do may spend on
 * shaking hands.
 */
const wasLate = ({ tree }: Trace): boolean => [tree, findNode(tree, MIDDLE), findNode(tree, FAR)].some(isLate);
const isLate = (node: TraceNode | undefined): boolean =>
  node !== undefined && node.verdict !== 'saw' && /by the deadline|in time|no answer yet/.test(node.reason);

/** The first result that is none of a machine that was too slow. */
async function inTime<T>(once: () => Promise<T | null>): Promise<T> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const result = await once();
    if (result !== null) return result;
  }
  throw new Error('every trace was over before its time');
}

describe('traceback: a connection that is cut in mid-trace', () => {
  let ases: Ases;
  /** Towards the near AS, and towards the middle one. */
  let wires: Wire[] = [];
  beforeEach(() => {
    ases = newAses();
  });
  afterEach(() => {
    ases.close();
    for (const wire of wires) wire.close();
    wires = [];
  });

  /** NEAR - MIDDLE - FAR, where the packet began; all that NEAR and MIDDLE say to each other goes over wires. */
  async function chain(middle: Probes, far: Probes): Promise<void> {
    wires = [await layWire(), await layWire()];
    const [toNear, toMiddle] = wires as [Wire, Wire];
    await ases.start({
      as: NEAR,
      peers: [MIDDLE],
      probes: scripted(probeAnswer([sawFrom(MIDDLE)])),
      policy: { [MIDDLE]: { port: toMiddle.port } },
    });
    await ases.start({
      as: MIDDLE,
      peers: [NEAR, FAR],
      probes: middle,
      policy: { [NEAR]: { port: toNear.port } },
    });
    await ases.start({ as: FAR, peers: [MIDDLE], probes: far });
    toNear.leadTo(ases.at(NEAR).port);
    toMiddle.leadTo(ases.at(MIDDLE).port);
    await ases.link();
  }
  const up = (as: number, peer: number) =>
    ases
      .at(as)
      .traceback.status()
      .find(row => row.as === peer)?.state === 'Established';
  const whole = () => until(() => up(NEAR, MIDDLE) && up(MIDDLE, NEAR) && up(MIDDLE, FAR), 'every session');
  const cut = () => {
    for (const wire of wires) wire.cut();
  };
  const lines = (as: number, what: string) => ases.at(as).audit.filter(line => line.what === what);
  /** Waits until it is so, and no longer than the trace takes; false when the trace was over first. */
  async function during(tracing: Promise<Trace>, is: () => boolean): Promise<boolean> {
    let over = false;
    const end = tracing.then(() => {
      over = true;
    });
    await until(() => over || is());
    if (over) await end;
    return is();
  }
  const start = () => ases.at(NEAR).traceback.startTrace(asked, () => {});

  /** Probes that answer when they are let. */
  function held(answer: ReturnType<typeof probeAnswer>) {
    const waiting: (() => void)[] = [];
    const probes: Probes = {
      ask: () => new Promise(resolve => waiting.push(() => resolve({ answers: [answer], silent: [] }))),
    };
    return { probes, asked: () => waiting.length, release: () => waiting.splice(0).forEach(one => void one()) };
  }

  it('goes on where it was: the search that was in work answers over the new connection', async function () {
    this.timeout(240_000);
    const middle = held(probeAnswer([sawFrom(FAR), sawTo(NEAR)]));
    await chain(middle.probes, scripted(probeAnswer([sawTo(MIDDLE)])));
    const sessions = () => ases.at(NEAR).log.filter(line => line.includes('session is up')).length;
    const trace = await inTime(async () => {
      await whole();
      const [before, sent, answered] = [
        sessions(),
        lines(MIDDLE, 'query.sent').length,
        lines(FAR, 'query.answered').length,
      ];
      const tracing = start();
      if (!(await during(tracing, () => middle.asked() === 1))) return null;
      cut();
      const again = await during(tracing, () => sessions() > before);
      const twice = middle.asked() > 1;
      middle.release();
      const found = await tracing;
      expect(twice, 'the probes are not asked a second time').to.equal(false);
      expect(lines(MIDDLE, 'query.sent').length - sent, 'nobody is asked onward twice').to.be.at.most(1);
      expect(lines(FAR, 'query.answered').length - answered).to.be.at.most(1);
      return again && !wasLate(found) ? found : null;
    });
    expect(outline(trace)).to.equal('saw saw saw');
    expect(trace.cost).to.include({ here: 1 });
  });

  it('has the answer that was given while nobody was there', async function () {
    this.timeout(240_000);
    const middle = held(probeAnswer([sawFrom(FAR), sawTo(NEAR)]));
    await chain(middle.probes, scripted(probeAnswer([sawTo(MIDDLE)])));
    const trace = await inTime(async () => {
      await whole();
      const sent = lines(MIDDLE, 'query.sent').length;
      const tracing = start();
      await during(tracing, () => middle.asked() === 1);
      cut();
      middle.release();
      const found = await tracing;
      expect(lines(MIDDLE, 'query.sent').length - sent).to.be.at.most(1);
      return wasLate(found) ? null : found;
    });
    expect(outline(trace)).to.equal('saw saw saw');
  });

  it('ends right at whatever moment it is cut, and asks nobody twice', async function () {
    this.timeout(240_000);
    const lateBy = (ms: number, answer: ReturnType<typeof probeAnswer>): Probes => ({
      ask: () => new Promise(resolve => setTimeout(resolve, ms, { answers: [answer], silent: [] })),
    });
    await chain(lateBy(60, probeAnswer([sawFrom(FAR), sawTo(NEAR)])), lateBy(60, probeAnswer([sawTo(MIDDLE)])));
    let seed = 20261129;
    const random = () => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return (seed >>> 8) / 2 ** 24;
    };
    for (let i = 0; i < 16; i++)
      await inTime(async () => {
        await whole();
        const [sent, answered] = [lines(MIDDLE, 'query.sent').length, lines(FAR, 'query.answered').length];
        const cutting = setTimeout(cut, random() * 180);
        const trace = await start();
        clearTimeout(cutting);
        expect(lines(MIDDLE, 'query.sent').length - sent).to.be.at.most(1);
        expect(lines(FAR, 'query.answered').length - answered).to.be.at.most(1);
        if (wasLate(trace)) return null;
        expect(outline(trace)).to.equal('saw saw saw');
        return trace;
      });
  });

  it('says of a peer that does not come back that the connection was lost', async function () {
    this.timeout(240_000);
    const middle = held(probeAnswer([]));
    await chain(middle.probes, scripted(probeAnswer([])));
    await whole();
    const tracing = start();
    const inWork = await during(tracing, () => middle.asked() === 1);
    for (const wire of wires) wire.close();
    const node = findNode((await tracing).tree, MIDDLE)!;
    // On a machine that is too slow it was over before.
    const lost = inWork ? ': the connection was lost and is not back' : '';
    expect([node.verdict, node.signed]).to.deep.equal(['silent', 'own']);
    expect(node.reason).to.equal(`no answer by the deadline${lost}`);
  });

  describe('to a peer by hand', () => {
    const stage = async (restart: number) => {
      const identity = ases.strange(FAR);
      const probes = held(probeAnswer([sawTo(FAR)]));
      const one = await ases.start({ as: NEAR, peers: [FAR], probes: probes.probes });
      await ases.link();
      const again = async () => {
        const raw = await dialRaw(one.port, identity);
        await establishRaw(raw, FAR, { restart });
        return raw;
      };
      return { one, probes, identity, again };
    };
    const queryAt = (raw: Awaited<ReturnType<typeof dialRaw>>) => raw.messages.find(({ type }) => type === 'query');

    it('asks again under the same id, with a nonce of its own', async function () {
      this.timeout(240_000);
      const { one, probes, again } = await stage(5);
      await one.reconfigure({ ...one.config(), answer: { ...one.config().answer, coverage: 0 } });
      const [before, after, verdicts] = await inTime(async () => {
        const first = await again();
        const tracing = one.traceback.startTrace(asked, () => {});
        await during(tracing, () => probes.asked() === 1);
        probes.release();
        if (!(await during(tracing, () => queryAt(first) !== undefined))) return null;
        first.socket.destroy();
        const second = await again();
        if (!(await during(tracing, () => queryAt(second) !== undefined))) return null;
        second.socket.write(encodeMessage({ type: 'notification', code: CODES.shutdown, text: 'no more' }));
        const { tree } = await tracing;
        await second.closed;
        return [queryAt(first)!, queryAt(second)!, tree.children.map(({ verdict }) => verdict)] as const;
      });
      expect(after.id).to.equal(before.id);
      expect(after.request).to.deep.equal(before.request);
      expect(after.nonce).to.not.deep.equal(before.nonce);
      // A NOTIFICATION is no cut.
      expect(verdicts).to.deep.equal(['unreachable']);
    });

    it('waits for nobody whose OPEN says that nothing is kept', async () => {
      const { one, probes, again } = await stage(0);
      await one.reconfigure({ ...one.config(), answer: { ...one.config().answer, coverage: 0 } });
      const first = await again();
      const tracing = one.traceback.startTrace(asked, () => {});
      await during(tracing, () => probes.asked() === 1);
      probes.release();
      await during(tracing, () => queryAt(first) !== undefined);
      first.socket.destroy();
      const { tree } = await tracing;
      if (tree.children.some(isLate)) return;
      expect(tree.children.map(({ verdict, reason }) => [verdict, reason])).to.deep.equal([
        ['unreachable', 'the session was lost'],
      ]);
    });
  });
});
