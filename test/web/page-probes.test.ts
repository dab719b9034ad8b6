import { expect } from 'chai';
import { scriptedDaemon } from '../control/scripted.ts';
import { inBrowser } from './browser.ts';

describe('web/page, probes', function () {
  this.timeout(180_000);
  const { heading, open, picture, wrong } = inBrowser();

  it('shows what a probe takes in, loses, keeps and is asked', async () => {
    const page = await open('probes');
    await page.getByRole('cell', { name: '2026-03-01 11:59:30Z: 5 of 8 seen (12 questions)' }).waitFor();
    for (const name of ['Packets a second', 'Lost a second', 'Fill of the fullest ring', 'Share that is kept'])
      await page.getByRole('img', { name: new RegExp(`^${name}: .+ at most$`) }).waitFor();
    expect(await page.locator('.sparkline polyline').count()).to.equal(4);
    await page.getByText('The disk refuses: ENOSPC: no space left on device, write').waitFor();
    await page.getByText('nothing can be said of 10s from 2026-03-01 11:50:00Z on').waitFor();
    await picture('probes');
    await page.getByRole('link', { name: 'tap1' }).click();
    await heading('Probe tap1');
    await page.getByRole('table', { name: /Vantages/ }).waitFor();
    await picture('probe');
    expect(wrong).to.deep.equal([]);
  });

  it('says what a probe that is away does not tell', async () => {
    const daemon = scriptedDaemon();
    const [row] = await daemon.probes();
    const away = { ...row!, connected: false, rate: null, retained: null, questions: 0, lastQuestion: null };
    const page = await open('probes', {
      over: {
        probes: async () => [away],
        probe: async () => ({
          ...{ ...away, kept: null },
          history: [
            { at: 1, rate: null, lost: 0, fill: null, sampling: null },
            { at: 2, rate: null, lost: 0, fill: null, sampling: null },
          ],
        }),
        probeVantages: async () => {
          throw new Error('probe tap1 is not connected');
        },
      },
    });
    await page.getByRole('cell', { name: 'not asked yet' }).waitFor();
    await page.getByRole('img', { name: 'Share that is kept: not known now, 0 % at most' }).waitFor();
    await page.evaluate('location.hash = "#/probes/tap1"');
    await page.getByRole('alert').getByText('probe tap1 is not connected').waitFor();
    expect(wrong.filter(line => !line.includes('422'))).to.deep.equal([]);
  });
});
