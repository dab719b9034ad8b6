import { randomInt } from 'node:crypto';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import { encodeAnnounce } from '../../src/bgp/announce.ts';
import { AS_SEQUENCE } from '../../src/bgp/as-path.ts';
import { fourOctetAs } from '../../src/bgp/capabilities.ts';
import { encodeMessage, KEEPALIVE, UPDATE } from '../../src/bgp/message.ts';
import type { Open } from '../../src/bgp/open.ts';
import { loopbackAddress, until } from './bgp-peers.ts';
import { type Intertrackd, intertrackd } from './intertrackd.ts';
import { announcement, prefixes, type Speaker, startSpeaker } from './speaker.ts';

const PORT = 1790;
const GOOD = 64496;
const EVIL = 64666;

/** A header (RFC 4271 section 4.1) with a marker of ones, and nothing behind it. */
const header = (length: number, type: number) =>
  Uint8Array.from([...Array<number>(16).fill(0xff), length >> 8, length & 0xff, type]);
const update = (...octets: number[]) => encodeMessage(UPDATE, Uint8Array.from(octets));

interface Fault {
  readonly what: string;
  /** Sent when the session is up, or in place of a good OPEN. */
  readonly octets?: Uint8Array;
  readonly first?: Uint8Array;
  readonly open?: Partial<Open>;
  readonly answer: string;
}

// RFC 4271 sections 6.1 to 6.3 and 6.6, RFC 6608, RFC 7606 section 3
const FAULTS: readonly Fault[] = [
  { what: 'octets that are no BGP', octets: Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), answer: '1/1' },
  { what: 'a length below 19', octets: header(18, KEEPALIVE), answer: '1/2' },
  // From a peer that did not agree on more (RFC 8654).
  {
    what: 'a length above 4096',
    open: { capabilities: [fourOctetAs(EVIL)] },
    octets: header(4097, UPDATE),
    answer: '1/2',
  },
  { what: 'an unknown type', octets: header(19, 9), answer: '1/3' },
  { what: 'a KEEPALIVE with a body', octets: encodeMessage(KEEPALIVE, Uint8Array.of(0)), answer: '1/2' },
  { what: 'withdrawn routes that overrun', octets: update(0xff, 0xff, 0, 0), answer: '3/1' },
  { what: 'attributes that overrun', octets: update(0, 0, 0xff, 0xff), answer: '3/1' },
  { what: 'a prefix of 33 bits', octets: update(0, 6, 33, 192, 0, 2, 0, 0, 0, 0), answer: '3/10' },
  { what: 'an UPDATE in place of the OPEN', first: update(0, 0, 0, 0), answer: '5/1' },
  { what: 'an OPEN of another AS', open: { as: 64499, capabilities: [] }, answer: '2/2' },
  { what: 'an OPEN of version 3', open: { version: 3 }, answer: '2/1' },
  { what: 'an OPEN with the identifier 0.0.0.0', open: { id: '0.0.0.0' }, answer: '2/3' },
  { what: 'an OPEN with a hold time of 1 s', open: { holdTime: 1 }, answer: '2/6' },
];

