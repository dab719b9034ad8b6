import { expect } from 'chai';
import fc from 'fast-check';
import { createPager } from '../../src/vty/pager.ts';

/** A pager on a terminal of so many lines; what it shows, and what it wants. */
function terminal(rows: number, columns = 20) {
  let shown = '';
  let asks = false;
  let quits = 0;
  const pager = createPager({
    write: text => {
      shown += text;
    },
    size: () => ({ columns, rows }),
    quit: () => quits++,
    asks: waiting => {
      asks = waiting;
    },
  });
  /** What is on the screen, without the prompts that are wiped away. */
  const seen = () => shown.replaceAll('--More--\r\x1b[K', '');
  return { pager, seen, asks: () => asks, quits: () => quits };
}

describe('vty/pager', () => {
  it('shows a page, and more by key', async () => {
    const { pager, seen, asks } = terminal(4);
    pager.out('1\n2\n');
    expect(asks()).to.equal(false);
    pager.out('3\n4\n5\n6\n7\n8\n');
    expect([seen(), asks()]).to.deep.equal(['1\n2\n3\n--More--', true]);
    const ready = pager.ready();
    pager.key('x', false);
    pager.key('return', false);
    expect(seen()).to.equal('1\n2\n3\n4\n--More--');
    pager.key('space', false);
    expect(seen()).to.equal('1\n2\n3\n4\n5\n6\n7\n--More--');
    pager.key('space', false);
    await ready;
    expect([seen(), asks()]).to.deep.equal(['1\n2\n3\n4\n5\n6\n7\n8\n', false]);
  });

  it('quits, and shows nothing that comes after', async () => {
    const { pager, seen, quits } = terminal(3);
    pager.out('1\n2\n3\n');
    pager.key('q', false);
    await pager.ready();
    pager.out('4\n');
    expect([seen(), quits()]).to.deep.equal(['1\n2\n', 1]);
  });

  it('stops never when it is told so, nor once all is asked for', () => {
    const off = terminal(0);
    off.pager.out('1\n2\n3\n');
    expect(off.seen()).to.equal('1\n2\n3\n');
    const { pager, seen } = terminal(3);
    pager.out('1\n2\n3\n');
    pager.key('a', false);
    pager.out('4\n5\n6\n7\n');
    expect(seen()).to.equal('1\n2\n3\n4\n5\n6\n7\n');
  });

  it('counts what a long line takes, and never stops before one that fits no page', () => {
    const { pager, seen } = terminal(3, 5);
    pager.out('123456789\nx\n');
    expect(seen()).to.equal('123456789\n--More--');
    const tall = terminal(3, 2);
    tall.pager.out('123456789\n');
    expect(tall.seen()).to.equal('123456789\n');
  });

  it('shows every line once and in order, whatever is written and pressed', () => {
    const keys = fc.array(fc.constantFrom('space', 'return', 'x', 'a'), { maxLength: 40 });
    fc.assert(
      fc.property(
        fc.array(fc.nat(30), { maxLength: 40 }),
        fc.integer({ min: 2, max: 9 }),
        keys,
        (lines, rows, pressed) => {
          const { pager, seen, asks } = terminal(rows, 10);
          const text = lines.map(length => `${'x'.repeat(length)}\n`);
          for (const [i, line] of text.entries()) {
            pager.out(line);
            if (pressed[i] !== undefined) pager.key(pressed[i], false);
          }
          while (asks()) pager.key('space', false);
          expect(seen()).to.equal(text.join(''));
        },
      ),
    );
  });
});
