import { expect } from 'chai';
import { CASE, TRACE } from '../control/scripted.ts';
import { until } from '../interop/bgp-peers.ts';
import { inBrowser } from './browser.ts';

/** Every view, with something in it. */
const VIEWS: readonly string[] = [
  ...['overview', 'cases', `case/${CASE.id}`, `incident/${CASE.incident}`, 'peer/tyo1', 'traces', `trace/${TRACE.id}`],
  ...[
    'routes?q=192.0.2.0/24',
    'explain?prefix=192.0.2.0/24&as=64666',
    'registry?q=192.0.2.0/24',
    'probes',
    'traceback',
  ],
];

/**
 * In the page: every text whose contrast with what lies behind it is less than 4.5 (WCAG 2.2, 1.4.3), with the ratio. Of a
 * text of a drawing that is the shape before it.
 */
const FAINT = `(() => {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  const octets = colour => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map(c => c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = element => {
    for (let one = element; one !== null; one = one.parentElement) {
      const { backgroundColor } = getComputedStyle(one);
      if (octets(backgroundColor)[3] === 255) return octets(backgroundColor);
    }
    return [255, 255, 255, 255];
  };
  const faint = [];
  const look = (text, front, back) => {
    const [a, b] = [light(front), light(back)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) faint.push(text.trim().slice(0, 40) + ': ' + ratio.toFixed(2));
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
    const element = node.parentElement;
    if (node.data.trim() === '' || !element.checkVisibility() || element.closest(':disabled, noscript') !== null) continue;
    const style = getComputedStyle(element);
    if (element.closest('svg') === null) {
      look(node.data, octets(style.color), behind(element));
      continue;
    }
    const shape = element.closest('g')?.querySelector('rect, circle');
    const fill = shape === null || shape === undefined ? 'none' : getComputedStyle(shape).fill;
    look(node.data, octets(style.fill), fill === 'none' ? behind(element.closest('svg').parentElement) : octets(fill));
  }
  for (const input of document.querySelectorAll('input[placeholder]'))
    look('placeholder ' + input.placeholder, octets(getComputedStyle(input, '::placeholder').color), behind(input));
  return faint;
})()`;

/** In the page: what somebody who does not see it could not use. */
const UNNAMED = `(() => {
  const wrong = [];
  for (const control of document.querySelectorAll('input, select, textarea'))
    if (control.labels.length === 0 && !control.ariaLabel) wrong.push('no label: ' + control.outerHTML.slice(0, 80));
  for (const one of document.querySelectorAll('button, a, [role=img], [role=treeitem]'))
    if ((one.textContent + (one.ariaLabel ?? '')).trim() === '') wrong.push('no name: ' + one.outerHTML.slice(0, 80));
  for (const table of document.querySelectorAll('table'))
    if ((table.caption?.textContent ?? '').trim() === '') wrong.push('no caption: ' + table.outerHTML.slice(0, 80));
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
  for (const id of new Set(ids)) if (ids.filter(one => one === id).length > 1) wrong.push('twice: #' + id);
  if (document.querySelectorAll('h1').length !== 1) wrong.push('not one h1');
  let rank = 1;
  for (const heading of document.querySelectorAll('main :is(h1, h2, h3, h4)')) {
    const next = Number(heading.tagName[1]);
    if (next > rank + 1) wrong.push('a rank is left out: ' + heading.textContent);
    rank = next;
  }
  return wrong;
})()`;

/** What a view says as long as it waits for an answer. */
const WAITING = '/Reading …|読み込み中|Registries are asked|問い合わせています/';

describe('web/page, looks', function () {
  this.timeout(180_000);
  const { open, picture, wrong } = inBrowser();

  for (const [name, how] of [
    ['in the light', { colorScheme: 'light' }],
    [
      'in the dark, in Japanese, on a telephone',
      { colorScheme: 'dark', locale: 'ja-JP', viewport: { width: 360, height: 740 } },
    ],
  ] as const)
    it(`can be read and used ${name}`, async () => {
      const page = await open('overview', { how });
      for (const view of VIEWS) {
        await page.evaluate(`location.hash = ${JSON.stringify(`#/${view}`)}`);
        const [, kind, id = ''] = `/${view}`.replace(/\?.*$/, '').split('/');
        const shown = `main [data-view="${kind}"][data-id="${id}"]:has(h1)`;
        await until(`${view} is there`, () =>
          page.evaluate<boolean>(
            `(text => text !== undefined && !${WAITING}.test(text))(document.querySelector('${shown}')?.textContent)`,
          ),
        );
        expect(await page.evaluate(FAINT), `${view}: contrast`).to.deep.equal([]);
        expect(await page.evaluate(UNNAMED), `${view}: names`).to.deep.equal([]);
        expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth'), `${view}: width`).to.equal(0);
        await picture(`${view.replace(/\W.*/, '')} ${name}`.replaceAll(/\W+/g, '-'));
      }
      expect(wrong).to.deep.equal([]);
    });
});