describe('interop/daemon-hostile', function () {
  this.timeout(240_000);
  const [ours, goodFrom, oddFrom] = [loopbackAddress(), loopbackAddress(), loopbackAddress()];
  /** A peer that fails is met again later and later: each fault has a peer of its own. */
  const evil = FAULTS.map(() => loopbackAddress());
  const port6 = randomInt(20_000, 30_000);
  let daemon: Intertrackd;
  let good: Speaker;
  let since = 0;

  const unharmed = async () => {
    expect(await daemon.neighbor('good')).to.deep.include({ state: 'Established', since, lastDown: '' });
    expect((await daemon.routes('192.0.2.0/24')).map(({ peer }) => peer)).to.deep.equal(['good']);
  };

  before(async () => {
    daemon = intertrackd(ours);
    daemon.configure(`
bgp listen ${ours} port ${PORT};
bgp listen ::1 port ${port6};
protocol bgp good { neighbor ${goodFrom} as ${GOOD}; passive; }
protocol bgp odd { neighbor ${oddFrom} as ${EVIL}; passive; }
protocol bgp six { neighbor ::1 as ${GOOD}; passive; }
${evil.map((from, i) => `protocol bgp evil${i} { neighbor ${from} as ${EVIL}; passive; }`).join('\n')}
`);
    await daemon.start();
    good = await startSpeaker({ from: goodFrom, to: ours, port: PORT, as: GOOD });
    good.announce(['192.0.2.0/24'], GOOD);
    await until('the good route', async () => (await daemon.routes('192.0.2.0/24')).length === 1);
    since = (await daemon.neighbor('good')).since;
  });
  after(async () => {
    good?.close();
    await daemon.close();
  });

  for (const [i, { what, octets, first, open, answer }] of FAULTS.entries())
    it(`answers ${what} with NOTIFICATION ${answer}, drops the routes of that peer and no other`, async () => {
      const to = { from: evil[i]!, to: ours, port: PORT, as: EVIL };
      const speaker = await startSpeaker({ ...to, ...(first && { silent: true as const }), ...(open && { open }) });
      if (first !== undefined) speaker.send(first);
      if (octets !== undefined) {
        await speaker.hears('KEEPALIVE');
        speaker.announce(['198.51.100.0/24'], EVIL);
        await until('its route', async () => (await daemon.routes('198.51.100.0/24')).length === 1);
        speaker.send(octets);
      }
      await speaker.hears(`NOTIFICATION ${answer}`);
      await until('closed', () => speaker.gone());
      expect(await daemon.routes('198.51.100.0/24')).to.deep.equal([]);
      expect((await daemon.neighbor(`evil${i}`)).lastError).to.match(/^sent /);
      await unharmed();
    });

  it('treats a malformed UPDATE as a withdrawal of its routes, says what was wrong, and keeps the session', async () => {
    const odd = await startSpeaker({ from: oddFrom, to: ours, port: PORT, as: EVIL });
    odd.announce(['198.51.100.0/24', '203.0.113.0/24'], EVIL);
    const [bad] = announcement(['198.51.100.0/24'], EVIL);
    bad![bad!.indexOf(0x40, 23) + 3] = 9; // ORIGIN, RFC 7606 section 7.1
    odd.send(bad!);
    const unknown = { code: 6, flags: 0x40, bytes: Uint8Array.of(1) }; // ATOMIC_AGGREGATE, RFC 7606 section 7.6
    const set = { originCode: 0 as const, path: [{ type: AS_SEQUENCE, asns: [EVIL] }], nextHop: '192.0.2.1' };
    odd.send(...encodeAnnounce(prefixes(['198.18.0.0/24']), { ...set, unknown: [unknown] }, { as4: true }));
    await until('the last route', async () => (await daemon.routes('198.18.0.0/24')).length === 1);
    expect(await daemon.routes('198.51.100.0/24')).to.deep.equal([]);
    expect(await daemon.routes('203.0.113.0/24')).to.have.length(1);
    const { state, malformed } = await daemon.neighbor('odd');
    expect(state).to.equal('Established');
    expect(malformed).to.deep.include({ treatAsWithdraw: 1, attributeDiscard: 1, ignored: 0 });
    expect(daemon.log()).to.match(/odd: malformed UPDATE, treat-as-withdraw: .*ORIGIN.*RFC 7606.*/);
    odd.close();
    await until('gone', async () => (await daemon.routes('203.0.113.0/24')).length === 0);
    await unharmed();
  });

  it('reads a peer that sends octet by octet', async () => {
    for (const octet of announcement(['198.51.100.0/24', '203.0.113.0/24'], GOOD).flatMap(message => [...message])) {
      good.send(Uint8Array.of(octet));
      await turn();
    }
    await until('both', async () => (await daemon.routes('203.0.113.0/24')).length === 1);
    good.withdraw('198.51.100.0/24', '203.0.113.0/24');
    await until('none', async () => (await daemon.routes('203.0.113.0/24')).length === 0);
    await unharmed();
  });

  it('has a session over IPv6', async function () {
    if (networkInterfaces().lo?.every(({ address }) => address !== '::1')) {
      console.log('      skipped: no ::1 here');
      this.skip();
    }
    const six = await startSpeaker({ from: '::1', to: '::1', port: port6, as: GOOD });
    six.announce(['2001:db8::/32'], GOOD);
    await until('its route', async () => (await daemon.routes('2001:db8::/32', 'peer', 'six')).length === 1);
    expect((await daemon.routes('2001:db8::/32'))[0]).to.include({ peerAddress: '::1', nextHop: '2001:db8:ffff::2' });
    six.close();
  });

  it('is not hurt by a flood of connections, be it of strangers or from the address of a peer', async () => {
    const before = daemon.log().length;
    const strangers = [loopbackAddress(), loopbackAddress()];
    const attempt = (localAddress: string) =>
      new Promise<void>(resolve => {
        const socket = connect({ host: ours, port: PORT, localAddress });
        socket.on('connect', () => socket.write(encodeMessage(KEEPALIVE)));
        socket.on('error', () => {});
        socket.on('data', () => {});
        socket.on('close', () => resolve());
      });
    const flood = Promise.all(Array.from({ length: 400 }, (_, i) => attempt([...strangers, goodFrom][i % 3]!)));
    good.announce(['198.51.100.0/24'], GOOD);
    await until('a route in the flood', async () => (await daemon.routes('198.51.100.0/24')).length === 1);
    await flood;
    const said = daemon
      .log()
      .slice(before)
      .split('\n')
      .filter(line => /no peer has (this|their) address/.test(line));
    expect(said).to.have.length(1);
    expect(strangers.some(address => said[0]!.includes(address))).to.equal(true);
    await unharmed();
  });
});
