import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { formatPrefix } from '../../src/net/prefix.ts';
import { readPublicKey } from '../../src/net/public-key.ts';
import type { Feed, FeedListener } from '../../src/registry/irr/feed.ts';
import { nrtm4Feed } from '../../src/registry/irr/nrtm4-feed.ts';
import type { SourceBook } from '../../src/registry/source-book.ts';
import { type Nrtm4Publisher, nrtm4Publisher, routeText, signingKey } from './nrtm4-publisher.ts';

const PREFIXES = ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32', '2001:DB8:1::/48'];

/** What may happen between two looks of a client, to either of them. */
type Event =
  | { readonly what: 'add' | 'remove'; readonly prefix: number; readonly origin: number }
  | { readonly what: 'snapshot' | 'new session' | 'forget deltas' | 'lose a file' | 'mend' | 'rotate' | 'false key' }
  | { readonly what: 'look' | 'restart' | 'replay' };

const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      what: fc.constantFrom('add' as const, 'remove' as const),
      prefix: fc.nat(PREFIXES.length - 1),
      origin: fc.integer({ min: 1, max: 2 }),
    }),
  },
  { weight: 5, arbitrary: fc.constant({ what: 'look' as const }) },
  {
    weight: 6,
    arbitrary: fc.record({
      what: fc.constantFrom(
        ...(['snapshot', 'new session', 'forget deltas', 'lose a file', 'mend', 'rotate', 'false key'] as const),
        ...(['restart', 'replay'] as const),
      ),
    }),
  },
);

/** A publisher with the objects it has published, by key. */
interface World {
  readonly publisher: Nrtm4Publisher;
  readonly objects: Map<string, string>;
  /** States of the objects that were published in one version or another. */
  readonly published: Set<string>;
  readonly notifications: Buffer[];
}

const stateOf = (keys: Iterable<string>): string => [...keys].sort().join('; ');

/** Publishes what an event changes. */
function happen({ publisher, objects }: World, one: Event): void {
  const { state } = publisher;
  switch (one.what) {
    case 'add':
    case 'remove': {
      const prefix = PREFIXES[one.prefix]!;
      const key = `${prefix}AS${one.origin}`.toLowerCase();
      if (one.what === 'add') {
        const object = routeText(prefix, one.origin);
        objects.set(key, object);
        publisher.delta([{ action: 'add_modify', object }], one.origin === 1);
      } else if (objects.delete(key))
        publisher.delta([
          { action: 'delete', object_class: prefix.includes(':') ? 'route6' : 'route', primary_key: key.toUpperCase() },
        ]);
      return;
    }
    case 'new session':
      publisher.newSession();
      publisher.snapshot([...objects.values()]);
      return;
    case 'snapshot':
      if (state.snapshot?.version !== state.version) publisher.snapshot([...objects.values()]);
      return;
    case 'forget deltas':
      state.deltas = state.deltas.filter(({ version }) => version > (state.snapshot?.version ?? 0));
      publisher.notify();
      return;
    case 'lose a file': {
      const lost = state.deltas.at(-1)?.url;
      state.intercept = (path, _request, response) => path === lost && response.writeHead(404).end().writableEnded;
      return;
    }
    case 'rotate': {
      const next = signingKey('EdDSA');
      state.next = next;
      publisher.notify();
      return;
    }
    case 'false key':
      publisher.notify({}, signingKey('EdDSA'));
      return;
    case 'mend':
      state.intercept = () => false;
      publisher.notify();
      return;
  }
}

describe('a story of an NRTMv4 publisher and its client', function () {
  this.timeout(240_000);

  it('has the client hold nothing but what was published at one time, and in the end what is published', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 16 }), async story => {
        const directory = await mkdtemp(join(tmpdir(), 'nrtm4-story-'));
        const publisher = await nrtm4Publisher();
        const world: World = { publisher, objects: new Map(), published: new Set(['']), notifications: [] };
        const first = readPublicKey(publisher.state.key.spki);
        if (typeof first === 'string') throw new Error(first);
        let book: SourceBook | null = null;
        let trouble = '';
        const listener: FeedListener = {
          async whole(reading) {
            book = reading.book;
            return null;
          },
          async changes(operations) {
            for (const { op, object } of operations) expect(book!.apply(op, object).ok).to.equal(true);
            return null;
          },
          trouble(why) {
            trouble = why;
          },
          alarm() {},
        };
        const open = () =>
          nrtm4Feed({ source: 'TEST', url: publisher.url, key: first, refresh: 0, directory }, listener);
        const held = (): string => {
          if (book === null) return '';
          const { routes } = book as SourceBook;
          const rows = Array.from({ length: routes.rows }, (_, i) => i).filter(i => routes.live(i));
          const objects = rows.map(i => routes.object(i));
          return stateOf(objects.map(({ prefix, origin }) => `${formatPrefix(prefix)}AS${origin}`.toLowerCase()));
        };
        publisher.snapshot([]);
        let feed: Feed = open();
        try {
          for (const one of story) {
            happen(world, one);
            world.published.add(stateOf(world.objects.keys()));
            if (one.what === 'replay') publisher.files.set('update-notification-file.jose', replayed(world));
            else world.notifications.push(publisher.files.get('update-notification-file.jose')!);
            if (one.what === 'restart') {
              feed.stop();
              await feed.look(false);
              book = null;
              feed = open();
            }
            if (one.what === 'look' || one.what === 'restart' || one.what === 'rotate') await feed.look(false);
            expect([...world.published]).to.include(held());
            // Only a publisher that has told its clients of the next key goes on to it.
            if (one.what === 'rotate' && trouble === '' && publisher.state.next !== null) {
              [publisher.state.key, publisher.state.next] = [publisher.state.next, null];
              publisher.notify();
            }
          }
          publisher.state.intercept = () => false;
          publisher.notify();
          // Deltas that could not be used may have to be given up first.
          for (let i = 0; i < 5; i++) await feed.look(false);
          expect(trouble).to.equal('');
          expect(held()).to.equal(stateOf(world.objects.keys()));
        } finally {
          feed.stop();
          await feed.look(false);
          await publisher.close();
          await rm(directory, { recursive: true });
        }
      }),
      { numRuns: 60 },
    );
  });
});

/** Some notification of before. */
const replayed = ({ notifications, objects }: World): Buffer =>
  notifications[(objects.size * 7) % Math.max(1, notifications.length)] ?? Buffer.from('');
