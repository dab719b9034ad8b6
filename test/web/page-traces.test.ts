import { expect } from 'chai';
import { TRACE } from '../control/scripted.ts';
import { inBrowser } from './browser.ts';

describe('web/page, traces', function () {
  this.timeout(180_000);
  const { heading, open, picture, wrong } = inBrowser();

  it('shows a trace as a tree and as words', async () => {
    const page = await open('traces');
    await page.getByRole('link', { name: TRACE.id }).click();
    await heading(`Trace ${TRACE.id}`);
    await page.getByRole('img', { name: TRACE.id }).waitFor();
    await picture('trace');
    const drawn = await page.locator('svg .node').count();
    expect(await page.locator('tbody tr').count()).to.equal(drawn);
    expect(wrong).to.deep.equal([]);
  });

  it('goes on with a tree of a thousand ASes', async () => {
    const leaf = { ...TRACE.tree, children: [] };
    const tree = {
      ...TRACE.tree,
      children: Array.from({ length: 37 }, (_, i) => ({
        ...leaf,
        as: 65_000 + i,
        children: Array.from({ length: 26 }, (_, j) => ({ ...leaf, as: 70_000 + 26 * i + j })),
      })),
    };
    const page = await open(`trace/${TRACE.id}`, { over: { trace: async () => ({ ...TRACE, tree }) } });
    await page.getByRole('img', { name: TRACE.id }).waitFor();
    expect(await page.locator('svg .node').count()).to.equal(1 + 37 + 37 * 26);
    await picture('large');
    expect(wrong).to.deep.equal([]);
  });
});
