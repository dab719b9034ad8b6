import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { RpkiCacheConfig, RpkiConfig } from '../../../src/config/tree.ts';
import { formatPrefix } from '../../../src/net/prefix.ts';
import { formatVrp } from '../../../src/registry/rpki/payloads.ts';
import { openRpki, type Rpki, type RpkiChange } from '../../../src/registry/rpki/rpki.ts';
import { type RtrPdu, writePdu } from '../../../src/registry/rpki/rtr-pdu.ts';
import type { SourceSize } from '../../../src/registry/source-size.ts';
import { hex } from '../../bgp/octets.ts';
import { until } from '../../interop/bgp-peers.ts';
import { aspa, response, type ScriptedCache, scriptedCache, soundCache, vrp } from './scripted-cache.ts';

const range = (from: number, to: number): RtrPdu[] => Array.from({ length: to - from }, (_, i) => vrp(from + i));
const text = (i: number, asn = 64496) => `10.${i >> 8}.${i & 255}.0/24-24 AS${asn}`;

describe('the RPKI', () => {
  const directory = mkdtempSync(join(tmpdir(), 'intertrack-rpki-'));
  after(() => rmSync(directory, { recursive: true }));
  const put = (name: string, content: string): string => {
    writeFileSync(join(directory, name), content);
    return join(directory, name);
  };

  let rpki: Rpki;
  let changes: RpkiChange[];
  let said: string[];
  let later: number;
  let sizes: SourceSize[];
  let earlier: SourceSize[] = [];
  const caches: ScriptedCache[] = [];

  beforeEach(() => {
    changes = [];
    said = [];
    later = 0;
    sizes = [];
    open();
  });
  const open = () => {
    rpki = openRpki(
      {
        onChange: change => {
          changes.push(change);
        },
        onTrouble: (_source, why) => {
          said.push(why);
        },
        onNews: (_source, what) => {
          said.push(what);
        },
        onWhole: size => {
          sizes.push(size);
        },
      },
      { earlier, clock: () => performance.now() + later },
    );
  };
  afterEach(async () => {
    rpki.close();
    await Promise.all(caches.splice(0).map(cache => cache.stop()));
  });

  const kept = async (made: Promise<ScriptedCache>): Promise<ScriptedCache> => {
    const cache = await made;
    caches.push(cache);
    return cache;
  };
  const at = ({ port }: { port: number }): RpkiCacheConfig => ({ host: '127.0.0.1', port });
  const configure = (from: readonly RpkiCacheConfig[], more: Partial<RpkiConfig> = {}) =>
    rpki.reload([{ name: 'v', caches: from, version: 2, ...more }]);
  const vrps = (): string[] => {
    const found: string[] = [];
    rpki.view().vrps.forEach((...one) => {
      found.push(formatVrp(...one));
    });
    return found.sort();
  };
  const have = (count: number) => until(`${count} VRPs`, () => rpki.view().vrps.count === count);
  const says = (pattern: RegExp) => until(`${pattern}: ${said.join(' | ')}`, () => said.some(one => pattern.test(one)));
  const lastTouched = (): string[] => {
    const last = changes.at(-1)!;
    return last.whole ? ['whole'] : last.touched.map(formatPrefix);
  };
  const cacheStatus = (i = 0) => rpki.status()[0]!.caches[i]!;
  const inUse = () => rpki.status()[0]!.inUse;

  describe('from a cache', () => {
    it('is in force as one change at End of Data, and not before', async () => {
      const cache = await kept(
        scriptedCache((_pdu, connection) => connection.send(...response(1, 1, range(0, 3)).slice(0, -1))),
      );
      configure([at(cache)]);
      await until('the response', () => cacheStatus().state === 'receiving');
      expect(rpki.lacks()).to.equal(true);
      expect([vrps(), changes]).to.deep.equal([[], []]);
      cache.connections[0]!.send(response(1, 1, []).at(-1)!);
      await have(3);
      expect(changes).to.deep.equal([{ whole: true }]);
      expect(rpki.lacks()).to.equal(false);
      expect(rpki.settled()).to.equal(true);
      expect(cacheStatus()).to.include({
        state: 'synchronised',
        version: 2,
        session: 1,
        serial: 1,
        vrps: 3,
        updates: 1,
      });
    });

    it('goes on by serial, and tells which prefixes are others', async () => {
      const state = { session: 7, serial: 1, payload: [...range(0, 3), aspa(64500, 64496)], next: [] as RtrPdu[] };
      const cache = await kept(soundCache(state));
      configure([at(cache)]);
      await have(3);
      expect([...rpki.view().aspas]).to.deep.equal([[64500, [64496]]]);
      const { vrps: table } = rpki.view();
      state.serial = 2;
      state.next = [vrp(1, 64497), vrp(1, 64496, false), vrp(9), aspa(64500, 64499, 64498), aspa(64501, 1)];
      cache.connections[0]!.send({ version: 2, type: 'serial-notify', session: 7, serial: 2 });
      await have(4);
      expect(vrps()).to.deep.equal([text(0), text(1, 64497), text(2), text(9)]);
      expect(lastTouched()).to.have.members(['10.0.1.0/24', '10.0.9.0/24']);
      expect(rpki.view().vrps, 'the table that was compiled').to.equal(table);
      expect([...rpki.view().aspas]).to.deep.equal([
        [64500, [64498, 64499]],
        [64501, [1]],
      ]);
      expect(cache.heard.at(-1)).to.include({ type: 'serial-query', session: 7, serial: 1 });
      state.serial = 3;
      state.next = [aspa(64500)];
      cache.connections[0]!.send({ version: 2, type: 'serial-notify', session: 7, serial: 3 });
      await until('no ASPA', () => !rpki.view().aspas.has(64500));
    });

    it('is what it was when a response breaks off, and goes on from there', async () => {
      const state = { session: 7, serial: 1, payload: [...range(0, 3), aspa(1, 2)], next: [] as RtrPdu[] };
      let breaks = true;
      const cache = await kept(
        scriptedCache((pdu, connection) => {
          if (pdu.type === 'reset-query') connection.send(...response(7, 1, state.payload));
          else if (breaks) {
            breaks = false;
            connection.send(...response(7, 2, [vrp(0, 64496, false), vrp(5), aspa(1), aspa(3, 4)]).slice(0, -1));
            connection.end();
          } else connection.send(...response(7, 2, [vrp(2, 64496, false)]));
        }),
      );
      configure([at(cache)]);
      await have(3);
      cache.connections[0]!.send({ version: 2, type: 'serial-notify', session: 7, serial: 2 });
      await have(2);
      expect(vrps()).to.deep.equal([text(0), text(1)]);
      expect([...rpki.view().aspas]).to.deep.equal([[1, [2]]]);
      expect(cache.heard.map(({ type }) => type)).to.deep.equal(['reset-query', 'serial-query', 'serial-query']);
    });

    it('stays when the cache starts another session, and only the difference counts', async () => {
      const state = { session: 7, serial: 1, payload: range(0, 5) };
      const cache = await kept(soundCache(state));
      configure([at(cache)]);
      await have(5);
      state.session = 8;
      state.payload = [...range(0, 4), vrp(9)];
      await cache.stop();
      await kept(soundCache(state, cache.port));
      await until('the other session', () => cacheStatus().session === 8);
      await until('its VRPs', () => vrps().includes(text(9)));
      expect(vrps()).to.deep.equal([...[0, 1, 2, 3, 9].map(i => text(i))]);
      expect(lastTouched()).to.have.members(['10.0.4.0/24', '10.0.9.0/24']);
    });

    it('speaks version 0 with a cache that knows no other', async () => {
      const cache = await kept(
        scriptedCache((pdu, connection) => {
          if (pdu.version === 0) connection.send(...response(1, 1, [vrp(0, 1, true, 0)], 0));
          else connection.send({ version: 0, type: 'error-report', code: 4, enclosed: writePdu(pdu), text: 'no' });
        }),
      );
      configure([at(cache)]);
      await have(1);
      expect(cacheStatus().version).to.equal(0);
    });

    it('tells that ASPAs are gone with version 2', async () => {
      let old = false;
      const cache = await kept(
        scriptedCache((pdu, connection) => {
          if (pdu.type === 'error-report') return;
          if (old) connection.send(...response(8, 1, [vrp(0, 1, true, 1)], 1));
          else connection.send(...response(7, 1, [vrp(0, 1), aspa(1, 2), aspa(3, 4)]));
        }),
      );
      configure([at(cache)]);
      await until('ASPAs', () => rpki.view().aspas.size === 2);
      old = true;
      cache.connections[0]!.end();
      await says(/it speaks version 1 now, without ASPAs: 2 are given up/);
      await until('no ASPA', () => rpki.view().aspas.size === 0);
      expect(vrps()).to.have.length(1);
    });

    it('skips router keys, and counts them', async () => {
      const key: RtrPdu = {
        ...{ version: 2, type: 'router-key', announce: true, ski: new Uint8Array(20), asn: 1 },
        key: new Uint8Array(91),
      };
      const cache = await kept(soundCache({ session: 1, serial: 1, payload: [key, vrp(0), key] }));
      configure([at(cache)]);
      await have(1);
      expect(cacheStatus().routerKeys).to.equal(2);
    });
  });

  describe('from a hostile cache', () => {
    /** What it does once three VRPs are in force, the error that it is told, and what it is asked on the next connection. */
    const ATTACKS: readonly [
      string,
      (send: { pdu(...p: RtrPdu[]): void; octets(o: Uint8Array): void }) => void,
      number,
    ][] = [
      ['withdraws what it never announced', ({ pdu }) => pdu(...response(7, 2, [vrp(50, 1, false)])), 6],
      ['announces twice', ({ pdu }) => pdu(...response(7, 2, [vrp(50), vrp(50)])), 7],
      ['withdraws an ASPA that is not there', ({ pdu }) => pdu(...response(7, 2, [aspa(5)])), 6],
      ['answers in another version', ({ pdu }) => pdu(...response(7, 2, [], 1)), 8],
      ['sends payload of another version', ({ pdu }) => pdu(...response(7, 2, [vrp(50, 1, true, 1)])), 8],
      ['sends version 9', ({ octets }) => octets(hex('09 03 0007 00000008')), 4],
      ['sends an unknown type', ({ octets }) => octets(hex('02 63 0007 00000008')), 5],
      ['claims 2 GB', ({ octets }) => octets(hex('02 04 0000 80000000 01181800')), 0],
      ['sends noise', ({ octets }) => octets(new TextEncoder().encode('HTTP/1.1 400 Bad Request\r\n\r\n')), 4],
      ['changes the session', ({ pdu }) => pdu(...response(9, 2, [])), 0],
      ['ends another session', ({ pdu }) => pdu(response(7, 1, [])[0]!, response(9, 2, [])[1]!), 0],
      ['sends what only routers send', ({ pdu }) => pdu({ version: 2, type: 'reset-query' }), 0],
      [
        'sends a prefix that is none',
        ({ octets }) => octets(hex('02 04 0000 00000014 01 20 18 00 0a000000 00000001')),
        0,
      ],
    ];
    for (const [what, attack, code] of ATTACKS)
      it(`that ${what}: it is told so, the data stays, and all is asked anew`, async () => {
        let attacks = true;
        const cache = await kept(
          scriptedCache((pdu, connection) => {
            if (pdu.type === 'reset-query') connection.send(...response(7, 1, range(0, 3)));
            if (pdu.type !== 'serial-query' || !attacks) return;
            attacks = false;
            attack({ pdu: connection.send, octets: connection.write });
          }),
        );
        configure([at(cache)]);
        await have(3);
        cache.connections[0]!.send({ version: 2, type: 'serial-notify', session: 7, serial: 2 });
        await until('a new Reset Query', () => cache.heard.filter(({ type }) => type === 'reset-query').length === 2);
        await until('its answer', () => cacheStatus().state === 'synchronised');
        expect(cache.heard.find(({ type }) => type === 'error-report')).to.include({ code });
        expect(vrps()).to.deep.equal([0, 1, 2].map(i => text(i)));
        expect(changes.filter(change => change.whole)).to.have.length(1);
        expect(cacheStatus().faults).to.be.at.least(code === 8 || code === 0 ? 0 : 1);
      });

    it('that answers every query by a Cache Reset is not asked without end', async () => {
      const cache = await kept(
        scriptedCache((pdu, connection) => {
          if (pdu.type !== 'error-report') connection.send({ version: 2, type: 'cache-reset' });
        }),
      );
      configure([at(cache)]);
      await says(/Cache Reset in answer to a Reset Query/);
      await until('a report', () => cache.heard.some(({ type }) => type === 'error-report'));
      expect(cache.heard.map(({ type }) => type)).to.deep.equal(['reset-query', 'error-report']);
    });

    for (const [what, octets] of [
      ['an Error Report whose lengths lie', '02 0a 0001 00000014 000000ff 00000000 41424344'],
      ['an Error Report that claims 2 GB', '02 0a 0001 80000000 00000000 00000000'],
      ['an Error Report that is cut short', '02 0a 0001 0000000c 00000000'],
    ] as const)
      it(`that sends ${what} is left without a report, and tried again`, async () => {
        let attacks = true;
        const cache = await kept(
          scriptedCache((pdu, connection) => {
            if (attacks) connection.write(hex(octets));
            else if (pdu.type === 'reset-query') connection.send(...response(7, 1, range(0, 3)));
            attacks = false;
          }),
        );
        configure([at(cache)]);
        await have(3);
        expect(cache.heard.map(({ type }) => type)).to.deep.equal(['reset-query', 'reset-query']);
      });

    it('that sends octet by octet is understood', async () => {
      const octets = Buffer.concat(response(7, 1, range(0, 3)).map(writePdu));
      const cache = await kept(
        scriptedCache((_pdu, connection) => {
          let i = 0;
          const drip = () => {
            if (i < octets.length) connection.write(octets.subarray(i, ++i));
            if (i < octets.length) setImmediate(drip);
          };
          drip();
        }),
      );
      configure([at(cache)]);
      await have(3);
    });

    it('that floods with Serial Notifies is asked a few times', async () => {
      const cache = await kept(soundCache({ session: 7, serial: 1, payload: range(0, 3) }));
      configure([at(cache)]);
      await have(3);
      for (let i = 0; i < 20_000; i++)
        cache.connections[0]!.send({ version: 2, type: 'serial-notify', session: 7, serial: i + 2 });
      await until('a query', () => cache.heard.some(({ type }) => type === 'serial-query'));
      await until('its answer', () => cacheStatus().state === 'synchronised');
      expect(cache.heard.filter(({ type }) => type === 'serial-query').length).to.be.below(20);
      expect(vrps()).to.have.length(3);
    });

    it('that works and fails by turns is told of once in a while', async () => {
      const cache = await kept(
        scriptedCache((pdu, connection) => {
          if (pdu.type === 'reset-query') connection.send(...response(7, 1, range(0, 3)));
          if (pdu.type === 'serial-query') connection.send(...response(7, 2, [vrp(1)]));
          if (pdu.type !== 'error-report')
            connection.send({ version: 2, type: 'serial-notify', session: 7, serial: 2 });
        }),
      );
      configure([at(cache)]);
      await until('three failures', () => cacheStatus().faults >= 3);
      expect(said.filter(one => /Duplicate Announcement/.test(one))).to.have.length(1);
      later += 61_000;
      await until('it is told again', () => said.filter(one => /Duplicate Announcement/.test(one)).length === 2);
    });

    it('that says nothing is left for the next one', async () => {
      const silent = await kept(scriptedCache(() => {}));
      const sound = await kept(soundCache({ session: 7, serial: 1, payload: range(0, 3) }));
      configure([at(silent), at(sound)]);
      await until('the query', () => silent.heard.length === 1);
      later += 6000;
      await have(3);
      expect(inUse()).to.equal(`tcp 127.0.0.1:${sound.port}`);
    });
  });

  describe('from several caches', () => {
    it('comes of the first that works, and again of the best when that is back', async () => {
      const state = { session: 7, serial: 1, payload: range(0, 5), next: [] as RtrPdu[] };
      const first = await kept(soundCache(state));
      const second = await kept(soundCache({ session: 9, serial: 4, payload: [...range(0, 4), vrp(8)] }));
      configure([at(first), at(second)]);
      await have(5);
      expect(second.heard).to.deep.equal([]);
      await first.stop();
      await until('the second', () => inUse() === `tcp 127.0.0.1:${second.port}`);
      await until('its VRPs', () => vrps().includes(text(8)));
      expect(lastTouched()).to.have.members(['10.0.4.0/24', '10.0.8.0/24']);
      state.serial = 2;
      state.next = [vrp(6)];
      await kept(soundCache(state, first.port));
      await until('the first again', () => inUse() === `tcp 127.0.0.1:${first.port}`);
      await until('its VRPs', () => vrps().includes(text(6)));
      await until('the second is let go', () => cacheStatus(1).state === 'off');
      expect(vrps()).to.deep.equal([0, 1, 2, 3, 4, 6].map(i => text(i)));
      expect(changes.filter(change => change.whole)).to.have.length(1);
      expect(rpki.view().vrps.count).to.equal(6);
    });

    it('falls back to a file, the last of all', async () => {
      const file = put('fallback.json', '{"roas": [{"asn": 64496, "prefix": "10.0.0.0/24"}]}');
      const cache = await kept(scriptedCache((_pdu, connection) => connection.end()));
      configure([at(cache), { file }]);
      await have(1);
      expect(inUse()).to.equal(file);
      expect(rpki.status()[0]!.problems.join()).to.match(/the cache closed the connection/);
    });

    it('is the union of all blocks', async () => {
      const one = await kept(soundCache({ session: 1, serial: 1, payload: [...range(0, 3), aspa(1, 2)] }));
      const state = { session: 2, serial: 1, payload: [...range(2, 4), aspa(1, 3)], next: [] as RtrPdu[] };
      const two = await kept(soundCache(state));
      const a: RpkiConfig = { name: 'a', caches: [at(one)], version: 2 };
      const b: RpkiConfig = { name: 'b', caches: [at(two)], version: 2 };
      rpki.reload([a, b]);
      await have(4);
      await until('both providers', () => rpki.view().aspas.get(1)?.length === 2);
      state.serial = 2;
      state.next = [vrp(2, 64496, false), vrp(3, 64496, false)];
      two.connections[0]!.send({ version: 2, type: 'serial-notify', session: 2, serial: 2 });
      await have(3);
      expect(vrps()).to.deep.equal([0, 1, 2].map(i => text(i)));
      rpki.reload([b]);
      await have(0);
      rpki.reload([]);
      expect(rpki.lacks()).to.equal(false);
    });
  });

  describe('when time goes by', () => {
    it('is called stale after two hours, and is given up loudly when it expires', async () => {
      const cache = await kept(soundCache({ session: 7, serial: 1, payload: range(0, 3) }));
      configure([at(cache)], { expire: 3 * 3_600_000 });
      await have(3);
      await cache.stop();
      later += 2.5 * 3_600_000;
      await says(/stale, not refreshed for more than 2 hours; it stays in use/);
      expect(rpki.status()[0]).to.include({ stale: true });
      expect(vrps()).to.have.length(3);
      later += 3_600_000;
      await says(/its data has expired and no other cache has any: 3 VRPs are given up/);
      await have(0);
      expect(changes.at(-1)).to.deep.equal({ whole: true });
      expect(rpki.lacks()).to.equal(true);
    });

    it('is doubted when it has shrunk: what is missing stays until the smaller set has stood', async () => {
      const state = { session: 7, serial: 1, payload: range(0, 2000), next: [] as RtrPdu[] };
      const cache = await kept(soundCache(state));
      configure([at(cache)]);
      await have(2000);
      state.serial = 2;
      state.next = [...range(0, 300).map(one => ({ ...one, announce: false }) as RtrPdu), vrp(5000)];
      cache.connections[0]!.send({ version: 2, type: 'serial-notify', session: 7, serial: 2 });
      await says(
        /1701 VRPs where there were 2000: what is missing is not taken for gone until it has stood for 120 minutes/,
      );
      await have(2001);
      expect(rpki.lacks()).to.equal(true);
      state.serial = 3;
      state.next = [vrp(5000, 64496, false)];
      cache.connections[0]!.send({ version: 2, type: 'serial-notify', session: 7, serial: 3 });
      await until('serial 3', () => cacheStatus().serial === 3);
      expect(rpki.view().vrps.count).to.equal(2001);
      later += 7_100_000;
      state.serial = 4;
      state.next = [];
      cache.connections[0]!.send({ version: 2, type: 'serial-notify', session: 7, serial: 4 });
      await until('serial 4', () => cacheStatus().serial === 4);
      expect(rpki.view().vrps.count).to.equal(2001);
      later += 200_000;
      await have(1700);
      expect(rpki.lacks()).to.equal(false);
    });

    it('is believed again when a cache that served half of it has the rest', async () => {
      const state = { session: 7, serial: 1, payload: range(0, 2000), next: [] as RtrPdu[] };
      const cache = await kept(soundCache(state));
      configure([at(cache)]);
      await have(2000);
      state.session = 8;
      state.payload = range(0, 1000);
      await cache.stop();
      const restarted = await kept(soundCache(state, cache.port));
      await says(/1000 VRPs where there were 2000/);
      expect(rpki.view().vrps.count).to.equal(2000);
      state.serial = 2;
      state.next = range(1000, 1990);
      restarted.connections[0]!.send({ version: 2, type: 'serial-notify', session: 8, serial: 2 });
      await have(1990);
      expect(rpki.lacks()).to.equal(false);
      expect(changes.filter(change => change.whole)).to.have.length(1);
    });

    it('is held against what the last run had of the same caches', async () => {
      const state = { session: 7, serial: 1, payload: range(0, 2000) };
      const cache = await kept(soundCache(state));
      configure([at(cache)]);
      await have(2000);
      expect(sizes).to.deep.equal([{ name: 'rpki v', file: `tcp 127.0.0.1:${cache.port}`, objects: 2000 }]);
      rpki.close();
      earlier = sizes;
      state.payload = range(0, 1000);
      open();
      configure([at(cache)]);
      await have(1000);
      await says(/1000 VRPs where there were 2000/);
      expect(rpki.lacks()).to.equal(true);
      rpki.close();
      said = [];
      const another = await kept(soundCache(state));
      open();
      earlier = [];
      configure([at(another)]);
      await have(1000);
      expect(rpki.lacks()).to.equal(false);
    });

    it('stays when the configuration of its block changes', async () => {
      const cache = await kept(soundCache({ session: 7, serial: 1, payload: range(0, 3) }));
      const silent = await kept(scriptedCache(() => {}));
      configure([at(cache)]);
      await have(3);
      configure([at(silent)]);
      await until('the query', () => silent.heard.length === 1);
      expect(vrps()).to.have.length(3);
      configure([at(cache)], { refresh: 60_000 });
      await until('it is back', () => cacheStatus().state === 'synchronised');
      expect(cacheStatus().refresh).to.equal(60_000);
      expect(changes.filter(change => change.whole)).to.have.length(1);
    });
  });

  describe('from a file', () => {
    const json = (numbers: readonly number[], more = ''): string =>
      `{"roas": [${numbers.map(i => `{"asn": 64496, "prefix": "10.${i >> 8}.${i & 255}.0/24", "ta": "t${i % 2}"}`).join()}]${more}}`;
    const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

    it('is read anew when it has changed', async () => {
      const file = put('one.json', json([1, 2]));
      configure([{ file }], { refresh: 50 });
      await have(2);
      put('one.json', json([2, 3, 4]));
      await have(3);
      expect(lastTouched()).to.have.members(['10.0.1.0/24', '10.0.3.0/24', '10.0.4.0/24']);
      expect(cacheStatus()).to.include({ state: 'loaded', kind: 'file', updates: 2, vrps: 3 });
    });

    for (const [what, content, why] of [
      ['is cut short', json([1, 2, 3]).slice(0, 60), /no JSON/],
      ['has shrunk to nothing', '', /no JSON/],
      ['is another file', '{"vrps": []}', /no `roas`/],
    ] as const)
      it(`stays when the file ${what}`, async () => {
        const file = put('two.json', json([1, 2]));
        configure([{ file }], { refresh: 50 });
        await have(2);
        put('two.json', content);
        await says(why);
        expect(vrps()).to.have.length(2);
        expect(rpki.status()[0]!.problems.join()).to.match(why);
      });

    it('stays when all of the file is over its time, as by a clock that is wrong', async () => {
      const over = (...expires: number[]) =>
        JSON.stringify({ roas: expires.map((time, i) => ({ asn: 64496, prefix: `10.0.${i}.0/24`, expires: time })) });
      const later_ = Date.now() / 1000 + 3600;
      const file = put('over.json', over(later_, later_));
      configure([{ file }], { refresh: 50 });
      await have(2);
      put('over.json', over(1, 1, 1));
      await says(/^\S+over\.json: 3 entries are over their time: is the clock right, and does the validator run\?$/);
      expect(vrps()).to.have.length(2);
      put('over.json', over(1, 1, later_));
      await have(1);
      expect(rpki.status()[0]!.problems.join()).to.match(/2 entries are over their time/);
      put('over.json', over(1, later_, later_));
      await have(2);
      await until('no problem', () => rpki.status()[0]!.problems.length === 0);
    });

    it('is doubted when a trust anchor has lost more than a tenth', async () => {
      const file = put('three.json', json(upTo(1000)));
      configure([{ file }], { refresh: 50 });
      await have(1000);
      put('three.json', json(upTo(1000).filter(i => i % 2 === 0 || i > 120)));
      await says(/440 VRPs of trust anchor t1 where there were 500/);
      expect(rpki.view().vrps.count).to.equal(1000);
      expect(rpki.status()[0]!.doubt).to.match(/trust anchor t1/);
    });

    it('that was made in the future tells that a clock is wrong', async () => {
      const made = new Date(Date.now() + 3_600_000).toISOString();
      const file = put('four.json', json([1], `, "metadata": {"buildtime": "${made}"}`));
      configure([{ file }]);
      await have(1);
      await says(/made (59|60) minutes from now: is the clock right\?/);
    });

    it('that is not there yet is waited for', async () => {
      configure([{ file: join(directory, 'five.json') }], { refresh: 50 });
      await says(/ENOENT/);
      put('five.json', json([1]));
      await have(1);
    });

    it('is under local exceptions, which change with their file', async () => {
      const slurm = put(
        'slurm.json',
        `{"slurmVersion": 2, "validationOutputFilters": {"prefixFilters": [{"prefix": "10.0.1.0/24"}], "aspaFilters": [{"customerAsn": 1}]},
          "locallyAddedAssertions": {"prefixAssertions": [{"prefix": "10.9.0.0/24", "asn": 5}], "aspaAssertions": [{"customerAsn": 3, "providerAsns": [9]}]}}`,
      );
      const aspas = ', "aspas": [{"customer_asid": 1, "providers": [2]}, {"customer_asid": 3, "providers": [4]}]';
      const file = put('six.json', json([1, 2], aspas));
      configure([{ file }], { slurm });
      await have(2);
      expect(vrps()).to.deep.equal([text(2), '10.9.0.0/24-24 AS5']);
      expect([...rpki.view().aspas]).to.deep.equal([[3, [4, 9]]]);
      put('slurm.json', '{"slurmVersion": 2, "validationOutputFilters": {"prefixFilters": [{}]}}');
      await says(/prefixFilters\[0\]: neither prefix nor asn; the last good ones stay/);
      expect(vrps()).to.have.length(2);
      put('slurm.json', '{"slurmVersion": 1}');
      await until('no exceptions', () => vrps().join() === [text(1), text(2)].join());
      expect(lastTouched()).to.have.members(['10.0.1.0/24', '10.9.0.0/24']);
      expect([...rpki.view().aspas]).to.deep.equal([
        [1, [2]],
        [3, [4]],
      ]);
    });
  });
});
