import { expect } from 'chai';
import { expiringIn, MAX_EXPIRING } from '../../src/registry/expiring.ts';
import { JPIRR_EXPIRY } from '../../src/registry/expiry.ts';
import { OTHER_CLASSES } from '../../src/registry/other-objects.ts';
import { MAX_ROUTES_SHOWN, registeredUnder } from '../../src/registry/registered.ts';
import { rpslReader } from '../../src/registry/rpsl.ts';
import { type SourceBook, sourceBook } from '../../src/registry/source-book.ts';

function bookOf(source: string, text: string): SourceBook {
  const book = sourceBook(source);
  const reader = rpslReader(
    object => book.apply('add', object),
    () => {},
    new Set(['route', 'route6', ...OTHER_CLASSES]),
  );
  reader.push(Buffer.from(text));
  reader.end();
  return book;
}

const NOW = Date.parse('2026-12-01T00:00:00Z');
const day = (text: string) => Date.parse(`${text}T00:00:00Z`);
const route = (prefix: string, changed: string, more = '') =>
  `route: ${prefix}\norigin: AS64496\nmnt-by: MAINT-A\n${more}${changed === '' ? '' : `changed: a@example.jp ${changed}\n`}\n`;

const JPIRR = bookOf(
  'JPIRR',
  [
    'mntner: MAINT-A\nupd-to: root\nmnt-by: MAINT-A\n\n',
    'aut-num: AS64496\nas-name: X\nmnt-by: MAINT-A\nchanged: a@example.jp 20260901\n\n',
    'as-set: AS-X\nmembers: AS64496, AS-Y, AS-Z\nmnt-by: MAINT-A\n\n',
    'as-set: AS-Y\nmembers: AS64497\n\n',
    route('192.0.2.0/24', '20251115'),
    route('198.51.100.0/24', '20250901'),
    route('203.0.113.0/24', ''),
  ].join(''),
);
const RADB = bookOf('RADB', 'as-set: AS-X\nmembers: AS65000\n\nroute-set: RS-X\nmembers: 10.0.0.0/8^+, AS64496\n\n');
const RULES = new Map([['JPIRR', JPIRR_EXPIRY]]);
const under = (name: string, books = [JPIRR, RADB]) => registeredUnder(books, name, RULES, NOW);

describe('registry/registered', () => {
  it('finds an AS with its route objects, and when they are due', async () => {
    const { objects, omitted } = await under('as64496');
    expect(objects.map(({ class: c, key, due }) => [c, key, due && [due.removal, due.state]])).to.deep.equal([
      ['aut-num', 'AS64496', [day('2027-11-01'), 'fresh']],
      ['route', '192.0.2.0/24AS64496', [day('2027-01-15'), 'notice']],
      ['route', '198.51.100.0/24AS64496', [day('2026-11-01'), 'removal']],
      ['route', '203.0.113.0/24AS64496', null],
    ]);
    expect(omitted).to.equal(0);
    expect(objects[1]).to.include({ source: 'JPIRR', changed: day('2025-11-15'), expansion: null, maintains: null });
  });

  it('finds a set in every source, and expands the one that counts', async () => {
    const { objects } = await under('AS-X');
    expect(objects.map(({ source, expansion }) => [source, expansion])).to.deep.equal([
      ['JPIRR', { members: 2, sets: 2, missing: ['AS-Z'], missingCount: 1, refused: 0, stopped: '' }],
      ['RADB', null],
    ]);
    expect((await under('rs-x')).objects[0]!.expansion).to.include({ members: 4, sets: 1 });
  });

  it('counts what a maintainer maintains', async () => {
    const [mntner] = (await under('MAINT-A')).objects;
    expect(mntner!.maintains).to.deep.equal({ mntner: 1, 'aut-num': 1, 'as-set': 1, route: 3 });
    expect(mntner!.problems.map(({ line }) => line)).to.deep.equal([2]);
  });

  it('finds nothing under a name that nobody has', async () =>
    expect(await under('MAINT-NOBODY')).to.deep.equal({ objects: [], omitted: 0 }));

  it('shows a bounded number of route objects', async () => {
    const many = Array.from({ length: MAX_ROUTES_SHOWN + 5 }, (_, i) => route(`10.${i >> 8}.${i & 255}.0/24`, ''));
    const { objects, omitted } = await under('AS64496', [bookOf('X', many.join(''))]);
    expect([objects.length, omitted]).to.deep.equal([MAX_ROUTES_SHOWN, 5]);
  });
});

describe('registry/expiring', () => {
  it('counts what is due, and names the first to go', async () => {
    expect(await expiringIn(JPIRR, JPIRR_EXPIRY, NOW)).to.deep.equal({
      noticed: 2,
      overdue: 1,
      undated: 4,
      next: [
        {
          class: 'route',
          key: '198.51.100.0/24AS64496',
          mntBy: ['MAINT-A'],
          notice: day('2026-09-01'),
          removal: day('2026-11-01'),
        },
        {
          class: 'route',
          key: '192.0.2.0/24AS64496',
          mntBy: ['MAINT-A'],
          notice: day('2026-11-15'),
          removal: day('2027-01-15'),
        },
      ],
    });
  });

  it('names a bounded number', async () => {
    const many = Array.from({ length: 3 * MAX_EXPIRING }, (_, i) => route(`10.${i >> 8}.${i & 255}.0/24`, '20240101'));
    const { noticed, next } = await expiringIn(bookOf('X', many.join('')), JPIRR_EXPIRY, NOW);
    expect([noticed, next.length]).to.deep.equal([3 * MAX_EXPIRING, MAX_EXPIRING]);
  });
});
