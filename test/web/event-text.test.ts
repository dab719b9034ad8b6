import { expect } from 'chai';
import fc from 'fast-check';
import { GONE, lineOf } from '../../src/hijack/witness-words.ts';
import { eventText } from '../../src/web/page/event-text.ts';
import { wordsOf } from '../../src/web/page/words.ts';

const [ENGLISH, JAPANESE] = [wordsOf('en'), wordsOf('ja')];

describe('web/page/event-text', () => {
  it('says in Japanese whatever a witness does', () => {
    for (const what of ['holds it', ...Object.values(GONE)]) {
      const line = lineOf({ peer: 'tyo1', as: 64500 }, what);
      expect(eventText(JAPANESE, line), line).to.match(/^tyo1 \(AS64500\)：[^a-z]+$/);
    }
  });

  it('says states, rules and what persons do', () => {
    for (const [line, said] of [
      ['ongoing', '継続中'],
      ['fading: 2 of 40 left', '収束中：最大40ピア中2ピア'],
      ['leak is major', '経路リークは「重大」'],
      [
        'IRR mismatch-covering and ROV not-found make it major; customer-pa -1 make it minor',
        'IRR 包含する登録と不一致、ROV Not foundにより「重大」、customer-pa -1により「軽微」',
      ],
      ['acknowledged: on it', '担当者が確認：on it'],
      ['note: called them', 'メモ：called them'],
      ['dismissed until 2026-03-01T12:00:00Z: a test', '2026-03-01T12:00:00Zまで対象外：a test'],
      ['IRR mismatch and ROV invalid make it critical', 'IRR 不一致、ROV Invalidにより「最重大」'],
      [
        'severity minor, was major: IRR unknown and ROV invalid make it major',
        '重要度「重大」→「軽微」：IRR 登録なし、ROV Invalidにより「重大」',
      ],
    ] as const)
      expect(eventText(JAPANESE, line)).to.equal(said);
  });

  it('leaves everything else, and all English, as it is', () => {
    expect(eventText(JAPANESE, 'tyo1 (AS64500) sings')).to.equal('tyo1 (AS64500) sings');
    fc.assert(fc.property(fc.string(), line => eventText(ENGLISH, line) === line));
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), line => typeof eventText(JAPANESE, line) === 'string'));
  });
});
