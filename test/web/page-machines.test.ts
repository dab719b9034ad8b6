import { expect } from 'chai';
import { scriptedDaemon } from '../control/scripted.ts';
import { until } from '../interop/bgp-peers.ts';
import { inBrowser } from './browser.ts';

describe('web/page: machines', function () {
  this.timeout(240_000);
  const browser = inBrowser();
  const { heading, open, picture, wrong } = browser;

  it('shows those that share the work, the missed ones first, and who has which partition', async () => {
    let missed = true;
    const page = await open('overview', {
      over: {
        machines: async () =>
          (await scriptedDaemon().machines()).map(one => ({ ...one, missed: one.missed && missed })),
      },
    });
    const rows = page.getByRole('table', { name: /^Machines that share the work/ }).locator('tbody tr');
    await rows.first().waitFor();
    expect(await rows.count()).to.equal(2);
    expect(await rows.nth(0).textContent())
      .to.include('192.0.2.20')
      .and.to.match(/not heard for \d+m/)
      .and.to.include('7s behind')
      .and.to.include('peer osa1 is down');
    expect(await rows.nth(1).textContent())
      .to.include('192.0.2.10 (this one)')
      .and.to.include('collects, keeps cases, traces')
      .and.to.include('0, 2');
    const partitions = page.getByRole('table', { name: /^Partitions of the cases/ }).locator('tbody tr');
    expect(await partitions.nth(0).textContent())
      .to.include('192.0.2.10')
      .and.to.include('5.2');
    expect(await partitions.nth(1).textContent()).to.include('nobody (was 192.0.2.30)');
    await picture('machines');
    missed = false;
    await until('nobody is missed', async () => !/not heard/.test((await rows.allTextContents()).join()));
    expect(wrong).to.deep.equal([]);
  });

  it('tells of them in Japanese, on a telephone too', async () => {
    const page = await open('overview', { how: { locale: 'ja-JP', viewport: { width: 390, height: 844 } } });
    await heading('概況');
    const table = page.getByRole('table', { name: /^処理を分担するマシン/ });
    await table.waitFor();
    expect(await table.textContent())
      .to.include('このマシン')
      .and.to.include('経路収集, 案件管理, 追跡');
    expect(await page.evaluate('document.documentElement.scrollWidth > innerWidth')).to.equal(false);
    await picture('machines-ja');
  });

  it('shows nothing of them where a machine is alone', async () => {
    const page = await open('overview', { over: { machines: async () => [] } });
    await page.getByRole('table', { name: /^BGP peers/ }).waitFor();
    expect(await page.getByText(/share the work|this machine is alone/i).count()).to.equal(0);
  });
});
