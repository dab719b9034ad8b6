import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { formatErrors, parseConfig } from '../../src/config/index.ts';
import { BLOCKS } from '../../src/config/schema.ts';

const [head = '', traces = ''] = readFileSync(new URL('../../conf/intertrackd.conf', import.meta.url), 'utf8').split(
  '# --- Traces',
);
/** The example, with the part that is commented out in it. */
const example = `${head}# --- Traces${traces.replace(/^# (?=\s*[a-z}])/gm, '')}`;

const words = [
  ...new Set(
    Object.values(BLOCKS).flatMap(({ statements }) => statements.flatMap(({ usage }) => usage.split(/[\s[\]]+/))),
  ),
  ...[
    '{',
    '}',
    ';',
    ',',
    '"',
    '/*',
    '*/',
    '#',
    '\n',
    '\u3000',
    '；',
    '10',
    '5m',
    '192.0.2.1',
    '::',
    '"x"',
    'include "y"',
  ],
];

/** What must hold of any text: an answer, its errors in order and with their places, no throw. */
function holds(text: string): void {
  const loaded = parseConfig(text, 'c', {
    read: path => ({ text: path.endsWith('y') ? text.slice(0, 50) : '{', readableByAll: false }),
    list: path => [path],
  });
  if (loaded.ok) return;
  expect(loaded.errors.length).to.be.within(1, 101);
  const main = loaded.errors.filter(error => error.file === 'c' && error.line > 0);
  for (const [i, error] of main.entries()) {
    const before = main[i - 1];
    if (before !== undefined)
      expect(before.line < error.line || (before.line === error.line && before.column <= error.column)).to.equal(true);
    expect(error.line).to.be.at.most(text.split('\n').length);
    expect(error.message).to.not.equal('');
  }
  expect(formatErrors(loaded.errors)).to.be.a('string');
}

describe('config/robustness', () => {
  it('takes any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), holds), { numRuns: 500 });
  });

  it('takes any row of the words of the language', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...words), { maxLength: 60 }), row => holds(row.join(' '))),
      { numRuns: 1000 },
    );
  });

  it('takes the example with any part cut out, doubled or replaced', () => {
    const at = fc.nat(example.length);
    fc.assert(
      fc.property(at, at, fc.constantFrom('', ...words), fc.boolean(), (from, length, put, twice) => {
        const cut = example.slice(from, from + (length % 60));
        holds(example.slice(0, from) + put + (twice ? cut + cut : '') + example.slice(from + cut.length));
      }),
      { numRuns: 300 },
    );
  });

  it('says one thing about one slip of a word', () => {
    const slips = [
      ...example.matchAll(
        /^[^#\n]*?\b(neighbor|passive|dump|authoritative|maintainer|critical|from|smtp|language|identity|retention)\b/gm,
      ),
    ];
    expect(slips.length).to.be.greaterThan(8);
    for (const slip of slips) {
      const end = slip.index + slip[0].length;
      const loaded = parseConfig(`${example.slice(0, end)}x${example.slice(end)}`, 'c');
      expect(loaded.ok ? [] : loaded.errors.map(error => error.message), slip[0]).to.have.length(1);
    }
  });

  it('says one thing about one missing `;`, `{`, `}` or quote', () => {
    // Comments and what stands in strings put aside, every mark counts.
    const marks = example.replace(/#[^\n]*|(?<=")[^"\n]*(?=")/g, part => ' '.repeat(part.length));
    for (const { index } of marks.matchAll(/[;{}"]/g)) {
      const loaded = parseConfig(example.slice(0, index) + example.slice(index + 1), 'c');
      const errors = loaded.ok ? [] : loaded.errors;
      expect(errors, `${example.slice(0, index)}<here>: ${formatErrors(errors)}`).to.have.length(1);
    }
  });

  it('reads a large file in good time', () => {
    const watches = Array.from({ length: 5000 }, (_, i) => `watch w${i} { prefix 192.0.2.0/24 origin 1; }\n`).join('');
    expect(parseConfig(`router id 192.0.2.1; local as 1;\n${watches}`, 'c').ok).to.equal(true);
    holds(`"${' '.repeat(1 << 17)}x${'#'.repeat(1 << 17)}`);
    holds('log\n'.repeat(1 << 15));
    holds('protocol bgp x\n'.repeat(1 << 13) + '}'.repeat(1 << 13));
    holds('{'.repeat(1 << 20));
    holds('"'.repeat(1 << 18));
    holds('/*'.repeat(1 << 19));
    holds('a '.repeat(1 << 17));
  });
});
