import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import { parseAddress } from '../../src/net/address.ts';
import { parsePrefix } from '../../src/net/prefix.ts';
import { type ListeningSocket, listenProtected } from '../../src/net/tcp-listen.ts';
import {
  type Destination,
  dial,
  leastTtlOf,
  md5Signature,
  protectAccepted,
  socketAddress,
  type TcpProtection,
  unacknowledged,
  whyNot,
} from '../../src/net/tcp-options.ts';

const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex');
const address = (text: string) => parseAddress(text)!;

/** Sockets that this process has open. */
function sockets(): number {
  return readdirSync('/proc/self/fd').filter(fd => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:');
    } catch {
      return false;
    }
  }).length;
}

describe('net/tcp-options', () => {
  // ip(7), ipv6(7): family in host order (little-endian), port in network order.
  const addresses: [string, 1 | 2, number, number, string][] = [
    ['192.0.2.1', 1, 179, 0, '0200 00b3 c0000201 0000000000000000'],
    ['2001:db8::1', 2, 179, 0, '0a00 00b3 00000000 20010db8000000000000000000000001 00000000'],
    ['fe80::1', 2, 0, 7, '0a00 0000 00000000 fe800000000000000000000000000001 07000000'],
    ['192.0.2.1', 2, 0, 0, '0a00 0000 00000000 00000000000000000000ffffc0000201 00000000'],
  ];
  for (const [text, family, port, zone, octets] of addresses)
    it(`writes ${text} for a socket of family ${family}`, () =>
      expect(hex(socketAddress(address(text), family, port, zone))).to.equal(octets.replaceAll(' ', '')));

  it('writes a key for one peer, and for the peers of a prefix', () => {
    const one = md5Signature(parsePrefix('192.0.2.1')!, 1, 'key');
    expect(one).to.have.length(216);
    expect(hex(one.subarray(0, 8))).to.equal('02000000c0000201');
    expect(hex(one.subarray(128, 140))).to.equal(`0000${'0300'}00000000${Buffer.from('key').toString('hex')}00`);
    const range = md5Signature(parsePrefix('10.0.0.0/8')!, 2, '');
    expect(hex(range.subarray(0, 28))).to.equal(`0a00000000000000${'00'.repeat(10)}ffff0a00000000000000`);
    expect(hex(range.subarray(128, 140))).to.equal('010800000000000000000000');
  });

  it('demands what RFC 5082 says: 255 of a neighbor, one less for each router between', () =>
    expect([1, 2, 254].map(leastTtlOf)).to.deep.equal([255, 254, 2]));

  it('can do on this machine all that it is asked for', () => {
    const demands = ['password', 'range password', 'ttl security', 'interface'] as const;
    expect(demands.map(whyNot)).to.deep.equal([null, null, null, null]);
  });

  describe('over loopback', () => {
    let listening: ListeningSocket;
    let server: Server;
    let port = 0;
    let accepted: { readonly from: string; readonly why: string | null }[] = [];
    let demand: TcpProtection = {};
    const open = new Set<Socket>();

    beforeEach(async () => {
      accepted = [];
      demand = {};
      listening = listenProtected(
        { address: '::', port: 0 },
        {
          keys: new Map([
            ['127.0.0.1/32', 'one'],
            ['127.1.0.0/16', 'range'],
            ['::1/128', 'six'],
          ]),
          leastTtl: 0,
        },
      );
      expect(listening.problems).to.deep.equal([]);
      server = createServer(socket => {
        open.add(socket);
        socket.on('error', () => {});
        accepted.push({ from: socket.remoteAddress ?? '', why: protectAccepted(socket, demand) });
        socket.end('hello');
      });
      server.listen({ fd: listening.fd });
      await once(server, 'listening');
      const at = server.address();
      port = typeof at === 'object' && at !== null ? at.port : 0;
    });
    afterEach(() => {
      for (const socket of open) socket.destroy();
      open.clear();
      server.close();
    });

    /** What a dial comes to: the words received, an error's code, or `silence`. */
    async function outcome(to: Omit<Destination, 'port'>, patience = 5000): Promise<string> {
      const socket = dial({ ...to, port });
      open.add(socket);
      const silence = new Promise<string>(resolve => setTimeout(resolve, patience, 'silence'));
      const data = once(socket, 'data').then(
        ([words]) => String(words),
        (error: NodeJS.ErrnoException) => error.code ?? error.message,
      );
      const said = await Promise.race([data, silence]);
      socket.destroy();
      return said;
    }

    const dials: [string, Omit<Destination, 'port'>, string][] = [
      ['the right key', { host: '127.0.0.1', password: 'one' }, 'hello'],
      ['the right key over IPv6', { host: '::1', password: 'six' }, 'hello'],
      ['the key of its range', { host: '127.0.0.1', localAddress: '127.1.2.3', password: 'range' }, 'hello'],
      ['no key where none is asked for', { host: '127.0.0.1', localAddress: '127.2.0.1' }, 'hello'],
      ['the least TTL', { host: '127.0.0.1', localAddress: '127.2.0.1', leastTtl: 255 }, 'hello'],
      ['the interface', { host: '127.0.0.1', password: 'one', interface: 'lo' }, 'hello'],
      ['another key', { host: '127.0.0.1', password: 'two' }, 'silence'],
      ['another key over IPv6', { host: '::1', password: 'sixth' }, 'silence'],
      ['no key', { host: '127.0.0.1' }, 'silence'],
      ['a key where none is asked for', { host: '127.0.0.1', localAddress: '127.2.0.1', password: 'one' }, 'silence'],
      ['no such interface', { host: '127.0.0.1', interface: 'nowhere0' }, 'ENODEV'],
      ['no such address', { host: '127.0.0.1', localAddress: '192.0.2.99', password: 'one' }, 'EADDRNOTAVAIL'],
    ];
    for (const [what, to, comes] of dials)
      it(`with ${what}: ${comes}`, async () =>
        expect(await outcome(to, comes === 'silence' ? 300 : 5000)).to.equal(comes));

    it('takes keys and a least TTL while it listens, and lets them go', async () => {
      const change = (keys: [string, string][], leastTtl = 0) =>
        expect(listening.protect({ keys: new Map(keys), leastTtl })).to.deep.equal([]);
      change([['127.0.0.1/32', 'new']]);
      expect(await outcome({ host: '127.0.0.1', password: 'one' }, 300)).to.equal('silence');
      expect(await outcome({ host: '127.0.0.1', password: 'new' })).to.equal('hello');
      change([]);
      expect(await outcome({ host: '127.0.0.1' })).to.equal('hello');
      change([], 255);
      expect(await outcome({ host: '127.0.0.1' }, 300)).to.equal('silence');
      expect(await outcome({ host: '127.0.0.1', leastTtl: 1 })).to.equal('hello');
    });

    it('says which key it cannot take, and that its peers must stay outside', () => {
      const long = 'x'.repeat(81);
      expect(() => listening.protect({ keys: new Map([['192.0.2.1/32', long]]), leastTtl: 0 })).to.not.throw();
      expect([...listening.refused]).to.deep.equal(['192.0.2.1/32']);
    });

    it('puts demands on a connection that was let in without', async () => {
      demand = { leastTtl: 255 };
      expect(await outcome({ host: '127.0.0.1', localAddress: '127.2.0.1', leastTtl: 1 })).to.equal('hello');
      demand = { password: 'late' };
      await outcome({ host: '127.0.0.1', localAddress: '127.2.0.1' }, 300);
      expect(accepted.map(({ why }) => why)).to.deep.equal([null, null]);
    });

    it('refuses demands on a connection that is gone', async () => {
      const socket = dial({ host: '127.0.0.1', port, password: 'one' });
      socket.destroy();
      expect(protectAccepted(socket, { password: 'one' })).to.equal('the connection is closed already');
      expect(unacknowledged(socket)).to.equal(0);
    });

    it('leaves no descriptor behind, whatever fails', async () => {
      const before = sockets();
      const failing: Omit<Destination, 'port'>[] = [
        { host: '127.0.0.1', interface: 'nowhere0' },
        { host: '127.0.0.1', password: 'x'.repeat(81) },
        { host: '127.0.0.1', password: 'one', localAddress: '192.0.2.99' },
        { host: '::1', password: 'one', localAddress: '2001:db8::99' },
        { host: 'no address', password: 'one' },
        { host: '127.0.0.1', password: 'two' },
      ];
      for (let i = 0; i < 5; i++) for (const to of failing) expect(await outcome(to, 100)).to.not.equal('hello');
      const none = { keys: new Map<string, string>(), leastTtl: 0 };
      for (const at of [
        { address: '127.0.0.1', port },
        { address: '192.0.2.99', port: 0 },
        { address: '127.0.0.1', port: 0, interface: 'nowhere0' },
      ])
        for (let i = 0; i < 5; i++) expect(() => listenProtected(at, none)).to.throw(/EADDRINUSE|EADDRNOTAVAIL|ENODEV/);
      await new Promise(setImmediate);
      expect(sockets()).to.equal(before);
    });
  });
});
