/** Every answer on a terminal of 80 and of 200 columns, and to a pipe. */
import { expect } from 'chai';
import fc from 'fast-check';
import { carryOut } from '../../src/control/carry-out.ts';
import { COMMANDS, commandName, resolveCommand } from '../../src/control/commands.ts';
import { expandSyntax } from '../../src/control/grammar.ts';
import { pages } from '../../src/vty/render/answer.ts';
import { layOut, newPage, type Page } from '../../src/vty/render/page.ts';
import { fitted, table } from '../../src/vty/render/text.ts';
import { hangOf, width, wrap } from '../../src/vty/render/width.ts';
import { SAMPLES } from '../control/samples.ts';
import { CASE, NOON, scriptedDaemon, TRACE } from '../control/scripted.ts';

const daemon = scriptedDaemon();

/** What the scripted daemon answers to a command with a sample of each argument; live ones are left when they wait. */
async function rowsOf(form: readonly string[]): Promise<readonly unknown[]> {
  const own: Readonly<Record<string, string>> = { 'CASE-ID': CASE.id, CONFIRMATION: CASE.id, 'TRACE-ID': TRACE.id };
  const resolved = resolveCommand(form.map(word => own[word] ?? SAMPLES[word] ?? word));
  if ('error' in resolved) throw new Error(resolved.error);
  const rows: unknown[] = [];
  const enough = new AbortController();
  if (resolved.entry.live) setImmediate(() => enough.abort());
  const asked = { resolved, by: 'user alice', signal: enough.signal };
  await carryOut(daemon, asked, { row: async row => void rows.push(row) });
  return rows;
}

const show = (page: Page, command: string, rows: readonly unknown[]) => layOut(page, () => pages(command)(rows, NOON));

/** A value that has no blank, maybe behind its name. */
const isOneValue = (line: string) => !/\s/.test(line.trim().replace(/^([A-Z][\w /-]*:|[│├└─ ]+) */, ''));

describe('vty: columns', () => {
  for (const command of COMMANDS) {
    const name = commandName(command);
    it(`\`${command.syntax}\` fits 80 columns and leaves nothing out at 200`, async () => {
      const rows = await rowsOf(expandSyntax(command.syntax)[0]!);
      const narrow = newPage(80);
      for (const line of show(narrow, name, rows)) {
        if (narrow.asIs.has(line.trim()) || isOneValue(line)) continue;
        expect(width(line), line).to.be.at.most(80);
      }
      const whole = show(newPage(null), name, rows);
      // What an answer itself says with `…`, such as a hash, stands everywhere.
      const marks = (lines: readonly string[]) => lines.join('\n').split('…').length;
      const wide = newPage(200);
      const lines = show(wide, name, rows);
      expect(marks(lines)).to.equal(marks(whole));
      for (const line of lines)
        if (!wide.asIs.has(line.trim()) && !isOneValue(line)) expect(width(line), line).to.be.at.most(200);
      const words = (of: readonly string[]) =>
        of
          .join(' ')
          .split(/[\s│├└─#]+/)
          .filter(Boolean);
      expect(words(lines).toSorted()).to.deep.equal(words(whole).toSorted());
    });
  }

  describe('tables', () => {
    const columns = [{ head: 'Name' }, { head: 'Routes', right: true }, { head: 'Words', free: true }] as const;
    const rows = [
      ['tyo1', 8348, 'border router in Tokyo, with a description that nobody has cut short'],
      ['osa1', 12, '大阪のルータ、とても長い説明がここに書かれています'],
    ];
    const at = (room: number | null, ...of: Parameters<typeof table>) =>
      layOut(newPage(room), () => fitted(table(...of)));
    it('cut what may be cut, visibly, and count wide characters double', () => {
      expect(at(40, columns, rows)).to.deep.equal([
        'Name Routes Words',
        'tyo1   8348 border router in Tokyo, wit…',
        'osa1     12 大阪のルータ、とても長い説…',
      ]);
    });
    it('cut nothing where there is room, nor on a pipe', () => {
      for (const room of [100, null]) expect(at(room, columns, rows).join('\n')).not.to.include('…');
    });
    it('wrap a last column that may not be cut in itself', () => {
      expect(
        at(30, [{ head: 'Prefix' }, { head: 'Path' }], [['10.0.0.0/8', '64496 64497 64498 64499 64500']]),
      ).to.deep.equal(['Prefix     Path', '10.0.0.0/8 64496 64497 64498', '           64499 64500']);
    });
    it('put columns below the first ones where nothing else helps, headings too', () => {
      const heads = ['Root', 'Key', 'Made'].map(head => ({ head }));
      const page = newPage(20);
      expect(layOut(page, () => fitted(table(heads, [['aaaaaaaaaaaa', 'bbbbbbbbbbbb', 'cccccccc']])))).to.deep.equal([
        'Root',
        '    Key',
        '    Made',
        'aaaaaaaaaaaa',
        '    bbbbbbbbbbbb',
        '    cccccccc',
      ]);
      expect([...page.headings]).to.deep.equal(['Root', 'Key', 'Made']);
    });
    it('fit, whatever is in them, but for words that have no room', () => {
      const word = fc.string({ unit: fc.constantFrom('a', '漢', '1'), minLength: 1, maxLength: 9 });
      const cell = fc.array(word, { maxLength: 12 }).map(words => words.join(' '));
      const free = fc.array(fc.boolean(), { minLength: 4, maxLength: 4 });
      fc.assert(
        fc.property(fc.array(fc.array(cell, { minLength: 4, maxLength: 4 }), { maxLength: 4 }), free, (all, may) => {
          const heads = may.map(one => ({ head: 'H', ...(one && { free: true as const }) }));
          for (const line of at(60, heads, all)) expect(width(line), line).to.be.at.most(60);
        }),
      );
    });
  });

  it('wraps at blanks, Japanese between characters, beneath what stands before', () => {
    const fact = 'Severity:  minor, since nothing else is known of it';
    expect(wrap(fact, 30, hangOf(fact))).to.deep.equal([
      'Severity:  minor, since',
      '           nothing else is',
      '           known of it',
    ]);
    expect(wrap('  経路情報の誤りを検出しました', 16, '    ')).to.deep.equal([
      '  経路情報の誤り',
      '    を検出しまし',
      '    た',
    ]);
    expect(hangOf('│  ├─ AS64510')).to.equal('│  │    ');
    // It would have no more room below.
    expect(wrap('  x aaaaaaaaaaaaaaaaaaaa', 10, '    ')).to.deep.equal(['  x aaaaaaaaaaaaaaaaaaaa']);
  });
});
