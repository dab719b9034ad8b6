import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { PacketToTrace } from '../../src/daemon/asked-packets.ts';
import { createStandingAnswers } from '../../src/daemon/standing-answers.ts';
import { openStandingTraces, type StandingTraces } from '../../src/daemon/standing-traces.ts';
import type { TraceReason } from '../../src/daemon/traces.ts';
import type { Case } from '../../src/hijack/case.ts';
import type { Store } from '../../src/store/records.ts';
import { openStore } from '../../src/store/store.ts';
import type { Trace } from '../../src/traceback/trace.ts';
import { renderAnswer } from '../../src/vty/render/answer.ts';
import { width } from '../../src/vty/render/width.ts';
import { CASE, NOON, RESOLVED, TRACE } from '../control/scripted.ts';
import { CASE_TRACES, STANDING } from '../control/scripted-standing.ts';
import { until } from '../interop/bgp-peers.ts';
import { hex, RAW } from '../packet/packets.ts';

/** UDP from a port of 192.0.2.200 to an address, 192.0.2.1 being in the case's 192.0.2.0/25. */
function packet(port: number, last = 1): PacketToTrace {
  const two = (n: number, octets: number) => n.toString(16).padStart(octets * 2, '0');
  const frame = hex(`4500001c 00010000 40110000 c00002c8 c00002${two(last, 1)} ${two(port, 2)}0035 00080000`);
  return { linkType: RAW, frame, wire: frame.length, time: NOON };
}

