import { expect } from 'chai';
import fc from 'fast-check';
import type { SessionForm } from '../../src/collector/archive-feed.ts';
import { createLiveFeed, type LiveBatch } from '../../src/collector/live-feed.ts';
import { type LiveFilter, parsePathWanted } from '../../src/collector/live-filter.ts';
import { liveTypeOf, readLive } from '../../src/collector/live-message.ts';
import { parseAddress } from '../../src/net/address.ts';
import { attribute, hex } from '../bgp/octets.ts';
import { until } from '../interop/bgp-peers.ts';
import { message, nextHop, nlri, number, ORIGIN_IGP, path, reach, unreach, update } from '../mrt/octets.ts';

const NOON = Date.UTC(2026, 2, 1, 12);
const FORM: SessionForm = { localAddress: null, localAs: 64500, as: 64496, as4: true, pathIds: [], plain: [1, 2] };
const CONTEXT = { as4: true, ebgp: true, ipv4: true, ipv6: true };
const ANY: LiveFilter = {
  ...{ client: 1, type: null, require: null, peer: null, path: null, prefixes: null },
  ...{ moreSpecific: true, lessSpecific: false, raw: false },
};
const WAY = ORIGIN_IGP + path([64496, 64510, 64511]);
const UPDATE = hex(update(nlri('203.0.113.0/24'), WAY + nextHop('192.0.2.1'), nlri('198.51.100.0/24')));
const KEEPALIVE = hex(message(4, ''));
const OPEN = hex(message(1, '04 fbf0 005a c0000201 08 0206 0104 0001 0001'));

describe('collector/live-message', () => {
  const read = (octets: Uint8Array) => readLive(octets, liveTypeOf(octets)!, CONTEXT);

  it('has the fields of an UPDATE as RIS Live has them', () => {
    const more =
      attribute(0x80, 4, '00000064') +
      attribute(0xc0, 7, '0000fbf0 c0000263') +
      attribute(0xc0, 8, 'fbf00064 ffffff01') +
      attribute(0xc0, 32, '0000fbf0 00000001 00000002');
    const octets = hex(
      update(nlri('203.0.113.0/24'), WAY + nextHop('192.0.2.1') + more, nlri('198.51.100.0/24') + nlri('10.0.0.0/8')),
    );
    expect(read(octets).fields).to.deep.equal({
      path: [64496, 64510, 64511],
      community: [
        [64496, 100],
        [65535, 65281],
      ],
      large_community: [[64496, 1, 2]],
      ...{ origin: 'igp', med: 100, aggregator: '64496:192.0.2.99' },
      announcements: [{ next_hop: '192.0.2.1', prefixes: ['198.51.100.0/24', '10.0.0.0/8'] }],
      withdrawals: ['203.0.113.0/24'],
    });
  });

  it('sets each family beside its next hop, and a set into an array', () => {
    const set = attribute(0x40, 2, `0201${number(64496, 4)}0102${number(64510, 4)}${number(64511, 4)}`);
    const both = reach(2, ['2001:db8::1'], nlri('2001:db8:1::/48')) + ORIGIN_IGP + set + nextHop('192.0.2.1');
    const { fields } = read(hex(update('', both, nlri('10.0.0.0/8'))));
    expect(fields.path).to.deep.equal([64496, [64510, 64511]]);
    expect(fields.announcements).to.deep.equal([
      { next_hop: '192.0.2.1', prefixes: ['10.0.0.0/8'] },
      { next_hop: '2001:db8::1', prefixes: ['2001:db8:1::/48'] },
    ]);
  });

  it('says what went of IPv6, and nothing of an End-of-RIB', () => {
    expect(read(hex(update('', unreach(2, nlri('2001:db8::/32')), ''))).fields).to.deep.equal({
      withdrawals: ['2001:db8::/32'],
    });
    expect(read(hex(update('', '', ''))).fields).to.deep.equal({});
  });

  it('reads OPEN, NOTIFICATION and KEEPALIVE, and no other type', () => {
    expect(read(OPEN).fields).to.deep.equal({
      ...{ direction: 'received', version: 4, asn: 64496, hold_time: 90, router_id: '192.0.2.1' },
      capabilities: { 1: { name: 'multiprotocol', value: 'ipv4 unicast' } },
    });
    expect(read(hex(message(3, '0602 04 68616c74'))).fields).to.deep.equal({
      notification: { code: 6, subcode: 2, data: '0468616C74' },
    });
    expect(read(KEEPALIVE).fields).to.deep.equal({});
    expect(liveTypeOf(hex(message(5, '00010001')))).to.equal(null);
  });

  it('never fails, whatever the octets are', () => {
    fc.assert(
      fc.property(fc.constantFrom(1, 2, 3, 4), fc.uint8Array({ maxLength: 120 }), (type, body) => {
        const octets = hex(message(type, Buffer.from(body).toString('hex')));
        JSON.stringify(read(octets).fields);
      }),
    );
    fc.assert(
      fc.property(fc.nat(UPDATE.length - 20), fc.nat(255), (at, octet) => {
        const octets = Uint8Array.from(UPDATE);
        octets[19 + at] = octet;
        JSON.stringify(read(octets).fields);
      }),
    );
  });
});

