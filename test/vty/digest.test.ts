import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { loadKernel } from '../../src/packet/digest-kernel.ts';
import { digestPacket, epochKey, epochOf } from '../../src/packet/itk1.ts';
import { writePcap } from '../../src/packet/pcap.ts';
import { PROFILES } from '../../src/packet/profiles.ts';
import { offlineCommand, runOffline } from '../../src/vty/offline.ts';
import { hex, IPV4, IPV6, ipv4, RAW } from '../packet/packets.ts';
import { programFile } from '../programs.ts';

const ITCTL = programFile('itctl');
const KEY = '000102030405060708090a0b0c0d0e0f';
const SECRET = 'a secret of the federation\n';
const TIME = 1_265_632_200_500_000_000n; // 2010-02-08 12:30:00.5

/** Carries out the words of a command in this process; no daemon is there to ask. */
async function itctl(args: readonly string[], input: Uint8Array = new Uint8Array(0)) {
  const json = args[0] === '-j';
  const words = json ? args.slice(1) : args;
  const stdout = new PassThrough();
  const out = text(stdout);
  let stderr = '';
  const err = (line: string) => {
    stderr += `itctl: ${line}\n`;
  };
  const status = await runOffline(offlineCommand(words)!, words, json, { stdin: Readable.from([input]), stdout, err });
  stdout.end();
  return { status, lines: (await out).trimEnd().split('\n'), stderr };
}

const UDP = IPV4.slice(IPV4.indexOf('14e9'));
const FIRST = IPV4.replace('12344000', '56782000');
const LAST = ipv4(17, 'a0a1a2a3').replace('12344000', '56780003');
const ERROR = ipv4(1, `0b00 aaaa 00000000 ${IPV4}`);
/** A packet; the same a hop further on; IPv6; two fragments; an ICMP error; no IP. */
const PACKETS = [IPV4, IPV4.replace('40110000', '3f110100'), IPV6, FIRST, LAST, ERROR, '00000000'];

const kernel = loadKernel();
const digestOf = (packet: string, key: Uint8Array, profile = PROFILES[0]!) => {
  const [layer] = digestPacket(kernel, hex(packet), RAW, key, undefined, profile).layers;
  return layer !== undefined && 'digest' in layer ? `${layer.digest} ${layer.entropy}` : `${layer?.reason}`;
};

