import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { CASE, scriptedDaemon } from '../control/scripted.ts';
import { BUILT, inBrowser } from './browser.ts';

describe('web/page', function () {
  this.timeout(240_000);
  const browser = inBrowser();
  const { heading, open, picture, wrong } = browser;

  it('fits into 300 kB, gzip, and asks nobody but the daemon', async () => {
    const files = readdirSync(BUILT, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.gz'));
    const octets = files.reduce((sum, name) => sum + statSync(join(BUILT, name)).size, 0);
    expect(octets).to.be.within(1000, 300_000);
    const page = await open('overview');
    const hosts = await page.evaluate<string[]>(
      'performance.getEntriesByType("resource").map(({ name }) => new URL(name).host)',
    );
    expect(new Set(hosts)).to.deep.equal(new Set([new URL(browser.at()).host]));
    // Nor could it run or load anything else.
    const { headers } = await fetch(`${browser.at()}/`);
    const policy = headers.get('content-security-policy');
    expect(policy).to.include("default-src 'self'").and.to.not.include('unsafe');
    expect(wrong).to.deep.equal([]);
  });

  it('shows all of the daemon in one view', async () => {
    const page = await open('overview');
    await page.getByRole('cell', { name: 'tyo1', exact: true }).waitFor();
    await page.getByRole('link', { name: CASE.id }).waitFor();
    // What is wrong stands above everything else, and peers that are down above those that are up.
    const { problems } = await scriptedDaemon().status();
    const first = page.locator('main h1 + section');
    expect(await first.getByRole('listitem').allTextContents()).to.deep.equal(problems);
    const peers = page.getByRole('table', { name: /^BGP peers/ }).locator('tbody tr');
    expect(await peers.first().textContent())
      .to.include('osa1')
      .and.to.include('Active');
    await page.getByRole('link', { name: 'osa1' }).click();
    await heading('Feed of osa1');
    await page.goBack();
    await heading('Overview');
    await picture('overview');
    expect(wrong).to.deep.equal([]);
  });

  it('speaks Japanese, in the dark, on a telephone', async () => {
    const page = await open('overview', {
      how: { locale: 'ja-JP', colorScheme: 'dark', viewport: { width: 390, height: 844 } },
    });
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
    const page = await open('overview');
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

  it('says what is wrong, and goes on when it is well again', async () => {
    const status = await scriptedDaemon().status();
    let broken = true;
    const page = await open('overview', {
      over: {
        status: async () => {
          if (broken) throw new Error('the database is gone');
          return { ...status, problems: [] };
        },
      },
    });
    await page.getByText('the database is gone').waitFor();
    broken = false;
    await page.getByText('No problems.').waitFor();
  });

  it('says in one line that nothing is wrong', async () => {
    const status = await scriptedDaemon().status();
    const page = await open('overview', {
      over: {
        status: async () => ({ ...status, problems: [], openCases: 0, peers: 2, established: 2, lost: [] }),
        cases: async () => [],
      },
    });
    await page
      .getByRole('status')
      .getByText(/^Nothing is wrong/)
      .waitFor();
    expect(await page.locator('main h1 + section').count()).to.equal(0);
    expect(wrong).to.deep.equal([]);
  });
});
