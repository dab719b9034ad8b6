import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { formatErrors, parseConfig } from '../../src/config/index.ts';
import { BLOCKS } from '../../src/config/schema.ts';
import { COMMANDS, resolveCommand } from '../../src/control/commands.ts';
import { offlineCommand } from '../../src/vty/offline.ts';
import { splitWords } from '../../src/vty/words.ts';
import { blocksOf, commandsOf, snippetOf } from '../lab/newcomer/readme.ts';
import { ROOT } from './sources.ts';

const read = (name: string) => readFileSync(join(ROOT, name), 'utf8');
const MAN = readdirSync(join(ROOT, 'man'));
const PAGES = new Map(MAN.map(name => [name, read(`man/${name}`)]));
const README = read('README.md');

/** What a page shows letter by letter: its literal displays, and lines by themselves. */
const displays = (text: string): string[] =>
  [...text.matchAll(/^\.Bd -literal.*\n([\s\S]*?)^\.Ed$|^\.Dl (.*)$/gm)].map(([, block, line]) =>
    (block ?? line!).replaceAll('\\(dq', '"').replaceAll('\\e', '\\').replaceAll('\\&', ''),
  );

/** Why the words after `itctl` are no command; null: they are one. Options, pipes and what a shell adds are left out. */
function whyNoCommand(typed: string): string | null {
  const { words } = splitWords(typed.split(/ [|>(]|\)$|;$/)[0]!.replace(/^(-\S+ )+/, ''));
  if (offlineCommand(words) !== null) return null;
  const found = resolveCommand(words);
  return 'entry' in found ? null : JSON.stringify(found);
}

const checked = (text: string): string => {
  const whole = text.includes('router id') ? text : `router id 192.0.2.10; local as 64500;\n${text}`;
  const loaded = parseConfig(whole, 'x', { read: () => ({ text: '', readableByAll: false }), list: () => [] });
  return loaded.ok ? '' : formatErrors(loaded.errors);
};
/** Words that begin a statement outside of blocks. */
const HEADS = new Set(BLOCKS.global.statements.map(({ head }) => head[0]));

describe('the manual and README', () => {
  for (const [page, text] of PAGES) {
    it(`${page} refers to pages that there are`, () => {
      for (const [, name, section] of text.matchAll(/^(?:\.|.* )Xr (\S+) (\d)/gm))
        if (/^(intertrack|it)/.test(name!)) expect(MAN, `${page}: ${name}`).to.include(`${name}.${section}`);
    });
    it(`${page} has examples`, () => expect(displays(text).length).to.be.greaterThan(0));
    it(`${page} shows commands that itctl knows`, () => {
      const typed = displays(text).flatMap(shown =>
        [...shown.matchAll(/^(?:[$#] (?:.* )?)?itctl (?!.*-->)(.*)$/gm)].map(([, words]) => words!),
      );
      for (const words of typed) expect(whyNoCommand(words), `itctl ${words}`).to.equal(null);
      // In running text a command stands by its first words.
      for (const [, words] of text.matchAll(/^\.(?:Ic|Ql|Pq Ic) itctl ([a-z ]+)/gm))
        expect(
          COMMANDS.some(({ syntax }) => syntax.startsWith(words!.trim())) || offlineCommand(words!.trim().split(' ')),
          words,
        ).to.be.ok;
    });
    it(`${page} shows configurations that are right`, () => {
      for (const shown of displays(text)) {
        const [, first] = /^(?:#.*\n)*\s*([a-z]+)/.exec(shown) ?? [];
        if (HEADS.has(first!) && /[;{]/.test(shown)) expect(checked(shown), shown).to.equal('');
      }
    });
  }

  it('README names pages that there are', () => {
    const named = [...README.matchAll(/`((?:intertrack|it)[a-z.-]*)\((\d)\)/g)];
    expect(named.length).to.be.greaterThan(10);
    for (const [, name, section] of named) expect(MAN).to.include(`${name}.${section}`);
    for (const page of MAN) expect(README, page).to.include(`\`${page.replace(/\.(\d)$/, '($1)')}\``);
  });
  it('README names every package that the programs need, and no other', () => {
    const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
    const [, list] = /^## Libraries\n([\s\S]*?)Others that suggest themselves/m.exec(README)!;
    const named = [...list!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
    expect(named.sort()).to.deep.equal(Object.keys(dependencies).sort());
  });
  it('README has links that lead somewhere', () => {
    const headings = [...README.matchAll(/^#+ (.*)$/gm)].map(([, text]) =>
      text!
        .toLowerCase()
        .replace(/[^a-z0-9 -]/g, '')
        .replaceAll(' ', '-'),
    );
    for (const [, target] of README.matchAll(/\]\(([^)]+)\)/g)) {
      if (target!.startsWith('#')) expect(headings).to.include(target!.slice(1));
      else expect(existsSync(join(ROOT, target!)), target).to.equal(true);
    }
  });
  it('README shows configurations that are right', () => {
    for (const { language, lines } of blocksOf(README))
      if (language === 'intertrackd') expect(checked(lines.join('\n')), lines[0]).to.equal('');
  });
});

describe('the first hour of README', () => {
  it('is what `make newcomer` types, from fetching the sources to the second mail', () => {
    const commands = commandsOf(README);
    const at = (words: RegExp) => commands.findIndex(command => words.test(command));
    const steps = [/^git clone/, /deb$/, /^apt-get install .*\.deb$/, /EDITOR/, /intertrackd -t/, /summary$/];
    const rest = [/show irr/, /^itctl drill/, /^echo 'watch drill/, /show case$/, /^sed/, /trace packet/];
    const places = [...steps, ...rest].map(at);
    expect(places).to.not.include(-1);
    expect(places).to.deep.equal([...places].sort((a, b) => a - b));
  });
  it('has a configuration that takes the statement of the drill, and then those of traces', () => {
    const [, statement] = /echo '(watch drill .*)' >>/.exec(commandsOf(README).join('\n'))!;
    const first = snippetOf(README, 'intertrackd', 'A first configuration');
    expect(checked(`${first}${statement}`)).to.equal('');
    expect(checked(`${first}${snippetOf(README, 'intertrackd', 'The first hour')}`)).to.equal('');
  });
});
