import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { makeCaptures } from '../../contrib/demo/packets.ts';
import type { Daemon } from '../../src/control/daemon.ts';
import type { Trace } from '../../src/traceback/trace.ts';
import { CASE, TRACE } from '../control/scripted.ts';
import { until } from '../interop/bgp-peers.ts';
import { inBrowser } from './browser.ts';
import { FORGED, THOUSAND } from './traced.ts';

describe('web/page, traces', function () {
  this.timeout(240_000);
  const { heading, open, picture, wrong } = inBrowser();

  it('shows a trace as a drawing, as a list and in words', async () => {
    const page = await open('traces', { over: { trace: async () => FORGED } });
    await picture('traces');
    await page.getByRole('link', { name: TRACE.id }).click();
    await heading(`Trace ${TRACE.id}`);
    await page.getByText('The packets entered at AS64510, from AS64520. 3 ASes remain possible.').waitFor();
    const drawn = await page.getByRole('img', { name: TRACE.id }).locator('.node').count();
    // Nine that say the same are one.
    expect(drawn).to.equal(10);
    expect(await page.getByRole('treeitem').count()).to.equal(drawn);
    expect(await page.locator('svg .node.absent').count()).to.equal(2);
    expect(await page.locator('svg .node.entry').count()).to.equal(1);
    expect(await page.locator('svg .node.possible').count()).to.equal(3);
    await page.getByRole('row', { name: /AS64512 no longer has windows of then windows are kept for 60 s/ }).waitFor();
    expect(await page.locator('.lanes dd').allInnerTexts()).to.have.length(3);
    expect(await page.getByRole('link', { name: CASE.id }).getAttribute('href')).to.equal(`#/case/${CASE.id}`);
    await picture('trace');
    expect(wrong).to.deep.equal([]);
  });

  it('goes through the tree by keys', async () => {
    const page = await open(`trace/${TRACE.id}`, { over: { trace: async () => FORGED } });
    const focused = () => page.evaluate<string>('document.activeElement.querySelector("strong")?.textContent ?? ""');
    await page.getByRole('treeitem').first().focus();
    for (const [key, as] of [
      ['ArrowDown', 'AS64501'],
      ['ArrowRight', 'AS64510'],
      ['End', 'AS64503'],
      ['Home', 'AS64500'],
      ['ArrowRight', 'AS64501'],
    ] as const) {
      await page.keyboard.press(key);
      await until(`${key} leads to ${as}`, async () => (await focused()) === as);
    }
    const first = page.getByRole('treeitem', { name: /^.*AS64501/ }).first();
    await page.keyboard.press('ArrowLeft');
    await until('it is folded', async () => (await first.getAttribute('aria-expanded')) === 'false');
    expect(await page.getByRole('treeitem').count()).to.equal(4);
    await page.keyboard.press('ArrowRight');
    await until('it is open', async () => (await page.getByRole('treeitem').count()) === 10);
    await page.getByRole('heading', { name: 'About AS64501' }).waitFor();
    // The drawing has keys of its own.
    const svg = page.getByRole('img', { name: TRACE.id });
    await page.locator('.drawing').focus();
    const wide = async () => Number(await svg.getAttribute('width'));
    await page.keyboard.press('0');
    await page.getByText('100 %', { exact: true }).waitFor();
    const whole = await wide();
    await page.keyboard.press('-');
    await until('it is smaller', async () => (await wide()) < whole);
    await page.keyboard.press('0');
    await until('it is as large as before', async () => (await wide()) === whole);
  });

  it('goes on with a tree of a thousand ASes', async () => {
    const page = await open(`trace/${TRACE.id}`, { over: { trace: async () => THOUSAND } });
    const svg = page.getByRole('img', { name: TRACE.id });
    const drawn = () => svg.locator('.node').count();
    // The way to the entry is open; what is beside it is folded.
    await until('it is drawn', async () => (await drawn()) === 1 + 37 + 2);
    await picture('large');
    await page.getByLabel('Find in the tree').fill('as70961');
    await page.getByRole('treeitem', { name: /AS70961/, selected: true }).waitFor();
    await page.getByText('1 of 1', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Unfold all' }).click();
    await until('all are drawn', async () => (await drawn()) === 1 + 37 + 37 * 26);
    await page.getByRole('button', { name: 'Fit' }).click();
    await page.getByRole('button', { name: 'Fold', exact: true }).click();
    await until('the least is drawn', async () => (await drawn()) === 1 + 37);
    expect(wrong).to.deep.equal([]);
  });

  it('grows while answers come', async () => {
    let trace: Trace = { ...FORGED, state: 'partial', tree: { ...FORGED.tree, children: [] }, entry: null };
    const cancelled: string[] = [];
    let tell: ((over: boolean) => void) | null = null;
    const page = await open(`trace/${TRACE.id}`, {
      over: {
        trace: async () => trace,
        followTrace: (_, changed) => {
          tell = changed;
          return () => {};
        },
        cancelTrace: async id => {
          cancelled.push(id);
          trace = { ...trace, state: 'cancelled', cancelledBy: 'http token operator' };
          tell?.(true);
          return trace;
        },
      },
    });
    await page.getByText('The entry is not yet known.').waitFor();
    expect(await page.getByRole('treeitem').count()).to.equal(1);
    await until('the page listens', () => tell !== null);
    trace = { ...FORGED, state: 'partial' };
    tell!(false);
    await page.getByText('The packets entered at AS64510').waitFor();
    await page.getByText('Answers are coming: 18 ASes so far, 19 queries.').waitFor();
    await page.getByRole('button', { name: 'End this trace' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'No' }).click();
    expect(cancelled).to.deep.equal([]);
    await page.getByRole('button', { name: 'End this trace' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Yes' }).click();
    await page.getByText('http token operator').waitFor();
    expect(cancelled).to.deep.equal([TRACE.id]);
    expect(wrong).to.deep.equal([]);
  });

  it('lists a trace that has just begun', async () => {
    let tell: Parameters<Daemon['follow']>[2] | undefined;
    let all = [TRACE];
    const page = await open('traces', {
      over: {
        traces: async () => all,
        follow: (topics, _, take) => {
          if (topics.includes('traces')) tell = take;
          return () => {};
        },
      },
    });
    await page.getByRole('link', { name: TRACE.id }).waitFor();
    await until('the page listens', () => tell !== undefined);
    all = [{ ...TRACE, id: 't20260301-120009-0000' }, TRACE];
    tell!({ mark: 'm1', about: 'traces', key: null, row: { trace: 't20260301-120009-0000', state: 'partial' } });
    await page.getByRole('link', { name: 't20260301-120009-0000' }).waitFor();
  });

  it('hands out each document', async () => {
    const page = await open(`trace/${TRACE.id}`, { over: { trace: async () => FORGED } });
    const begins = {
      JSON: /^\{\s*"format"/,
      IODEF: /^<\?xml/,
      RID: /^<\?xml/,
      DOT: /^digraph/,
      SVG: /^<\?xml[\s\S]*<svg/,
    };
    for (const [form, beginning] of Object.entries(begins)) {
      const saved = page.waitForEvent('download');
      await page.getByRole('button', { name: form, exact: true }).click();
      const file = await saved;
      expect(file.suggestedFilename()).to.include(TRACE.id);
      expect(readFileSync(await file.path(), 'utf8')).to.match(beginning);
    }
  });

  it('begins a trace when that is said twice, and tells what it would ask', async () => {
    const begun: unknown[] = [];
    const page = await open('traces', {
      over: {
        traceDigest: async ({ digest, time, purpose, reference }) => {
          begun.push({ digest, time, purpose, reference });
          return FORGED;
        },
        trace: async () => FORGED,
      },
    });
    await page.getByText('Trace a packet').click();
    await page.getByLabel('Digest').fill('0123456789abcdef');
    await page.getByLabel('Time of the packet').fill('2026-03-01T12:00:03Z');
    await page.getByLabel('Purpose').selectOption('misuse');
    await page.getByLabel('Reference').fill('ticket 7');
    await page.getByRole('button', { name: 'What would it ask?' }).click();
    await page.getByText(/At least \d+ queries/).waitFor();
    await page.getByRole('button', { name: 'Trace it' }).click();
    expect(begun).to.deep.equal([]);
    await page.getByRole('dialog').getByRole('button', { name: 'Yes' }).click();
    await heading(`Trace ${TRACE.id}`);
    const time = Date.UTC(2026, 2, 1, 12, 0, 3);
    expect(begun).to.deep.equal([{ digest: '0123456789abcdef', time, purpose: 'misuse', reference: 'ticket 7' }]);
    expect(wrong).to.deep.equal([]);
  });

  it('begins a trace of a capture', async () => {
    const begun: number[] = [];
    const page = await open('traces', {
      over: {
        startTrace: async ({ packets, purpose }) => {
          expect(purpose).to.equal('attack');
          begun.push(packets.length);
          return FORGED;
        },
        trace: async () => FORGED,
      },
    });
    await page.getByText('Trace a packet').click();
    const buffer = Buffer.from(makeCaptures(1_772_366_400).suspects);
    await page
      .getByLabel('or a capture')
      .setInputFiles({ name: 'attack.pcap', mimeType: 'application/x-pcap', buffer });
    await page.getByRole('button', { name: 'Trace the capture' }).click();
    await page.getByRole('dialog').getByText('attack.pcap').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Yes' }).click();
    await heading(`Trace ${TRACE.id}`);
    expect(begun).to.have.length(1);
    expect(begun[0]).to.be.greaterThan(0);
    expect(wrong).to.deep.equal([]);
  });

  it('offers a reader nothing that the token does not allow', async () => {
    const page = await open(`trace/${TRACE.id}`, { over: { trace: async () => FORGED }, role: 'reader' });
    await page.getByText('Your token may look, and neither begin nor end a trace.').waitFor();
    expect(await page.getByRole('button', { name: 'Ask again' }).count()).to.equal(0);
  });
});
