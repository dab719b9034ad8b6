import { utimesSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import type { IrrStatusRow } from '../../src/control/daemon.ts';
import { loopbackAddress, until } from './bgp-peers.ts';
import { type Intertrackd, intertrackd } from './intertrackd.ts';

const ROUTE = 'route: 192.0.2.0/24\norigin: AS64501\nmnt-by: M\nsource: X\n';
const HOUR = 3_600_000;

/** A running daemon whose sources are all out of date, each in its own way: none of them is passed over in silence. */
describe('interop/daemon-stale', function () {
  this.timeout(240_000);
  const ours = loopbackAddress();
  const sockets = new Set<Socket>();
  let daemon: Intertrackd;
  let trickle: Server;

  const problems = async () => (await daemon.status()).problems;
  const configure = (...sources: string[]) => daemon.configure(sources.join('\n'));
  const old = () => `irr OLD { dump "${daemon.at('old.db')}"; refresh 1s; }`;
  const slow = () =>
    `irr SLOW { dump "http://127.0.0.1:${(trickle.address() as AddressInfo).port}/SLOW.db"; refresh 1s; }`;
  const dead = 'irr DEAD { dump "http://127.0.0.1:9/DEAD.db"; refresh 1s; }';
  const oldRoas = () => `rpki oldroas { file "${daemon.at('roas.json')}"; }`;
  const deadCache = 'rpki deadcache { rtr "127.0.0.1" port 9; }';

  before(async () => {
    // Octet by octet, for ever.
    trickle = createServer(socket => {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      const timer = setInterval(() => socket.write('%'), 200);
      socket.on('close', () => clearInterval(timer));
    });
    await new Promise<void>(resolve => trickle.listen(0, '127.0.0.1', resolve));
    daemon = intertrackd(ours);
    daemon.write('old.db', ROUTE);
    const days = Date.now() / 1000 - 3 * 24 * 3600;
    utimesSync(daemon.at('old.db'), days, days);
    const made = new Date(Date.now() - 3 * HOUR).toISOString();
    const roas = [{ asn: 64501, prefix: '192.0.2.0/24', maxLength: 24, ta: 'apnic' }];
    daemon.write('roas.json', JSON.stringify({ metadata: { buildtime: made }, roas }));
    configure(old(), slow(), dead, oldRoas(), deadCache);
    await daemon.start();
  });
  after(async () => {
    for (const socket of sockets) socket.destroy();
    trickle.close();
    await daemon.close();
  });

  const lines: [source: string, problem: RegExp][] = [
    ['a file that nobody writes', /^irr OLD: stale: its file was written 72 hours ago$/],
    ['a server that never comes to an end', /^irr SLOW: no copy of it has come yet$/],
    ['a server that is not there', /^irr DEAD: .*connection refused$/],
    ['ROAs of this morning', /^rpki oldroas: .*: stale, not refreshed for more than 3 hours; it stays in use$/],
    ['a cache that is not there', /^rpki deadcache: .*refused/i],
  ];
  for (const [what, problem] of lines)
    it(`names ${what} among the problems`, () =>
      until('it is named', async () => (await problems()).some(line => problem.test(line))));

  it('says that there are no problems when there are none, and not before', async () => {
    const states: [sources: string[], silent: boolean][] = [
      [[old()], false],
      [[slow()], false],
      [[dead], false],
      [[oldRoas()], false],
      [[deadCache], false],
      [[], true],
    ];
    for (const [sources, silent] of states) {
      configure(...sources);
      expect((await daemon.itctl('reload')).status).to.equal(0);
      const { stdout } = await daemon.itctl('show', 'status');
      expect(/No problems\./.test(stdout), `${sources.join()}: ${stdout}`).to.equal(silent);
    }
  });

  it('shows it for each source, and logs it', async () => {
    configure(old(), slow());
    expect((await daemon.itctl('reload')).status).to.equal(0);
    await until('both are stale', async () =>
      ((await daemon.ask('show', 'irr')) as IrrStatusRow[]).every(({ stale }) => stale),
    );
    expect((await daemon.itctl('show', 'irr', 'OLD')).stdout).to.match(/State: +stale/);
    expect((await daemon.itctl('show', 'irr', 'SLOW')).stdout).to.match(/State: +not loaded/);
    expect((await daemon.itctl('show', 'status')).stdout).to.match(/Stale: +OLD, SLOW/);
    for (const said of [
      /irr OLD: stale: its file was written 72 hours ago/,
      /irr SLOW: stale: no copy of it has come yet/,
    ])
      await until(`${said} is logged`, () => said.test(daemon.log()));
    const now = Date.now() / 1000;
    utimesSync(daemon.at('old.db'), now, now);
    await until('the file is well again', async () => !(await problems()).some(line => /OLD/.test(line)));
  });
});