describe('itctl digest', function () {
  this.timeout(240_000);
  let folder = '';
  let file = '';
  let secret = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'digest-'));
    file = join(folder, 'a.pcap');
    secret = join(folder, 'secret');
    const frames = PACKETS.map((packet, i) => ({ time: TIME + BigInt(i) * 1_000_000n, bytes: hex(packet) }));
    writeFileSync(file, writePcap(RAW, frames));
    writeFileSync(secret, SECRET);
  });
  after(() => rmSync(folder, { recursive: true }));

  it('prints a line for each packet and layer, and which are the same', async () => {
    const { status, lines, stderr } = await itctl(['digest', file, '--key', KEY]);
    const of = (packet: string) => digestOf(packet, hex(KEY));
    expect(lines).to.deep.equal([
      `1 0 strict ${of(IPV4)}`,
      `2 0 strict ${of(IPV4)} =1`,
      `3 0 strict ${of(IPV6)}`,
      `4 0 strict ${of(FIRST)} fragment`,
      `5 0 strict ${of(LAST)} fragment`,
      `6 0 strict ${of(ERROR)}`,
      '7 - - not-ip',
    ]);
    expect(stderr).to.contain('7 packets, 6 digests, 1 of them met before; without a digest 1 not-ip');
    expect(status).to.equal(0);
  });

  it('is a command of the program', () => {
    const { status, stdout } = spawnSync(process.execPath, [ITCTL, 'digest', '-', '-n', '1', '--key', KEY, '-j'], {
      ...{ input: readFileSync(file), encoding: 'utf8' },
      env: { ...process.env, INTERTRACK_SOCKET: '/nonexistent' },
    });
    expect(JSON.parse(stdout)).to.deep.include({ packet: 1, layer: 0, profile: 'strict' });
    expect(status).to.equal(0);
  });

  it('tells of one packet or some, in several profiles or all', async () => {
    const one = await itctl(['digest', '-n', '1', file, '--profile', 'all', `--key=${KEY}`]);
    expect(one.lines).to.deep.equal(
      PROFILES.map(profile => `1 0 ${profile.name} ${digestOf(IPV4, hex(KEY), profile)}`),
    );
    expect(one.lines[2]).to.equal('1 0 clamp not-syn');
    const some = await itctl([
      'digest',
      file,
      '-n',
      '2-3',
      '--profile',
      'nat,strict',
      '--profile=payload',
      '--key',
      KEY,
    ]);
    expect(some.lines.map(line => line.split(' ').slice(0, 3).join(' '))).to.deep.equal([
      '2 0 strict',
      '2 0 nat',
      '2 0 payload',
      '3 0 strict',
      '3 0 nat',
      '3 0 payload',
    ]);
    expect(some.lines[4]!.split(' ')[3], 'NAT64').to.equal(some.lines[1]!.split(' ')[3]);
    expect(await itctl(['digest', file, '-n', '8', '--key', KEY])).to.deep.include({ status: 1, lines: [''] });
  });

  it('tells what an ICMP error quotes', async () => {
    const { lines } = await itctl(['digest', file, '-n', '6', '--profile', 'quoted8', '--key', KEY]);
    const quoted = digestOf(IPV4, hex(KEY), PROFILES[4]);
    expect(lines).to.have.length(2);
    expect(lines[1]).to.match(new RegExp(`^6 0 quoted8 ${quoted.split(' ')[0]} \\w+ quoted$`));
  });

  it('puts fragments together', async () => {
    const { lines } = await itctl(['digest', file, '-n', '5', '--reassemble', '--key', KEY]);
    const whole = ipv4(17, `${UDP} a0a1a2a3`).replace('12344000', '56780000');
    expect(lines).to.deep.equal([
      `5 0 strict ${digestOf(LAST, hex(KEY))} fragment`,
      `5 0 strict ${digestOf(whole, hex(KEY))} reassembled=4,5`,
    ]);
  });

  it('takes the key of the hour from the secret, as itprobe -d does', async () => {
    const key = epochKey(Buffer.from(SECRET.trimEnd()), epochOf(Number(TIME / 1_000_000n)));
    const { lines } = await itctl(['digest', file, '--key-file', secret, '-n', '1']);
    expect(lines).to.deep.equal([`1 0 strict ${digestOf(IPV4, key)}`]);
    const without = await itctl(['digest', file, '-n', '1']);
    expect(without.lines).to.deep.equal([`1 0 strict ${digestOf(IPV4, new Uint8Array(16))}`]);
    expect(without.stderr).to.contain('all zeroes');
    expect((await itctl(['digest', file, '-n', '1', '--profile', 'packter-md5'])).stderr).to.not.contain('all zeroes');
  });

  it('prints JSON with names that stay', async () => {
    const { lines } = await itctl(['-j', 'digest', file, '--key', KEY, '--reassemble']);
    const [digest, entropy] = digestOf(IPV4, hex(KEY)).split(' ');
    const time = Number(TIME / 1_000_000n);
    expect(JSON.parse(lines[1]!)).to.deep.equal({
      ...{ packet: 2, time: time + 1, layer: 0, profile: 'strict', digest, entropy },
      sameAs: 1,
    });
    expect(JSON.parse(lines[3]!)).to.deep.include({ packet: 4, fragment: true });
    expect(JSON.parse(lines[5]!)).to.deep.include({ packet: 5, layer: 0, reassembled: [4, 5] });
    expect(JSON.parse(lines[7]!)).to.deep.equal({
      ...{ packet: 7, time: time + 6, layer: null, profile: null, reason: 'not-ip' },
    });
  });

  it('reads standard input, and packed files', async () => {
    const octets = writePcap(RAW, [{ time: TIME, bytes: hex(IPV4) }]);
    const expected = [`1 0 strict ${digestOf(IPV4, hex(KEY))}`];
    for (const input of [octets, gzipSync(octets)])
      expect(await itctl(['digest', '-', '--key', KEY], input)).to.deep.include({ status: 0, lines: expected });
    const cut = await itctl(['digest', '-', '--key', KEY], octets.subarray(0, -1));
    expect(cut.status).to.equal(1);
    expect(cut.stderr).to.contain('standard input: after record 0, at octet 24: the file ends inside a record');
  });

  it('says what is wrong with its words', async () => {
    for (const [words, said] of [
      [[], 'a file is missing'],
      [['a', 'b'], 'unexpected "b"'],
      [['a', '--profile', 'loose'], '"loose" is no profile: strict, nat,'],
      [['a', '--profile'], '--profile needs a value'],
      [['a', '-n', '0'], '-n 0 is no number'],
      [['a', '-n', '5-3'], '-n 5-3 is no number'],
      [['a', '--key', 'abcd'], '32 hexadecimal digits'],
      [['a', '--key', KEY, '--key-file', 'b'], 'exclude each other'],
      [['a', '--keys', KEY], 'unknown option --keys'],
    ] as const) {
      const { status, stderr } = await itctl(['digest', ...words]);
      expect(stderr).to.contain(said);
      expect(stderr).to.contain('usage: itctl digest FILE');
      expect(status).to.equal(2);
    }
    const absent = await itctl(['digest', join(folder, 'no'), '--key', KEY]);
    expect(absent.stderr).to.equal(`itctl: ${join(folder, 'no')}: no such file or directory\n`);
    expect(absent.status).to.equal(1);
    writeFileSync(join(folder, 'short'), 'short');
    const short = await itctl(['digest', file, '--key-file', join(folder, 'short')]);
    expect(short.stderr).to.contain('a secret has at least 16 octets');
    expect(short.status).to.equal(1);
  });
});
