import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { decodeMrt, farText } from '../../src/vty/decode-mrt.ts';
import { decodeRpsl } from '../../src/vty/decode-rpsl.ts';
import { NO_PROGRESS, pace, progressOn } from '../../src/vty/progress.ts';
import { record } from '../mrt/octets.ts';

/** A terminal that remembers what it was written. */
function terminal(isTTY: boolean) {
  let text = '';
  return { isTTY, columns: 20, write: (more: string) => (text += more), text: () => text };
}

describe('vty/progress', () => {
  it('draws over itself, not too often, cut to the terminal, and takes itself away', () => {
    const stderr = terminal(true);
    let time = 0;
    let asked = 0;
    const progress = progressOn(stderr, terminal(false), { now: () => time });
    const state = () => `state ${++asked} of a long line`;
    progress.clear();
    progress.show(state);
    time = 300;
    progress.show(state);
    time = 400;
    progress.show(state);
    time = 600;
    progress.show(state);
    progress.clear();
    progress.clear();
    expect(stderr.text()).to.equal('\r\x1b[Kstate 1 of a long …\r\x1b[Kstate 2 of a long …\r\x1b[K');
  });
  it('is nothing where nobody looks, or where lines are printed to the terminal', () => {
    expect(progressOn(terminal(false), terminal(false))).to.equal(NO_PROGRESS);
    expect(progressOn(terminal(true), terminal(true))).to.equal(NO_PROGRESS);
    expect(progressOn(terminal(true), terminal(true), { quiet: true })).not.to.equal(NO_PROGRESS);
  });
  it('says how far a file is read, where that is known', () => {
    expect(farText('rib.gz', { read: 50, size: 200 }, '7 records')).to.equal('rib.gz: 25%, 7 records');
    expect(farText('standard input', { read: 0, size: null }, '1 record')).to.equal('standard input: 1 record');
    expect([pace(100, 500), pace(5000, 2000)]).to.deep.equal(['', '2500 a second']);
  });

  describe('of a file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'intertrack-'));
    after(() => rmSync(folder, { recursive: true }));
    /** All states that work would have shown. */
    async function states(work: typeof decodeMrt, octets: Uint8Array): Promise<string[]> {
      const file = join(folder, 'file.gz');
      writeFileSync(file, gzipSync(octets));
      const shown: string[] = [];
      const stdout = new PassThrough().resume();
      const progress = { show: (state: () => string) => void shown.push(state()), clear() {} };
      await work(file, false, { stdin: new PassThrough(), stdout, err() {}, progress });
      return shown;
    }
    it('is told while MRT is decoded, by the octets of the packed file', async () => {
      const one = Buffer.from(record(99, 0, '00'.repeat(60_000)), 'hex');
      const shown = await states(decodeMrt, Buffer.concat(Array.from({ length: 20 }, () => one)));
      expect(shown.at(-1)).to.match(/file\.gz: 100%, \d+ records?$/);
    });
    it('is told while RPSL is decoded', async () => {
      const shown = await states(decodeRpsl, Buffer.from('route: 192.0.2.0/24\norigin: AS64500\n\n'));
      expect(shown.at(-1)).to.match(/file\.gz: 100%, \d+ lines$/);
    });
  });
});
