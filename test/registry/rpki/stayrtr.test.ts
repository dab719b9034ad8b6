import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { RpkiCacheConfig, RpkiConfig } from '../../../src/config/tree.ts';
import { formatPrefix } from '../../../src/net/prefix.ts';
import { formatVrp } from '../../../src/registry/rpki/payloads.ts';
import { openRpki, type Rpki, type RpkiChange } from '../../../src/registry/rpki/rpki.ts';
import { until } from '../../interop/bgp-peers.ts';
import { noStayRtr, type StayRtr, stayrtr } from './stayrtr.ts';

const ASPAS = `"provider_authorizations": {"ipv4": [{"customer_asid": 64500, "expires": 1900000000, "providers": [64496, 64497]}],
  "ipv6": [{"customer_asid": 64500, "expires": 1900000000, "providers": [64496, 64497]}]}`;

/** What rpki-client writes; the numbers are the third octets of 192.0.N.0/24. */
const json = (numbers: readonly number[], more = ASPAS): string =>
  `{"metadata": {"buildtime": "${new Date().toISOString()}"}, "roas": [${numbers
    .map(n => `{"asn": 64496, "prefix": "192.0.${n}.0/24", "maxLength": 25, "ta": "apnic", "expires": 1900000000}`)
    .join()}, {"asn": 64497, "prefix": "2001:db8::/32", "maxLength": 48, "ta": "ripe", "expires": 1900000000}], ${more}}`;

const V6 = '2001:db8::/32-48 AS64497';

describe('StayRTR', function () {
  this.timeout(240_000);
  const directory = mkdtempSync(join(tmpdir(), 'intertrack-stayrtr-'));
  const file = join(directory, 'rpki.json');
  after(() => rmSync(directory, { recursive: true }));
  let rpki: Rpki;
  let changes: RpkiChange[];
  let said: string[];
  const running: StayRtr[] = [];

  before(function () {
    const reason = noStayRtr();
    if (reason === null) return;
    if (process.env.REQUIRE_PEERS === '1') throw new Error(reason);
    console.log(`      ${reason}`);
    this.skip();
  });
  beforeEach(() => {
    changes = [];
    said = [];
    rpki = openRpki({
      onChange: change => {
        changes.push(change);
      },
      onTrouble: (_source, why) => {
        said.push(why);
      },
      onNews: (_source, what) => {
        said.push(what);
      },
      onWhole() {},
    });
  });
  afterEach(async () => {
    rpki.close();
    await Promise.all(running.splice(0).map(one => one.stop()));
  });

  const start = async (...args: Parameters<typeof stayrtr>): Promise<StayRtr> => {
    const one = await stayrtr(...args);
    running.push(one);
    return one;
  };
  const at = ({ port }: StayRtr): RpkiCacheConfig => ({ host: '127.0.0.1', port });
  const configure = (caches: readonly RpkiCacheConfig[], more: Partial<RpkiConfig> = {}) =>
    rpki.reload([{ name: 'v', caches, version: 2, ...more }]);
  const vrps = (): string[] => {
    const found: string[] = [];
    rpki.view().vrps.forEach((...one) => {
      found.push(formatVrp(...one));
    });
    return found.sort();
  };
  const of = (...numbers: number[]) => [...numbers.map(n => `192.0.${n}.0/24-25 AS64496`), V6];
  const have = (...numbers: number[]) =>
    until(`VRPs of ${numbers}: ${said.join(' | ')}`, () => vrps().join() === of(...numbers).join(), 30_000);
  const status = (i = 0) => rpki.status()[0]!.caches[i]!;

  for (const version of [0, 1, 2] as const)
    it(`serves all it has in version ${version}`, async () => {
      writeFileSync(file, json([1, 2]));
      const cache = await start(file);
      configure([at(cache)], { version });
      await have(1, 2);
      expect(status()).to.include({ state: 'synchronised', version, serial: 0, lastError: '' });
      expect([...rpki.view().aspas]).to.deep.equal(version === 2 ? [[64500, [64496, 64497]]] : []);
    });

  it('tells what is new by serial', async () => {
    writeFileSync(file, json([1, 2]));
    const cache = await start(file);
    configure([at(cache)]);
    await have(1, 2);
    writeFileSync(file, json([1, 3], ASPAS.replaceAll('64497]', '64498]')));
    cache.reload();
    await have(1, 3);
    expect(status()).to.include({ serial: 1, updates: 2, faults: 0 });
    const [, last] = changes;
    expect(last?.whole === false && last.touched.map(formatPrefix).sort()).to.deep.equal([
      '192.0.2.0/24',
      '192.0.3.0/24',
    ]);
    expect([...rpki.view().aspas]).to.deep.equal([[64500, [64496, 64498]]]);
    writeFileSync(file, json([1, 3], '"bgpsec_keys": []'));
    cache.reload();
    await until('no ASPA', () => rpki.view().aspas.size === 0);
  });

  it('is resumed when it was killed and is back with another session', async () => {
    writeFileSync(file, json([1, 2]));
    const cache = await start(file);
    configure([at(cache)]);
    await have(1, 2);
    const { session } = status();
    await cache.stop();
    // Its session identifiers are made of the second in which it starts: within the same one it would seem to be the same.
    const second = Math.floor(Date.now() / 1000);
    await until('another second', () => Math.floor(Date.now() / 1000) > second);
    await until('the loss', () => status().state !== 'synchronised');
    expect(vrps(), 'the data stays').to.deep.equal(of(1, 2));
    writeFileSync(file, json([2, 3]));
    await start(file, { port: cache.port });
    await have(2, 3);
    expect(status().session).not.to.equal(session);
    expect(changes.filter(change => change.whole)).to.have.length(1);
  });

  it('is replaced by the next one when it is killed', async () => {
    writeFileSync(file, json([1, 2]));
    const other = join(directory, 'other.json');
    writeFileSync(other, json([1, 4]));
    const first = await start(file);
    const second = await start(other);
    configure([at(first), at(second)]);
    await have(1, 2);
    await first.stop();
    await have(1, 4);
    expect(rpki.status()[0]!.inUse).to.equal(`tcp 127.0.0.1:${second.port}`);
    await start(file, { port: first.port });
    await have(1, 2);
    expect(changes.filter(change => change.whole)).to.have.length(1);
  });

  it('is believed over TLS when its certificate is of the authority', async () => {
    const [key, certificate, stranger] = ['key.pem', 'cert.pem', 'stranger.pem'].map(name => join(directory, name));
    const make = (out: string, to: string, name: string) =>
      execFileSync(
        'openssl',
        [
          ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
          ...['-keyout', to, '-out', out, '-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'],
        ],
        { stdio: 'ignore' },
      );
    make(certificate!, key!, 'cache');
    make(stranger!, join(directory, 'stranger.key'), 'stranger');
    writeFileSync(file, json([1, 2]));
    const cache = await start(file, { tls: { certificate: certificate!, key: key! } });
    configure([{ ...at(cache), ca: stranger! } as RpkiCacheConfig]);
    await until('the refusal', () => said.some(one => /self-signed certificate|unable to verify/.test(one)));
    expect(vrps()).to.deep.equal([]);
    configure([{ ...at(cache), ca: certificate! } as RpkiCacheConfig]);
    await have(1, 2);
    expect(status().cache).to.equal(`tls 127.0.0.1:${cache.port}`);
    configure([{ ...at(cache), ca: join(directory, 'nothing.pem') } as RpkiCacheConfig]);
    await until('the missing file', () => said.some(one => /ENOENT/.test(one)));
  });
});
