/** The page in a real browser, in front of a scripted daemon: what every test of a view begins with. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import type { HttpConfig } from '../../src/config/http-tree.ts';
import type { Daemon } from '../../src/control/daemon.ts';
import { createHttpServer, type HttpServer, readHttpFiles } from '../../src/web/server.ts';
import { CASE, scriptedDaemon } from '../control/scripted.ts';
import { skipFor } from '../programs.ts';

const CHROMIUM = '/usr/bin/chromium';
export const BUILT = new URL('../../dist/page/', import.meta.url).pathname;
/** Where pictures are left for a person; by default nowhere. */
const PICTURES = process.env.PICTURES;

export const TOKENS = { operator: 'operator-of-everything-1', reader: 'reader-of-everything-01' } as const;
export type Role = keyof typeof TOKENS;

export interface Opened {
  readonly over?: Partial<Daemon>;
  readonly how?: Parameters<Browser['newContext']>[0];
  /** Whose token is typed in; an operator's where nothing is said. */
  readonly role?: Role;
}

/** What a test of a view uses. Each test opens a view once; what was opened is closed behind it. */
export interface InBrowser {
  /** Orders of cases that the daemon was given. */
  readonly orders: string[];
  /** Errors of the page, and what its console said of errors. */
  readonly wrong: string[];
  /** Where the page is served, without a slash at the end. */
  readonly at: () => string;
  /** Opens a view as somebody who has typed the token in already. */
  open(hash: string, opened?: Opened): Promise<Page>;
  /** Leaves a picture where a person wants some. */
  picture(name: string): Promise<void>;
  /** Waits for a heading of exactly these words. */
  heading(text: string): Promise<void>;
}

/** Begins a browser for the tests of this suite; to be called in its `describe`. Skips them where there is no Chromium. */
export function inBrowser(): InBrowser {
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
    for (const [role, token] of Object.entries(TOKENS))
      writeFileSync(join(folder, role), `${token}\n`, { mode: 0o600 });
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

  const serve = async (over: Partial<Daemon>) => {
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
      tokens: (['operator', 'reader'] as const).map(role => ({ file: join(folder, role), role })),
    };
    server = createHttpServer(daemon, () => {}, BUILT);
    await server.configure(config, readHttpFiles(config));
  };
  const at = () => `http://127.0.0.1:${server.ports()[0]}`;
  return {
    ...{ orders, wrong, at },
    async open(hash, { over = {}, how = {}, role = 'operator' } = {}) {
      await serve(over);
      context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-GB', ...how });
      context.setDefaultTimeout(60_000);
      page = await context.newPage();
      page.on('pageerror', error => wrong.push(error.message));
      page.on('console', message => {
        if (message.type() === 'error') wrong.push(message.text());
      });
      await page.addInitScript(`sessionStorage.setItem('intertrack-token', '${TOKENS[role]}')`);
      await page.goto(`${at()}/#/${hash}`);
      await page.locator('h1').waitFor();
      return page;
    },
    async picture(name) {
      if (PICTURES === undefined) return;
      mkdirSync(PICTURES, { recursive: true });
      await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
    },
    heading: text => page.getByRole('heading', { name: text, exact: true }).waitFor(),
  };
}
