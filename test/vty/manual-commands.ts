/** What itctl(8) says that the commands are. */
import { readFileSync } from 'node:fs';
import { expandSyntax } from '../../src/control/grammar.ts';

export const PAGE = readFileSync(new URL('../../man/itctl.8', import.meta.url), 'utf8');

/** The syntax lines of a section: what follows `.It`, with arguments in capitals and options in brackets. */
export function documented(from: string, to: string): string[] {
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

/** All forms of a syntax line. */
export const forms = (syntax: string) =>
  expandSyntax(syntax)
    .map(form => form.join(' '))
    .sort();

/** Every form of every command of the command set that the page has. */
export const documentedForms = (): string[] => documented('.Sh COMMANDS', 'Arguments are:').flatMap(forms).sort();

/** A syntax line of a command that needs no daemon without what the page writes otherwise: `.Fl -to` for --to, and no dots. */
export const plainSyntax = (syntax: string): string =>
  syntax
    .replace(/ \.\.\.|[[\]]/g, '')
    .replaceAll('--', '-')
    .replace(/ +/g, ' ')
    .trim();

/** The commands that need no daemon, as plain syntax. */
export const documentedOffline = (): string[] =>
  documented('.Ss Commands that need no daemon', '.Ss The tree of a trace').map(plainSyntax).sort();