describe('collector/live-feed', () => {
  let batches: LiveBatch[];
  let time: number;
  let states: string[];
  beforeEach(() => {
    batches = [];
    states = [];
    time = 0;
  });

  /** A feed whose clock stands still but for what each look at it adds. */
  function open(filters: readonly LiveFilter[], slow = 0) {
    const feed = createLiveFeed({
      post: batch => batches.push(batch),
      now: () => NOON + 250,
      clock: () => {
        time += slow;
        return time;
      },
    });
    feed.want(1, filters, 'rrc-tokyo');
    const archived = {
      ...{ form: () => {}, message: () => void states.push('message'), leave: () => {}, peer: () => null },
      state: (state: string) => void states.push(state),
    };
    const session = feed.beside({ session: () => archived }).session('tyo1', parseAddress('192.0.2.1')!, FORM);
    const hear = (octets: Uint8Array) => session.message(octets, 0, octets.length);
    return { feed, session, hear };
  }
  const told = async (count: number) => {
    await until('all is told', () => batches.reduce((sum, { messages }) => sum + messages.length, 0) >= count);
    return batches.flatMap(({ messages }) => messages).map(({ clients, text }) => ({ clients, ...JSON.parse(text) }));
  };

  it('tells a message with who sent it, and its octets to who wants them', async () => {
    const { hear } = open([ANY, { ...ANY, client: 2, raw: true }, { ...ANY, client: 2, type: 'UPDATE' }]);
    hear(KEEPALIVE);
    const head = { peer: '192.0.2.1', peer_asn: '64496', host: 'rrc-tokyo', type: 'KEEPALIVE' };
    const data = { timestamp: NOON / 1000 + 0.25, id: `192.0.2.1-${NOON / 1000 + 0.25}-1`, ...head };
    expect(await told(2)).to.deep.equal([
      { clients: [1], type: 'ris_message', data },
      {
        clients: [2],
        type: 'ris_message',
        data: { ...data, raw: Buffer.from(KEEPALIVE).toString('hex').toUpperCase() },
      },
    ]);
    expect(states).to.deep.equal(['message']);
  });

  it('tells of a session that comes up and goes down, and of no other step', async () => {
    const { session } = open([{ ...ANY, type: 'RIS_PEER_STATE' }]);
    for (const state of ['Idle', 'OpenSent', 'Established', 'Idle', 'Active']) session.state(state);
    expect((await told(2)).map(({ data }) => data.state)).to.deep.equal(['connected', 'down']);
    expect(states).to.have.length(5);
  });

  it('writes down nothing when nobody listens, and nothing that nobody wants', async () => {
    const { feed, hear } = open([]);
    hear(UPDATE);
    feed.want(1, [{ ...ANY, type: 'OPEN' }], 'rrc-tokyo');
    hear(UPDATE);
    await new Promise(resolve => setImmediate(resolve));
    expect(batches).to.deep.equal([]);
    expect(time).to.equal(0);
  });

  it('leaves what others want as it is when a client wants something else, or is gone', async () => {
    const { feed, hear } = open([ANY]);
    feed.want(2, [{ ...ANY, client: 2, type: 'KEEPALIVE' }], 'rrc-tokyo');
    feed.want(2, [{ ...ANY, client: 2, type: 'UPDATE' }], 'rrc-tokyo');
    hear(UPDATE);
    hear(KEEPALIVE);
    feed.want(1, [], 'rrc-tokyo');
    hear(UPDATE);
    expect((await told(3)).map(({ clients }) => clients)).to.deep.equal([[1, 2], [1], [2]]);
  });

  const wants: readonly (readonly [string, Partial<LiveFilter>, boolean])[] = [
    ['its type', { type: 'UPDATE' }, true],
    ['another type', { type: 'KEEPALIVE' }, false],
    ['its peer', { peer: '192.0.2.1' }, true],
    ['another peer', { peer: '192.0.2.2' }, false],
    ['a field that it has', { require: 'withdrawals' }, true],
    ['a field that it has not', { require: 'med' }, false],
    ['a field that no message has', { require: 'constructor' }, false],
    ['an AS of its path', { path: parsePathWanted('64510') }, true],
    ['two of them in their order', { path: parsePathWanted('64510,64511') }, true],
    ['two of them in another', { path: parsePathWanted('64511,64510') }, false],
    ['its neighbour at the begin', { path: parsePathWanted('^64496') }, true],
    ['another AS at the begin', { path: parsePathWanted('^64510') }, false],
    ['its origin at the end', { path: parsePathWanted('64511$') }, true],
    ['another AS at the end', { path: parsePathWanted('64510$') }, false],
    ['the whole path', { path: parsePathWanted('^64496,64510,64511$') }, true],
    ['part of it as the whole', { path: parsePathWanted('^64496,64510$') }, false],
    ['its prefix', { prefixes: ['198.51.100.0/24'], moreSpecific: false }, true],
    ['a prefix that goes', { prefixes: ['203.0.113.0/24'], moreSpecific: false }, true],
    ['one that covers it', { prefixes: ['198.51.0.0/16'] }, true],
    ['one that covers it, but nothing more specific', { prefixes: ['198.51.0.0/16'], moreSpecific: false }, false],
    ['one inside it', { prefixes: ['198.51.100.0/25'] }, false],
    ['one inside it, and what is less specific', { prefixes: ['198.51.100.0/25'], lessSpecific: true }, true],
    ['one of several', { prefixes: ['10.0.0.0/8', '198.51.100.0/24'] }, true],
    ['another prefix', { prefixes: ['192.0.2.0/24', '2001:db8::/32'] }, false],
  ];
  for (const [what, filter, matches] of wants)
    it(`${matches ? 'tells' : 'does not tell'} an UPDATE to who wants ${what}`, async () => {
      const { hear } = open([
        { ...ANY, ...filter },
        { ...ANY, client: 9 },
      ]);
      hear(UPDATE);
      const [{ clients }] = (await told(1)) as [{ clients: number[] }];
      expect(clients).to.deep.equal(matches ? [1, 9] : [9]);
    });

  it('takes no more than its share of the time, and counts what it did not look at', async () => {
    // Each message takes 10 ms by this clock: 200 ms are saved up, and a fifth of the time that passes.
    const { hear } = open([ANY, { ...ANY, client: 2, type: 'KEEPALIVE' }], 10);
    for (let i = 0; i < 100; i++) hear(UPDATE);
    await until('it is told', () => batches.length > 0);
    const lost = new Map(batches.flatMap(batch => batch.lost));
    const sent = batches.flatMap(({ messages }) => messages).length;
    expect([...lost.keys()]).to.deep.equal([1]);
    expect(sent + lost.get(1)!).to.equal(100);
    expect(sent).to.be.within(20, 60);
  });

  it('holds no more than a few MiB for a main thread that is behind, until it has caught up', () => {
    const { feed, hear } = open([{ ...ANY, raw: true }]);
    const long = hex(update('', WAY + nextHop('192.0.2.1'), nlri('198.51.100.0/24').repeat(900)));
    for (let i = 0; i < 2000; i++) hear(long);
    const size = batches.reduce((sum, batch) => sum + batch.size, 0);
    expect(size).to.be.within(7 << 20, 9 << 20);
    feed.took(size);
    const before = batches.length;
    for (let i = 0; i < 10; i++) hear(long);
    expect(batches.length).to.be.greaterThan(before);
    expect(batches.at(-1)!.messages.length + batches[before]!.messages.length).to.be.greaterThan(0);
    expect(batches[before]!.lost).to.have.length(1);
  });
});
