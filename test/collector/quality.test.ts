import { expect } from 'chai';
import { encodeAnnounce, encodeWithdraw } from '../../src/bgp/announce.ts';
import type { AskablePeer } from '../../src/collector/answers.ts';
import { Contradictions } from '../../src/collector/contradictions.ts';
import { createDuplicates } from '../../src/collector/duplicates.ts';
import { createIngest } from '../../src/collector/ingest.ts';
import { type IngestPeer, noCounts } from '../../src/collector/ingest-peer.ts';
import { newQuarantine } from '../../src/collector/malformed.ts';
import { createPathCheck } from '../../src/collector/path-check.ts';
import { createHistory } from '../../src/collector/peer-history.ts';
import { createQuality, type QualityRow } from '../../src/collector/quality.ts';
import { VerdictMemo } from '../../src/collector/verdict-memo.ts';
import { parsePrefix } from '../../src/net/prefix.ts';
import { newPeerTable, newRib } from '../../src/rib/adj-rib-in.ts';

const MINUTE = 60_000;
const nothing = () => {};

/** A collector without sessions: so many peers with tables, a clock, and what is known of their quality. */
function collector(count: number) {
  let now = 1_000_000_000;
  const rib = newRib();
  const memo = new VerdictMemo(rib);
  const book = new Contradictions({ describe: nothing as never, tell: nothing, mark: nothing, now: () => now });
  const ingest = createIngest(
    rib,
    { memo, book, paths: createPathCheck(rib, () => undefined) },
    { endOfRib: nothing, malformed: nothing, passedOver: nothing },
  );
  const state = { nearMisses: 0, name: 'Established' };
  const peers = Array.from({ length: count }, (_, number) => {
    const table = newPeerTable();
    rib.tables[number] = table;
    const common = { as4: true, ebgp: true, ipv4: true, ipv6: true, localAs: 64500 };
    const taker: IngestPeer = { ...common, number, table, counts: noCounts() };
    const asked: AskablePeer = {
      row: { number, name: `p${number}`, as: 64496, address: `192.0.2.${number}` },
      config: { description: '', passive: false },
      counts: taker.counts,
      quarantine: newQuarantine(),
      awaiting: new Set(),
      session: {
        status: () =>
          ({
            state: state.name,
            since: 1_000_000_000,
            received: {},
            nearMisses: state.nearMisses,
            negotiated: { ipv4: true, ipv6: true },
          }) as never,
      },
    };
    return { taker, asked };
  });
  const quality = createQuality(
    rib,
    () => peers.map(({ asked }) => asked),
    () => now,
  );
  for (const { asked } of peers) quality.changed(asked.row.name, 'Established', '');
  const send = (number: number, messages: readonly Uint8Array[]) => {
    for (const message of messages) ingest.update(peers[number]!.taker, message, 19, message.length);
  };
  const route = { originCode: 0 as const, path: [{ type: 2, asns: [64496] }], nextHop: '192.0.2.1' };
  const prefixes = (texts: readonly string[]) => texts.map(text => parsePrefix(text)!);
  return {
    rib,
    quality,
    state,
    peers,
    ingest,
    announce: (number: number, ...texts: string[]) =>
      send(number, encodeAnnounce(prefixes(texts), route, { as4: true })),
    withdraw: (number: number, ...texts: string[]) => send(number, encodeWithdraw(prefixes(texts))),
    turn(minutes: number) {
      for (let i = 0; i < minutes; i++) {
        now += MINUTE;
        quality.minute();
      }
    },
    report(number: number): QualityRow {
      const working = quality.report(peers[number]!.asked);
      for (;;) {
        const step = working.next();
        if (step.done) return step.value;
      }
    },
  };
}

const many = Array.from({ length: 50 }, (_, i) => `10.0.${i}.0/24`);
const stuckOf = ({ stuck }: QualityRow) =>
  'why' in stuck ? stuck.why : [stuck.count, stuck.young, ...stuck.prefixes.map(({ prefix }) => prefix)];

