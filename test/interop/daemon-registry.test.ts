import { renameSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { IrrStatusRow } from '../../src/control/daemon.ts';
import type { Case } from '../../src/hijack/case.ts';
import { loopbackAddress, until } from './bgp-peers.ts';
import { type Intertrackd, intertrackd } from './intertrackd.ts';
import { type Speaker, startSpeaker } from './speaker.ts';

const PORT = 1790;
const PEER = 64496;
const OFFENDER = 64666;

const object = (prefix: string, origin: string, source: string) =>
  `route: ${prefix}\ndescr: Example\norigin: ${origin}\nmnt-by: MAINT-OWNER\nsource: ${source}\n\n`;
/** So many objects that the loss of ten is believed, and the loss of a quarter is not. */
const filler = (count: number) =>
  Array.from({ length: count }, (_, i) => object(`10.0.${i}.0/24`, 'AS64501', 'JPIRR')).join('');

/** What is wrong stands in lines 7, 11, 16 and 19; the first object and the last are good. */
const BAD = `${object('192.0.2.0/24', 'AS64501', 'JPIRR')}route: 192.0.2.0/33
origin: AS64501
source: JPIRR

route: 198.51.100.0/24
descr: no origin at all
source: JPIRR

route: 198.51.100.0/24
origin: AS4294967296
source: JPIRR

route: 0.0.0.0/0
origin: AS64501
source: JPIRR

${object('203.0.113.0/24', 'AS64501', 'JPIRR')}`;

/** The registry of a running daemon: what is wrong with it, what it becomes, what that does to cases. */
describe('interop/daemon-registry', function () {
  this.timeout(240_000);
  const [ours, from] = [loopbackAddress(), loopbackAddress()];
  let daemon: Intertrackd;
  let speaker: Speaker;

  const source = async (name: string) =>
    ((await daemon.ask('show', 'irr')) as IrrStatusRow[]).find(row => row.source === name)!;
  const problems = async () => (await daemon.status()).problems.join('\n');
  /** Puts a file in its place as a whole, as a mirror does. */
  const replace = (name: string, text: string | Buffer) => {
    writeFileSync(daemon.at(`${name}.new`), text);
    renameSync(daemon.at(`${name}.new`), daemon.at(name));
  };
  const caseOf = async (prefix: string) => (await daemon.cases()).find(one => one.prefix === prefix);
  const inState = (prefix: string, state: Case['state']) =>
    until(`${prefix} is ${state}`, async () => (await caseOf(prefix))?.state === state);

  before(async () => {
    daemon = intertrackd(ours);
    daemon.write('jpirr.db', BAD + filler(40));
    daemon.configure(`
bgp listen ${ours} port ${PORT};
protocol bgp scripted { neighbor ${from} as ${PEER}; passive; }
irr JPIRR { dump "${daemon.at('jpirr.db')}"; authoritative; refresh 1s; }
irr RADB { dump "${daemon.at('radb.db.gz')}"; refresh 1s; }
watch ours { maintainer MAINT-OWNER; hold down 1s; }
`);
    await daemon.start();
    speaker = await startSpeaker({ from, to: ours, port: PORT, as: PEER });
    await until('the registry is in force', async () => (await source('JPIRR'))?.loaded !== null);
  });
  after(async () => {
    speaker?.close();
    await daemon.close();
  });

  it('names the place of each malformed object, and uses the rest', async () => {
    const rows = await daemon.json<IrrStatusRow[]>('show', 'irr');
    expect(rows.find(row => row.source === 'JPIRR')).to.include({
      objects: 42,
      refused: 4,
      stale: false,
      lastError: '',
    });
    const complaints = daemon
      .log()
      .split('\n')
      .flatMap(
        line =>
          line
            .match(/jpirr\.db:(\d+): (.*)/)
            ?.slice(1, 3)
            .join(' ') ?? [],
      );
    expect(complaints.map(line => line.split(' ')[0])).to.deep.equal(['7', '11', '16', '19']);
    expect(complaints[0]).to.match(/192\.0\.2\.0\/33/);
    expect(complaints[1]).to.match(/without origin/);
    expect(complaints[2]).to.match(/AS4294967296/);
    expect(complaints[3]).to.match(/default route/);
  });

  it('runs without a dump that is not there, says so, and takes it when it comes', async () => {
    const missing = await source('RADB');
    expect(missing).to.include({ objects: 0, loaded: null, stale: true });
    expect(missing.lastError).to.match(/radb\.db\.gz: no such file/);
    expect(await problems()).to.match(/irr RADB: .*no such file/);
    speaker.announce(['198.19.0.0/24'], PEER, OFFENDER);
    await until('it is held', async () => (await daemon.routes('198.19.0.0/24')).length === 1);
    expect(await daemon.cases()).to.deep.equal([]);
    replace('radb.db.gz', gzipSync(object('198.19.0.0/24', 'AS64501', 'RADB')));
    await inState('198.19.0.0/24', 'ongoing');
    expect(await source('RADB')).to.include({ objects: 1, stale: false, lastError: '' });
    expect(await problems()).to.equal('');
  });

  it('keeps the last good copy when the dump shrinks, is cut short or vanishes', async () => {
    replace('jpirr.db', BAD + filler(20));
    await until('the small copy is refused', async () => (await source('JPIRR')).lastError !== '');
    expect(await source('JPIRR')).to.include({ objects: 42, stale: true });
    expect((await source('JPIRR')).lastError).to.match(/22 route objects where the last copy held 42/);
    expect(await problems()).to.match(/irr JPIRR: .*more than 10 % fewer/);
    replace('radb.db.gz', gzipSync(object('198.19.0.0/24', 'AS64501', 'RADB')).subarray(0, 40));
    await until('the cut copy is refused', async () => /cut short/.test((await source('RADB')).lastError));
    renameSync(daemon.at('jpirr.db'), daemon.at('gone'));
    await until('the loss is seen', async () => /no such file/.test((await source('JPIRR')).lastError));
    // What the registry said before still holds.
    expect((await caseOf('198.19.0.0/24'))?.state).to.equal('ongoing');
    speaker.announce(['203.0.113.0/24'], PEER, OFFENDER);
    await inState('203.0.113.0/24', 'ongoing');
    const { stdout } = await daemon.itctl('show', 'irr');
    expect(stdout).to.match(/no such file/);
    replace('jpirr.db', BAD + filler(38));
    replace('radb.db.gz', gzipSync(object('198.19.0.0/24', 'AS64501', 'RADB')));
    await until('both are well again', async () => (await problems()) === '');
    expect(await source('JPIRR')).to.include({ objects: 40, stale: false });
  });

  it('ends a case when the offender is registered, with that for the reason', async () => {
    replace('jpirr.db', BAD + filler(38) + object('203.0.113.0/24', `AS${OFFENDER}`, 'JPIRR'));
    await inState('203.0.113.0/24', 'resolved');
    const over = (await caseOf('203.0.113.0/24'))!;
    // How grave it is besides is written down behind it.
    expect(over.timeline.findLast(({ what }) => !what.startsWith('severity '))).to.deep.include({
      what: 'the registry or the watches no longer object',
      state: 'resolved',
    });
    expect((await daemon.routes('203.0.113.0/24'))[0]?.state).to.equal('match');
    expect((await caseOf('198.19.0.0/24'))?.state, 'the other one goes on').to.equal('ongoing');
  });

  it('opens it anew when the object is taken away again', async () => {
    const { id } = (await caseOf('203.0.113.0/24'))!;
    replace('jpirr.db', BAD + filler(38));
    await until('a second case', async () => {
      const cases = (await daemon.cases()).filter(({ prefix }) => prefix === '203.0.113.0/24');
      return cases.some(one => one.id !== id && one.state === 'ongoing');
    });
  });

  it('forgets a witness that went from the configuration while the daemon was down', async () => {
    const open = (await daemon.cases()).filter(({ state }) => state === 'ongoing');
    expect(open).to.have.length(2);
    await daemon.end('SIGKILL');
    daemon.configure(`
irr JPIRR { dump "${daemon.at('jpirr.db')}"; authoritative; }
irr RADB { dump "${daemon.at('radb.db.gz')}"; }
watch ours { maintainer MAINT-OWNER; hold down 1s; }
`);
    await daemon.start();
    for (const { id } of open) {
      await until('it is over', async () => (await daemon.case(id)).state === 'resolved');
      expect((await daemon.case(id)).timeline.map(({ what }) => what)).to.include(
        `scripted (AS${PEER}) is no longer configured`,
      );
    }
  });
});
