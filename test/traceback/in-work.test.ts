/** What is asked and what is in work, through the change of connections, without any: intertrack-protocol(7), RESTART. */
import { expect } from 'chai';
import { type Ask, type AskEvents, createAsked, queryOf } from '../../src/traceback/asked.ts';
import type { Connection, Request } from '../../src/traceback/connection.ts';
import { createInWork, type Reply } from '../../src/traceback/in-work.ts';
import { readRequest } from '../../src/traceback/request.ts';
import type { Answer, Query } from '../../src/traceback/wire.ts';
import { question } from './ases.ts';
import { makeCertificate } from './certificates.ts';
import { queryFrom as queryOfAs, requestOf } from './signing.ts';

const AS = 64501;
const pem = makeCertificate(AS);
const LONG = 3_600_000;

const queryFrom = (more: Partial<Query> = {}) => queryOfAs(AS, pem, more);
const replied = (final: boolean): Reply => ({ final, queries: 0, nodes: [] }) as unknown as Reply;

/** A connection that only keeps what is sent: id and whether it is final. */
function connection() {
  const sent: [number, boolean][] = [];
  const send = (message: Request) => {
    if (message.type === 'answer') sent.push([message.id, message.final]);
    return true;
  };
  return { sent, send } as unknown as Connection & { sent: typeof sent };
}

describe('traceback/in-work', () => {
  const begun: { reply: (answer: Reply) => void; signal: AbortSignal }[] = [];
  beforeEach(() => begun.splice(0));
  const start = (remembers = true) => createInWork(remembers, (_query, reply, signal) => begun.push({ reply, signal }));
  const on = (work: ReturnType<typeof start>) => {
    const one = connection();
    work.begin(one);
    return one;
  };

  it('sends what comes while it is kept to whoever asks for it again, under the new id, and begins nothing anew', () => {
    const work = start();
    const first = on(work);
    const query = queryFrom();
    expect(work.take(query, first)).to.equal(null);
    begun[0]!.reply(replied(false));
    work.end(first, LONG);
    begun[0]!.reply(replied(false));
    begun[0]!.reply(replied(true));
    expect(first.sent).to.deep.equal([[query.id, false]]);
    const second = on(work);
    work.up();
    expect(work.take({ ...query, id: query.id + 1000 }, second)).to.equal(null);
    expect(second.sent).to.deep.equal([[query.id + 1000, true]]);
    expect(begun).to.have.length(1);
    work.close();
  });

  it('goes on over the new connection', () => {
    const work = start();
    const first = on(work);
    const query = queryFrom();
    work.take(query, first);
    work.end(first, LONG);
    const second = on(work);
    work.take(query, second);
    expect(second.sent).to.deep.equal([]);
    begun[0]!.reply(replied(false));
    begun[0]!.reply(replied(true));
    expect(second.sent).to.deep.equal([
      [query.id, false],
      [query.id, true],
    ]);
    expect(begun[0]!.signal.aborted).to.equal(false);
    // Its id is free again.
    expect(work.take(queryFrom({ id: query.id }), second)).to.equal(null);
    work.close();
  });

  it('gives the final ANSWER again that went into a connection which was cut', () => {
    const work = start();
    const first = on(work);
    const query = queryFrom();
    work.take(query, first);
    begun[0]!.reply(replied(true));
    work.end(first, LONG);
    const second = on(work);
    work.take(query, second);
    expect(second.sent).to.deep.equal([[query.id, true]]);
    expect(begun).to.have.length(1);
    // Over the same connection it is another QUERY, and whoever decides on it sees the replay.
    work.take({ ...query, id: query.id + 1000 }, second);
    expect(begun).to.have.length(2);
    work.close();
  });

  it('takes another request, or the same by another way, for a new one', () => {
    const work = start();
    const first = on(work);
    const query = queryFrom();
    work.take(query, first);
    work.end(first, LONG);
    const second = on(work);
    work.take(queryFrom({ id: query.id }), second);
    work.take({ ...query, id: query.id + 1000, hops: [64999, AS] }, second);
    expect(begun).to.have.length(3);
    work.close();
  });

  it('gives up what nothing is kept of, what was cancelled, and all at the end', () => {
    const work = start();
    const first = on(work);
    const [one, two, three] = [queryFrom(), queryFrom(), queryFrom()];
    for (const query of [one, two, three]) work.take(query, first);
    work.cancel(one.id, first);
    expect(begun.map(({ signal }) => signal.aborted)).to.deep.equal([true, false, false]);
    begun[0]!.reply(replied(true));
    expect(first.sent).to.deep.equal([]);
    work.end(first, 0);
    expect(begun.map(({ signal }) => signal.aborted)).to.deep.equal([true, true, true]);
    const second = on(work);
    work.take(queryFrom(), second);
    work.close();
    expect(begun.at(-1)!.signal.aborted).to.equal(true);
  });

  it('keeps no more than 64, the latest', () => {
    const work = start();
    const first = on(work);
    const queries = Array.from({ length: 70 }, () => queryFrom());
    for (const query of queries) work.take(query, first);
    work.end(first, LONG);
    expect(begun.filter(({ signal }) => signal.aborted)).to.have.length(6);
    expect(begun.slice(0, 6).every(({ signal }) => signal.aborted)).to.equal(true);
    work.close();
  });

  it('gives up what is not asked again', async () => {
    const work = start();
    const first = on(work);
    work.take(queryFrom(), first);
    work.end(first, 1);
    const { signal } = begun[0]!;
    await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()));
    expect(signal.aborted).to.equal(true);
  });

  it('refuses an id in flight, and a request that is none', () => {
    const work = start();
    const first = on(work);
    const query = queryFrom();
    work.take(query, first);
    expect(work.take(queryFrom({ id: query.id }), first)).to.include({ code: 'malformed' });
    expect(work.take(queryFrom({ request: Uint8Array.of(0xa0) }), first)!.text).to.match(/^request: /);
    work.close();
  });
});

