import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect } from 'chai';
import { readDocument } from '../../src/vty/read-document.ts';

describe('vty/read-document', () => {
  const failure = (reading: Promise<string>) => reading.then(String, (error: Error) => error.message);

  it('reads a file or the standard input as a whole, up to so many octets', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'intertrack-'));
    try {
      const file = join(folder, 'document');
      writeFileSync(file, 'abc\u00e9');
      expect(await readDocument(file, Readable.from([]), 5)).to.equal('abc\u00e9');
      const parts = () => Readable.from([Buffer.from('abc'), Buffer.from('de')]);
      expect(await readDocument('-', parts(), 5)).to.equal('abcde');
      for (const one of [readDocument(file, Readable.from([]), 4), readDocument('-', parts(), 4)])
        expect(await failure(one)).to.equal('it has more than 4 octets');
      expect(await failure(readDocument(join(folder, 'none'), Readable.from([]), 4))).to.match(/^ENOENT/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('reads no more of what has no end than says that it is too much', async () => {
    let asked = 0;
    const endless = new Readable({
      read() {
        asked++;
        this.push(Buffer.alloc(1000));
      },
    });
    expect(await failure(readDocument('-', endless, 10_000))).to.equal('it has more than 10000 octets');
    expect(asked).to.be.lessThan(100);
    expect(endless.destroyed).to.equal(true);
    // A device tells no size.
    expect(await failure(readDocument('/dev/zero', Readable.from([]), 10_000))).to.equal(
      'it has more than 10000 octets',
    );
  });
});
