import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import type { HttpConfig } from '../../src/config/http-tree.ts';
import type { Daemon } from '../../src/control/daemon.ts';
import { createHttpServer, type HttpServer, readHttpFiles } from '../../src/web/server.ts';
import { CASE, LINE, scriptedDaemon, TRACE } from '../control/scripted.ts';
import { until } from '../interop/bgp-peers.ts';
import { skipFor } from '../programs.ts';

const CHROMIUM = '/usr/bin/chromium';
const BUILT = new URL('../../dist/page/', import.meta.url).pathname;
const TOKEN = 'operator-of-everything-1';
/** Where pictures are left for a person; by default nowhere. */
const PICTURES = process.env.PICTURES;

/** The page in a real browser, in front of a scripted daemon. */
describe('web/page', function () {
  this.timeout(180_000);
  let folder: string;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let server: HttpServer;
  const orders: string[] = [];
  const wrong: string[] = [];

  before(async function () {
    skipFor(this, existsSync(CHROMIUM) ? null : 'no chromium here');
    if (!existsSync(`${BUILT}index.html`)) throw new Error('not built: run make first');
    folder = mkdtempSync(join(tmpdir(), 'intertrack-'));
    writeFileSync(join(folder, 'token'), `${TOKEN}\n`, { mode: 0o600 });
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
  });
  after(async () => {
    await browser?.close();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    await context?.close();
    await server?.close();
    orders.length = 0;
    wrong.length = 0;
  });

  /** Opens a view as somebody who has typed the token in. */
  const open = async (hash: string, over: Partial<Daemon> = {}, how: Parameters<Browser['newContext']>[0] = {}) => {
    const daemon = scriptedDaemon({
      follow: () => () => {},
      markCase: async (id, order) => {
        orders.push(`${order.what} ${id}: ${order.reason}`);
        return CASE;
      },
      ...over,
    });
    const config: HttpConfig = {
      ...{ listen: [{ address: '127.0.0.1', port: 0 }], identity: null, anonymous: null, rate: 10_000 },
      tokens: [{ file: join(folder, 'token'), role: 'operator' }],
    };
    server = createHttpServer(daemon, () => {}, BUILT);
    await server.configure(config, readHttpFiles(config));
    context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-GB', ...how });
    context.setDefaultTimeout(60_000);
    page = await context.newPage();
    page.on('pageerror', error => wrong.push(error.message));
    page.on('console', message => {
      // Before the token is typed in, requests are refused.
      if (message.type() === 'error' && !message.text().includes('401')) wrong.push(message.text());
    });
    await page.goto(`http://127.0.0.1:${server.ports()[0]}/#/${hash}`);
    await page.getByLabel(/Token|トークン/).fill(TOKEN);
    await page.keyboard.press('Enter');
    await page.locator('h1').waitFor();
  };
  const picture = async (name: string) => {
    if (PICTURES === undefined) return;
    mkdirSync(PICTURES, { recursive: true });
    await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
  };
  const heading = (text: string) => page.getByRole('heading', { name: text, exact: true }).waitFor();

  it('fits into 300 kB, gzip, and asks nobody but the daemon', async () => {
    const files = readdirSync(BUILT, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.gz'));
    const octets = files.reduce((sum, name) => sum + statSync(join(BUILT, name)).size, 0);
    expect(octets).to.be.within(1000, 300_000);
    await open('overview');
    const hosts = await page.evaluate<string[]>(
      'performance.getEntriesByType("resource").map(({ name }) => new URL(name).host)',
    );
    expect(new Set(hosts)).to.deep.equal(new Set([`127.0.0.1:${server.ports()[0]}`]));
    expect(wrong).to.deep.equal([]);
  });

  it('shows all of the daemon in one view', async () => {
    await open('overview');
    await page.getByRole('cell', { name: 'tyo1', exact: true }).waitFor();
    await page.getByRole('link', { name: CASE.id }).waitFor();
    await picture('overview');
    expect(wrong).to.deep.equal([]);
  });

  it('shows a case, and does something with it only when that is said twice', async () => {
    await open('cases');
    await page.getByRole('link', { name: CASE.id }).click();
    await heading(`Case ${CASE.id}`);
    await page.getByRole('img').first().waitFor();
    await page.getByRole('button', { name: 'Acknowledge' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'No' }).click();
    expect(orders).to.deep.equal([]);
    await page.getByRole('button', { name: 'Acknowledge' }).click();
    await dialog.getByLabel('Reason').fill('the customer is told');
    await picture('case');
    await dialog.getByRole('button', { name: 'Yes' }).click();
    await page.getByText('It is done.').waitFor();
    expect(orders).to.deep.equal([`ack ${CASE.id}: the customer is told`]);
    expect(wrong).to.deep.equal([]);
  });

  it('lists a case that has just begun', async () => {
    let tell: Parameters<Daemon['follow']>[2] | undefined;
    let all = [CASE];
    await open('cases', {
      cases: async () => all,
      casesBefore: async one => (one === null ? all : []),
      follow: (_topics, _since, take) => {
        tell = take;
        return () => {};
      },
    });
    await page.getByRole('link', { name: CASE.id }).waitFor();
    all = [{ ...CASE, id: '2026-03-01-02' }, CASE];
    await until('the page listens', () => tell !== undefined);
    tell!({ mark: 'a.1', about: 'cases', key: null, row: { ...LINE, case: '2026-03-01-02' } });
    await page.getByRole('link', { name: '2026-03-01-02' }).waitFor();
  });

  it('shows a trace as a tree and as words', async () => {
    await open('traces');
    await page.getByRole('link', { name: TRACE.id }).click();
    await heading(`Trace ${TRACE.id}`);
    await page.getByRole('img', { name: TRACE.id }).waitFor();
    await picture('trace');
    const drawn = await page.locator('svg .node').count();
    expect(await page.locator('tbody tr').count()).to.equal(drawn);
    expect(wrong).to.deep.equal([]);
  });

  it('finds routes', async () => {
    await open('routes');
    await page.getByLabel('Prefix or address').fill('192.0.2.0/24');
    await page.keyboard.press('Enter');
    await page.getByRole('table').waitFor();
    await picture('routes');
    await page.getByLabel('Prefix or address').fill('nonsense');
    await page.keyboard.press('Enter');
    await page.getByText(/"nonsense" is no prefix/).waitFor();
  });

  it('speaks Japanese, in the dark, on a telephone', async () => {
    await open('overview', {}, { locale: 'ja-JP', colorScheme: 'dark', viewport: { width: 390, height: 844 } });
    await heading('概況');
    expect(await page.locator('html').getAttribute('lang')).to.equal('ja');
    await picture('ja-dark');
    await page.getByRole('button', { name: 'English' }).click();
    await heading('Overview');
    // Nothing but tables is wider than the screen, and those scroll by themselves.
    const wide = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
    expect(wide).to.equal(false);
  });

  it('can be used without a mouse', async () => {
    await open('overview');
    await page.keyboard.press('Tab');
    for (let i = 0; i < 30; i++) {
      const focused = await page.evaluate('document.activeElement.textContent');
      if (focused === 'Traces') break;
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Enter');
    await heading('Traces');
    expect(await page.evaluate('document.activeElement.id')).to.equal('main');
  });

  it('goes on with ten thousand cases and a tree of a thousand ASes', async () => {
    const all = Array.from({ length: 10_000 }, (_, i) => ({
      ...CASE,
      id: `2026-03-01-${10_000 + i}`,
      prefix: `10.${i >> 8}.${i & 255}.0/24`,
    }));
    const leaf = { ...TRACE.tree, children: [] };
    const tree = {
      ...TRACE.tree,
      children: Array.from({ length: 37 }, (_, i) => ({
        ...leaf,
        as: 65_000 + i,
        children: Array.from({ length: 26 }, (_, j) => ({ ...leaf, as: 70_000 + 26 * i + j })),
      })),
    };
    await open('cases', {
      cases: async () => all,
      casesBefore: async (one, limit) =>
        one === null ? all.slice(0, limit) : all.slice(all.indexOf(one as never) + 1).slice(0, limit),
      trace: async () => ({ ...TRACE, tree }),
    });
    await page.getByLabel('Filter').fill('10.39.15.0/24');
    await page.getByRole('link', { name: '2026-03-01-19999' }).waitFor();
    expect(await page.locator('tbody tr').count()).to.equal(1);
    await page.evaluate(`location.hash = '#/trace/${TRACE.id}'`);
    await page.getByRole('img', { name: TRACE.id }).waitFor();
    expect(await page.locator('svg .node').count()).to.equal(1 + 37 + 37 * 26);
    await picture('large');
    expect(wrong).to.deep.equal([]);
  });

  it('says what is wrong, and goes on when it is well again', async () => {
    const status = await scriptedDaemon().status();
    let broken = true;
    await open('overview', {
      status: async () => {
        if (broken) throw new Error('the database is gone');
        return { ...status, problems: [] };
      },
    });
    await page.getByText('the database is gone').waitFor();
    broken = false;
    await page.getByText('No problems.').waitFor();
  });
});