describe('traceback/asked', () => {
  const ask = (): Ask => {
    const { request, signature, record } = requestOf(AS, pem, { questions: [{ packet: 0, ...question }] });
    const signed = readRequest({ octets: request, signature, record });
    if ('wrong' in signed) throw new Error(signed.wrong);
    return { signed, hops: [AS], ttl: 1, deadline: 5000, budget: 1 };
  };
  const events = () => {
    const told: string[] = [];
    const all: AskEvents = {
      answer: answer => void told.push(answer.final ? 'final' : 'partial'),
      lost: late => void told.push(`lost ${late ?? ''}`),
      cut: () => void told.push('cut'),
      again: () => void told.push('again'),
    };
    return { told, all };
  };
  const answered = (id: number, final: boolean, as = AS) =>
    ({ type: 'answer', id, final, queries: 0, nodes: [{ as }] }) as unknown as Answer;

  it('waits while the connection is cut, and sends again under the same id with another nonce', () => {
    const asked = createAsked(AS);
    const { told, all } = events();
    const mine = ask();
    const id = asked.add(mine, all);
    asked.cut(LONG);
    expect(asked.waiting()).to.equal(true);
    const sent: number[] = [];
    asked.resend(again => sent.push(again));
    expect(sent).to.deep.equal([id]);
    expect(asked.waiting()).to.equal(false);
    expect(asked.answer(answered(id, true))).to.equal(null);
    expect(told).to.deep.equal(['cut', 'again', 'final']);
    expect(queryOf(id, mine, 1).nonce).to.not.equal(queryOf(id, mine, 1).nonce);
  });

  it('loses at once where nothing is kept, and else when the time is up, saying so', async () => {
    const asked = createAsked(AS);
    const first = events();
    asked.add(ask(), first.all);
    asked.cut(0);
    expect(first.told).to.deep.equal(['lost ']);
    const late = await new Promise<string>(resolve => {
      asked.add(ask(), { answer: () => {}, lost: why => resolve(why ?? '') });
      asked.cut(1);
    });
    expect(late).to.match(/the connection was lost and did not come back within/);
    expect(asked.waiting()).to.equal(false);
  });

  it('counts the ANSWERs anew for a QUERY that is sent again', () => {
    const asked = createAsked(AS);
    const id = asked.add(ask(), events().all);
    for (let i = 0; i < 64; i++) expect(asked.answer(answered(id, false))).to.equal(null);
    asked.cut(LONG);
    asked.resend(() => {});
    expect(asked.answer(answered(id, false))).to.equal(null);
    for (let i = 0; i < 63; i++) asked.answer(answered(id, false));
    expect(asked.answer(answered(id, false))).to.include({ code: 'limit' });
    expect(asked.answer(answered(id, false, 64999))).to.include({ code: 'malformed' });
    asked.lose();
  });

  it('takes no ANSWER to what was cancelled', () => {
    const asked = createAsked(AS);
    const { told, all } = events();
    const id = asked.add(ask(), all);
    expect([asked.cancel(id), asked.cancel(id)]).to.deep.equal([true, false]);
    expect(asked.answer(answered(id, true))).to.equal(null);
    expect(told).to.deep.equal([]);
  });
});
