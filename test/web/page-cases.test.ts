import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import type { Daemon } from '../../src/control/daemon.ts';
import { CASE, LINE, ROUTES } from '../control/scripted.ts';
import { until } from '../interop/bgp-peers.ts';
import { inBrowser } from './browser.ts';

describe('web/page, cases', function () {
  this.timeout(240_000);
  const { heading, open, orders, picture, wrong } = inBrowser();

  it('shows a case, and does something with it only when that is said twice', async () => {
    const page = await open('cases');
    await page.getByRole('link', { name: CASE.id }).click();
    await heading(`Case ${CASE.id}`);
    await page.getByText('AS64666 announces 192.0.2.0/25').waitFor();
    await page.getByRole('img', { name: /AS64511 → AS64666 \(this case\)/ }).waitFor();
    await page.getByRole('link', { name: 'noc@example.net' }).first().waitFor();
    await page.getByText(/its hash is right|the chain of their hashes is whole/).waitFor();
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

  it('draws the paths of the registered route beside those of the case', async () => {
    const held = { ...ROUTES[0]!, prefix: '192.0.2.0/24', peer: 'osa1', path: [64497, 64500], origin: 64500 };
    const page = await open(`case/${CASE.id}`, {
      over: {
        async routes(query, take) {
          if (query.prefix === CASE.decidedBy && query.scope === 'exact') await take([held]);
          return { changed: 0 };
        },
      },
    });
    const drawn = page.getByRole('img', { name: /AS64497 → AS64500 \(registered\)/ });
    await drawn.waitFor();
    expect(await drawn.locator('.origin-case text').first().textContent()).to.equal('AS64666');
    expect(await drawn.locator('.origin-registered text').first().textContent()).to.equal('AS64500');
    // The same stands in a table, for who does not see the drawing.
    const rows = page.getByRole('table', { name: /^The same as a table/ }).locator('tbody tr');
    expect(await rows.allTextContents()).to.deep.equal(['this case64496 64511 64666tyo1', 'registered64497 64500osa1']);
    expect(wrong).to.deep.equal([]);
  });

  it('offers a reader nothing that changes a case, and the case as a file', async () => {
    const page = await open(`case/${CASE.id}`, { role: 'reader' });
    await page.getByText('Your token may look, and do nothing with cases.').waitFor();
    for (const name of ['Acknowledge', 'Set aside', 'Write a note'])
      expect(await page.getByRole('button', { name }).count(), name).to.equal(0);
    for (const [name, file, begin] of [
      ['Export as JSON', `intertrack-case-${CASE.id}.json`, '{'],
      ['Export as IODEF', `intertrack-case-${CASE.id}.xml`, '<'],
    ] as const) {
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name }).click()]);
      expect(download.suggestedFilename()).to.equal(file);
      const text = await readFile(await download.path(), 'utf8');
      expect(text)
        .to.include(CASE.id)
        .and.to.satisfy((all: string) => all.startsWith(begin));
    }
    expect(wrong).to.deep.equal([]);
  });

  it('sets aside with a reason and for how long, by the keyboard alone', async () => {
    const until_: (number | null)[] = [];
    const page = await open(`case/${CASE.id}`, {
      over: {
        markCase: async (_id, order) => {
          until_.push(order.until === null ? null : Math.round((order.until - Date.now()) / 3_600_000));
          orders.push(`${order.what}: ${order.reason}`);
          return { ...CASE, state: 'dismissed' };
        },
      },
    });
    await page.getByRole('button', { name: 'Set aside' }).focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Reason').fill('test of a customer');
    await dialog.getByLabel('For how long').fill('12h');
    await page.keyboard.press('Enter');
    await page.getByText('It is done.').waitFor();
    expect(orders).to.deep.equal(['dismiss: test of a customer']);
    expect(until_).to.deep.equal([12]);
  });

  it('leads to the incident and back', async () => {
    const page = await open(`case/${CASE.id}`);
    await page.getByRole('link', { name: /^Incident/ }).click();
    await heading(`Incident ${CASE.incident}`);
    await page.getByRole('link', { name: CASE.id }).click();
    await heading(`Case ${CASE.id}`);
    await page.goBack();
    await heading(`Incident ${CASE.incident}`);
    expect(wrong).to.deep.equal([]);
  });

  it('lists a case that has just begun', async () => {
    let tell: Parameters<Daemon['follow']>[2] | undefined;
    let all = [CASE];
    const page = await open('cases', {
      over: {
        cases: async () => all,
        casesBefore: async one => (one === null ? all : []),
        follow: (topics, _since, take) => {
          // The metrics listen too, to more.
          if (topics.length === 1) tell = take;
          return () => {};
        },
      },
    });
    await page.getByRole('link', { name: CASE.id }).waitFor();
    all = [{ ...CASE, id: '2026-03-01-02' }, CASE];
    await until('the page listens', () => tell !== undefined);
    tell!({ mark: 'a.1', about: 'cases', key: null, row: { ...LINE, case: '2026-03-01-02' } });
    await page.getByRole('link', { name: '2026-03-01-02' }).waitFor();
    // Of all there were nothing is read again unless it is told.
    await page.getByLabel('Which').selectOption('all');
    await page.getByRole('table', { name: /^All cases/ }).waitFor();
    all = [{ ...CASE, id: '2026-03-01-03' }, ...all];
    tell!({ mark: 'a.2', about: 'cases', key: null, row: { ...LINE, case: '2026-03-01-03' } });
    await page.getByRole('link', { name: '2026-03-01-03' }).waitFor();
  });

  it('goes through ten thousand cases by pages and filters that stand in the address', async () => {
    const all = Array.from({ length: 10_000 }, (_, i) => ({
      ...CASE,
      id: `2026-03-01-${99_999 - i}`,
      prefix: `10.${i >> 8}.${i & 255}.0/24`,
      state: i % 100 === 7 ? ('flapping' as const) : CASE.state,
    }));
    const at = new Map(all.map((one, i) => [one.id, i]));
    const page = await open('cases?show=all', {
      over: {
        cases: async () => all,
        case: async id => all[at.get(id) ?? -1] ?? null,
        casesBefore: async (one, limit) => {
          const from = one === null ? 0 : at.get(one.id)! + 1;
          return all.slice(from, from + limit);
        },
      },
    });
    const hash = () => page.evaluate<string>('location.hash');
    await page.getByText('Page 1 of 100').waitFor();
    expect(await page.locator('tbody tr').count()).to.equal(100);
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByText('Page 2 of 100').waitFor();
    await page.getByRole('link', { name: all[100]!.id }).click();
    await heading(`Case ${all[100]!.id}`);
    await page.goBack();
    await page.getByText('Page 2 of 100').waitFor();
    await page.goBack();
    await page.getByText('Page 1 of 100').waitFor();
    await page.getByLabel('Filter').fill('10.39.15.0/24');
    await page.getByText('1 of 10000').waitFor();
    expect(await page.locator('tbody tr').count()).to.equal(1);
    expect(await hash()).to.equal('#/cases?show=all&q=10.39.15.0%2F24');
    await page.getByLabel('Filter').fill('');
    await page.getByLabel('State').selectOption('flapping');
    await page.getByText('100 of 10000').waitFor();
    await picture('cases-large');
    // Who is sent the address sees the same.
    await page.reload();
    await page.getByText('100 of 10000').waitFor();
    expect(await page.getByLabel('State').inputValue()).to.equal('flapping');
    await page.getByLabel('Filter').fill('no such thing');
    await page.getByText('No case matches the filter.').waitFor();
    expect(wrong).to.deep.equal([]);
  });
});