describe('collector/quality', () => {
  it('finds a route that one peer holds since the others withdrew it, after ten minutes', () => {
    const c = collector(4);
    for (const peer of [0, 1, 2, 3]) c.announce(peer, ...many, '192.0.2.0/24');
    c.announce(0, '198.51.100.0/24'); // its own from the beginning: nobody else ever had it
    expect(stuckOf(c.report(0))).to.deep.equal([0, 0]);
    for (const peer of [1, 2, 3]) c.withdraw(peer, '192.0.2.0/24');
    expect(stuckOf(c.report(0))).to.deep.equal([0, 1]);
    c.turn(5);
    expect(stuckOf(c.report(0))).to.deep.equal([0, 1]);
    c.turn(6);
    expect(stuckOf(c.report(0))).to.deep.equal([1, 0, '192.0.2.0/24']);
    expect(stuckOf(c.report(1))).to.deep.equal([0, 0]);
    expect(c.report(0).remarks).to.deep.equal(['End-of-RIB of IPv4 and IPv6 has not come', '1 route seems stuck']);
    c.withdraw(0, '192.0.2.0/24');
    expect(stuckOf(c.report(0))).to.deep.equal([0, 0]);
  });

  it('says why it cannot tell', () => {
    const c = collector(3);
    c.announce(0, ...many);
    c.announce(1, ...many);
    c.announce(2, '10.0.0.0/24');
    expect(stuckOf(c.report(0))).to.equal('2 whole tables of like size are there, 3 are needed');
    expect(c.report(0).unknown).to.deep.equal([
      'clock: BGP messages bear no time',
      'UPDATEs that change nothing: not looked for in what a router monitors',
      'stuck routes: 2 whole tables of like size are there, 3 are needed',
    ]);
    const alone = collector(1);
    alone.announce(0, ...many);
    expect(stuckOf(alone.report(0))).to.equal('1 whole table of like size is there, 3 are needed');
    const d = collector(4);
    for (const peer of [0, 1, 2]) d.announce(peer, ...many);
    d.announce(3, '10.0.0.0/24');
    expect(stuckOf(d.report(3))).to.equal('its table is not whole, or much smaller than the largest');
  });

  it('sees a table shrink against the most of the last hour, and lets it be forgotten after that', () => {
    const c = collector(1);
    c.announce(0, ...many);
    c.turn(1);
    c.quality.endOfRib('p0', 1);
    c.quality.endOfRib('p0', 2);
    expect(c.report(0)).to.deep.include({ routes: 50, left: 1, remarks: [] });
    c.withdraw(0, ...many.slice(20));
    c.turn(1);
    expect(c.report(0)).to.deep.include({ routes: 20, left: 0.4 });
    expect(c.report(0).remarks).to.deep.equal(["the table has shrunk to 40% of the last hour's most"]);
    c.turn(60);
    expect(c.report(0)).to.deep.include({ left: 1, remarks: [] });
    expect(c.report(0).history.most.routes).to.equal(50);
  });

  it('remarks on near misses and on a session that is down', () => {
    const c = collector(1);
    c.state.nearMisses = 2;
    c.quality.endOfRib('p0', 1);
    expect(c.report(0).endOfRib).to.deep.equal({ missing: ['IPv6'], owed: true });
    expect(c.report(0).remarks).to.deep.equal(['the hold time nearly ran out 2 times']);
    c.state.name = 'Active';
    expect(c.report(0).remarks[0]).to.equal('the session is Active');
  });

  it('tells UPDATEs that change nothing from those that do', () => {
    const c = collector(1);
    const duplicates = createDuplicates(c.rib);
    const { taker } = c.peers[0]!;
    const path = (as: number) => [{ type: 2, asns: [as] }];
    const announce = (as: number) => {
      const set = { originCode: 0 as const, path: path(as), nextHop: '192.0.2.1' };
      const [message] = encodeAnnounce([parsePrefix('192.0.2.0/24')!], set, { as4: true });
      return duplicates.watch(taker, message!, 19, message!.length, () =>
        c.ingest.update(taker, message!, 19, message!.length),
      );
    };
    const withdraw = () => {
      const [message] = encodeWithdraw([parsePrefix('192.0.2.0/24')!]);
      duplicates.watch(taker, message!, 19, message!.length, () =>
        c.ingest.update(taker, message!, 19, message!.length),
      );
    };
    const unchanged: number[] = [];
    for (const step of [() => announce(1), () => announce(1), () => announce(2), withdraw, withdraw]) {
      step();
      unchanged.push(duplicates.counts().unchanged);
    }
    expect(unchanged).to.deep.equal([0, 1, 1, 1, 2]);
    expect(duplicates.counts().seen).to.equal(5);
    expect(Array.from({ length: 10_240 }, () => duplicates.due()).filter(Boolean)).to.have.length(10);
  });

  it('counts ups and downs', () => {
    const history = createHistory(0);
    history.down('was never up', 1);
    history.up(10);
    history.routes(5, 20);
    history.down('a', 110);
    history.up(200);
    history.down('b', 300);
    history.down('again', 310);
    const HOUR = 60 * MINUTE;
    expect(history.report(400)).to.deep.include({
      since: 0,
      up: 200,
      falls: 2,
      fallsLastHour: 2,
      most: { routes: 0, time: 200 },
    });
    expect(history.report(400).lastFalls.map(({ reason }) => reason)).to.deep.equal(['b', 'a']);
    expect(history.report(HOUR + 200)).to.deep.include({ falls: 2, fallsLastHour: 1 });
  });
});
