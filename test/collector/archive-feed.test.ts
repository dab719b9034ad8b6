import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { expect } from 'chai';
import { type ArchiveFeed, createArchiveFeed, type SessionForm } from '../../src/collector/archive-feed.ts';
import type { FromSource } from '../../src/mrt/archive-messages.ts';
import { parseAddress } from '../../src/net/address.ts';
import { hex } from '../bgp/octets.ts';
import { elementsIn } from '../mrt/dump.ts';
import { nextHop, nlri, ORIGIN_IGP, path, reach, update } from '../mrt/octets.ts';

const NOON = Date.UTC(2026, 2, 1, 12, 0);
const form = (change: Partial<SessionForm> = {}): SessionForm => ({
  localAddress: parseAddress('192.0.2.9'),
  localAs: 64500,
  as: 64496,
  as4: true,
  pathIds: [],
  plain: [1, 2],
  ...change,
});
const ATTRIBUTES = ORIGIN_IGP + path([64496]) + nextHop('192.0.2.1');
const PLAIN = hex(update('', ATTRIBUTES, nlri('10.0.0.0/8')));

describe('collector/archive-feed', () => {
  let feed: ArchiveFeed;
  let ours: MessagePort;
  let batches: Uint8Array[] = [];
  let held: boolean[] = [];
  const session = (name: string, address = '192.0.2.1', change: Partial<SessionForm> = {}) =>
    feed.session(name, parseAddress(address)!, form(change));
  const send = (to: ReturnType<typeof session>, message: Uint8Array) => to.message(message, 0, message.length);
  /** What reached the archive. */
  const elements = async () => {
    feed.flush();
    await new Promise(resolve => setTimeout(resolve, 20));
    return elementsIn(Buffer.concat(batches)).elements;
  };

  beforeEach(() => {
    batches = [];
    held = [];
    feed = createArchiveFeed(
      on => held.push(on),
      () => NOON + 0.5,
    );
    const { port1, port2 } = new MessageChannel();
    ours = port1;
    ours.on('message', (message: FromSource) => message.type === 'records' && batches.push(message.octets));
    feed.connect(port2);
  });
  afterEach(() => {
    feed.connect(null);
    ours.close();
  });

  it('sends messages and states as records, with what was negotiated', async () => {
    const one = session('a');
    one.state('Connect');
    one.state('Connect');
    one.state('Established');
    send(one, PLAIN);
    one.form(form({ as4: false, localAddress: parseAddress('2001:db8::9') }));
    send(one, hex(update('', ORIGIN_IGP + path([23456], 2) + nextHop('192.0.2.1'), nlri('10.0.0.0/8'))));
    one.form(form({ pathIds: [1, 2], plain: [] }));
    send(one, hex(update('', ATTRIBUTES, `00000007${nlri('10.0.0.0/8')}`)));
    const found = await elements();
    expect(found.map(({ what, time, peerAddress, peerAs }) => [what, time, peerAddress, peerAs])).to.deep.equal(
      ['state', 'state', 'announce', 'announce', 'announce'].map(what => [what, NOON + 0.5, '192.0.2.1', 64496]),
    );
    expect(found.map(({ from, to }) => [from, to]).slice(0, 2)).to.deep.equal([
      ['Idle', 'Connect'],
      ['Connect', 'Established'],
    ]);
    expect(found.slice(2).map(({ path: as, pathId, localAddress }) => [as, pathId, localAddress])).to.deep.equal([
      [[64496], undefined, '192.0.2.9'],
      [[23456], undefined, '0.0.0.0'],
      [[64496], 7, '192.0.2.9'],
    ]);
  });

  it('knows which messages have path identifiers where only one family has', async () => {
    const one = session('a', '192.0.2.1', { pathIds: [2], plain: [1] });
    send(one, PLAIN);
    const six = reach(2, ['2001:db8::1'], '000000092020010db8');
    send(one, hex(update('', ORIGIN_IGP + path([64496]) + six, '')));
    expect((await elements()).map(({ prefix, pathId }) => [prefix, pathId])).to.deep.equal([
      ['10.0.0.0/8', undefined],
      ['2001:db8::/32', 9],
    ]);
  });

  it('takes no second peer of one address and AS, until the first has left', async () => {
    const [first, second] = [session('a'), session('b')];
    send(first, PLAIN);
    send(second, PLAIN);
    expect(feed.problems()).to.deep.equal(['b is not in the archive: a has the same address and AS']);
    expect([first.peer()?.as, second.peer()]).to.deep.equal([64496, null]);
    first.leave();
    send(second, PLAIN);
    expect(feed.problems()).to.deep.equal([]);
    expect(await elements()).to.have.length(2);
  });

  it('holds the peers back while the archive is behind, and lets them go with another archive', async () => {
    const one = session('a');
    const long = new Uint8Array(4096).fill(0xff);
    const told = () => new Promise(resolve => setTimeout(resolve, 20));
    for (let i = 0; i < 5000; i++) send(one, long);
    expect([held, feed.held]).to.deep.equal([[true], true]);
    await told();
    ours.postMessage({ type: 'took', of: 'records', octets: 10 << 20 });
    await told();
    expect(feed.held).to.equal(true);
    ours.postMessage({ type: 'took', of: 'records', octets: 8 << 20 });
    await told();
    expect([held, feed.held]).to.deep.equal([[true, false], false]);
    for (let i = 0; i < 5000; i++) send(one, long);
    expect(feed.held).to.equal(true);
    feed.connect(null);
    expect([held, feed.held]).to.deep.equal([[true, false, true, false], false]);
    send(one, long);
    expect(feed.port()).to.equal(null);
  });
});
