import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { ARGUMENTS } from '../../src/control/argument.ts';
import { COMMANDS } from '../../src/control/commands.ts';
import { OFFLINE } from '../../src/vty/offline.ts';
import { EXIT } from '../../src/vty/run.ts';
import { documentedForms, documentedOffline, forms, PAGE, plainSyntax } from './manual-commands.ts';

describe('man/itctl.8', () => {
  it('has every command of the tree with its arguments, and no other', () => {
    expect(documentedForms()).to.deep.equal(COMMANDS.flatMap(command => forms(command.syntax)).sort());
  });
  it('has every command that needs no daemon, and no other', () => {
    expect(documentedOffline()).to.deep.equal(OFFLINE.map(command => plainSyntax(command.syntax)).sort());
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
