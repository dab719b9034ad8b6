import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Daemon, TraceStart } from '../../src/control/daemon.ts';
import { type ControlServer, openControl } from '../../src/control/server.ts';
import { writePcap } from '../../src/packet/pcap.ts';
import { STATUS, SUMMARY, scratch, scriptedDaemon, TRACE } from '../control/scripted.ts';
import { hex } from '../packet/packets.ts';
import { programFile } from '../programs.ts';

const ITCTL = programFile('itctl');

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

describe('itctl', () => {
  const directory = scratch();
  const socket = join(directory.path, 'd.sock');
  const capture = join(directory.path, 'three.pcap');
  const traced: TraceStart['packets'][number][] = [];
  let server: ControlServer | null = null;

  const open = async (over: Partial<Daemon> = {}) => {
    server = await openControl({ socket: { path: socket }, daemon: scriptedDaemon(over), log: () => {} });
  };
  const run = (args: readonly string[], input: string | Uint8Array = '', env: Record<string, string> = {}) =>
    new Promise<Ran>((resolve, reject) => {
      const child = spawn(process.execPath, [ITCTL, ...args], {
        env: { ...process.env, INTERTRACK_SOCKET: socket, ...env },
      });
      let out = '';
      let err = '';
      child.stdout.setEncoding('utf8').on('data', text => {
        out += text;
      });
      child.stderr.setEncoding('utf8').on('data', text => {
        err += text;
      });
      // A child that ends before it has read its input is no failure of ours.
      child.stdin.on('error', () => {});
      child.stdin.end(input);
      child.on('error', reject);
      child.on('close', code => resolve({ code, out, err }));
    });

  before(() => {
    const frames = [1, 2, 3].map(n => ({ time: BigInt(n) * 1_500_000_000n, bytes: Uint8Array.of(n, n, n) }));
    writeFileSync(capture, writePcap(1, frames));
  });
  afterEach(async () => {
    await server?.close();
    server = null;
    traced.length = 0;
  });
  after(() => directory.remove());

  it('carries out one command, abbreviated', async () => {
    await open();
    const { code, out, err } = await run(['sh', 'b', 'su']);
    expect({ code, err }).to.deep.equal({ code: 0, err: '' });
    expect(out).to.match(/^Neighbor +V +AS +MsgRcvd +MsgSent +Up\/Down +State\/PfxRcd Peer Desc\n/);
    expect(out.split('\n')[3]).to.equal('2 peers, 1 established, 8348 prefixes');
  });

  it('prints one JSON document with -j, wherever it stands', async () => {
    await open();
    const first = await run(['-j', 'show', 'bgp', 'summary']);
    const last = await run(['show', 'bgp', 'summary', '--json']);
    expect(JSON.parse(first.out)).to.deep.equal(SUMMARY);
    expect(last).to.deep.equal(first);
    expect(JSON.parse((await run(['show', 'status', '-j'])).out)).to.deep.equal(STATUS);
    expect(JSON.parse((await run(['show', 'irr', '10.0.0.0/8', '-j'])).out)).to.deep.equal([]);
  });

  it('filters what is behind a bar of its own, chained and cut short', async () => {
    await open();
    const out = async (...words: string[]) => {
      const ran = await run(words);
      expect(ran).to.include({ code: 0, err: '' });
      return ran.out;
    };
    expect(await out('sh', 'b', 'su', '|', 'count')).to.equal('2\n');
    expect(await out('-j', 'sh', 'b', 'su', '|', 'c')).to.equal('2\n');
    expect(JSON.parse(await out('sh', 'b', 'su', '|', 'j'))).to.deep.equal(SUMMARY);
    expect(await out('sh', 'b', 'su', '|', 'inc', '^203', '|', 'e', 'Active')).to.match(/^203\.0\.113\.1 .*\n$/);
    expect(await out('sh', 'b', 'su', '|', 'i', 'Neighbor|osa1', '|', 'c')).to.equal('1\n');
    expect(await out('sh', 'b', 'su', '|', 'b', 'osa1')).to.match(/^203\.0\.113\.5 .*\n2 peers, .*\n$/);
    expect((await run([], 'show config | include ^local as\n')).out).to.equal('local as 64500;\n');
    // Commands that need no daemon have them too.
    expect((await run(['digest', capture, '-n', '1', '|', 'count'])).out).to.equal('1\n');
    expect(await run(['sh', 'b', 'su', '|', 'inc', 'a(b'])).to.deep.equal({
      code: 2,
      out: '',
      err: 'itctl: "| include": the parenthesis is not closed at character 2 of "a(b"\n',
    });
  });

  it('ends with 2 when the words are wrong, and prints nothing but why', async () => {
    await open();
    expect(await run(['show', 'bgp', 'sumary'])).to.deep.equal({
      code: 2,
      out: '',
      err: 'itctl: unknown word "sumary" after "show bgp": expected "neighbor" or "summary"; nearest is "summary"\n',
    });
    expect(await run(['show', 'status', '--frob'])).to.deep.equal({
      code: 2,
      out: '',
      err: 'itctl: unexpected word "--frob" after "show status": the command ends there\n',
    });
    const missing = await run(['-s']);
    expect(missing).to.include({ code: 2, out: '' });
  });

  it('ends with 1 when the command failed', async () => {
    await open({ cases: () => Promise.reject(new Error('the database is locked')) });
    const failed = { code: 1, out: '', err: 'itctl: the database is locked\n' };
    expect(await run(['show', 'case'])).to.deep.equal(failed);
    expect(await run(['-j', 'show', 'case'])).to.deep.equal(failed);
    expect((await run(['show', 'bgp', 'neighbor', 'nobody'])).err).to.equal(
      'itctl: no peer has the name or address nobody\n',
    );
  });

  it('ends with 4 when the daemon cannot be reached, and says why', async () => {
    expect(await run(['show', 'status'])).to.deep.equal({
      code: 4,
      out: '',
      err: `itctl: cannot reach intertrackd at ${socket}: there is no such socket; is it running?\n`,
    });
    expect((await run(['-s', ITCTL, 'show', 'status'])).err).to.equal(
      `itctl: cannot reach intertrackd at ${ITCTL}: nobody listens there; is it running?\n`,
    );
  });

  it('ends with 4 when the daemon goes away in the middle, or is no daemon', async () => {
    const fake = join(directory.path, 'fake.sock');
    const says = async (text: string | null) => {
      const other = createServer(client => {
        client.on('error', () => {});
        client.once('data', () => (text === null ? client.destroy() : client.end(text)));
      });
      await new Promise<void>(resolve => other.listen(fake, resolve));
      const ran = await run(['-s', fake, 'show', 'status']);
      await new Promise(resolve => other.close(resolve));
      return ran;
    };
    expect(await says(null)).to.deep.equal({
      code: 4,
      out: '',
      err: 'itctl: the connection to intertrackd is lost\n',
    });
    expect(await says('220 mail.example.net ESMTP\r\n')).to.deep.equal({
      code: 4,
      out: '',
      err: 'itctl: intertrackd sent what is no reply\n',
    });
  });

  it('reads commands from a pipe, names the line at fault, and ends with the last failure', async () => {
    await open();
    const { code, out, err } = await run([], '# state of things\n\nshow config\nshow bgp\nshow trace "x\nshow irr\n');
    expect(out).to.match(/^router id 192\.0\.2\.10;\nlocal as 64500;\nSource /);
    expect(err).to.equal(
      'itctl: line 4: incomplete command "show bgp": expected "neighbor" or "summary"\n' +
        'itctl: line 5: a double quote is not closed\n',
    );
    expect(code).to.equal(2);
    expect(await run([], 'show case 2026-01-01-01\nshow config\nexit\nshow nothing\n')).to.include({ code: 1 });
    expect(await run(['-j'], 'show config\nshow irr')).to.include({ code: 0 });
    expect(await run([], '')).to.deep.equal({ code: 0, out: '', err: '' });
  });

  it('prints its usage and its version without a daemon', async () => {
    const help = await run(['--help']);
    expect(help.code).to.equal(0);
    expect(help.out).to.match(/^usage: itctl \[-j\] \[-s SOCKET\] \[WORD \.\.\.\]\n/);
    for (const option of ['-j, --json', '-s, --socket', '-h, --help', '--version']) expect(help.out).to.include(option);
    const version = await run(['--version']);
    expect(version.out).to.match(/^itctl \d+\.\d+\.\d+\n$/);
  });

  it('leaves the word help to the daemon', async () => {
    await open();
    const { code, out } = await run(['help', 'show', 'bgp']);
    expect(code).to.equal(0);
    expect(out).to.equal(
      'show bgp neighbor [PEER]       Details of one session or all\nshow bgp summary               One line for each peer\nshow bgp summary all           One line for each peer of every machine\n',
    );
    expect((await run(['show', 'bgp', '?'])).out).to.equal(
      '  neighbor Details of one session or all\n  summary  One line for each peer\n',
    );
  });

  describe('trace export', () => {
    const lines = async (...words: string[]) => (await run(['trace', 'export', TRACE.id, ...words])).out.split('\n');

    it('writes each kind of document', async () => {
      await open();
      for (const [words, first] of [
        [[], '{'],
        [['--json'], '{'],
        [['--iodef'], '<?xml version="1.0" encoding="UTF-8"?>'],
        [['--rid', '--internal'], '<?xml version="1.0" encoding="UTF-8"?>'],
        [['--svg'], '<?xml version="1.0" encoding="UTF-8"?>'],
        [['--dot'], 'digraph "t20260301-120003-9f3a" {'],
      ] as const)
        expect((await lines(...words))[0], words.join()).to.satisfy((line: string) => line.startsWith(first));
      expect(JSON.parse((await lines('--json')).join('\n'))).to.include({
        format: 'intertrack-trace-1',
        trace: TRACE.id,
      });
    });

    it('knows only one trace', async () => {
      await open();
      const { code, err } = await run(['trace', 'export', 't20260301-120003-ffff']);
      expect([code, err]).to.deep.equal([1, 'itctl: there is no trace t20260301-120003-ffff\n']);
    });
  });

  describe('trace packet', () => {
    const remember = {
      startTrace: async ({ packets }: TraceStart) => traced.push(...packets) && TRACE,
    } as Partial<Daemon>;

    it('gives the packet asked for, with its time, to the daemon', async () => {
      await open(remember);
      const { code, out } = await run(['trace', 'packet', capture, '-n', '3']);
      expect(code).to.equal(0);
      expect(out).to.include('Entered at AS64510 via AS64520; no other AS remains possible.\n');
      expect(traced.map(({ linkType, frame, time }) => ({ linkType, frame, time }))).to.deep.equal([
        { linkType: 1, frame: Uint8Array.of(3, 3, 3), time: 4500 },
      ]);
    });
    it('gives the whole packet too, where the file has the other fragments', async () => {
      await open(remember);
      const fragment = (place: string, octets: string) =>
        hex(`4500001c 1234${place} 40110000 c0000201 c6336402 ${octets}`);
      const [first, last] = [fragment('2000', '14e9003500100000'), fragment('0001', '0102030405060708')];
      const other = fragment('2000', 'ffffffffffffffff').with(5, 0x99);
      const file = join(directory.path, 'fragments.pcap');
      writeFileSync(
        file,
        writePcap(
          101,
          [first, other, last, other].map((bytes, i) => ({ time: BigInt(i) * 1_000_000_000n, bytes })),
        ),
      );
      const whole = hex('45000024 12340000 40110000 c0000201 c6336402 14e9003500100000 0102030405060708');
      await run(['trace', 'packet', file]);
      expect(traced.at(-1)).to.deep.include({ frame: first, time: 0, whole: { frame: whole, wire: 36 } });
      await run(['trace', 'packet', file, '-n', '3']);
      expect(traced.at(-1)).to.deep.include({ frame: last, time: 2000, whole: { frame: whole, wire: 36 } });
      await run(['trace', 'packet', file, '-n', '2']);
      expect(traced.at(-1)).to.deep.include({ frame: other, time: 1000 }).and.not.have.property('whole');
      // Of the standard input nothing behind the packet is waited for.
      await run(['trace', 'packet', '-'], readFileSync(file));
      expect(traced.at(-1)).to.deep.include({ frame: first }).and.not.have.property('whole');
      await run(['trace', 'packet', '-', '-n', '3'], readFileSync(file));
      expect(traced.at(-1)).to.deep.include({ frame: last, whole: { frame: whole, wire: 36 } });
    });
    it('gives packets to choose from, each once, of those that are named or of all', async () => {
      await open(remember);
      const udp = (id: number, octet: (i: number) => number) =>
        Uint8Array.from([
          ...hex(`4500003c ${id.toString(16).padStart(4, '0')}0000 40110000 c0000201 c6336402 14e900350028abcd`),
          ...Array.from({ length: 32 }, (_, i) => octet(i) & 255),
        ]);
      const hard = Array.from({ length: 10 }, (_, n) => udp(n, i => (i + 1) * (37 + 6 * n) + n * 91));
      const easy = udp(99, () => 65);
      const frames = [easy, ...hard, hard[0]!, Uint8Array.of(0x45)];
      const file = join(directory.path, 'attack.pcap');
      const octets = writePcap(
        101,
        frames.map((bytes, i) => ({ time: BigInt(i) * 1_000_000_000n, bytes })),
      );
      writeFileSync(file, octets);
      const given = async (...words: string[]) => {
        traced.length = 0;
        expect((await run(['trace', ...words])).code).to.equal(0);
        return traced.map(({ frame, time }) => {
          expect(frame).to.deep.equal(frames[time / 1000]);
          return time / 1000 + 1;
        });
      };
      expect(await given('packet', file, '-n', '1,2,12-13')).to.deep.equal([1, 2]);
      expect(await given('packet', file, '-n', '13')).to.deep.equal([13]);
      expect(await given('packet', file, '-n', '13,1')).to.deep.equal([1]);
      expect(await given('set', file))
        .to.have.length(11)
        .and.include(1)
        .and.not.include(12);
      writeFileSync(file, octets.subarray(0, -1));
      expect(await run(['trace', 'set', file])).to.deep.include({
        code: 0,
        err: `itctl: ${file}: octet 936, after packet 12: the file ends inside a record: 16 octets are left over; the packets before are traced\n`,
      });
      expect(await run(['trace', 'packet', file, '-n', '1,13'])).to.include({ code: 1 });
    });
    it('takes the first of the standard input by default', async () => {
      await open(remember);
      const file = writePcap(101, [{ time: 0n, bytes: Uint8Array.of(0x45) }]);
      const { code, out } = await run(['-j', 'tr', 'pa', '-'], file);
      expect(code).to.equal(0);
      expect(JSON.parse(out)).to.deep.equal(TRACE);
      expect(traced[0]).to.deep.include({ linkType: 101, frame: Uint8Array.of(0x45), time: 0 });
    });
    it('ends with 3 when no entry was found', async () => {
      await open({ startTrace: async () => ({ ...TRACE, entry: null, ambiguity: [64520] }) });
      const { code, out } = await run(['trace', 'packet', capture]);
      expect(code).to.equal(3);
      expect(out).to.include('Entry not found; 1 AS remains possible: AS64520.\n');
    });
    it('says what is wrong with the file and where', async () => {
      await open();
      const broken = join(directory.path, 'broken.pcap');
      const good = writePcap(1, [{ time: 0n, bytes: Uint8Array.of(1, 2, 3) }]);
      writeFileSync(broken, good.subarray(0, good.length - 1));
      const failed = async (...args: string[]) => {
        const { code, err } = await run(['trace', 'packet', ...args]);
        expect(code).to.equal(1);
        return err.replaceAll(directory.path, '');
      };
      expect(await failed(capture, '-n', '4')).to.equal('itctl: /three.pcap: there is no packet 4: the file has 3\n');
      expect(await failed(join(directory.path, 'none'))).to.equal('itctl: /none: no such file or directory\n');
      expect(await failed(directory.path)).to.equal('itctl: : illegal operation on a directory\n');
      expect(await failed(broken)).to.equal(
        'itctl: /broken.pcap: octet 24: the file ends inside a record: 18 octets are left over\n',
      );
      expect(await failed(ITCTL)).to.match(/: octet \d+: not a pcap or pcapng file: it begins with 2f2a2a20\n$/);
      const batch = await run([], 'trace packet -\n');
      expect(batch).to.deep.equal({
        code: 1,
        out: '',
        err: 'itctl: line 1: the standard input is already read for commands\n',
      });
    });
    it('says where a command is that needs no daemon, in commands from a pipe', async () => {
      await open();
      const { code, err } = await run([], 'digest a.pcap\n');
      expect(err).to.contain('line 1: this needs no daemon, and no shell: itctl digest FILE [-n NUMBER]');
      expect(code).to.equal(2);
    });
    it('reads no file when the words are wrong', async () => {
      await open();
      expect(await run(['trace', 'packet', '/nonexistent', '-n', '0'])).to.include({ code: 2 });
    });
  });
});
