import { expect } from 'chai';
import fc from 'fast-check';
import { holesIn, type Span, within, withoutSpan, withSpan } from '../../src/probe/covered-time.ts';

describe('probe/covered-time', () => {
  const span = fc.tuple(fc.nat(60), fc.nat(12)).map(([from, length]) => ({ from, to: from + length }));
  const steps = fc.array(fc.record({ add: fc.boolean(), span }), { maxLength: 30 });
  const seconds = (spans: readonly Span[]) =>
    spans.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i));

  it('is a set of seconds, in spans that are in order and apart', () => {
    fc.assert(
      fc.property(steps, span, (list, asked) => {
        let spans: Span[] = [];
        const model = new Set<number>();
        for (const { add, span } of list) {
          spans = add ? withSpan(spans, span) : withoutSpan(spans, span);
          for (const second of seconds([span])) add ? model.add(second) : model.delete(second);
        }
        expect(seconds(spans)).to.deep.equal([...model].sort((a, b) => a - b));
        for (let i = 1; i < spans.length; i++) expect(spans[i]!.from).to.be.greaterThan(spans[i - 1]!.to);
        const inside = seconds([asked]);
        expect(seconds(within(spans, asked))).to.deep.equal(inside.filter(second => model.has(second)));
        expect(seconds(holesIn(spans, asked))).to.deep.equal(inside.filter(second => !model.has(second)));
      }),
    );
  });
});
