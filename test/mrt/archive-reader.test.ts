import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Archive, openArchive } from '../../src/mrt/archive.ts';
import { decodeIndex, INDEX, prefixKey } from '../../src/mrt/archive-index.ts';
import { inventory } from '../../src/mrt/archive-inventory.ts';
import type { Compression } from '../../src/mrt/archive-name.ts';
import { type ArchiveQuestion, askArchive } from '../../src/mrt/archive-reader.ts';
import type { ArchivedPeer } from '../../src/mrt/bgp4mp.ts';
import { parseAddress } from '../../src/net/address.ts';
import { parsePrefix } from '../../src/net/prefix.ts';
import { attribute, hex } from '../bgp/octets.ts';
import { nextHop, nlri, ORIGIN_IGP, path, ribRecord, update } from './octets.ts';

const NOON = Date.UTC(2026, 2, 1, 12, 0);
const MINUTE = 60_000;
const peerOf = (last: number, as: number): ArchivedPeer => ({
  address: parseAddress(`192.0.2.${last}`)!,
  as,
  localAddress: parseAddress('192.0.2.9')!,
  localAs: 64500,
  as4: true,
  addPath: false,
});
const [A, B] = [peerOf(1, 64496), peerOf(2, 64497)];
const attributes = (...asns: number[]) => ORIGIN_IGP + path(asns) + nextHop('192.0.2.1');
const silent = { closed() {}, alarm: (text: string) => expect.fail(text), note() {}, ribDue() {} };

