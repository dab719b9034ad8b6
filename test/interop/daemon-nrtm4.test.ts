import { expect } from 'chai';
import type { IrrStatusRow } from '../../src/control/daemon.ts';
import type { Case } from '../../src/hijack/case.ts';
import { type Nrtm4Publisher, nrtm4Publisher, routeText, signingKey } from '../registry/nrtm4-publisher.ts';
import { loopbackAddress, until } from './bgp-peers.ts';
import { type Intertrackd, intertrackd } from './intertrackd.ts';
import { type Speaker, startSpeaker } from './speaker.ts';

const PORT = 1790;
const PEER = 64496;
const OFFENDER = 64666;

const object = (prefix: string, origin = 64501) => routeText(prefix, origin, 'TEST', 'mnt-by: MAINT-OWNER');
const OBJECTS = ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24'].map(prefix => object(prefix));

/** A daemon that mirrors a source by NRTMv4: what a delta does to routes that are held, and what no publisher can do to them. */
describe('interop/daemon-nrtm4', function () {
  this.timeout(240_000);
  const [ours, from] = [loopbackAddress(), loopbackAddress()];
  const first = signingKey();
  let publisher: Nrtm4Publisher;
  let daemon: Intertrackd;
  let speaker: Speaker;

  const source = async () => ((await daemon.ask('show', 'irr')) as IrrStatusRow[])[0]!;
  /** Has the daemon look now, and waits for what it finds: by itself it would a minute later. */
  const looks = async (what: string, found: (row: IrrStatusRow) => boolean) => {
    await daemon.ask('reload');
    await until(what, async () => found(await source()));
  };
  /** The newest one. */
  const caseOf = async (prefix: string) => (await daemon.cases()).find(one => one.prefix === prefix);
  const inState = (prefix: string, state: Case['state']) =>
    until(`${prefix} is ${state}`, async () => (await caseOf(prefix))?.state === state);
  const stateOf = async (prefix: string) => (await daemon.routes(prefix))[0]?.state;
  async function comeUp(): Promise<void> {
    await daemon.start();
    speaker = await startSpeaker({ from, to: ours, port: PORT, as: PEER });
    speaker.announce(['192.0.2.0/24'], PEER, OFFENDER);
  }

  before(async () => {
    publisher = await nrtm4Publisher('TEST', first);
    publisher.snapshot(OBJECTS);
    daemon = intertrackd(ours);
    daemon.configure(`
bgp listen ${ours} port ${PORT};
protocol bgp scripted { neighbor ${from} as ${PEER}; passive; }
irr TEST { nrtm4 "${publisher.url}" key "${first.spki}"; }
watch ours { maintainer MAINT-OWNER; hold down 1s; }
`);
    await comeUp();
  });
  after(async () => {
    speaker?.close();
    await daemon.close();
    await publisher.close();
  });

  it('judges by the snapshot, and shows where it stands', async () => {
    await inState('192.0.2.0/24', 'ongoing');
    expect(await source()).to.include({ source: 'TEST', transport: 'nrtm4', serial: 1, objects: 3, lastError: '' });
    expect((await daemon.itctl('show', 'irr')).stdout).to.match(/TEST.*nrtm4/);
  });
  it('judges a held route anew when a delta registers it, and when a delta takes that back', async () => {
    publisher.delta([{ action: 'add_modify', object: object('192.0.2.0/24', OFFENDER) }]);
    await looks('the delta', ({ serial }) => serial === 2);
    await inState('192.0.2.0/24', 'resolved');
    expect(await stateOf('192.0.2.0/24')).to.equal('match');
    publisher.delta([{ action: 'delete', object_class: 'route', primary_key: `192.0.2.0/24AS${OFFENDER}` }]);
    await looks('the next delta', ({ serial }) => serial === 3);
    await inState('192.0.2.0/24', 'ongoing');
    expect(await stateOf('192.0.2.0/24')).to.equal('mismatch');
  });
  it('flips no verdict for a publication that is false, cut short or gone, and says why', async () => {
    const empty = publisher.put('delta', 4, Buffer.from('x'), false);
    publisher.notify({ version: 4, deltas: [...publisher.state.deltas, empty] });
    await looks('what is wrong', ({ lastError }) => /delta 4: record 1/.test(lastError));
    publisher.notify({}, signingKey());
    await looks('what is wrong', ({ lastError }) => /no key that is trusted/.test(lastError));
    publisher.state.intercept = (_path, _request, response) => response.writeHead(500).end().writableEnded;
    await looks('what is wrong', ({ lastError }) => /status 500/.test(lastError));
    publisher.state.intercept = () => false;
    expect(await source()).to.include({ serial: 3, objects: 3 });
    expect((await daemon.status()).problems.join()).to.match(/irr TEST: .*status 500/);
    expect(await stateOf('192.0.2.0/24')).to.equal('mismatch');
    expect((await daemon.cases()).map(({ state }) => state)).to.deep.equal(['ongoing', 'resolved']);
    publisher.notify();
    await looks('it is well', ({ lastError }) => lastError === '');
  });
  it('keeps the copy when a new session has lost most of it, until it is told to take it', async () => {
    publisher.newSession();
    publisher.snapshot(OBJECTS.slice(0, 1));
    await looks('it is refused', ({ lastError }) => /fewer/.test(lastError));
    expect(await source()).to.include({ serial: 3, objects: 3 });
    expect((await daemon.itctl('reload', 'irr', 'TEST', 'force')).status).to.equal(0);
    expect(await source()).to.include({ serial: 1, objects: 1, lastError: '' });
  });
  it('begins the next run with what it kept, keys and all, while the publisher is away', async () => {
    const second = signingKey('EdDSA');
    publisher.state.next = second;
    publisher.delta([{ action: 'add_modify', object: OBJECTS[1]! }]);
    await looks('the announcement', ({ serial }) => serial === 2);
    publisher.state.intercept = (_path, _request, response) => response.writeHead(503).end().writableEnded;
    speaker.close();
    await daemon.end();
    await comeUp();
    expect(await source()).to.include({ serial: 2, objects: 2 });
    await until('it is judged', async () => (await stateOf('192.0.2.0/24')) === 'mismatch');
    publisher.state.intercept = () => false;
    [publisher.state.key, publisher.state.next] = [second, null];
    publisher.delta([{ action: 'add_modify', object: object('192.0.2.0/24', OFFENDER) }]);
    await looks('the new key', ({ serial }) => serial === 3);
    await until('it is judged', async () => (await stateOf('192.0.2.0/24')) === 'match');
    expect(daemon.log()).to.match(/irr TEST: .*the key that it had announced/);
  });
});
