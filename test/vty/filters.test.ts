import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import fc from 'fast-check';
import { completeLine } from '../../src/vty/complete.ts';
import { filteredStream } from '../../src/vty/filtered-stream.ts';
import { createSieve, splitFilters } from '../../src/vty/filters.ts';

/** What is left of a text that comes in these pieces. */
function left(line: string, pieces: readonly string[], headings: readonly string[] = []): string {
  const split = splitFilters(line.split(' '), false);
  if ('error' in split) throw new Error(split.error);
  let text = '';
  const sieve = createSieve(split.filters, new Set(headings), out => {
    text += out;
  });
  for (const piece of pieces) sieve.out(piece);
  sieve.end();
  return text;
}

describe('vty/filters', () => {
  const TEXT = ['Name Num', 'ber\nalpha 1\nbe', 'ta 2\n\ngamma 3\n'];
  const shown: readonly (readonly [string, string])[] = [
    ['x | include a', 'Name Number\nalpha 1\nbeta 2\ngamma 3\n'],
    ['x | include ^[ab].* [0-9]$', 'alpha 1\nbeta 2\n'],
    ['x | include alpha 1', 'alpha 1\n'],
    ['x | exclude a', '\n'],
    ['x | begin ta', 'beta 2\n\ngamma 3\n'],
    ['x | begin beta | exclude ^$', 'beta 2\ngamma 3\n'],
    ['x | include ^ | count', '4\n'],
    ['x | exclude 1 | count', '3\n'],
    ['x | include nothing | count', '0\n'],
    ['x | json', TEXT.join('')],
  ];
  for (const [line, text] of shown)
    it(`leaves of "${line}" what it says`, () => expect(left(line, TEXT, ['Name Number'])).to.equal(text));

  const wrong: readonly (readonly [string, string])[] = [
    ['x |', 'nothing stands behind "|": expected "include", "exclude", "begin", "count" or "json"'],
    ['x | grep', 'no filter "grep" behind "|": expected "include", "exclude", "begin", "count" or "json"'],
    ['x | include', '"| include" needs a regular expression'],
    ['x | include [z-a]', '"| include": the range runs backwards at character 2 of "[z-a]"'],
    ['x | exclude a | begin *', '"| begin": nothing stands before `*` at character 1 of "*"'],
    ['x | count | include a', 'nothing stands behind "| count"'],
    ['x | count 3', 'unexpected word "3" after "| count"'],
    ['x | include a | json', '"| json" stands before all other filters'],
    ['x | json | include a', '"| include" works on lines: JSON is one document'],
  ];
  for (const [line, error] of wrong)
    it(`refuses "${line}"`, () => expect(splitFilters(line.split(' '), false)).to.deep.equal({ error }));

  it('leaves words without a bar of its own alone', () => {
    const words = ['show', 'route', '10.0.0.0/8', 'path', '_1_|_2_'];
    expect(splitFilters(words, false)).to.deep.equal({ words, filters: [] });
  });

  it('leaves the same, however a text is cut', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\n'), maxLength: 60 });
    fc.assert(
      fc.property(text, fc.nat(60), (whole, at) => {
        const line = 'x | include a | exclude b';
        expect(left(line, [whole.slice(0, at), whole.slice(at)])).to.equal(left(line, [whole]));
      }),
    );
  });

  it('ends on patterns that explode where one goes back', () => {
    const long = `${'a'.repeat(20_000)}!`;
    expect(left('x | include (a+)+$', [long, '\n'])).to.equal('');
    expect(left('x | include (a|a|aa)*$ | count', [long, '\n'])).to.equal('1\n');
  });

  it('work on a stream, wherever its octets are cut', async () => {
    const split = splitFilters(['decode', '|', 'include', '経路'], false);
    if ('error' in split) throw new Error(split.error);
    const to = new PassThrough();
    const filtered = filteredStream(split.filters, to);
    for (const octet of Buffer.from('a 経路 1\nb 2\nc 経路')) filtered.stream.write(Uint8Array.of(octet));
    await filtered.end();
    expect(String(to.read())).to.equal('a 経路 1\nc 経路\n');
  });

  it('is completed behind a bar', async () => {
    const client = { ask: () => Promise.reject(), complete: async () => [], close() {}, closed: Promise.resolve() };
    expect((await completeLine(client, 'show status | '))[0]).to.deep.equal([
      'include ',
      'exclude ',
      'begin ',
      'count ',
      'json ',
    ]);
    expect((await completeLine(client, 'show status | include a | c'))[0]).to.deep.equal(['count ']);
    expect((await completeLine(client, 'show status | include a'))[0]).to.deep.equal([]);
  });
});