describe('daemon/standing-traces', () => {
  let directory: string;
  let store: Store;
  let now: number;
  let began: { readonly packets: number; readonly why: TraceReason }[];
  let noted: string[];
  let open: Case[];
  let wanted: boolean;
  let fails: string;
  const start = (): Promise<StandingTraces> =>
    openStandingTraces({
      store,
      traces: {
        async startTrace(packets, _, why) {
          if (fails !== '') throw new Error(fails);
          began.push({ packets: packets.length, why: why! });
          return TRACE;
        },
      },
      cases: { open: () => open, get: async id => [...open, RESOLVED].find(one => one.id === id) ?? null },
      wanted: () => wanted,
      note: (id, words, by) => void noted.push(`${id} ${by}: ${words}`),
      log: Object.assign(() => {}, { configure: () => {}, problems: () => [], close: async () => {} }),
      clock: () => now,
    });

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'intertrack-standing-'));
    store = await openStore(directory, { onProblem: () => {} });
    [now, began, noted, open, wanted, fails] = [NOON, [], [], [CASE], false, ''];
  });
  afterEach(async () => {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('traces packets to the prefix of a case, one of each flow a minute, and says for which case', async () => {
    const traces = await start();
    traces.offer(packet(1), 'ids s');
    await traces.open({ caseId: CASE.id, until: null, by: 'user root' });
    for (const one of [packet(1), packet(1), packet(2), packet(3, 200)]) traces.offer(one, 'ids s');
    expect(began.map(({ packets, why }) => [packets, why.caseId, why.source])).to.deep.equal([
      [1, CASE.id, 'ids s'],
      [1, CASE.id, 'ids s'],
    ]);
    expect(traces.list()[0]).to.include({ caseId: CASE.id, prefix: '192.0.2.0/25', seen: 3 });
    now += 61_000;
    traces.offer(packet(1), 'ids s');
    expect(began).to.have.length(3);
    await new Promise(setImmediate);
    expect(noted).to.deep.equal([
      `${CASE.id} user root: packets to 192.0.2.0/25 are traced`,
      `${CASE.id} intertrackd: the first packet to 192.0.2.0/25 is traced: ${TRACE.id}`,
    ]);
  });

  it('makes no more than six a minute, and tells what it left out', async () => {
    const traces = await start();
    await traces.open({ caseId: CASE.id, until: null, by: 'user root' });
    for (let port = 1; port <= 20; port++) traces.offer(packet(port), 'ids s');
    expect(began).to.have.length(6);
    expect(traces.list()[0]).to.include({ seen: 20, leftOut: 14 });
    now += 10_000;
    for (let port = 21; port <= 30; port++) traces.offer(packet(port), 'ids s');
    expect(began).to.have.length(7);
  });

  it('ends with its time, with its case, and when a person says so', async () => {
    const traces = await start();
    await traces.open({ caseId: CASE.id, until: now + 1000, by: 'user root' });
    now += 1000;
    traces.offer(packet(1), 'ids s');
    expect([began, traces.list()]).to.deep.equal([[], []]);
    await traces.open({ caseId: CASE.id, until: null, by: 'user root' });
    traces.changed({ ...CASE, state: 'resolved' });
    expect(traces.list()).to.deep.equal([]);
    await traces.open({ caseId: CASE.id, until: null, by: 'user root' });
    await traces.stop(CASE.id, 'user root');
    expect(traces.list()).to.deep.equal([]);
    const why = async (done: Promise<unknown>) =>
      done.then(
        () => '',
        (e: Error) => e.message,
      );
    expect(await why(traces.stop(CASE.id, 'user root'))).to.equal(`case ${CASE.id} has no standing trace`);
    expect(await why(traces.open({ caseId: '2020-01-01-01', until: null, by: '' }))).to.contain('there is no case');
    expect(await why(traces.open({ caseId: RESOLVED.id, until: null, by: '' }))).to.contain('is resolved');
  });

  it('is there again after a restart, while its case is open', async () => {
    await (await start()).open({ caseId: CASE.id, until: now + 10_000, by: 'user root' });
    expect((await start()).list()[0]).to.include({ caseId: CASE.id, by: 'user root', until: now + 10_000 });
    open = [];
    expect((await start()).list()).to.deep.equal([]);
    open = [CASE];
    expect((await start()).list()).to.deep.equal([]);
  });

  it('stands for every case of a watch that wants it, and not against a person', async () => {
    wanted = true;
    const traces = await start();
    expect(traces.list()[0]).to.include({ caseId: CASE.id, by: 'watch ours', until: null });
    await traces.stop(CASE.id, 'user root');
    traces.changed(CASE);
    expect(traces.list()).to.deep.equal([]);
    traces.changed({ ...CASE, id: '2026-03-01-02' });
    expect(traces.list()).to.have.length(1);
  });

  it('goes on when a packet cannot be traced, and says why', async () => {
    const traces = await start();
    await traces.open({ caseId: CASE.id, until: null, by: 'user root' });
    fails = 'no traceback block is configured';
    traces.offer(packet(1), 'ids s');
    await new Promise(setImmediate);
    expect(traces.list()[0]).to.include({ traced: 0, leftOut: 1, lastError: fails });
    traces.offer({ ...packet(1), frame: Uint8Array.of(0x45), wire: 1 }, 'ids s');
    expect(traces.list()[0]).to.include({ seen: 1 });
  });

  it('finds the traces of a case again, the latest first', async () => {
    const put = (trace: Trace) =>
      ({ op: 'trace.put', record: { id: trace.id, asked: trace.asked, body: JSON.stringify(trace) } }) as const;
    const of = (n: number, more: Partial<Trace> = {}): Trace => ({ ...TRACE, id: `t${n}`, asked: NOON + n, ...more });
    const claim = { paths: [], of: 'now', seen: [64501], verdict: 'unrouted' } as const;
    await store.write([
      put(of(1, { caseId: CASE.id })),
      put(of(2)),
      put(of(3, { caseId: CASE.id, source: 'ids s', claim })),
      put(of(4, { caseId: RESOLVED.id })),
    ]);
    const answers = createStandingAnswers({
      ...{ everywhere: store, standing: await start(), ids: { rows: () => [] } },
      config: () => ({ duties: ['traceback'] }),
    });
    expect(await answers.tracesOf(CASE.id)).to.deep.equal([
      {
        ...{ id: 't3', asked: NOON + 3, state: 'final', entry: TRACE.entry, certainty: null, source: 'ids s' },
        claim: 'unrouted',
      },
      { id: 't1', asked: NOON + 1, state: 'final', entry: TRACE.entry, certainty: null, claim: null },
    ]);
    expect(answers.bringsPackets()).to.equal(false);
  });

  it('is shown in 80 columns, and the traces of a case with it', () => {
    const shown = (command: string, rows: readonly unknown[]) => {
      const lines = renderAnswer(command, rows, NOON);
      for (const line of lines) expect(width(line), line).to.be.at.most(80);
      return lines.join('\n');
    };
    expect(shown('show trace standing', STANDING)).to.equal(
      `
Case          Prefix              Left Came Traced Left out By
2026-03-01-01 192.0.2.0/25    01:00:00  120      7      113 user root
2026-03-01-02 198.51.100.0/24     case    1      0        1 watch ours
  last error: no traceback block is configured`.slice(1),
    );
    expect(shown('trace case CASE-ID', [STANDING[0]])).to.equal(
      'Case 2026-03-01-01: packets to 192.0.2.0/25, until 2026-03-01 13:00:00Z; 7\n  packets traced so far',
    );
    const one = { ...CASE, notices: [], refused: [], traces: CASE_TRACES };
    expect(renderAnswer('show case CASE-ID', [one], NOON).slice(-4)).to.deep.equal([
      'Traces: the latest 2 of its packets',
      '  Trace                 State     Entry               Source       Came in',
      '  t20260301-120003-9f3a final     AS64510 via AS64520 ids suricata elsewhere',
      '  t20260301-115903-0001 cancelled not found',
    ]);
  });

  it('follows the cases of other machines, which nobody tells of', async () => {
    wanted = true;
    const elsewhere = { ...CASE, id: '2026-01-01-77' };
    let known: readonly Case[] = [elsewhere];
    open = [];
    const traces = await openStandingTraces({
      store,
      traces: { startTrace: async () => TRACE },
      cases: { open: () => [], get: async () => null },
      ...{ wanted: () => wanted, note: () => {}, look: 5, everywhere: async () => known },
      log: Object.assign(() => {}, { configure: () => {}, problems: () => [], close: async () => {} }),
      clock: () => now,
    });
    await until('it stands', () => traces.list().length === 1);
    expect(traces.list()[0]).to.include({ caseId: elsewhere.id, prefix: CASE.prefix });
    known = [];
    await until('the case is over', () => traces.list().length === 0);
    traces.close();
  });

  it('keeps one that a person opens while the cases of other machines are being asked for', async () => {
    const answers: ((known: readonly Case[]) => void)[] = [];
    const traces = await openStandingTraces({
      store,
      traces: { startTrace: async () => TRACE },
      cases: { open: () => [], get: async () => CASE },
      ...{ wanted: () => false, note: () => {}, look: 5 },
      everywhere: () => new Promise(resolve => void answers.push(resolve)),
      log: Object.assign(() => {}, { configure: () => {}, problems: () => [], close: async () => {} }),
      clock: () => now,
    });
    await until('it asks', () => answers.length === 1);
    await traces.open({ caseId: CASE.id, until: null, by: 'a' });
    answers[0]!([]);
    await until('it asks again', () => answers.length === 2);
    expect(traces.list()).to.have.length(1);
    answers[1]!([]);
    await until('the case is over', () => traces.list().length === 0);
    traces.close();
  });

  it('waits for a database that cannot be read yet', async () => {
    await store.write([
      {
        op: 'standing.put',
        caseId: CASE.id,
        body: JSON.stringify({ caseId: CASE.id, since: 1, until: null, by: 'a' }),
      },
    ]);
    let there = false;
    const traces = await openStandingTraces({
      store,
      traces: { startTrace: async () => TRACE },
      cases: {
        open: () => [],
        get: async () => {
          if (!there) throw new Error('the database is away');
          return CASE;
        },
      },
      ...{ wanted: () => false, note: () => {}, retry: 5 },
      log: Object.assign(() => {}, { configure: () => {}, problems: () => [], close: async () => {} }),
      clock: () => now,
    });
    expect(traces.list()).to.deep.equal([]);
    there = true;
    await until('it stands', () => traces.list().length === 1);
    traces.close();
  });
});
