import { expect } from 'chai';
import { encodeEndOfRib } from '../../src/bgp/end-of-rib.ts';
import { gracefulRestart } from '../../src/bgp/offers.ts';
import type { LocalOpen } from '../../src/bgp/open.ts';
import { createCollector } from '../../src/collector/collector.ts';
import type {
  CollectorConfig,
  CountRow,
  FamilyRouteRow,
  FromCollector,
  NeighborRow,
  Order,
  RibQuery,
  RibSize,
  RouteRow,
  SummaryRow,
  ToCollector,
} from '../../src/collector/messages.ts';
import { formatErrors, parseConfig } from '../../src/config/index.ts';
import { dial } from '../../src/net/tcp-options.ts';
import { attribute, updateBody } from '../bgp/octets.ts';
import { loopbackAddress, until } from '../interop/bgp-peers.ts';
import { type HandRouter, handRouter } from './router.ts';

/** A high port that is likely free at a loopback address of this run. */
const PORT = 17_179;

describe('collector/collector', function () {
  this.timeout(240_000);
  let send: (message: ToCollector) => void;
  let heard: FromCollector[];
  let host: string;
  let number = 0;
  const routers: HandRouter[] = [];

  const configOf = (text: string): CollectorConfig => {
    const loaded = parseConfig(`router id 192.0.2.9; local as 64500; bgp listen ${host} port ${PORT}; ${text}`, 'c');
    if (!loaded.ok) throw new Error(formatErrors(loaded.errors));
    const { routerId, localAs, bgpListen, peers, bmp } = loaded.config;
    return { routerId, localAs, listen: bgpListen, peers, bmp };
  };
  async function configure(text: string): Promise<void> {
    const ready = () => heard.filter(({ type }) => type === 'ready').length;
    const before = ready();
    send({ type: 'configure', config: configOf(text) });
    await until('the collector is configured', () => ready() > before);
  }
  function ask<T>(about: 'summary' | 'neighbor' | 'size'): readonly T[] {
    const id = ++number;
    send({ type: 'query', id, query: { about } });
    const answer = heard.find(message => message.type === 'answer' && message.id === id);
    if (answer?.type !== 'answer') throw new Error('no answer');
    return answer.rows as readonly T[];
  }
  const problems = () => ask<RibSize>('size')[0]!.problems;
  const stateOf = (peer: string) => ask<SummaryRow>('summary').find(row => row.peer === peer)?.state;
  const upSince = (peer: string) => ask<SummaryRow>('summary').find(row => row.peer === peer)?.since;
  const names = () => ask<SummaryRow>('summary').map(({ peer }) => peer);
  const neighbor = (peer: string) => ask<NeighborRow>('neighbor').find(row => row.peer === peer)!;
  const logged = (pattern: RegExp) =>
    heard.flatMap(message => (message.type === 'log' && pattern.test(message.text) ? [message.text] : []));
  const isUp = (peer: string) => until(`${peer} is up`, () => stateOf(peer) === 'Established');

  function router(address: string, as = 64496, password?: string, port = PORT): HandRouter {
    const made = handRouter({ host, port }, address, as, password === undefined ? {} : { password });
    routers.push(made);
    return made;
  }

  /** A router that offers what a test wants. */
  function offering(address: string, offers: Partial<LocalOpen>): HandRouter {
    const made = handRouter({ host, port: PORT }, address, 64496, {}, offers);
    routers.push(made);
    return made;
  }
  /** The rows of an answer of any length, once it is whole. */
  async function rows<T>(query: RibQuery): Promise<readonly T[]> {
    const id = ++number;
    send({ type: 'query', id, query });
    const mine = () =>
      heard.filter(message => (message.type === 'rows' || message.type === 'answer') && message.id === id);
    await until('an answer', () => mine().some(({ type }) => type === 'answer'));
    return mine().flatMap(message => ('rows' in message ? message.rows : [])) as T[];
  }

  beforeEach(() => {
    heard = [];
    host = loopbackAddress();
    send = createCollector(message => heard.push(message));
  });
  afterEach(async () => {
    send({ type: 'stop' });
    await until('the collector has stopped', () => heard.some(({ type }) => type === 'stopped'));
    for (const one of routers.splice(0)) one.close();
  });

  describe('reload', () => {
    const [a, b] = [loopbackAddress(), loopbackAddress()];
    const two = (ofA: string, ofB = 'password "beta";', more = '') =>
      `protocol bgp a { neighbor ${a} as 64496; passive; ${ofA} } protocol bgp b { neighbor ${b} as 64496; passive; ${ofB} } ${more}`;

    it('gives another password to one session and leaves the other alone', async () => {
      await configure(two('password "alpha";'));
      const first = router(a, 64496, 'alpha');
      router(b, 64496, 'beta');
      await Promise.all([isUp('a'), isUp('b')]);
      const since = upSince('b');
      await configure(two('password "gamma";'));
      await first.closed;
      expect(first.notification()).to.equal('Cease/Administrative Reset "configuration changed"');
      expect(upSince('b')).to.equal(since);
      router(a, 64496, 'gamma');
      await isUp('a');
      expect([stateOf('b'), upSince('b')]).to.deep.equal(['Established', since]);
    });

    it('restarts nothing for a limit, a description or another peer', async () => {
      await configure(two('password "alpha"; maximum prefix 10 warn;'));
      const [first, second] = [router(a, 64496, 'alpha'), router(b, 64496, 'beta')];
      await Promise.all([isUp('a'), isUp('b')]);
      const since = [upSince('a'), upSince('b')];
      await configure(
        two(
          'password "alpha"; maximum prefix ipv4 5 down; description "x";',
          undefined,
          'protocol bgp c { neighbor range 10.0.0.0/8 as 1; limit 3; }',
        ),
      );
      await configure(two('password "alpha";', undefined, 'protocol bgp c { neighbor range 10.0.0.0/8 as 1; }'));
      expect([upSince('a'), upSince('b')]).to.deep.equal(since);
      expect([first.isClosed(), second.isClosed()]).to.deep.equal([false, false]);
    });

    it('takes a password that is new, and gives up one that is gone, while it listens', async () => {
      await configure(two(''));
      router(a);
      await isUp('a');
      await configure(two('password "alpha";'));
      expect(stateOf('a')).to.equal('Active');
      router(a, 64496, 'alpha');
      await isUp('a');
      await configure(two(''));
      router(a);
      await isUp('a');
      expect(logged(/^listening for BGP/)).to.have.length(1);
    });

    it('closes a listener whose connections live on', async () => {
      await configure(two(''));
      router(a);
      await isUp('a');
      const config = configOf(two(''));
      send({ type: 'configure', config: { ...config, listen: [] } });
      await until('configured', () => heard.filter(({ type }) => type === 'ready').length === 2);
      expect(stateOf('a')).to.equal('Established');
    });
  });

  describe('neighbor range', () => {
    const net = loopbackAddress().split('.').slice(0, 3).join('.');
    const range = (more = '') => `protocol bgp routers { neighbor range ${net}.0/24 as 64496; ${more} }`;

    it('makes a peer for each that connects, shows it, and forgets it when its session ends', async () => {
      await configure(range());
      expect(names()).to.deep.equal([]);
      const first = router(`${net}.1`);
      router(`${net}.2`);
      await Promise.all([isUp(`routers-${net}.1`), isUp(`routers-${net}.2`)]);
      expect(neighbor(`routers-${net}.1`)).to.include({ address: `${net}.1`, passive: true });
      expect(neighbor(`routers-${net}.1`).protection?.range).to.equal('routers');
      first.close();
      await until('it is gone', () => !names().includes(`routers-${net}.1`));
      router(`${net}.1`);
      await isUp(`routers-${net}.1`);
      expect(names()).to.have.members([`routers-${net}.1`, `routers-${net}.2`]);
    });

    it('keeps a peer that restarts gracefully until its Restart Time is over', async () => {
      await configure(range());
      const families = [{ afi: 1, safi: 1, preserved: true }];
      const restarts = gracefulRestart({ seconds: 1, restarting: false, notification: false, families });
      const first = handRouter({ host, port: PORT }, `${net}.1`, 64496, {}, {}, [restarts]);
      routers.push(first);
      const name = `routers-${net}.1`;
      await isUp(name);
      first.announce(0, 3);
      await until('its routes', () => neighbor(name).prefixes4 === 3);
      first.close();
      await until('it is awaited', () => stateOf(name) !== 'Established');
      expect(neighbor(name)).to.include({ prefixes4: 3, prefixes6: 0 });
      expect(neighbor(name).restart).to.have.length(1);
      expect(neighbor(name).restart?.[0]).to.include({ family: 'IPv4 unicast', state: 'restarting', stale: 3 });
      await until('it is gone', () => !names().includes(name));
      expect(ask<RibSize>('size')[0]?.routes).to.equal(0);
    });

    it('has a limit; changing it touches no session', async () => {
      await configure(range('limit 2;'));
      router(`${net}.1`);
      router(`${net}.2`);
      await Promise.all([isUp(`routers-${net}.1`), isUp(`routers-${net}.2`)]);
      const third = router(`${net}.3`);
      await third.closed;
      expect(logged(/closed: routers has 2 peers, its limit/)).to.have.length(1);
      expect(problems()).to.deep.equal([`bgp: connection from ${net}.3 closed: routers has 2 peers, its limit`]);
      await configure(range('limit 3;'));
      router(`${net}.3`);
      await isUp(`routers-${net}.3`);
      await configure(range('limit 1;'));
      expect(names()).to.have.length(3);
    });

    it('forgets a peer of another AS, and one that says nothing right', async () => {
      await configure(range());
      const stranger = router(`${net}.1`, 64511);
      await stranger.closed;
      expect(stranger.notification()).to.match(/^OPEN Message Error\/Bad Peer AS/);
      await until('it is gone', () => names().length === 0);
    });

    it('leaves an address to the block that names it, also when that comes later', async () => {
      await configure(range());
      const one = router(`${net}.1`);
      await isUp(`routers-${net}.1`);
      await configure(`${range()} protocol bgp own { neighbor ${net}.1 as 64496; passive; }`);
      await one.closed;
      router(`${net}.1`);
      await isUp('own');
      expect(names()).to.deep.equal(['own']);
    });

    it('ends its sessions when it is gone, and only then', async () => {
      await configure(range('password "k";'));
      const one = router(`${net}.1`, 64496, 'k');
      await isUp(`routers-${net}.1`);
      await configure(range('password "k"; description "more";'));
      expect(stateOf(`routers-${net}.1`)).to.equal('Established');
      await configure('');
      await one.closed;
      expect(one.notification()).to.equal('Cease/Peer De-configured');
      expect(names()).to.deep.equal([]);
    });

    it('lets nobody in without its password', async () => {
      await configure(range('password "k";'));
      const bare = router(`${net}.1`);
      router(`${net}.2`, 64496, 'k');
      await isUp(`routers-${net}.2`);
      expect(names()).to.deep.equal([`routers-${net}.2`]);
      bare.close();
    });
  });

  describe('summary', () => {
    it('says of which peers the table is still to come', async () => {
      const [a, b] = [loopbackAddress(), loopbackAddress()];
      const neighbor = (name: string, address: string) =>
        `protocol bgp ${name} { neighbor ${address} as 64496; passive; }`;
      await configure(`${neighbor('a', a)} ${neighbor('b', b)}`);
      const one = router(a);
      await isUp('a');
      const row = () => ask<SummaryRow>('summary').find(({ peer }) => peer === 'a');
      expect(row()).to.include({ loading: true });
      expect(ask<SummaryRow>('summary').find(({ peer }) => peer === 'b')).not.to.have.property('loading');
      for (const afi of [1, 2] as const) one.update(encodeEndOfRib(afi).subarray(19));
      await until('its table is whole', () => row()?.loading === undefined);
    });
  });

  describe('maximum prefix', () => {
    const address = loopbackAddress();
    const peer = (more: string) => `protocol bgp p { neighbor ${address} as 64496; passive; ${more} }`;
    async function up(more: string): Promise<HandRouter> {
      await configure(peer(more));
      const made = router(address);
      await isUp('p');
      return made;
    }

    it('warns once that it comes near, and once that it is exceeded, and takes the routes', async () => {
      const one = await up('maximum prefix 10 warn;');
      one.announce(0, 15);
      await until('all are there', () => neighbor('p').prefixes4 === 15);
      expect(logged(/limit/)).to.deep.equal([
        'p nears its limit: 9 routes, `maximum prefix` is 10',
        'p is over its limit: 11 routes, `maximum prefix` is 10',
      ]);
      expect(neighbor('p').protection?.problems).to.deep.equal(['15 routes, `maximum prefix` is 10']);
      expect(problems()).to.deep.equal(['peer p: 15 routes, `maximum prefix` is 10']);
    });

    it('counts each family, and ends with family and bound in the data (RFC 4486)', async () => {
      const one = await up('maximum prefix ipv4 100 down; maximum prefix ipv6 10 down;');
      one.announce(0, 50);
      one.announce6(0, 11);
      await one.closed;
      // AFI 2, SAFI 1, bound 10
      expect(one.notification()).to.equal('Cease/Maximum Number of Prefixes Reached: ipv6 unicast, at most 10');
      expect([stateOf('p'), neighbor('p').prefixes4]).to.deep.equal(['Idle', 0]);
      expect(neighbor('p').lastError).to.equal(
        'sent Cease/Maximum Number of Prefixes Reached: 11 IPv6 routes, `maximum prefix` is 10',
      );
    });

    it('stays down until the limit is changed', async () => {
      const one = await up('maximum prefix 10 down;');
      one.announce(0, 11);
      await one.closed;
      const [problem] = problems();
      expect(problem).to.equal(
        'peer p: is down since it had more than 10 routes: it stays so until `maximum prefix` is changed',
      );
      const again = router(address);
      await again.closed;
      expect(again.notification()).to.match(/^Cease\/Connection Rejected/);
      await configure(peer('maximum prefix 10 down; description "no help";'));
      expect(stateOf('p')).to.equal('Idle');
      await configure(peer('maximum prefix 20 down;'));
      const third = router(address);
      await isUp('p');
      third.announce(0, 11);
      await until('all are there', () => neighbor('p').prefixes4 === 11);
      expect(problems()).to.deep.equal([]);
    });

    it('begins again after its time', async () => {
      const one = await up('maximum prefix 10 restart after 1s;');
      one.announce(0, 11);
      await one.closed;
      expect(neighbor('p').protection?.problems[0]).to.match(/it is tried again/);
      await until('it waits for the peer', () => stateOf('p') === 'Active');
      router(address);
      await isUp('p');
    });

    it('keeps a peer of a range down too', async () => {
      const net = loopbackAddress().split('.').slice(0, 3).join('.');
      await configure(`protocol bgp r { neighbor range ${net}.0/24 as 64496; maximum prefix 10 restart after 1s; }`);
      const one = router(`${net}.1`);
      await isUp(`r-${net}.1`);
      one.announce(0, 11);
      await one.closed;
      const again = router(`${net}.1`);
      await again.closed;
      expect(again.notification()).to.match(/^Cease\/Connection Rejected/);
      await until('it is forgotten', () => names().length === 0);
      router(`${net}.1`);
      await isUp(`r-${net}.1`);
    });
  });

  describe('listener', () => {
    it('closes 1000 connections of strangers, says few words, and lets a peer in meanwhile', async () => {
      const address = loopbackAddress();
      await configure(`protocol bgp p { neighbor ${address} as 64496; passive; }`);
      const strangers = Array.from({ length: 1000 }, (_, i) => router(`127.9.${i >> 7}.${(i & 127) + 1}`));
      router(address);
      await isUp('p');
      await Promise.all(strangers.map(({ closed }) => closed));
      expect(logged(/connection/)).to.have.length(1);
      const words = problems().join('\n');
      expect(words).to.match(/no peer has this address \(\d+ such since the start\)/);
      expect(words).to.match(/too many connections come from addresses of no peer/);
    });

    it('closes what one source opens too often', async () => {
      const address = loopbackAddress();
      await configure(`protocol bgp p { neighbor ${address} as 64496; passive; }`);
      const all = Array.from({ length: 40 }, () => router(address));
      await until('most are closed', () => all.filter(one => one.isClosed()).length >= 38);
      expect(logged(/connects too often/)).to.have.length(1);
    });

    it('bounds the sessions of ranges that are on their way', async () => {
      await configure('protocol bgp r { neighbor range 127.10.0.0/16 as 64496; limit 1000; }');
      const silent = Array.from({ length: 100 }, (_, i) => {
        const socket = dial({ host, port: PORT, localAddress: `127.10.0.${i + 1}` });
        socket.on('error', () => {}).resume();
        return socket;
      });
      await until('the others are closed', () => silent.filter(socket => socket.destroyed).length === 36);
      expect(names()).to.have.length(64);
      expect(logged(/64 sessions of ranges are not established yet/)).to.have.length(1);
      for (const socket of silent) socket.destroy();
      await until('all are forgotten', () => names().length === 0);
    });

    it('takes a session through its interface, and no other way', async () => {
      const address = loopbackAddress();
      await configure(
        `bgp listen ${host} port ${PORT + 1} interface "lo"; protocol bgp p { neighbor ${address} as 64496; passive; interface "lo"; password "k"; }`,
      );
      await router(address, 64496, 'k').closed;
      router(address, 64496, 'k', PORT + 1);
      await isUp('p');
    });

    it('says where it cannot listen, and listens elsewhere', async () => {
      await configure(`bgp listen ${host} port ${PORT + 1} interface "nowhere0"; bgp listen 192.0.2.77 port ${PORT};`);
      expect(logged(/listen/).map(words => words.replace(/.* port/, 'port'))).to.deep.equal([
        `port ${PORT}`,
        `port ${PORT + 1} interface "nowhere0": setsockopt ENODEV`,
        `port ${PORT}: bind EADDRNOTAVAIL`,
      ]);
    });

    it('tells of a connection that comes another way than its session goes', async () => {
      const address = loopbackAddress();
      await configure(`protocol bgp p { neighbor ${address} as 64496; passive; interface "eth9"; }`);
      await router(address).closed;
      expect(logged(/connection/)).to.deep.equal([
        `connection from ${address} to ${host} closed: the session of p goes through eth9`,
      ]);
    });
  });

  describe('orders', () => {
    const a = loopbackAddress();
    const order = (what: Order): string => {
      const id = ++number;
      send({ type: 'order', id, order: what, by: 'uid 0, pid 7' });
      const answer = heard.find(message => message.type === 'answer' && message.id === id);
      if (answer?.type !== 'answer') throw new Error('no answer');
      return answer.error ?? (answer.rows[0] as { done: string }).done;
    };
    const one = `protocol bgp a { neighbor ${a} as 64496; passive; }`;

    it('resets a session, with words for the peer, and tells who wanted it', async () => {
      await configure(one);
      const first = router(a);
      await isUp('a');
      expect(order({ what: 'clear', peer: a, reason: 'rack 7' })).to.equal('the session is reset');
      await first.closed;
      expect(first.notification()).to.equal('Cease/Administrative Reset "rack 7"');
      expect(logged(/by uid 0, pid 7/)).to.deep.equal(['a: clear "rack 7" by uid 0, pid 7: the session is reset']);
      router(a);
      await isUp('a');
    });

    it('holds a session down through a reload, tells so, and lets it begin again', async () => {
      await configure(one);
      const first = router(a);
      await isUp('a');
      expect(order({ what: 'disable', peer: 'a', reason: 'sick' })).to.match(/^the session is disabled until/);
      await first.closed;
      expect(first.notification()).to.equal('Cease/Administrative Shutdown "sick"');
      expect(order({ what: 'disable', peer: 'a', reason: '' })).to.equal('the session is disabled already');
      expect(order({ what: 'clear', peer: 'a', reason: '' })).to.equal(
        'a is disabled by uid 0, pid 7: enable it first',
      );
      await configure(`protocol bgp a { neighbor ${a} as 64496; passive; hold time 30s; }`);
      const refused = router(a);
      await refused.closed;
      expect(refused.notification()).to.equal('Cease/Connection Rejected');
      expect(neighbor('a').protection!.problems[0]).to.match(/^is disabled since .* by uid 0, pid 7: sick$/);
      expect(problems()[0]).to.match(/^peer a: is disabled since/);
      expect(order({ what: 'enable', peer: 'a' })).to.equal('the session is enabled');
      expect(order({ what: 'enable', peer: 'a' })).to.equal('the session is not disabled');
      router(a);
      await isUp('a');
      expect(problems()).to.deep.equal([]);
    });

    it('asks for routes again', async () => {
      await configure(one);
      expect(order({ what: 'refresh', peer: 'a' })).to.equal('the session with a is Active, not Established');
      router(a);
      await isUp('a');
      expect(order({ what: 'refresh', peer: 'a', family: 'ipv6' })).to.equal('asked for ipv6 unicast again');
      expect(order({ what: 'refresh', peer: 'a' })).to.equal('asked for ipv4 unicast, ipv6 unicast again');
      expect(neighbor('a').messagesSent.routeRefresh).to.equal(3);
      expect(order({ what: 'refresh', peer: 'b' })).to.equal('no peer is called b');
    });
  });

  describe('what is agreed on', () => {
    const a = loopbackAddress();
    const one = (words: string) => `protocol bgp a { neighbor ${a} as 64496; passive; ${words} }`;
    const path = `${attribute(0x40, 1, '00')}${attribute(0x40, 2, '02010000fbf0')}`;
    const hop = attribute(0x40, 3, 'c0000201');
    const otc = (as: string) => attribute(0xc0, 35, as);
    const vpn = (nlri: string) => `${path}${attribute(0x90, 14, `0001800c0000000000000000c000020100${nlri}`)}`;
    const VPN_ROUTE = '70003e810000fde800000001c00002';

    it('is told by both sides in words', async () => {
      await configure(one('ipv4; ipv4 vpn; extended next hop; role peer;'));
      offering(a, { others: [{ afi: 1, safi: 128 }], extendedNextHop: true, role: 'peer' });
      await isUp('a');
      const { families, agreement } = neighbor('a');
      expect(families).to.deep.equal(['IPv4 unicast', 'IPv4 vpn']);
      expect(agreement?.ours).to.include.members(['multiprotocol ipv4 vpn', 'role peer', 'extended message']);
      expect(agreement?.theirs).to.include('multiprotocol ipv6 unicast');
      expect(agreement).to.deep.include({
        extendedMessage: true,
        enhancedRefresh: true,
        addPath: [],
        extendedNextHop: ['ipv4 unicast', 'ipv4 vpn'],
        role: { ours: 'peer', theirs: 'peer' },
        restart: { seconds: 0, notification: true, preserved: [] },
      });
    });

    it('ends a session with a peer in another role, and with one that says none where ours is strict', async () => {
      await configure(one('role customer;'));
      const wrong = offering(a, { role: 'peer' });
      await wrong.closed;
      expect(wrong.notification()).to.match(/^OPEN Message Error\/Role Mismatch/);
      await until('it is told', () => /we are customer to it/.test(neighbor('a').lastError));
      await configure(one('role customer strict;'));
      const silent = offering(a, {});
      await silent.closed;
      expect(silent.notification()).to.match(/^OPEN Message Error\/Role Mismatch/);
    });

    it('marks and counts the routes that the peer should not have sent, and alters none', async () => {
      await configure(one('role provider;'));
      const customer = offering(a, { role: 'customer' });
      await isUp('a');
      customer.update(updateBody('', path + hop, '18c00002'));
      customer.update(updateBody('', path + hop + otc('0000fbf5'), '18c63364 18cb0071'));
      await until('the routes', () => neighbor('a').prefixes4 === 3);
      expect(neighbor('a').leaks).to.equal(2);
      const [detail] = await rows<RouteRow>({ about: 'route', prefix: '203.0.113.0/24', scope: 'exact', detail: true });
      expect(detail?.attributes).to.deep.equal([{ name: 'ONLY_TO_CUSTOMER', text: '64501' }]);
      const query = { about: 'route', prefix: '0.0.0.0/0', scope: 'longer' } as const;
      expect((await rows<RouteRow>(query)).map(({ prefix, leak }) => [prefix, leak])).to.deep.equal([
        ['192.0.2.0/24', undefined],
        ['198.51.100.0/24', 'route leak: a customer sent ONLY_TO_CUSTOMER 64501'],
        ['203.0.113.0/24', 'route leak: a customer sent ONLY_TO_CUSTOMER 64501'],
      ]);
    });

    it('shows routes of another family, counts them, and drops them with the session', async () => {
      await configure(one('ipv4; ipv4 vpn;'));
      const peer = offering(a, { others: [{ afi: 1, safi: 128 }] });
      await isUp('a');
      peer.update(updateBody('', vpn(VPN_ROUTE) + attribute(0xc0, 99, '0a0b'), ''));
      const query = { about: 'family', family: 'ipv4 vpn' } as const;
      await until('the route', async () => (await rows(query)).length === 1);
      expect(await rows<FamilyRouteRow>(query)).to.deep.equal([
        {
          family: 'ipv4 vpn',
          route: '192.0.2.0/24 rd 65000:1 label 1000',
          peer: 'a',
          peerAs: 64496,
          peerAddress: a,
          nextHop: '192.0.2.1',
          path: [64496],
          originCode: 'IGP',
          attributes: [{ name: 'attribute 99', text: '0a0b' }],
        },
      ]);
      expect(await rows<CountRow>({ about: 'count' })).to.deep.equal([
        { peer: 'a', ipv4: 0, ipv6: 0, others: [{ family: 'ipv4 vpn', routes: 1 }] },
      ]);
      peer.close();
      await until('it is down', () => stateOf('a') !== 'Established');
      expect([(await rows(query)).length, ask<RibSize>('size')[0]?.attributeSets]).to.deep.equal([0, 0]);
    });

    it('counts them against the limit of all families', async () => {
      await configure(one('ipv4; ipv4 vpn; maximum prefix 1 down;'));
      const peer = offering(a, { others: [{ afi: 1, safi: 128 }] });
      await isUp('a');
      peer.update(updateBody('', vpn(`${VPN_ROUTE}70003e810000fde800000002c00002`), ''));
      await peer.closed;
      expect(peer.notification()).to.equal('Cease/Maximum Number of Prefixes Reached');
    });

    it('makes room for messages of 65535 octets, and for none longer than 4096 without', async () => {
      // 65535 octets: header, two lengths, attributes, and prefixes of 5 octets each.
      const attributes = path + hop;
      const room = 65535 - 19 - 4 - attributes.length / 2;
      const nlri = Array.from({ length: Math.floor(room / 5) }, (_, i) => `20${(i + 1).toString(16).padStart(8, '0')}`);
      const fill = '00'.repeat(room % 5);
      await configure(one('ipv4;'));
      const long = offering(a, {});
      await isUp('a');
      long.update(updateBody('', attributes, nlri.join('') + fill));
      await until('the routes', () => neighbor('a').prefixes4 >= nlri.length);
      long.close();
      await until('it is down', () => stateOf('a') !== 'Established');
      const short = offering(a, { extendedMessages: false });
      await isUp('a');
      short.update(updateBody('', attributes, nlri.slice(0, 1000).join('')));
      await short.closed;
      expect(short.notification()).to.match(/^Message Header Error\/Bad Message Length/);
    });

    it('is agreed on anew by a session whose own words change, and by no other', async () => {
      const b = loopbackAddress();
      const two = (words: string, description = '') =>
        `${one(words)} protocol bgp b { neighbor ${b} as 64496; passive; description "x${description}"; }`;
      await configure(two('role peer;'));
      offering(a, {});
      offering(b, {});
      await Promise.all([isUp('a'), isUp('b')]);
      const since = upSince('b');
      for (const words of ['role peer strict;', 'add paths;', 'extended next hop;', 'ipv4; ipv6; ipv4 flowspec;', '']) {
        await configure(two(words, words));
        const again = offering(a, { role: 'peer' });
        await until(`a new session for ${words}`, () => stateOf('a') === 'Established');
        expect(upSince('b')).to.equal(since);
        again.close();
      }
    });
  });
});
