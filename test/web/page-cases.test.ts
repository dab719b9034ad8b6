import { expect } from 'chai';
import type { Daemon } from '../../src/control/daemon.ts';
import { CASE, LINE } from '../control/scripted.ts';
import { until } from '../interop/bgp-peers.ts';
import { inBrowser } from './browser.ts';

describe('web/page, cases', function () {
  this.timeout(240_000);
  const { heading, open, orders, picture, wrong } = inBrowser();

  it('shows a case, and does something with it only when that is said twice', async () => {
    const page = await open('cases');
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
    const page = await open('cases', {
      over: {
        cases: async () => all,
        casesBefore: async one => (one === null ? all : []),
        follow: (_topics, _since, take) => {
          tell = take;
          return () => {};
        },
      },
    });
    await page.getByRole('link', { name: CASE.id }).waitFor();
    all = [{ ...CASE, id: '2026-03-01-02' }, CASE];
    await until('the page listens', () => tell !== undefined);
    tell!({ mark: 'a.1', about: 'cases', key: null, row: { ...LINE, case: '2026-03-01-02' } });
    await page.getByRole('link', { name: '2026-03-01-02' }).waitFor();
  });

  it('goes on with ten thousand cases', async () => {
    const all = Array.from({ length: 10_000 }, (_, i) => ({
      ...CASE,
      id: `2026-03-01-${10_000 + i}`,
      prefix: `10.${i >> 8}.${i & 255}.0/24`,
    }));
    const page = await open('cases', {
      over: {
        cases: async () => all,
        casesBefore: async (one, limit) =>
          one === null ? all.slice(0, limit) : all.slice(all.indexOf(one as never) + 1).slice(0, limit),
      },
    });
    await page.getByLabel('Filter').fill('10.39.15.0/24');
    await page.getByRole('link', { name: '2026-03-01-19999' }).waitFor();
    expect(await page.locator('tbody tr').count()).to.equal(1);
    await picture('cases-large');
    expect(wrong).to.deep.equal([]);
  });
});
