import { expect } from 'chai';
import { createFilePeers, type FromFiles } from '../../src/collector/file-peers.ts';
import { compileRegistry, type Layers } from '../../src/registry/compile.ts';
import { readRpslObject } from '../../src/registry/rpsl.ts';
import { sourceBook } from '../../src/registry/source-book.ts';
import { hex } from '../bgp/octets.ts';
import { watchOf } from '../config/watch.ts';
import { attributes, osaka, type Speaker, sent, state, T0, table, tokyo, withdraws } from '../daemon/replayed.ts';
import { DATA, dataFile, dataFiles, readAll } from '../mrt/dump.ts';
import { address, message, nextHop, nlri, number, path, record, update } from '../mrt/octets.ts';

const OURS = '192.0.2.0/24';
const watch = watchOf('ours', { prefixes: [{ prefix: '0.0.0.0/0', origins: [] }] });

describe('collector/file-peers', () => {
  let layers: Layers;
  before(async () => {
    const book = sourceBook('JPIRR');
    book.apply('add', readRpslObject(Buffer.from(`route: ${OURS}\norigin: AS64496\n`))!);
    layers = (await compileRegistry([{ name: 'JPIRR', store: book.routes, authoritative: false }], [watch])).layers;
  });

  /** Shows a file of records; what is told, in short, and what was counted. */
  function play(octets: Uint8Array) {
    let now = 0;
    const told: string[] = [];
    const complaints: string[] = [];
    const peers = createFilePeers({
      layers,
      aspas: null,
      localAs: 65010,
      now: () => now,
      known: (of, as) => ({ name: `${of} AS${as}` }),
      tell(said: FromFiles) {
        if (said.type === 'session') told.push(`${said.change.peerAddress} ${said.change.state}`);
        else if (said.type === 'end-of-rib') told.push(`${said.peer.split(' ')[0]} whole`);
        else
          for (const { peerAddress, what, why, origin, prefix, path: of, beside } of said.changes)
            told.push(
              [peerAddress, what, why, prefix, origin, ...(what === 'held' ? [of.join('-')] : [])].join(' ') +
                (beside ? ' beside' : ''),
            );
      },
    });
    const { visitor, meet, end } = peers.file('', text => complaints.push(text));
    const found = readAll(octets, {
      route(of, route) {
        meet(of);
        visitor.route(of, route);
      },
      message(of, one) {
        meet(of);
        now = of.seconds * 1000;
        visitor.message(of, one);
      },
      state(of, one) {
        meet(of);
        now = of.seconds * 1000;
        visitor.state(of, one);
      },
      other(of) {
        meet(of);
        visitor.other(of);
      },
    });
    end();
    peers.flush();
    return { told, complaints, peers, found };
  }
  const playHex = (...records: string[]) => play(hex(records.join('')));

  it('has a table, its end, and UPDATEs of the peers it names', () => {
    const { told, peers } = playHex(
      table(0, [tokyo, osaka], {
        [OURS]: [[64500, 64666], null],
        '198.51.100.0/24': [
          [64500, 64496],
          [64501, 64496],
        ],
      }),
      withdraws(10, tokyo, OURS),
    );
    expect(told).to.deep.equal([
      '203.0.113.1 Established',
      `203.0.113.1 held update ${OURS} 64666 64500-64666`,
      '203.0.113.2 Established',
      '203.0.113.1 whole',
      '203.0.113.2 whole',
      `203.0.113.1 gone withdraw ${OURS} 64666`,
    ]);
    expect(peers.counts).to.deep.include({ routes: 3, updates: 1, malformed: 0 });
  });

  it('holds all paths of a peer that sends several (RFC 7911, RFC 8050)', () => {
    const many = (at: number, withdrawn: string, routes: string, asns: readonly number[] = []) =>
      sent(
        at,
        tokyo,
        update(withdrawn, routes === '' ? '' : attributes(asns) + nextHop('203.0.113.1'), routes),
      ).replace(/^(.{8}0010)0004/, '$10009');
    const id = (of: number) => number(of, 4) + nlri(OURS);
    const { told, complaints } = playHex(
      many(0, '', id(1), [64500, 64666]),
      many(1, '', id(2), [64500, 64496]),
      many(2, '', id(3), [64500, 64667]),
      many(3, id(1), ''),
    );
    expect(complaints).to.deep.equal([]);
    expect(told).to.deep.equal([
      '203.0.113.1 Established',
      `203.0.113.1 held update ${OURS} 64666 64500-64666 beside`,
      `203.0.113.1 held update ${OURS} 64667 64500-64667 beside`,
      `203.0.113.1 gone withdraw ${OURS} 64666`,
    ]);
  });

  it('begins anew when a peer comes to send path identifiers', () => {
    const plain = sent(0, tokyo, update('', attributes([64500, 64666]) + nextHop('203.0.113.1'), nlri(OURS)));
    const withId = sent(
      5,
      tokyo,
      update('', attributes([64500, 64666]) + nextHop('203.0.113.1'), number(7, 4) + nlri(OURS)),
    ).replace(/^(.{8}0010)0004/, '$10009');
    expect(playHex(plain, withId).told).to.deep.equal([
      '203.0.113.1 Established',
      `203.0.113.1 held update ${OURS} 64666 64500-64666`,
      `203.0.113.1 unseen session ${OURS} 64666`,
      '203.0.113.1 Idle',
      '203.0.113.1 Established',
      `203.0.113.1 held update ${OURS} 64666 64500-64666 beside`,
    ]);
  });

  it('reads AS numbers of two octets, of one peer beside those of four', () => {
    const two: Speaker = { address: '203.0.113.9', as: 64502 };
    const ends = `${number(two.as, 2)}${number(65010, 2)}00000001${address(two.address)}${address('203.0.113.254')}`;
    const body = update('', `40010100${path([64502, 64666], 2)}${nextHop('203.0.113.9')}`, nlri(OURS));
    const { told } = playHex(record(16, 1, ends + body, T0), sent(5, two, update(nlri(OURS), '', '')));
    expect(told).to.deep.equal([
      '203.0.113.9 Established',
      `203.0.113.9 held update ${OURS} 64666 64502-64666`,
      `203.0.113.9 gone withdraw ${OURS} 64666`,
    ]);
  });

  it('ends a session by its state change, or by OPEN and NOTIFICATION where there are none', () => {
    const held = sent(0, tokyo, update('', attributes([64500, 64666]) + nextHop('203.0.113.1'), nlri(OURS)));
    const notification = sent(5, tokyo, message(3, '0602'));
    const lost = ['203.0.113.1 Established', `203.0.113.1 held update ${OURS} 64666 64500-64666`].concat(
      `203.0.113.1 unseen session ${OURS} 64666`,
      '203.0.113.1 Idle',
    );
    expect(playHex(held, notification).told).to.deep.equal(lost);
    expect(playHex(held, state(5, tokyo, 6, 1)).told).to.deep.equal(lost);
    const known = state(0, tokyo, 5, 6);
    expect(playHex(known, held, notification).told).to.deep.equal(lost.slice(0, 2));
  });

  it('leaves out what the collector sent, and says what cannot be read', () => {
    const held = sent(0, tokyo, update('', attributes([64500, 64666]) + nextHop('203.0.113.1'), nlri(OURS)));
    const own = held.replace(/^(.{8}0010)0004/, '$10007');
    const wrong = sent(5, tokyo, message(2, 'ffff0000'));
    const { told, complaints, peers } = playHex(own, wrong);
    expect(told).to.deep.equal(['203.0.113.1 Established']);
    expect([...peers.counts.leftOut]).to.deep.equal([['sent by the collector', 1]]);
    expect(complaints).to.deep.equal(['Withdrawn Routes Length exceeds the message']);
  });

  describe('with real files', () => {
    for (const name of dataFiles().filter(one => /\.(mrt|gz)$/.test(one) && !/expect|ipasn/.test(one)))
      it(name, () => {
        const { peers, found } = play(dataFile(name)!);
        expect(found.records).to.be.greaterThan(0);
        expect(peers.peers).to.be.greaterThan(0);
        expect(peers.counts.routes + peers.counts.updates).to.be.greaterThan(0);
      });
    if (dataFiles().length === 0) it(`need ${DATA}`);
    else
      it('count what bgpdump counts of a table', () => {
        expect(play(dataFile('bview.20020722.2337.gz')!).peers.counts.routes).to.equal(115_521);
      });
  });
});
