import { expect } from 'chai';
import { until } from '../interop/bgp-peers.ts';
import { inBrowser, TOKENS } from './browser.ts';

/** What the browser itself has measured of a load: ms, octets as they were sent, and how far things jumped. */
interface Measured {
  readonly firstPaint: number;
  readonly largestPaint: number;
  readonly shift: number;
  readonly longTasks: readonly number[];
  readonly octets: number;
  readonly requests: number;
}

/** Reads it in the page: the last paint and all entries so far. */
const MEASURE = `new Promise(resolve => {
  const all = { paint: [], 'largest-contentful-paint': [], 'layout-shift': [], longtask: [] };
  for (const type of Object.keys(all))
    new PerformanceObserver(list => all[type].push(...list.getEntries())).observe({ type, buffered: true });
  setTimeout(() => {
    const loads = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
    resolve({
      firstPaint: all.paint.find(({ name }) => name === 'first-contentful-paint')?.startTime ?? 0,
      largestPaint: all['largest-contentful-paint'].at(-1)?.startTime ?? 0,
      shift: all['layout-shift'].reduce((sum, { value, hadRecentInput }) => sum + (hadRecentInput ? 0 : value), 0),
      longTasks: all.longtask.map(({ duration }) => duration),
      octets: loads.reduce((sum, { transferSize }) => sum + transferSize, 0),
      requests: loads.length,
    });
  }, 100);
})`;

/** Octets of everything that a first view loads, answers of the API too. */
const BUDGET = 300_000;

describe('web/page, frame', function () {
  this.timeout(240_000);
  const browser = inBrowser();
  const { heading, open, wrong } = browser;

  it('is there at once: little to load, and nothing jumps', async () => {
    const page = await open('overview');
    // As somebody who has never been here: nothing is in the browser's cache.
    const fresh = await page
      .context()
      .browser()!
      .newContext({ viewport: { width: 1280, height: 900 } });
    try {
      await fresh.addInitScript(`sessionStorage.setItem('intertrack-token', '${TOKENS.operator}')`);
      const first = await fresh.newPage();
      await first.goto(`${browser.at()}/#/overview`);
      await first.getByRole('cell', { name: 'tyo1', exact: true }).waitFor({ timeout: 60_000 });
      const { firstPaint, largestPaint, shift, longTasks, octets, requests } = await first.evaluate<Measured>(MEASURE);
      const longest = Math.round(longTasks.reduce((most, one) => Math.max(most, one), 0));
      console.log(
        `first view in Chromium: first contentful paint ${Math.round(firstPaint)} ms, largest ${Math.round(largestPaint)} ms, ` +
          `${octets} octets in ${requests} requests, ${longTasks.length} long tasks (longest ${longest} ms), layout shift ${shift.toFixed(3)}`,
      );
      expect(octets).to.be.within(1000, BUDGET);
      expect(shift).to.be.lessThan(0.25);
      // On a machine that does much else it takes longer than the second that is wanted; a minute is broken.
      expect(firstPaint).to.be.within(1, 60_000);
    } finally {
      await fresh.close();
    }
  });

  it('asks for a token, and forgets it when that is wanted', async () => {
    const page = await open('overview');
    const fresh = await page.context().browser()!.newContext({ locale: 'en-GB' });
    try {
      const first = await fresh.newPage();
      await first.goto(`${browser.at()}/#/probes`);
      await first.getByLabel('Token').fill(`${TOKENS.operator} `);
      await first.keyboard.press('Enter');
      await first.getByRole('heading', { name: 'Probes', exact: true }).waitFor();
      await first.getByRole('button', { name: 'Forget the token' }).click();
      await first.getByLabel('Token').waitFor();
    } finally {
      await fresh.close();
    }
  });

  it('has no dead link, and no view that complains', async () => {
    const page = await open('overview');
    const seen = new Set<string>();
    const waiting = ['#/overview'];
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (seen.has(next)) continue;
      seen.add(next);
      await page.evaluate(`location.hash = ${JSON.stringify(next)}`);
      // What is read has come, or what is wrong is told.
      const [, view, id = ''] = next.replace(/\?.*$/, '').split('/');
      const here = `main [data-view="${view}"][data-id="${decodeURIComponent(id)}"]`;
      await until(`${next} is there`, () =>
        page.evaluate<boolean>(
          `!(document.querySelector('${here}:has(h1)')?.textContent ?? 'Reading …').includes('Reading …')`,
        ),
      );
      expect(await page.locator('main [role=alert]').allTextContents(), next).to.deep.equal([]);
      const links = await page.evaluate<string[]>(
        '[...document.querySelectorAll("a")].map(a => a.getAttribute("href"))',
      );
      for (const link of links) {
        expect(link, next).to.match(/^(#\/[a-z]+([/?]|$)|mailto:|tel:)/);
        if (link.startsWith('#')) waiting.push(link);
      }
    }
    expect([...seen].map(link => link.split(/[/?]/)[1])).to.include.members([
      ...[
        'overview',
        'peer',
        'cases',
        'case',
        'incident',
        'traces',
        'trace',
        'routes',
        'explain',
        'registry',
        'probes',
      ],
      'traceback',
    ]);
    expect(wrong).to.deep.equal([]);
  });

  it('goes by keys, lists them, and does without where that is chosen', async () => {
    const page = await open('overview');
    await page.keyboard.press('g');
    await page.keyboard.press('r');
    await heading('Routes');
    await page.keyboard.press('/');
    await page.keyboard.type('g t');
    expect(await page.getByLabel('Prefix, address or AS').inputValue()).to.equal('g t');
    await page.locator('h1').click();
    await page.keyboard.press('?');
    const list = page.getByRole('dialog', { name: 'Keys' });
    await list.getByText('into the search of this view').waitFor();
    await list.getByLabel('These keys are on').uncheck();
    await page.keyboard.press('Escape');
    await list.waitFor({ state: 'hidden' });
    await page.keyboard.press('?');
    expect(await list.isVisible()).to.equal(false);
    await page.reload();
    await page.getByRole('button', { name: 'Keys' }).click();
    expect(await list.getByLabel('These keys are on').isChecked()).to.equal(false);
  });

  it('keeps the language and the colours that were chosen', async () => {
    const page = await open('overview', { how: { colorScheme: 'light' } });
    const paper = () => page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
    const light = await paper();
    await page.getByRole('button', { name: 'Light or dark' }).click();
    await page.getByRole('button', { name: 'Light', exact: true }).click();
    await page.getByRole('button', { name: 'Dark', exact: true }).waitFor();
    await until('the page is dark', async () => (await paper()) !== light);
    await page.getByRole('button', { name: '日本語' }).click();
    await heading('概況');
    await page.reload();
    await heading('概況');
    expect(await page.locator('html').getAttribute('data-theme')).to.equal('dark');
    expect(await paper()).to.not.equal(light);
    expect(await page.title()).to.equal('概況 · InterTrack');
  });

  it('says so when a part of it is not there any more', async () => {
    const page = await open('overview');
    await page.route('**/assets/*', route => route.abort());
    await page.getByRole('link', { name: 'Probes' }).click();
    await page.getByText(/could not be loaded/).waitFor();
    await page.unroute('**/assets/*');
    await page.getByRole('button', { name: 'Load the page anew' }).click();
    await heading('Probes');
  });
});
