import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { pathToFileURL } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { formatPrefix } from '../../src/net/prefix.ts';
import { readPublicKey } from '../../src/net/public-key.ts';
import type { CopyOrigin, DumpReading, FeedListener } from '../../src/registry/irr/feed.ts';
import { delayAfter, type Nrtm4Options, nrtm4Feed } from '../../src/registry/irr/nrtm4-feed.ts';
import type { SourceBook } from '../../src/registry/source-book.ts';
import { makeCertificate } from '../traceback/certificates.ts';
import {
  type DeltaRecord,
  FILE_NAME,
  type Nrtm4Publisher,
  nrtm4Publisher,
  routeText,
  type SigningKey,
  sequence,
  sha256,
  signingKey,
} from './nrtm4-publisher.ts';

const add = (prefix: string, origin: number): DeltaRecord => ({
  action: 'add_modify',
  object: routeText(prefix, origin),
});
const remove = (prefix: string, origin: number): DeltaRecord => ({
  action: 'delete',
  object_class: prefix.includes(':') ? 'route6' : 'route',
  primary_key: `${prefix}AS${origin}`,
});

describe('registry/irr/nrtm4-feed', () => {
  let publisher: Nrtm4Publisher;
  let directory: string;
  let feed: ReturnType<typeof nrtm4Feed> | null;
  let book: SourceBook | null;
  let wholes: { readonly reading: DumpReading; readonly origin: CopyOrigin }[];
  let serials: number[];
  let troubles: string[];
  let alarms: string[];
  /** What the listener refuses a whole copy or a change for; null: it takes it. */
  let refusal: string | null;

  const listener: FeedListener = {
    async whole(reading, origin) {
      wholes.push({ reading, origin });
      if (refusal !== null) return refusal;
      book = reading.book;
      return null;
    },
    async changes(operations, serial) {
      if (refusal !== null) return refusal;
      serials.push(serial);
      for (const { op, object } of operations) book!.apply(op, object);
      return null;
    },
    trouble: why => void troubles.push(why),
    alarm: why => void alarms.push(why),
  };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'nrtm4-'));
    publisher = await nrtm4Publisher();
    [feed, book, wholes, serials, troubles, alarms, refusal] = [null, null, [], [], [], [], null];
  });
  afterEach(async () => {
    feed?.stop();
    await feed?.look(false); // one that is under way has its files
    await publisher.close();
    await rm(directory, { recursive: true });
  });

  async function start(more: Partial<Nrtm4Options> = {}, key: SigningKey = publisher.state.key) {
    feed?.stop();
    const configured = readPublicKey(key.spki);
    if (typeof configured === 'string') throw new Error(configured);
    const options = { source: 'TEST', url: publisher.url, key: configured, refresh: 0, directory, ...more };
    feed = nrtm4Feed(options, listener);
    await feed.started;
    await idle(feed);
    return feed;
  }
  /** Another run: what was in memory is gone. */
  async function restart(more: Partial<Nrtm4Options> = {}, key?: SigningKey) {
    feed?.stop();
    [book, wholes, serials, troubles, alarms] = [null, [], [], [], []];
    publisher.requests.length = 0;
    return start(more, key);
  }
  const look = (whole = false) => feed!.look(whole);
  const trouble = () => troubles.at(-1);

  const routes = (): string[] => {
    if (book === null) return [];
    const { routes: store } = book;
    const rows = Array.from({ length: store.rows }, (_, i) => i).filter(i => store.live(i));
    return rows.map(i => `${formatPrefix(store.object(i).prefix)} ${store.object(i).origin}`).sort();
  };
  /** One route by a snapshot, another by a delta. */
  async function begin(more: Partial<Nrtm4Options> = {}): Promise<void> {
    publisher.snapshot([routeText('192.0.2.0/24', 64500)]);
    publisher.delta([add('2001:db8::/32', 64501)]);
    await start(more);
    expect([trouble(), feed!.status.serial]).to.deep.equal(['', 2]);
  }
  const BOTH = ['192.0.2.0/24 64500', '2001:db8::/32 64501'];

  describe('with a publisher that does well', () => {
    it('tells how far a copy is read, and no more once it is', async () => {
      publisher.snapshot(Array.from({ length: 20_000 }, (_, i) => routeText(`10.${i >> 8}.${i & 255}.0/24`, 64500)));
      let most = 0;
      const looks = setInterval(() => {
        most = Math.max(most, feed?.status.reading?.octets ?? 0);
      });
      try {
        await start();
      } finally {
        clearInterval(looks);
      }
      expect([trouble(), book!.routes.count]).to.deep.equal(['', 20_000]);
      expect(most).to.be.above(0);
      expect(feed!.status).not.to.have.property('reading');
    });

    it('begins with the snapshot and the deltas after it, as one copy', async () => {
      await begin();
      expect(routes()).to.deep.equal(BOTH);
      expect(wholes.map(({ origin: { kept, serial } }) => [kept, serial])).to.deep.equal([[false, 2]]);
      expect([serials, alarms]).to.deep.equal([[], []]);
    });
    it('takes each delta as one transaction, in order', async () => {
      await begin();
      publisher.delta([add('198.51.100.0/24', 64502), remove('192.0.2.0/24', 64500)]);
      publisher.delta([remove('198.51.100.0/24', 64502), add('192.0.2.0/24', 64503)], true);
      await look();
      expect(routes()).to.deep.equal(['192.0.2.0/24 64503', '2001:db8::/32 64501']);
      expect([serials, wholes.length, feed!.status.operations]).to.deep.equal([[3, 4], 1, 4]);
    });
    it('fetches nothing but the notification when there is nothing new, and that once', async () => {
      await begin();
      publisher.requests.length = 0;
      const statuses: number[] = [];
      publisher.state.intercept = (_path, request, response) => {
        response.on('finish', () => statuses.push(response.statusCode));
        return request.url === '/nothing';
      };
      await look();
      publisher.notify();
      await look();
      expect(publisher.requests).to.deep.equal([FILE_NAME, FILE_NAME]);
      expect(statuses).to.deep.equal([304, 200]);
      expect([trouble(), wholes.length]).to.deep.equal(['', 1]);
    });
    it('goes on in the next run from what it kept, by deltas alone', async () => {
      await begin();
      publisher.delta([add('198.51.100.0/24', 64502)]);
      await restart();
      expect(wholes.map(({ origin: { kept, serial } }) => [kept, serial])).to.deep.equal([[true, 2]]);
      expect([serials, trouble()]).to.deep.equal([[3], '']);
      expect(publisher.requests.filter(path => /snapshot/.test(path))).to.deep.equal([]);
      await restart();
      expect([routes().length, wholes[0]?.origin.serial, serials]).to.deep.equal([3, 3, []]);
    });
    it('uses what it kept while the publisher does not answer', async () => {
      await begin();
      publisher.state.intercept = (_path, _request, response) => response.writeHead(503).end().writableEnded;
      await restart();
      expect(routes()).to.deep.equal(BOTH);
      expect(trouble()).to.match(/status 503/);
      expect(feed!.status.succeeded).to.equal(null);
    });
    it('reads anew from the snapshot in a new session, and says so', async () => {
      await begin();
      publisher.newSession();
      publisher.snapshot([routeText('203.0.113.0/24', 64509)]);
      await look();
      expect(routes()).to.deep.equal(['203.0.113.0/24 64509']);
      expect([trouble(), feed!.status.serial]).to.deep.equal(['', 1]);
      expect(alarms.join()).to.match(/began a new session/);
    });
    it('reads anew when it was away for longer than the deltas reach back', async () => {
      await begin();
      for (let i = 0; i < 3; i++) publisher.delta([add(`198.51.${i}.0/24`, 64502)]);
      publisher.snapshot([routeText('192.0.2.0/24', 64500)]);
      publisher.state.deltas.splice(0, 2);
      publisher.notify();
      await look();
      expect([routes(), trouble()]).to.deep.equal([['192.0.2.0/24 64500'], '']);
      expect(alarms.join()).to.match(/no deltas from version 3 on/);
    });
    it('reads anew when it is asked to', async () => {
      await begin();
      await look(true);
      expect(wholes).to.have.length(2);
      expect([trouble(), routes()]).to.deep.equal(['', BOTH]);
    });
    it('exchanges many kept deltas for a newer snapshot, and keeps no file that it does not need', async () => {
      await begin({ manyDeltas: 2 });
      for (let i = 0; i < 3; i++) publisher.delta([add(`198.51.${i}.0/24`, 64502)]);
      publisher.snapshot([...BOTH, '198.51.0.0/24 64502', '198.51.1.0/24 64502', '198.51.2.0/24 64502'].map(asText));
      publisher.delta([add('203.0.113.0/24', 64509)]);
      await look();
      const kept = (await readdir(directory)).map(name => name.replace(/\.[0-9a-f]{16}\.json/, '')).sort();
      expect(kept).to.deep.equal(['delta.6', 'snapshot.5.gz', 'state.json']);
      await restart();
      expect([wholes[0]?.origin.kept, routes().length, trouble()]).to.deep.equal([true, 6, '']);
    });
    it('reads a publication from files of this machine', async () => {
      publisher.snapshot([routeText('192.0.2.0/24', 64500)], false);
      const place = join(directory, 'published');
      for (const [path, body] of publisher.files) {
        await mkdir(join(place, path, '..'), { recursive: true });
        await writeFile(join(place, path), body);
      }
      await start({ url: pathToFileURL(join(place, FILE_NAME)).href, directory: join(directory, 'kept') });
      expect([trouble(), routes()]).to.deep.equal(['', ['192.0.2.0/24 64500']]);
    });
    it('reads over https from a server whose certificate is trusted, and from no other', async () => {
      const { key, certificate } = makeCertificate(64500, { addresses: ['127.0.0.1'] });
      const secure = await nrtm4Publisher('TEST', publisher.state.key, { key, cert: certificate });
      const trusted = getCACertificates('default');
      try {
        secure.snapshot([routeText('192.0.2.0/24', 64500)]);
        await start({ url: secure.url });
        expect(trouble()).to.match(/self-signed certificate/);
        expect(routes()).to.deep.equal([]);
        setDefaultCACertificates([...trusted, certificate]);
        await look();
        expect([trouble(), routes()]).to.deep.equal(['', ['192.0.2.0/24 64500']]);
      } finally {
        setDefaultCACertificates(trusted);
        await secure.close();
      }
    });
    it('looks by itself, once a refresh', async () => {
      await begin({ refresh: 10 });
      publisher.delta([add('198.51.100.0/24', 64502)]);
      while (serials.length === 0) await new Promise(resolve => setTimeout(resolve, 5));
      expect(routes()).to.have.length(3);
    });
    it('takes Ed25519 as well', async () => {
      publisher.state.key = signingKey('EdDSA');
      await begin();
      expect(routes()).to.deep.equal(BOTH);
    });
  });

  describe('with keys', () => {
    it('goes on to the key that was announced, also in a later run, and leaves the old one for good', async () => {
      await begin();
      const [first, second] = [publisher.state.key, signingKey()];
      publisher.state.next = second;
      publisher.notify();
      await look();
      await restart({}, first);
      [publisher.state.key, publisher.state.next] = [second, null];
      publisher.delta([add('198.51.100.0/24', 64502)]);
      await look();
      expect([trouble(), routes().length]).to.deep.equal(['', 3]);
      expect(alarms.join()).to.match(/the key that it had announced/);
      publisher.notify({}, first);
      await look();
      expect(trouble()).to.match(/by the configured key, which the publisher had left/);
      await restart({}, first);
      expect(trouble()).to.match(/by the configured key, which the publisher had left/);
      expect(routes()).to.have.length(3);
      publisher.notify();
      await look();
      expect(trouble()).to.equal('');
    });
    it('does not forget what was announced when an older notification of the same version comes again', async () => {
      await begin();
      const old = publisher.files.get(FILE_NAME)!;
      const second = signingKey();
      publisher.state.next = second;
      publisher.notify();
      await look();
      publisher.files.set(FILE_NAME, old);
      await look();
      expect(trouble()).to.equal('');
      [publisher.state.key, publisher.state.next] = [second, null];
      publisher.notify();
      await look();
      expect(trouble()).to.equal('');
    });
    it('believes no key that was not announced, and keeps the copy', async () => {
      await begin();
      publisher.delta([add('198.51.100.0/24', 64502)]);
      publisher.notify({}, signingKey());
      await look();
      expect(trouble()).to.match(/by no key that is trusted/);
      expect([routes(), serials]).to.deep.equal([BOTH, []]);
    });
    it('learns no key from a notification that it refuses', async () => {
      await begin();
      const other = signingKey();
      publisher.notify({ source: 'OTHER', next_signing_key: other.pem });
      await look();
      publisher.notify({}, other);
      await look();
      expect(trouble()).to.match(/by no key that is trusted/);
    });
    it('begins anew with another key in the configuration', async () => {
      await begin();
      publisher.state.key = signingKey();
      publisher.notify();
      await look();
      expect(trouble()).to.match(/by no key that is trusted/);
      await restart();
      expect([trouble(), wholes[0]?.origin.kept]).to.deep.equal(['', true]);
    });
  });

  describe('with a publisher that does ill', () => {
    /** Nothing of the copy in use has changed, and in the log is why. */
    async function refuses(why: RegExp): Promise<void> {
      await look();
      expect(trouble()).to.match(why);
      expect([routes(), wholes.length, serials]).to.deep.equal([BOTH, 1, []]);
    }
    const served = (url: string) => publisher.files.get(url)!;

    it('refuses a notification that is played again', async () => {
      await begin();
      const old = served(FILE_NAME);
      publisher.delta([add('198.51.100.0/24', 64502)]);
      await look();
      expect(routes()).to.have.length(3);
      publisher.files.set(FILE_NAME, old);
      await look();
      expect(trouble()).to.match(/one version older/);
      expect(routes()).to.have.length(3);
      publisher.notify();
      await look();
      expect(trouble()).to.equal('');
    });
    it('refuses one of an earlier session that is played again', async () => {
      await begin();
      const old = served(FILE_NAME);
      publisher.newSession();
      publisher.snapshot(BOTH.map(asText));
      await look();
      publisher.files.set(FILE_NAME, old);
      await look();
      expect(trouble()).to.match(/of another session, .* and older/);
      expect(feed!.status.serial).to.equal(1);
    });
    it('refuses what is no JWS, no notification, or of another source', async () => {
      await begin();
      for (const [body, why] of [
        ['', /no JWS/],
        ['{"nrtm_version":4}', /no JWS/],
        ['x'.repeat(5_000_000), /more than 4194304/],
      ] as const) {
        publisher.files.set(FILE_NAME, Buffer.from(body));
        await refuses(why);
      }
      publisher.notify({ version: 9 });
      await refuses(/version: it is 9 where the newest file has 2/);
      publisher.notify({ source: 'RIPE' });
      await refuses(/of the source RIPE/);
      publisher.notify({ snapshot: { ...publisher.state.snapshot, hash: '0'.repeat(64) } });
      await refuses(/hash of snapshot 1 is not what it was/);
    });
    it('refuses a delta with another hash, and takes no delta behind it', async () => {
      await begin();
      const delta = publisher.delta([add('198.51.100.0/24', 64502)]);
      publisher.delta([add('203.0.113.0/24', 64509)]);
      const right = served(delta.url);
      publisher.files.set(delta.url, sequence(publisher.head('delta', 3), add('198.51.100.0/24', 666)));
      await refuses(/delta 3: its SHA-256 is not the one in the notification/);
      publisher.files.set(delta.url, right);
      await look();
      expect([trouble(), serials]).to.deep.equal(['', [3, 4]]);
    });
    it('takes the deltas before one that is missing, and the snapshot when it stays away', async () => {
      await begin();
      publisher.delta([add('198.51.100.0/24', 64502)]);
      const missing = publisher.delta([add('203.0.113.0/24', 64509)]);
      publisher.files.delete(missing.url);
      publisher.snapshot([...BOTH, '198.51.100.0/24 64502', '203.0.113.0/24 64509'].map(asText));
      for (let i = 0; i < 3; i++) {
        await look();
        expect(trouble()).to.match(/delta 4: the server answers with status 404/);
        expect([routes().length, serials]).to.deep.equal([3, [3]]);
      }
      await look();
      expect([trouble(), routes().length, wholes.length]).to.deep.equal(['', 4, 2]);
      expect(alarms.join()).to.match(/its deltas could not be used/);
    });
    it('takes no part of a delta that is broken behind its hash', async () => {
      await begin();
      const head = () => publisher.head('delta', publisher.state.version);
      for (const [records, why] of [
        [() => [head(), add('198.51.100.0/24', 64502), { action: 'drop' }], /delta 3: record 3: action/],
        [() => [head()], /without any change/],
        [() => [{ ...head(), session_id: 'x' }, add('198.51.100.0/24', 1)], /session_id/],
        [() => [{ ...head(), version: 7 }, add('198.51.100.0/24', 1)], /version: it is 7, expected 3/],
        [() => [{ ...head(), source: 'RIPE' }, add('198.51.100.0/24', 1)], /source: it is RIPE/],
        [() => [publisher.head('snapshot', 3), add('198.51.100.0/24', 1)], /type: it is a snapshot/],
      ] as const) {
        publisher.state.version = 3;
        publisher.state.deltas.splice(1, 1, publisher.put('delta', 3, sequence(...records()), false));
        publisher.notify();
        await refuses(why);
        publisher.state.deltas.pop();
        publisher.state.version = 2;
        publisher.notify();
        await look();
        expect(trouble()).to.equal('');
      }
    });
    it('refuses gzip data that is cut short, and what is no gzip data', async () => {
      await begin();
      const octets = sequence(publisher.head('delta', 3), add('198.51.100.0/24', 64502));
      for (const [body, why] of [
        [gzipSync(octets).subarray(0, -9), /delta 3: gzip data is cut short/],
        [octets, /no good gzip data/],
      ] as const) {
        const url = `${publisher.state.session}/bad-${body.length}.json.gz`;
        publisher.files.set(url, body);
        publisher.state.version = 3;
        publisher.state.deltas.splice(1, 1, { version: 3, url, hash: sha256(body) });
        publisher.notify();
        await refuses(why);
      }
    });
    it('refuses files that are too large, too slow, or elsewhere', async () => {
      const slow = { octets: 1e6, total: 100, silence: 100 };
      await begin({ limits: { delta: slow } });
      const { url } = publisher.delta([add('198.51.100.0/24', 64502)]);
      publisher.state.intercept = (path, _request, response) =>
        path === url && response.writeHead(200, { 'content-length': 2 * 1024 ** 3 }).write('x');
      await refuses(/delta 3: it has 2147483648 octets, more than 1000000/);
      publisher.state.intercept = path => path === url;
      await refuses(/delta 3: nothing came for 0.1 s|not done within 0.1 s/);
      publisher.state.intercept = (path, _request, response) =>
        path === url && response.writeHead(302, { location: 'http://192.0.2.1/x' }).end().writableEnded;
      await refuses(/delta 3: it redirects to .* not followed/);
    });
    it('takes no more changes for a delta than there can be, and no more of a packed file than it has room for', async () => {
      await begin();
      const change = remove('192.0.2.0/24', 64500);
      publisher.delta(Array.from({ length: 200_001 }, () => change));
      await refuses(/delta 3: more than 200000 changes/);
      publisher.state.version = 3;
      publisher.state.deltas.splice(1, 1, publisher.put('delta', 3, Buffer.alloc(64 * 1024 ** 2, 0x1e), true));
      publisher.notify();
      await refuses(/delta 3: record 1: no JSON text/);
      publisher.state.deltas.splice(1, 1, publisher.put('delta', 3, Buffer.alloc(64 * 1024 ** 2, 0x20), true));
      publisher.notify();
      await refuses(/delta 3: record 1: a record is longer than/);
    });
    it('fetches from nowhere but below the notification', async () => {
      await begin();
      publisher.state.version = 3;
      publisher.state.deltas.push({ version: 3, url: 'https://192.0.2.1/x', hash: '0'.repeat(64) });
      publisher.notify();
      await refuses(/delta 3: its URL leads out of the directory/);
    });
    it('keeps the copy when the listener refuses a new one, and does not fetch that again', async () => {
      await begin();
      publisher.newSession();
      publisher.snapshot([]);
      refusal = 'more than 10 % fewer';
      await look();
      expect(trouble()).to.equal('more than 10 % fewer');
      publisher.requests.length = 0;
      await look();
      expect([trouble(), publisher.requests]).to.deep.equal(['more than 10 % fewer', [FILE_NAME]]);
      expect([routes(), feed!.status.serial]).to.deep.equal([BOTH, 2]);
      refusal = null;
      await look(true);
      expect([trouble(), routes()]).to.deep.equal(['', []]);
    });
    it('tells that a notification is old or of the future, and uses it', async () => {
      publisher.snapshot([routeText('192.0.2.0/24', 64500)]);
      publisher.notify({ timestamp: '2026-01-01T00:00:00Z' });
      await start();
      expect(trouble()).to.match(/hours ago: the publisher stands still/);
      expect(routes()).to.have.length(1);
      await look();
      expect(trouble()).to.match(/hours ago/);
      publisher.notify({ timestamp: '2099-01-01T00:00:00Z' });
      await look();
      expect(trouble()).to.match(/in the future/);
      publisher.newSession();
      publisher.snapshot([routeText('192.0.2.0/24', 64501)]);
      await look();
      expect([trouble(), routes()]).to.deep.equal(['', ['192.0.2.0/24 64501']]);
    });
    it('leaves out objects that are no good, and no others', async () => {
      publisher.snapshot([
        'route: 192.0.2.0/24\norigin: ASx\nsource: TEST',
        'route: 192.0.2.0/24\norigin: AS64500\nsource: RIPE',
        '*xxte: 192.0.2.0/24\norigin: AS1\nsource: TEST',
        'person: A B\nsource: TEST',
        'no object at all',
        '',
        routeText('192.0.2.0/24', 64500, 'test'),
        'as-set: AS-X\nmembers: AS1\nsource: TEST',
      ]);
      await start();
      const { skipped, dead, problems, firstProblems } = wholes[0]!.reading;
      expect({ skipped, dead, problems }).to.deep.equal({ skipped: 1, dead: 1, problems: 4 });
      expect(firstProblems.map(({ line }) => line)).to.deep.equal([2, 3, 6, 7]);
      expect([routes(), book!.others.counts.get('as-set')]).to.deep.equal([['192.0.2.0/24 64500'], 1]);
      publisher.delta([
        { action: 'delete', object_class: 'route', primary_key: '192.0.2.0/24' },
        { action: 'delete', object_class: 'person', primary_key: 'AB1-TEST' },
        { action: 'delete', object_class: 'as-set', primary_key: 'as-x' },
        { action: 'add_modify', object: 'nothing' },
        add('198.51.100.0/24', 64502),
      ]);
      await look();
      expect([routes().length, book!.others.counts.get('as-set'), trouble()]).to.deep.equal([2, undefined, '']);
      expect(alarms.join()).to.match(/delta 2: "192.0.2.0\/24" is no key of a route \(record 2; 2 left out\)/);
    });
  });

  describe('with a disk that does ill', () => {
    it('reads anew when a kept file is damaged or gone, and still believes the keys', async () => {
      await begin();
      const [first, second] = [publisher.state.key, signingKey()];
      publisher.state.next = second;
      publisher.notify();
      await look();
      [publisher.state.key, publisher.state.next] = [second, null];
      publisher.notify();
      await look();
      const name = (await readdir(directory)).find(one => one.startsWith('snapshot'))!;
      const octets = gunzipSync(await readFile(join(directory, name)));
      await writeFile(join(directory, name), gzipSync(String(octets).replace('64500', '64666')));
      await restart({}, first);
      expect(alarms.join()).to.match(/what was kept cannot be used: snapshot 1: its SHA-256/);
      expect([routes(), trouble(), wholes.map(({ origin }) => origin.kept)]).to.deep.equal([BOTH, '', [false]]);
      await rm(join(directory, name));
      await restart({}, first);
      expect([routes(), trouble()]).to.deep.equal([BOTH, '']);
    });
    it('begins anew when what it knows of itself is damaged', async () => {
      await begin();
      const state = await readFile(join(directory, 'state.json'), 'utf8');
      for (const damaged of ['', '{}', 'null', state.slice(0, -9), state.replace(/"version":2/, '"version":3')]) {
        await writeFile(join(directory, 'state.json'), damaged);
        await restart();
        expect([routes(), trouble(), wholes.map(({ origin }) => origin.kept)]).to.deep.equal([BOTH, '', [false]]);
      }
    });
    it('tells that it cannot write', async () => {
      await writeFile(join(directory, 'file'), '');
      publisher.snapshot([]);
      await start({ directory: join(directory, 'file', 'x') });
      expect(trouble()).to.match(/ENOTDIR/);
    });
  });

  it('says nothing more after it was stopped', async () => {
    await begin();
    publisher.delta([add('198.51.100.0/24', 64502)]);
    publisher.state.intercept = (path, _request, response) => {
      if (path === FILE_NAME) return false;
      feed!.stop();
      response.end('x');
      return true;
    };
    const before = troubles.length;
    await look();
    expect([troubles.length, serials, routes()]).to.deep.equal([before, [], BOTH]);
  });
  it('waits longer the more often it fails, within bounds', () => {
    expect([0, 1, 2, 3, 5, 50].map(failures => delayAfter(failures, 60_000) / 60_000)).to.deep.equal([
      1, 1, 2, 4, 15, 15,
    ]);
    expect(delayAfter(9, 3_600_000)).to.equal(3_600_000);
  });
});

/** A look that comes after the first one, and finds what that one found. */
const idle = (feed: { look(whole: boolean): Promise<void> }) => feed.look(false);

function asText(route: string): string {
  const [prefix, origin] = route.split(' ') as [string, string];
  return routeText(prefix, Number(origin));
}
