import { expect } from 'chai';
import { scriptedDaemon } from '../control/scripted.ts';
import { inBrowser } from './browser.ts';

describe('web/page, trace peers and probes', function () {
  this.timeout(180_000);
  const { heading, open, picture, wrong } = inBrowser();

  it('draws who takes part on the AS graph, and says the same in a table', async () => {
    const page = await open('traceback');
    const graph = page.getByRole('img', { name: '1 of the 4 ASes drawn take part; the table says the same.' });
    await graph.waitFor();
    expect(await graph.locator('.node').count()).to.equal(5);
    expect(await graph.locator('.node.absent').count()).to.equal(3);
    expect(await graph.locator('.link.peer').count()).to.equal(1);
    await page.getByRole('row', { name: /AS64510 ● session is up/ }).waitFor();
    await page.getByRole('row', { name: /AS4200000001 – takes part no more/ }).waitFor();
    await page.getByRole('row', { name: /AS64511 .*contradicts what it states/ }).waitFor();
    // A neighbour that takes no part: who would be asked behind it.
    await graph.locator('.node.absent').first().click();
    await heading('About AS64501');
    await page.getByText(/^AS64510, 312 ASes in its cone, 12 ms, has told its way here, was the one 2 times/).waitFor();
    await graph.locator('.node.wave').getByText('asked in wave 1').waitFor();
    await picture('peers');
    expect(wrong).to.deep.equal([]);
  });

  it('orders of a session what was said twice', async () => {
    const ordered: unknown[] = [];
    const page = await open('traceback', {
      over: {
        orderTraceback: async order => {
          ordered.push(order);
          return { peer: 'AS64510', done: 'disabled' };
        },
      },
    });
    await page.getByRole('button', { name: 'AS64510' }).click();
    await page.getByRole('button', { name: 'Hold the session down' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'No' }).click();
    expect(ordered).to.deep.equal([]);
    await page.getByRole('button', { name: 'Hold the session down' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Yes' }).click();
    await page.getByText('It is done.').waitFor();
    expect(ordered).to.deep.equal([{ what: 'disable', peer: 64510, reason: '' }]);
  });

  it('stays readable with a hundred ASes', async () => {
    const { tracebackGraph } = scriptedDaemon();
    const graph = await tracebackGraph();
    const ases = [
      { as: 64500, distance: 0 },
      ...Array.from({ length: 120 }, (_, i) => ({ as: 65_000 + i, distance: 1 + (i % 4) })),
    ];
    const links = ases.slice(1).map(({ as, distance }, i) => ({
      from: as,
      to: distance === 1 ? 64500 : 65_000 + ((i * 7) % 30) * 4 + distance - 2,
      relation: 'provider' as const,
    }));
    const page = await open('traceback', {
      over: { tracebackGraph: async () => ({ ...graph, sketch: { ases, links, leftOut: 3 } }) },
    });
    await page.getByText('Not drawn: 3 more ASes that take part.').waitFor();
    expect(await page.locator('.as-graph .node').count()).to.equal(121);
    await picture('peers-many');
    expect(wrong).to.deep.equal([]);
  });

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
