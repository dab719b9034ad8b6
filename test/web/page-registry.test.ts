import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { DRIFT } from '../control/explained.ts';
import { until } from '../interop/bgp-peers.ts';
import { inBrowser } from './browser.ts';

describe('web/page, registry', function () {
  this.timeout(180_000);
  const { heading, open, picture, wrong } = inBrowser();

  it('shows sources, caches, and each list of what has come apart, to be saved', async () => {
    const asked: number[] = [];
    const page = await open('registry', {
      over: {
        drift: async days => {
          asked.push(days);
          return { ...DRIFT, days };
        },
      },
    });
    await page.getByRole('table', { name: /^Registry sources/ }).waitFor();
    await page.getByRole('table', { name: /^RPKI caches/ }).waitFor();
    await heading('Announced, and not registered: 1');
    await heading('Registered, and not announced for 90 days: 2');
    await heading('Registered, and invalid by the RPKI: 1');
    await heading('About to be removed by their registry: 1');
    await heading('Of others, for prefixes of ours or inside them: 2');
    await picture('registry');
    const save = page.getByRole('button', { name: /^Save as JSON Registered, and not announced/ });
    const [download] = await Promise.all([page.waitForEvent('download'), save.click()]);
    expect(download.suggestedFilename()).to.equal('intertrack-drift-silent.json');
    expect(JSON.parse(await readFile(await download.path(), 'utf8'))).to.deep.equal(DRIFT.silent);
    await page.getByLabel('Not seen for so many days').fill('7');
    await page.keyboard.press('Enter');
    await heading('Registered, and not announced for 7 days: 2');
    expect(asked).to.deep.equal([90, 7]);
    expect(await page.evaluate('location.hash')).to.equal('#/registry?days=7');
    expect(wrong).to.deep.equal([]);
  });

  it('shows what is registered for a prefix, an AS and a name', async () => {
    const page = await open('registry');
    const search = page.getByLabel('Prefix, address, AS, set or maintainer');
    for (const wanted of ['192.0.2.0/24', 'AS-EXAMPLE']) {
      await search.fill(wanted);
      await search.press('Enter');
      await page.getByRole('table', { name: /^What is registered/ }).waitFor();
      expect(await page.evaluate<string>('location.hash')).to.equal(`#/registry?q=${encodeURIComponent(wanted)}`);
    }
    await page.goBack();
    await until('the search is as it was', async () => (await search.inputValue()) === '192.0.2.0/24');
    expect(wrong).to.deep.equal([]);
  });
});
