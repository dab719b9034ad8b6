import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { sessionError } from '../../src/bgp/errors.ts';
import { createFramer, encodeMessage, KEEPALIVE, NOTIFICATION, OPEN, UPDATE } from '../../src/bgp/message.ts';
import { encodeNotification } from '../../src/bgp/notification.ts';
import { encodeOpen, localOpen } from '../../src/bgp/open.ts';
import { replayOptions } from '../../src/vty/replay-options.ts';
import { hex, toHex } from '../bgp/octets.ts';
import { loopbackAddress, startRouter, until, whyNot } from '../interop/bgp-peers.ts';
import { DATA, dataFile, linesOf } from '../mrt/dump.ts';
import { ends, nextHop, nlri, ORIGIN_IGP, path, reach, record, update } from '../mrt/octets.ts';
import { programFile } from '../programs.ts';

/** A program under way: its output, and its exit. */
function run(program: 'intertrackd' | 'itctl', args: readonly string[]) {
  const child: ChildProcess = spawn(process.execPath, [programFile(program), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout!.on('data', text => {
    stdout += text;
  });
  child.stderr!.on('data', text => {
    stderr += text;
  });
  const exit = new Promise<number | null>(resolve => child.once('close', resolve));
  return { child, exit, stdout: () => stdout, stderr: () => stderr };
}

/** The routes that a peer of an archive leaves behind: prefix to AS path, by the lines of the archive. */
function remaining(name: string, peer: string): Map<string, string> {
  const routes = new Map<string, string>();
  for (const line of linesOf(dataFile(name)!).text.split('\n')) {
    const [, , letter, from, , prefix, asPath] = line.split('|');
    if (from !== peer) continue;
    if (letter === 'A' || letter === 'B') routes.set(prefix!, asPath!);
    else if (letter === 'W') routes.delete(prefix!);
  }
  return routes;
}

describe('itctl replay', () => {
  describe('options', () => {
    const wrong = (words: string) => replayOptions(words.split(' '));
    it('reads them in any order', () => {
      const words = 'a --to 192.0.2.1:1179 b --speed=2.5 --as 4200000000 --peer 2001:DB8::1 --from 192.0.2.2 --close -';
      expect(replayOptions(words.split(' '))).to.deep.equal({
        files: ['a', 'b', '-'],
        host: '192.0.2.1',
        port: 1179,
        speed: 2.5,
        as: 4200000000,
        peer: '2001:db8::1',
        from: '192.0.2.2',
        close: true,
      });
      expect(replayOptions(['a', '--to', '2001:db8::1'])).to.include({ host: '2001:db8::1', port: 179, close: false });
      expect(replayOptions(['a', '--to', '[fe80::1%lo]:1179'])).to.include({ host: 'fe80::1%lo', port: 1179 });
    });
    it('says what is wrong', () => {
      expect(wrong('--to 192.0.2.1')).to.equal('a file is missing');
      expect(wrong('a')).to.equal('--to is missing');
      expect(wrong('a --to')).to.equal('--to needs a value');
      expect(wrong('a --to host')).to.equal('--to host is no address');
      expect(wrong('a --to 192.0.2.1:0')).to.equal('--to 192.0.2.1:0 is no address');
      expect(wrong('a --to 192.0.2.1 --as 0')).to.equal('--as 0 is no AS number');
      expect(wrong('a --to 192.0.2.1 --as 4294967296')).to.equal('--as 4294967296 is no AS number');
      expect(wrong('a --to 192.0.2.1 --speed 0')).to.equal('--speed 0 is no number above 0');
      expect(wrong('a --to 192.0.2.1 --peer x')).to.equal('--peer x is no address');
      expect(wrong('a --to 192.0.2.1 --from x')).to.equal('--from x is no address');
      expect(wrong('a --to 192.0.2.1 --fast')).to.equal('unknown option --fast');
    });
  });

  describe('to a speaker of the test', () => {
    let dir = '';
    let server: Server;
    let port = 0;
    /** Types of the messages that came in, UPDATEs in hex, and when they came. */
    let came: { type: number; text: string; at: number }[] = [];
    let families: { ipv4: boolean; ipv6: boolean };
    let onUpdate: ((socket: Socket) => void) | null;

    before(async () => {
      dir = mkdtempSync(join(tmpdir(), 'replay-'));
      server = createServer(socket => {
        const framer = createFramer((type, buffer, start, end) => {
          came.push({ type, text: toHex(buffer.subarray(start, end)), at: performance.now() });
          if (type === OPEN) {
            const open = localOpen({ localAs: 64500, routerId: '192.0.2.99', holdTime: 90, ...families });
            socket.write(encodeOpen(open));
            socket.write(encodeMessage(KEEPALIVE));
          } else if (type === UPDATE) onUpdate?.(socket);
          return true;
        });
        socket.on('data', chunk => void framer.push(chunk));
        socket.on('error', () => {});
      });
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
      port = (server.address() as { port: number }).port;
    });
    after(() => {
      server.close();
      rmSync(dir, { recursive: true });
    });
    beforeEach(() => {
      came = [];
      families = { ipv4: true, ipv6: true };
      onUpdate = null;
    });
    const file = (text: string) => {
      const name = join(dir, 'updates');
      writeFileSync(name, hex(text));
      return name;
    };
    const message = update('', ORIGIN_IGP + path([64496]) + nextHop('192.0.2.9'), nlri('10.0.0.0/8'));
    const six = update('', ORIGIN_IGP + path([64496]) + reach(2, ['2001:db8::9'], nlri('2001:db8::/32')), '');
    const at = (seconds: number, text = message, peer = '192.0.2.1') =>
      record(16, 4, ends(peer) + text, 1700000000 + seconds);
    const to = () => ['--to', `127.0.0.1:${port}`];
    const updates = () => came.filter(({ type }) => type === UPDATE);

    it('plays what was recorded, and closes with Cease', async () => {
      const { exit, stdout, stderr } = run('itctl', ['replay', file(at(0) + at(1, six)), ...to(), '--close']);
      expect(await exit).to.equal(0);
      expect(updates().map(({ text }) => text)).to.deep.equal([message, six]);
      const open = came[0]!;
      expect([open.type, open.text.slice(40, 44)]).to.deep.equal([OPEN, 'fbf0']); // the AS of the recorded peer
      await until('the NOTIFICATION', () => came.at(-1)!.type === NOTIFICATION);
      expect(came.at(-1)!.text.slice(38, 42)).to.equal('0602');
      expect(stdout()).to.match(/^2 updates of 1 peer were played in \d+\.\d s\n$/);
      expect(stderr()).to.equal('');
    });
    it('keeps the pace of the archive, or a multiple of it', async () => {
      const { exit } = run('itctl', ['replay', file(at(0) + at(2)), ...to(), '--close', '--speed', '4']);
      expect(await exit).to.equal(0);
      const [first, second] = updates();
      expect(second!.at - first!.at).to.be.greaterThan(400);
    });
    it('plays one peer of many, and says where many went over one session', async () => {
      const both = file(at(0) + at(0, six, '192.0.2.3'));
      const one = run('itctl', ['replay', both, ...to(), '--close', '--peer', '192.0.2.3', '--as', '65001']);
      expect(await one.exit).to.equal(0);
      expect(updates().map(({ text }) => text)).to.deep.equal([six]);
      expect(came[0]!.text.slice(40, 44)).to.equal('fde9');
      const all = run('itctl', ['replay', both, ...to(), '--close']);
      expect(await all.exit).to.equal(0);
      expect(all.stderr()).to.match(/the routes of all 2 peers went over one session/);
    });
    it('leaves out what the session does not carry', async () => {
      families = { ipv4: true, ipv6: false };
      const { exit, stderr } = run('itctl', ['replay', file(at(0) + at(0, six)), ...to(), '--close']);
      expect(await exit).to.equal(0);
      expect(updates()).to.have.length(1);
      expect(stderr()).to.equal('itctl: 1 left out: of IPv6, which the peer does not take\n');
    });
    it('keeps the session until it is interrupted', async () => {
      const { child, exit, stderr } = run('itctl', ['replay', file(at(0)), ...to()]);
      await until('the archive is played', () => stderr().includes('stays up'));
      child.kill('SIGINT');
      expect(await exit).to.equal(0);
      expect(came.at(-1)!.type).to.equal(NOTIFICATION);
    });
    it('stops when it is interrupted, and when the peer has had enough', async () => {
      const slow = run('itctl', ['replay', file(at(0) + at(3600)), ...to(), '--speed', '1']);
      await until('the first update', () => updates().length === 1);
      slow.child.kill('SIGINT');
      expect(await slow.exit).to.equal(0);
      onUpdate = socket => socket.end(encodeNotification(sessionError(6, 1, '')));
      const refused = run('itctl', ['replay', file(at(0) + at(3600)), ...to(), '--speed', '1']);
      expect(await refused.exit).to.equal(1);
      expect(refused.stderr()).to.match(
        /the session has ended: the peer sent Cease\/Maximum Number of Prefixes Reached/,
      );
    });
    it('fails when nobody listens, when there is nothing to play, and on bad usage', async () => {
      const nobody = run('itctl', ['replay', file(at(0)), '--to', '127.0.0.1:1', '--close']);
      expect(await nobody.exit).to.equal(1);
      expect(nobody.stderr()).to.match(/ECONNREFUSED/);
      const nothing = run('itctl', ['replay', file(''), ...to()]);
      expect(await nothing.exit).to.equal(1);
      expect(nothing.stderr()).to.equal('itctl: there is no update to play\n');
      const missing = run('itctl', ['replay', join(dir, 'missing'), ...to()]);
      expect(await missing.exit).to.equal(1);
      expect(missing.stderr()).to.match(/missing: no such file or directory/);
      expect(await run('itctl', ['replay', 'x']).exit).to.equal(2);
    });
  });

  for (const [name, peer, as] of [
    ['updates.20071015.1505.gz', '168.209.255.2', 3741],
    ['bview.20020722.2337.gz', '193.203.0.65', 1273],
  ] as const)
    it(`fills a BIRD with the routes of a recorded peer, AS paths unchanged (${name})`, async function () {
      const reason = dataFile(name) === null ? 'no data' : whyNot('bird');
      if (reason !== null) {
        if (process.env.REQUIRE_PEERS === '1' && reason !== 'no data') expect.fail(reason);
        this.skip();
      }
      const routes = remaining(name, peer);
      expect(routes.size).to.be.greaterThan(500);
      const from = loopbackAddress();
      const address = loopbackAddress();
      const neighbors = [{ address: from, port: 179, as, passive: true }];
      const bird = await startRouter('bird', { address, port: 1791, as: 64500, neighbors, prefixes: [] });
      const { child, exit, stderr } = run('itctl', [
        'replay',
        join(DATA, name),
        '--to',
        `${address}:1791`,
        '--from',
        from,
        '--peer',
        peer,
      ]);
      try {
        await until('the archive is played', () => stderr().includes('stays up'));
        let shown = '';
        await until(
          'BIRD has all routes',
          async () => {
            shown = await bird.command('show', 'route', 'count');
            return shown.includes(
              `${routes.size} of ${routes.size} routes for ${routes.size} networks in table master4`,
            );
          },
          10_000,
        ).catch(error => expect.fail(`${error.message}: ${shown}, wanted ${routes.size}`));
        const all = await bird.command('show', 'route', 'all');
        const held = new Map<string, string>();
        let prefix = '';
        for (const line of all.split('\n')) {
          prefix = /^([0-9.]+\/\d+)/.exec(line)?.[1] ?? prefix;
          const asPath = /BGP\.as_path: (.*)$/.exec(line)?.[1];
          if (asPath !== undefined)
            held.set(
              prefix,
              asPath.replace(/\{(.*)\}/, (_, set: string) => `{${set.replaceAll(' ', ',')}}`),
            );
        }
        expect(held).to.deep.equal(routes);
      } finally {
        child.kill('SIGINT');
        expect(await exit).to.equal(0);
        await bird.stop();
      }
    });

  it('fills a GoBGP with the routes of a recorded peer', async function () {
    const [name, peer, as] = ['updates.20071015.1505.gz', '168.209.255.2', 3741] as const;
    const reason = dataFile(name) === null ? 'no data' : whyNot('gobgp');
    if (reason !== null) {
      if (process.env.REQUIRE_PEERS === '1' && reason !== 'no data') expect.fail(reason);
      this.skip();
    }
    const routes = remaining(name, peer);
    const [from, address] = [loopbackAddress(), loopbackAddress()];
    const neighbors = [{ address: from, port: 179, as, passive: true }];
    const gobgp = await startRouter('gobgp', { address, port: 1791, as: 64500, neighbors, prefixes: [] });
    const words = ['--to', `${address}:1791`, '--from', from, '--peer', peer];
    const { child, exit, stderr } = run('itctl', ['replay', join(DATA, name), ...words]);
    try {
      await until('the archive is played', () => stderr().includes('stays up'));
      // A prefix that was withdrawn stays there, without a path.
      const held = async () => {
        const found: Record<string, unknown[]> = JSON.parse(await gobgp.command('-j', 'neighbor', from, 'adj-in'));
        return Object.keys(found).filter(prefix => found[prefix]!.length > 0);
      };
      await until('GoBGP has all routes', async () => (await held()).length === routes.size);
      expect((await held()).sort()).to.deep.equal([...routes.keys()].sort());
    } finally {
      child.kill('SIGINT');
      expect(await exit).to.equal(0);
      await gobgp.stop();
    }
  });

  it('fills intertrackd with the routes of both families of a table and of updates', async function () {
    const name = 'ris.rrc06.updates.1427846400.gz';
    if (dataFile(name) === null) this.skip();
    const dir = mkdtempSync(join(tmpdir(), 'replay-'));
    const from = loopbackAddress();
    const address = loopbackAddress();
    const config = join(dir, 'conf');
    writeFileSync(
      config,
      `router id 192.0.2.1; local as 64500; log file "${dir}/log"; state "${dir}/state"; control socket "${dir}/ctl";
       probe socket "${dir}/probe"; bgp listen ${address} port 1792;
       protocol bgp p { neighbor ${from} as 25152; passive; ipv4; ipv6; }\n`,
    );
    const daemon = run('intertrackd', ['-c', config]);
    const peers = ['202.249.2.185', '2001:200:0:fe00::6249:0'];
    const counts = peers.map(peer => remaining(name, peer).size);
    const ask = async (...words: string[]) => {
      const { exit, stdout } = run('itctl', ['-s', join(dir, 'ctl'), '-j', ...words]);
      return (await exit) === 0 ? JSON.parse(stdout()) : [];
    };
    try {
      await until('the daemon answers', async () => (await ask('show', 'bgp', 'summary')).length === 1);
      for (const [i, peer] of peers.entries()) {
        const { child, exit, stderr } = run('itctl', [
          'replay',
          join(DATA, name),
          '--to',
          `${address}:1792`,
          '--from',
          from,
          '--peer',
          peer,
        ]);
        await until('the archive is played', () => stderr().includes('stays up'));
        await until('the daemon has all routes', async () => {
          const [row] = await ask('show', 'route', 'count');
          return row?.[i === 0 ? 'ipv4' : 'ipv6'] === counts[i];
        });
        child.kill('SIGINT');
        expect(await exit).to.equal(0);
        await until('the daemon waits again', async () => (await ask('show', 'bgp', 'summary'))[0].state === 'Active');
      }
    } finally {
      daemon.child.kill('SIGTERM');
      await daemon.exit;
      rmSync(dir, { recursive: true });
    }
  });
});
