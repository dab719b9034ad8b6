import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import type { RouteRow } from '../../src/collector/messages.ts';
import type { Daemon } from '../../src/control/daemon.ts';
import { routeQuestions } from '../../src/web/page/route-questions.ts';
import { visibilityOf } from '../../src/web/page/visibility.ts';
import { DRIFT } from '../control/explained.ts';
import { ROUTES, SUMMARY } from '../control/scripted.ts';
import { until } from '../interop/bgp-peers.ts';
import { inBrowser } from './browser.ts';

describe('web/page, routes and registry', function () {
  this.timeout(180_000);
  const { heading, open, picture, wrong } = inBrowser();

  it('finds routes, says what the registry has of them, and which peers hold them', async () => {
    const page = await open('routes');
    const search = page.getByLabel('Prefix, address or AS');
    await search.fill('192.0.2.0/24');
    await page.keyboard.press('Enter');
    const rows = page.getByRole('table', { name: /^Routes/ }).locator('tbody tr');
    await rows.first().waitFor();
    expect(await rows.first().textContent())
      .to.include('AS64666')
      .and.to.include('mismatch')
      .and.to.include('invalid');
    const seen = page.getByRole('table', { name: /^Visibility/ }).locator('tbody tr');
    // Of the two peers one is up, and osa1 is down though it left a route.
    expect(await seen.first().textContent()).to.include('AS64666 at 1 peer');
    await picture('routes');
    await search.fill('nonsense');
    await page.keyboard.press('Enter');
    await page.getByText(/"nonsense" is no prefix/).waitFor();
    await page.goBack();
    await rows.first().waitFor();
    await until('the search is as it was', async () => (await search.inputValue()) === '192.0.2.0/24');
    expect(wrong.filter(text => !text.includes('400'))).to.deep.equal([]);
  });

  it('asks by every word of `show route`, from an address that is sent around', async () => {
    const asked: Parameters<Daemon['routes']>[0][] = [];
    const over: Partial<Daemon> = {
      async routes(query, take) {
        asked.push(query);
        await take(ROUTES);
        return { changed: 0 };
      },
    };
    const words =
      'q=192.0.2.0%2F24&scope=longer&peer=tyo1&origin=64666&path=_64666_&community=64497%3A100&validity=mismatch';
    const page = await open(`routes?${words}`, { over });
    await page.getByRole('table', { name: /^Routes/ }).waitFor();
    expect(asked).to.deep.equal([
      {
        ...{ about: 'route', prefix: '192.0.2.0/24', scope: 'longer', peer: 'tyo1', originAs: 64666 },
        ...{ path: '_64666_', community: '64497:100', validity: 'mismatch' },
      },
    ]);
    expect(await page.getByLabel('Which prefixes').inputValue()).to.equal('longer');
    expect(await page.getByLabel('IRR and RPKI').inputValue()).to.equal('mismatch');
    expect(wrong).to.deep.equal([]);
  });

  it('stops where a person would, and says so', async () => {
    const many: RouteRow[] = Array.from({ length: 500 }, (_, i) => ({
      ...ROUTES[0]!,
      prefix: `10.0.${i & 255}.0/24`,
      pathId: i,
    }));
    let ended = 0;
    const page = await open('routes?q=AS64666', {
      over: {
        async routes(_query, take, signal) {
          signal.addEventListener('abort', () => ended++);
          while (!signal.aborted) await take(many);
          return { changed: 0 };
        },
      },
    });
    await page.getByText(/^The first 1000 routes; there are more/).waitFor();
    expect(
      await page
        .getByRole('table', { name: /^Routes/ })
        .locator('tbody tr')
        .count(),
    ).to.equal(100);
    await until('the daemon is told that it is enough', () => ended > 0);
    expect(wrong).to.deep.equal([]);
  });

  it('explains a route rule by rule', async () => {
    const page = await open('routes?q=192.0.2.0/24');
    await page.getByRole('link', { name: /^Explain 192.0.2.0\/24 AS64666/ }).click();
    await heading('Why a route is judged so');
    await page.getByText('if AS64666 had a ROA for 192.0.2.0/24').waitFor();
    await page
      .getByText(/contradicts it \(as\)/)
      .first()
      .waitFor();
    await page
      .getByText(/ONLY_TO_CUSTOMER 64496$/)
      .first()
      .waitFor();
    await picture('explain');
    await page.getByLabel('Origin AS').fill('64500');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('location.hash')).to.equal('#/explain?prefix=192.0.2.0%2F24&as=64500');
    await page.goBack();
    await until('the question is as it was', async () => (await page.getByLabel('Origin AS').inputValue()) === '64666');
    expect(wrong).to.deep.equal([]);
  });

  it('asks of an AS all that it originates', () => {
    const both = { longer: true, 'origin-as': '64500' };
    for (const q of ['AS64500', 'as64500', '64500', ' AS 64500'])
      expect(routeQuestions({ q })).to.deep.equal([
        { ...both, prefix: '0.0.0.0/0' },
        { ...both, prefix: '::/0' },
      ]);
    expect(routeQuestions({ q: '192.0.2.1', peer: '', scope: 'exact' })).to.deep.equal([
      { prefix: '192.0.2.1', exact: true },
    ]);
    expect(routeQuestions({})).to.deep.equal([]);
  });

  it('counts by which peers a prefix is held', () => {
    const up = SUMMARY.map(({ peer }) => peer);
    expect(visibilityOf([...ROUTES, { prefix: '198.51.100.0/24', peer: 'tyo1', origin: 64500 }], up)).to.deep.equal([
      {
        prefix: '192.0.2.0/24',
        origins: [
          { origin: null, peers: 1 },
          { origin: 64666, peers: 1 },
        ],
        holds: 2,
        missing: [],
      },
      { prefix: '198.51.100.0/24', origins: [{ origin: 64500, peers: 1 }], holds: 1, missing: ['osa1'] },
    ]);
  });

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
