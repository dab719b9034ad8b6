import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { complaintsAbout } from './mandoc.ts';
import { ROOT } from './sources.ts';

const MAN = join(ROOT, 'man');

describe('man', () => {
  for (const page of readdirSync(MAN)) {
    describe(page, () => {
      const text = readFileSync(join(MAN, page), 'utf8');
      it('is clean mdoc', function () {
        const complaints = complaintsAbout(join(MAN, page));
        if (complaints === null) {
          console.log('      skipped: mandoc is not installed');
          return this.skip();
        }
        expect(complaints).to.deep.equal([]);
      });
      it('refers only to pages that there are', () => {
        for (const [, name, section] of text.matchAll(/^\.Xr (\S+) (\d)/gm))
          if (/^(intertrack|it)/.test(name!)) expect(existsSync(join(MAN, `${name}.${section}`)), name).to.equal(true);
      });
      it('stands under its own name', () => {
        const [, name, section] = /^(.+)\.(\d)$/.exec(page)!;
        expect(text).to.include(`.Dt ${name!.toUpperCase()} ${section}\n`);
      });
    });
  }
});
