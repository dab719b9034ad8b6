import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ROOT } from './sources.ts';

const read = (name: string) => readFileSync(join(ROOT, name));

/** Names of the pictures that the script takes. */
const taken = [
  ...read('contrib/screenshots/take.ts')
    .toString()
    .matchAll(/name: '([a-z-]+)', hash|name: '([a-z-]+)',\n\s+hash/g),
].map(([, one, other]) => one ?? other!);

describe('pictures of the page', () => {
  it('are there, each a PNG of 150 kB at most', () => {
    expect(taken).to.have.length.greaterThan(8);
    for (const name of taken) {
      const picture = read(`contrib/screenshots/${name}.png`);
      expect(picture.subarray(0, 8).toString('latin1'), name).to.equal('\x89PNG\r\n\x1a\n');
      expect(picture.length, name).to.be.lessThan(150_000);
    }
  });
  it('are all in README', () => {
    const shown = [
      ...read('README.md')
        .toString()
        .matchAll(/\]\(contrib\/screenshots\/([a-z-]+)\.png\)/g),
    ];
    expect(shown.map(([, name]) => name).toSorted()).to.deep.equal(taken.toSorted());
  });
});
