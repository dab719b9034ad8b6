import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { ARGUMENTS } from '../../src/control/argument.ts';
import { COMMANDS } from '../../src/control/commands.ts';
import { expandSyntax } from '../../src/control/grammar.ts';
import { OFFLINE } from '../../src/vty/offline.ts';
import { EXIT } from '../../src/vty/run.ts';

const PAGE = readFileSync(new URL('../../man/itctl.8', import.meta.url), 'utf8');

/** The syntax lines of a section: what follows `.It`, with arguments in capitals and options in brackets. */
function documented(from: string, to: string): string[] {
  const section = PAGE.slice(PAGE.indexOf(from), PAGE.indexOf(to));
  return section
    .split('\n')
    .filter(line => line.startsWith('.It Ic '))
    .map(line => {
      const words: string[] = [];
      let argument = false;
      let option = false;
      let flag = false;
      for (const word of line.slice(4).split(' ')) {
        const dash = flag ? '-' : '';
        flag = word === 'Fl';
        if (word === 'Ic' || word === 'Cm' || word === 'Fl') argument = false;
        else if (word === 'Ar') argument = true;
        else if (word === 'Op' || word === 'Oo') {
          if (option) words.push(']');
          option = true;
          words.push('[');
        } else if (word === 'Oc') {
          option = false;
          words.push(']');
        } else if (word !== '...') words.push(argument ? word.toUpperCase() : dash + word);
      }
      if (option) words.push(']');
      return words.join(' ').replace(/ \| /g, '|');
    });
}

const forms = (syntax: string) =>
  expandSyntax(syntax)
    .map(form => form.join(' '))
    .sort();

describe('man/itctl.8', () => {
  it('has every command of the tree with its arguments, and no other', () => {
    expect(documented('.Sh COMMANDS', 'Arguments are:').flatMap(forms).sort()).to.deep.equal(
      COMMANDS.flatMap(command => forms(command.syntax)).sort(),
    );
  });
  it('has every command that needs no daemon, and no other', () => {
    const pages = documented('.Ss Commands that need no daemon', '.Ss The tree of a trace');
    // The page writes `.Fl -to` for --to, and no dots; its options stand apart from their brackets.
    const plain = (syntax: string) =>
      syntax
        .replace(/ \.\.\.|[[\]]/g, '')
        .replaceAll('--', '-')
        .replace(/ +/g, ' ')
        .trim();
    expect(pages.map(plain).sort()).to.deep.equal(OFFLINE.map(command => plain(command.syntax)).sort());
  });
  it('explains every kind of argument', () => {
    const section = PAGE.slice(PAGE.indexOf('Arguments are:'), PAGE.indexOf('.Ss The tree of a trace'));
    const kinds = [...section.matchAll(/^\.It Ar (\S+)$/gm)].map(match => match[1]!.toUpperCase());
    expect(kinds.sort()).to.deep.equal(
      Object.keys(ARGUMENTS)
        .filter(kind => kind !== 'WORD')
        .sort(),
    );
  });
  it('says which answers are arrays as the commands do', () => {
    const section = PAGE.slice(PAGE.indexOf('an array of objects for'), PAGE.indexOf('an object for all others'));
    for (const command of COMMANDS) {
      const words = command.syntax.split(/ [[A-Z]/)[0]!;
      const listed = new RegExp(`^\\.Ic ${words}( [A-Z,;]|$)`, 'm').test(section);
      // `show case ID` and `show trace ID` are objects beside lists of the same words, and so is what they show of one.
      if (!/ID( [a-z]+)?$/.test(command.syntax))
        expect(listed, command.syntax).to.equal(command.one !== true && command.live !== true);
    }
  });
  it('has every exit status', () => {
    const section = PAGE.slice(PAGE.indexOf('.Sh EXIT STATUS'), PAGE.indexOf('.Sh EXAMPLES'));
    expect([...section.matchAll(/^\.It (\d)$/gm)].map(([, code]) => Number(code))).to.deep.equal(Object.values(EXIT));
  });
  it('is clean mdoc', function () {
    const lint = spawnSync('mandoc', ['-T', 'lint', new URL('../../man/itctl.8', import.meta.url).pathname], {
      encoding: 'utf8',
    });
    if (lint.error !== undefined) {
      if (process.env.REQUIRE_PEERS === '1') expect.fail('mandoc is not installed');
      this.skip();
    }
    const complaints = lint.stdout
      .split('\n')
      .filter(line => line !== '' && !line.includes('referenced manual not found'));
    expect(complaints).to.deep.equal([]);
  });
});