describe('mrt/archive-reader', () => {
  let directory = '';
  let archive: Archive;
  let now = NOON;

  const clock = { now: () => now, after: () => () => {} };
  const open = (compress: Compression) =>
    openArchive({ directory, updates: 5 * MINUTE, rib: 0, retain: 0, compress }, clock, silent);
  const announce = (peer: ArchivedPeer, minute: number, prefix: string, ...asns: number[]) =>
    archive.message(peer, (NOON + minute * MINUTE) * 1000, hex(update('', attributes(...asns), nlri(prefix))));
  const withdraw = (peer: ArchivedPeer, minute: number, prefix: string) =>
    archive.message(peer, (NOON + minute * MINUTE) * 1000, hex(update(nlri(prefix), '', '')));
  const state = (peer: ArchivedPeer, minute: number, from: number, to: number) =>
    archive.state(peer, (NOON + minute * MINUTE) * 1000, from, to);
  const ask = (question: ArchiveQuestion) => askArchive(directory, question);
  const at = async (prefix: string, minute: number, scope: 'match' | 'exact' | 'longer' | 'shorter' = 'match') =>
    (await ask({ about: 'at', prefix, scope, time: NOON + minute * MINUTE })).routes.map(
      row => `${row.prefix} ${row.peerAs}: ${row.path.join(' ')}`,
    );
  const history = async (prefix: string, from: number, to: number) =>
    (await ask({ about: 'history', prefix, from: NOON + from * MINUTE, to: NOON + to * MINUTE })).events.map(
      ({ time, what, peerAs, prefix: of, route }) =>
        `${(time - NOON) / MINUTE} ${peerAs} ${what} ${of}${route === null ? '' : ` ${route.path.join(' ')}`}`,
    );

  /** Four windows: a table at 12:01 with what stood then, and what came before and after. */
  async function tell(compress: Compression): Promise<void> {
    archive = await open(compress);
    state(A, 0, 1, 6);
    state(B, 0, 1, 6);
    announce(A, 0, '10.0.0.0/8', 64496, 1);
    announce(B, 0.5, '10.0.0.0/8', 64497, 1);
    const time = NOON + MINUTE;
    const routes = [A, B].map((peer, peerIndex) => ({
      peerIndex,
      originated: time / 1000,
      attributes: hex(attributes(peer.as, 1)),
    }));
    const peers = [A, B].map(({ address, as }) => ({ id: hex('01010101'), address, as }));
    const table = { collector: hex('c0000209'), view: '', peers };
    await archive.rib(time, table, [ribRecord(time / 1000, parsePrefix('10.0.0.0/8')!, false, routes)]);
    for (let i = 0; i < 3000; i++) announce(A, 2, `172.16.${i % 250}.0/24`, 64496, 7, 1 + (i % 9));
    announce(B, 3, '10.1.0.0/16', 64497, 2);
    announce(A, 6, '10.0.0.0/8', 64496, 3, 1);
    state(B, 7, 6, 1);
    withdraw(A, 11, '10.0.0.0/8');
    state(B, 12, 5, 6);
    announce(B, 12, '10.0.0.0/8', 64497, 4);
    now = NOON + 20 * MINUTE;
    await archive.close();
  }

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'archive-'));
    now = NOON;
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  /** What is answered, whether by an index or without. */
  async function story(): Promise<void> {
    expect(await at('10.1.2.3', 1.5)).to.deep.equal(['10.0.0.0/8 64496: 64496 1', '10.0.0.0/8 64497: 64497 1']);
    expect(await at('10.1.2.3', 4)).to.deep.equal(['10.1.0.0/16 64497: 64497 2']);
    expect(await at('10.1.2.3', 4, 'shorter')).to.deep.equal([
      '10.0.0.0/8 64496: 64496 1',
      '10.0.0.0/8 64497: 64497 1',
      '10.1.0.0/16 64497: 64497 2',
    ]);
    expect(await at('10.0.0.0/8', 4, 'longer')).to.deep.equal([
      '10.0.0.0/8 64496: 64496 1',
      '10.0.0.0/8 64497: 64497 1',
      '10.1.0.0/16 64497: 64497 2',
    ]);
    expect(await at('10.0.0.0/15', 4, 'longer')).to.deep.equal(['10.1.0.0/16 64497: 64497 2']);
    expect(await at('10.0.0.0/15', 8, 'longer')).to.deep.equal([]);
    expect(await at('172.16.0.0/12', 4, 'longer')).to.have.length(250);
    expect(await at('10.0.0.0/8', 8)).to.deep.equal(['10.0.0.0/8 64496: 64496 3 1']);
    expect(await at('10.1.2.3', 11.5)).to.deep.equal([]);
    expect(await at('10.1.2.3', 13, 'exact')).to.deep.equal([]);
    expect(await at('10.0.0.0/8', 13, 'exact')).to.deep.equal(['10.0.0.0/8 64497: 64497 4']);
    expect(await history('10.0.0.0/8', 2, 15)).to.deep.equal([
      '6 64496 announce 10.0.0.0/8 64496 3 1',
      '7 64497 down 10.0.0.0/8',
      '11 64496 withdraw 10.0.0.0/8',
      '12 64497 up 10.0.0.0/8',
      '12 64497 announce 10.0.0.0/8 64497 4',
    ]);
    expect(await history('10.1.255.0/24', 2, 15)).to.deep.equal([
      '3 64497 announce 10.1.0.0/16 64497 2',
      '7 64497 down 10.1.0.0/16',
      '12 64497 up 10.1.0.0/16',
    ]);
  }

  for (const compress of ['gzip', 'zstd', 'none'] as const)
    it(`answers by the index, and the same without or with a damaged one (${compress})`, async () => {
      await tell(compress);
      await story();
      const question = { about: 'at', prefix: '10.0.0.0/8', scope: 'match', time: NOON + 13 * MINUTE } as const;
      expect(await ask(question)).to.include({ indexed: 4, scanned: 0 });
      const indexes = (await inventory(directory)).map(({ path: file }) => `${file}${INDEX}`);
      expect(indexes).to.have.length(4);
      const [first, second, third] = indexes as [string, string, string];
      rmSync(first);
      writeFileSync(second, readFileSync(second).subarray(0, 40));
      const damaged = readFileSync(third);
      damaged[damaged.length - 1]! ^= 1;
      writeFileSync(third, damaged);
      expect(await ask(question)).to.include({ indexed: 1, scanned: 3 });
      await story();
      // The next program makes those that are not there.
      archive = await open(compress);
      while (!existsSync(first)) await new Promise(resolve => setTimeout(resolve, 5));
      await archive.close();
      expect(decodeIndex(readFileSync(first), readFileSync(first.slice(0, -INDEX.length)).length)).not.to.equal(null);
      await story();
    });

  it('reads the file that is open, and says what it does not know', async () => {
    archive = await open('gzip');
    now = NOON + MINUTE;
    announce(A, 0.5, '10.0.0.0/8', 64496, 1);
    await archive.sync();
    expect(readdirSync(join(directory, '2026.03'))).to.deep.equal(['updates.20260301.1200.gz.part']);
    appendFileSync(
      join(directory, 'gaps'),
      `${new Date(NOON).toISOString()} ${new Date(NOON + 10).toISOString()} no archive was open\n`,
    );
    const question = { about: 'at', prefix: '10.0.0.0/8', scope: 'match', time: NOON + MINUTE } as const;
    const { routes, remarks } = await ask(question);
    expect(routes.map(row => row.nextHop)).to.deep.equal(['192.0.2.1']);
    expect(remarks).to.deep.equal([
      'no table was written before 2026-03-01 12:01:00Z: what was announced before 2026-03-01 12:00:00Z is not known',
      'no records from 2026-03-01 12:00:00Z to 2026-03-01 12:00:00Z: no archive was open',
    ]);
    const early = await ask({ ...question, time: NOON - MINUTE }).catch((error: Error) => error.message);
    expect(early).to.equal('the archive has nothing of 2026-03-01 11:59:00Z or before');
    await archive.close();
  });

  it('holds of malformed UPDATEs what the session held (RFC 7606), and says why a route went', async () => {
    archive = await open('none');
    const message = (minute: number, list: string, routes: string) =>
      archive.message(A, (NOON + minute * MINUTE) * 1000, hex(update('', list, routes)));
    announce(A, 0, '10.0.0.0/8', 64496, 1);
    message(1, attributes(64496, 2) + attribute(0xc0, 8, '00'), nlri('10.0.0.0/8'));
    message(2, attributes(64496, 3) + attribute(0xc0, 7, '0000'), nlri('10.0.0.0/8'));
    message(3, attributes(64496, 4), nlri('10.0.0.0/8') + nlri('224.0.0.0/4'));
    message(4, attributes(64496, 5) + attribute(0x40, 99, ''), nlri('10.0.0.0/8'));
    // As routers show routes of their own to a BMP station.
    message(5, ORIGIN_IGP + path([64496, 6]), nlri('10.0.0.0/8'));
    now = NOON + 20 * MINUTE;
    await archive.close();
    expect(await at('10.0.0.0/8', 1.5)).to.deep.equal([]);
    expect(await at('224.0.0.0/4', 3.5)).to.deep.equal([]);
    expect(await at('10.0.0.0/8', 4.5)).to.deep.equal(['10.0.0.0/8 64496: 64496 4']);
    const question = { about: 'history', prefix: '10.0.0.0/8', from: NOON, to: NOON + 10 * MINUTE } as const;
    const { events } = await ask(question);
    expect(events.map(({ what, route, why }) => `${what} ${route?.path.join(' ') ?? why}`)).to.deep.equal([
      'announce 64496 1',
      'withdraw COMMUNITIES: length 1, must be a non-zero multiple of 4 (RFC 7606 7.8)',
      'announce 64496 3',
      'announce 64496 4',
      'announce 64496 6',
    ]);
  });

  it('gives prefixes that differ behind their length one key', () => {
    expect(prefixKey(1, hex('0a0100'), 0, 15)).to.equal(prefixKey(1, hex('0a0000'), 0, 15));
    expect(prefixKey(1, hex('0a0100'), 0, 16)).not.to.equal(prefixKey(1, hex('0a0000'), 0, 16));
    expect(prefixKey(1, hex('0a'), 0, 8)).not.to.equal(prefixKey(2, hex('0a'), 0, 8));
  });
});
