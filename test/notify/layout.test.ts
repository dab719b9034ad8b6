import { expect } from 'chai';
import fc from 'fast-check';
import { ascii, columns, hang, pad, printable, wrap } from '../../src/notify/layout.ts';

describe('notify/layout', () => {
  it('counts Japanese characters as two columns', () => {
    expect([columns('abc'), columns('経路'), columns('AS64500（ア）'), columns('')]).to.deep.equal([3, 4, 13, 0]);
    expect(`${pad('経路', 6)}|`).to.equal('経路  |');
  });

  it('breaks at blanks, keeps long words, and breaks Japanese anywhere but at its marks', () => {
    expect(wrap('one two  three', 8)).to.deep.equal(['one two', 'three']);
    expect(wrap('a verylongword b', 5)).to.deep.equal(['a', 'verylongword', 'b']);
    expect(wrap('経路を検出。終了', 10)).to.deep.equal(['経路を検', '出。終了']);
    expect(wrap('経路は（広告元）', 8)).to.deep.equal(['経路は', '（広告', '元）']);
    expect(wrap('', 10)).to.deep.equal([]);
    expect(hang('  1. ', 'x '.repeat(20).trim(), 25)).to.deep.equal([
      '  1. x x x x x x x x x x',
      '     x x x x x x x x x x',
    ]);
  });

  it('shows what is unprintable and leaves the rest', () => {
    expect(printable('日本 a\tb\u0000\u200b\u{e0001}')).to.equal('日本 a\\u{9}b\\u{0}\\u{200b}\\u{e0001}');
    expect(ascii('日\r\nx', 10)).to.equal('???x');
    expect(ascii('0123456789', 8)).to.equal('01234...');
  });

  it('loses no character but blanks', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '経', '。', '（', '）', '1') });
    fc.assert(
      fc.property(text, fc.integer({ min: 4, max: 40 }), (paragraph, width) => {
        const lines = wrap(paragraph, width);
        expect(lines.join('').replaceAll(' ', '')).to.equal(paragraph.replaceAll(' ', ''));
        for (const line of lines) expect(line).to.equal(line.trim()).and.not.equal('');
      }),
    );
  });
});
