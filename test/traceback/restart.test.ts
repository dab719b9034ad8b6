/** Connections that are cut in the middle of a trace: intertrack-protocol(7), RESTART. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import type { Probes } from '../../src/traceback/btm.ts';
import type { Trace, TraceNode } from '../../src/traceback/trace.ts';
import { CODES, encodeMessage } from '../../src/traceback/wire.ts';
import {
  type Ases,
  DIGEST,
  dialRaw,
  establishRaw,
  NOON,
  newAses,
  probeAnswer,
  question,
  sawFrom,
  sawTo,
  scripted,
  until,
} from './ases.ts';
import { queryFrom } from './signing.ts';

const asked = { questions: [{ epoch: question.epoch, digest: DIGEST }], time: NOON };
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

const find = (node: TraceNode, as: number): TraceNode | undefined =>
  node.as === as ? node : node.children.map(child => find(child, as)).find(found => found !== undefined);
const outline = ({ tree }: Trace) => [NEAR, MIDDLE, FAR].map(as => find(tree, as)?.verdict ?? '-').join(' ');

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
    this.timeout(60_000);
    const middle = held(probeAnswer([sawFrom(FAR), sawTo(NEAR)]));
    await chain(middle.probes, scripted(probeAnswer([sawTo(MIDDLE)])));
    await whole();
    const tracing = start();
    await until(() => middle.asked() === 1, 'the question to the probes');
    cut();
    await until(() => ases.at(NEAR).log.filter(line => line.includes('session is up')).length >= 2, 'a second session');
    middle.release();
    const trace = await tracing;
    expect(outline(trace)).to.equal('saw saw saw');
    expect(middle.asked(), 'the probes are not asked a second time').to.equal(0);
    expect(lines(MIDDLE, 'query.sent'), 'nobody is asked onward a second time').to.have.length(1);
    expect(lines(FAR, 'query.answered')).to.have.length(1);
    expect(trace.cost).to.include({ here: 1 });
  });

  it('has the answer that was given while nobody was there', async function () {
    this.timeout(60_000);
    const middle = held(probeAnswer([sawFrom(FAR), sawTo(NEAR)]));
    await chain(middle.probes, scripted(probeAnswer([sawTo(MIDDLE)])));
    await whole();
    const tracing = start();
    await until(() => middle.asked() === 1);
    cut();
    middle.release();
    expect(outline(await tracing)).to.equal('saw saw saw');
    expect(lines(MIDDLE, 'query.sent')).to.have.length(1);
  });

  it('ends right at whatever moment it is cut, and asks nobody twice', async function () {
    this.timeout(120_000);
    const lateBy = (ms: number, answer: ReturnType<typeof probeAnswer>): Probes => ({
      ask: () => new Promise(resolve => setTimeout(resolve, ms, { answers: [answer], silent: [] })),
    });
    await chain(lateBy(60, probeAnswer([sawFrom(FAR), sawTo(NEAR)])), lateBy(60, probeAnswer([sawTo(MIDDLE)])));
    let seed = 20261129;
    const random = () => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return (seed >>> 8) / 2 ** 24;
    };
    let found = 0;
    for (let i = 0; i < 16; i++) {
      await whole();
      const [sent, answered] = [lines(MIDDLE, 'query.sent').length, lines(FAR, 'query.answered').length];
      const cutting = setTimeout(cut, random() * 180);
      const trace = await start();
      clearTimeout(cutting);
      const middle = find(trace.tree, MIDDLE)!;
      // A machine that is too slow to shake hands again in time says so: it never says that nothing was seen.
      if (middle.verdict === 'silent') expect(middle.reason).to.match(/the connection was lost/);
      else if (outline(trace) === 'saw saw saw') found++;
      else expect(outline(trace)).to.equal('saw saw saw');
      expect(lines(MIDDLE, 'query.sent').length - sent).to.be.at.most(1);
      expect(lines(FAR, 'query.answered').length - answered).to.be.at.most(1);
    }
    expect(found).to.be.greaterThan(0);
  });

  it('says of a peer that does not come back that the connection was lost', async function () {
    this.timeout(60_000);
    const middle = held(probeAnswer([]));
    await chain(middle.probes, scripted(probeAnswer([])));
    await whole();
    const tracing = start();
    await until(() => middle.asked() === 1);
    for (const wire of wires) wire.close();
    const node = find((await tracing).tree, MIDDLE)!;
    expect([node.verdict, node.reason]).to.deep.equal([
      'silent',
      'no answer by the deadline: the connection was lost and is not back',
    ]);
    expect(node.signed).to.equal('own');
  });

  it('gives up what was in work for a peer that is shut, at once', async function () {
    this.timeout(60_000);
    const middle = held(probeAnswer([]));
    await chain(middle.probes, scripted(probeAnswer([])));
    await whole();
    const tracing = start();
    await until(() => middle.asked() === 1);
    ases.stop(MIDDLE);
    const node = find((await tracing).tree, MIDDLE)!;
    expect([node.verdict, node.reason]).to.deep.equal(['unreachable', 'the session was lost']);
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
    const answersTo = (raw: Awaited<ReturnType<typeof dialRaw>>) =>
      raw.messages.filter(message => message.type === 'answer').map(({ id, final }) => [id, final]);

    it('gives the final answer again that went into a connection which was cut, under the new id', async () => {
      const { one, probes, identity, again } = await stage(5);
      const first = await again();
      const query = queryFrom(FAR, identity);
      first.socket.write(encodeMessage(query));
      await until(() => probes.asked() === 1);
      probes.release();
      await until(() => answersTo(first).length === 1);
      first.socket.destroy();
      const second = await again();
      second.socket.write(encodeMessage({ ...query, id: query.id + 7, nonce: 'f'.repeat(32) }));
      await until(() => answersTo(second).length === 1);
      expect(answersTo(second)).to.deep.equal([[query.id + 7, true]]);
      expect(probes.asked()).to.equal(0);
      expect(one.audit.filter(line => line.what === 'query.answered')).to.have.length(1);
      second.socket.destroy();
    });

    it('takes another request, or the same by another way, for a new one', async () => {
      const { probes, identity, again } = await stage(5);
      const first = await again();
      const query = queryFrom(FAR, identity);
      first.socket.write(encodeMessage(query));
      await until(() => probes.asked() === 1);
      first.socket.destroy();
      const second = await again();
      second.socket.write(encodeMessage(queryFrom(FAR, identity, { id: query.id })));
      await until(() => probes.asked() === 2);
      probes.release();
      await until(() => answersTo(second).length === 1);
      second.socket.destroy();
    });

    it('asks again under the same id, with a nonce of its own', async () => {
      const { one, probes, again } = await stage(5);
      await one.reconfigure({ ...one.config(), answer: { ...one.config().answer, coverage: 0 } });
      const first = await again();
      const tracing = one.traceback.startTrace(asked, () => {});
      await until(() => probes.asked() === 1);
      probes.release();
      const queryOf = (raw: typeof first) => raw.messages.find(message => message.type === 'query');
      await until(() => queryOf(first) !== undefined);
      first.socket.destroy();
      const second = await again();
      await until(() => queryOf(second) !== undefined);
      const [before, after] = [queryOf(first)!, queryOf(second)!];
      expect(after.id).to.equal(before.id);
      expect(after.request).to.deep.equal(before.request);
      expect(after.nonce).to.not.deep.equal(before.nonce);
      second.socket.write(encodeMessage({ type: 'notification', code: CODES.shutdown, text: 'no more' }));
      const { tree } = await tracing;
      expect(tree.children.map(({ verdict }) => verdict)).to.deep.equal(['unreachable']);
    });

    it('waits for nobody whose OPEN says that nothing is kept', async () => {
      const { one, probes, again } = await stage(0);
      await one.reconfigure({ ...one.config(), answer: { ...one.config().answer, coverage: 0 } });
      const first = await again();
      const tracing = one.traceback.startTrace(asked, () => {});
      await until(() => probes.asked() === 1);
      probes.release();
      await until(() => first.messages.some(message => message.type === 'query'));
      first.socket.destroy();
      const { tree } = await tracing;
      expect(tree.children.map(({ verdict, reason }) => [verdict, reason])).to.deep.equal([
        ['unreachable', 'the session was lost'],
      ]);
    });
  });
});
