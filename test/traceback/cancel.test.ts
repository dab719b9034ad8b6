import { expect } from 'chai';
import type { Trace } from '../../src/traceback/trace.ts';
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

describe('traceback: a trace that is cancelled, over TLS', function () {
  this.timeout(240_000);
  let ases: Ases;
  beforeEach(() => {
    ases = newAses();
  });
  afterEach(() => ases.close());

  it('begins no more than may run at once, though none of them is written down yet, and ends those too', async () => {
    const disk = Promise.withResolvers<void>();
    await ases.start({ as: 64500, peers: [], recorded: () => disk.promise });
    const { traceback } = ases.at(64500);
    const begin = () =>
      traceback
        .startTrace({ questions: [{ epoch: question.epoch, digest: DIGEST }], time: NOON }, () => {})
        .then(
          ({ state }) => state,
          (error: Error) => error.message,
        );
    const running = Array.from({ length: 256 }, begin);
    expect(await begin()).to.equal('256 traces run already');
    traceback.interrupt();
    disk.resolve();
    expect(new Set(await Promise.all(running))).to.deep.equal(new Set(['interrupted']));
  });

  it('tells CANCEL to whoever works on it, and keeps what is known', async () => {
    // 64502 is asked by 64501 and says nothing.
    const mute = ases.strange(64502);
    await ases.start({ as: 64500, peers: [64501], probes: scripted(probeAnswer([sawFrom(64501)])) });
    await ases.start({
      as: 64501,
      peers: [64500, 64502],
      probes: scripted(probeAnswer([sawFrom(64502), sawTo(64500)])),
    });
    await ases.link();
    const raw = await dialRaw(ases.at(64501).port, mute);
    await establishRaw(raw, 64502);

    const end = new AbortController();
    let state = (): Trace | null => null;
    let id = '';
    const traced = ases.at(64500).traceback.startTrace(
      {
        ...{ questions: [{ epoch: question.epoch, digest: DIGEST }], time: NOON, signal: end.signal },
        begun(name, look) {
          id = name;
          state = look;
        },
      },
      () => {},
    );
    // It can be looked at from its first moment on.
    await until(() => state()?.tree.children[0]?.verdict === 'saw', 'the answer of 64501');
    expect(state()).to.include({ id, state: 'partial' });
    end.abort('user alice');

    const trace = await traced;
    expect(trace).to.include({ id, state: 'cancelled', cancelledBy: 'user alice' });
    expect(trace.entry).to.deep.equal({ as: 64501, via: 64502, source: false });
    const [asked] = trace.tree.children;
    expect(asked).to.include({ as: 64501, verdict: 'saw' });
    const silent = asked!.children.find(({ verdict }) => verdict === 'silent' && asked!.as === 64501);
    expect(silent?.reason).to.match(/^no (final )?answer (yet|before the trace was cancelled)$/);
    await until(() => raw.messages.some(({ type }) => type === 'cancel'), 'CANCEL two ASes away');
    const [line] = ases.at(64500).audit.filter(({ what }) => what === 'trace.end');
    expect(JSON.parse(String(JSON.stringify(line!.body)))).to.satisfy((body: unknown) =>
      JSON.stringify(body).includes('user alice'),
    );
    raw.socket.destroy();
  });

  it('asks nobody when it is cancelled before it begins', async () => {
    await ases.start({ as: 64500, peers: [64501], probes: scripted(probeAnswer([sawFrom(64501)])) });
    await ases.start({ as: 64501, peers: [64500], probes: scripted(probeAnswer([])) });
    await ases.link();
    const trace = await ases.at(64500).traceback.startTrace(
      {
        questions: [{ epoch: question.epoch, digest: DIGEST }],
        ...{ time: NOON, signal: AbortSignal.abort('nobody') },
      },
      () => {},
    );
    expect(trace).to.include({ state: 'cancelled', queries: 0 });
    expect(trace.tree).to.include({ verdict: 'saw' });
    expect(ases.at(64501).traceback.status()[0]).to.include({ queriesIn: 0 });
  });
});
