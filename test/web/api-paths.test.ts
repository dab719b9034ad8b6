import { expect } from 'chai';
import { ARGUMENTS } from '../../src/control/argument.ts';
import { COMMANDS, resolveCommand } from '../../src/control/commands.ts';
import { expandSyntax } from '../../src/control/grammar.ts';
import { looksOnly } from '../../src/control/levels.ts';
import { type ApiPath, apiPaths, chooseCommand } from '../../src/web/api-paths.ts';
import { openApi } from '../../src/web/openapi.ts';
import { SAMPLES } from '../control/samples.ts';

const PATHS = apiPaths();
const at = (path: string): ApiPath => PATHS.find(one => one.path === path)!;

describe('web/api-paths', () => {
  it('has each command once', () => {
    const all = PATHS.flatMap(({ commands }) => commands.map(({ command }) => command.syntax));
    expect(all.toSorted()).to.deep.equal(COMMANDS.map(({ syntax }) => syntax).toSorted());
  });

  it('lets only look whoever changes nothing', () => {
    const doing = COMMANDS.filter(command => !looksOnly(command)).map(({ syntax }) => syntax.split(/ (?=[[A-Z])/)[0]!);
    // Whoever adds a command decides here: what stands in this list needs the role of an operator.
    for (const one of ['reload', 'drill', 'clear bgp', 'case ack', 'case note', 'trace packet', 'mitigate announce'])
      expect(doing).to.include(one);
    // The log is the one thing to look at that readers are not shown.
    expect(doing).to.include('watch log');
    for (const one of doing) expect(one).to.not.match(/^(show|help|explain|check|watch (?!log$)|whois)\b/);
  });

  it('is tried with a word of each kind', () => {
    expect(Object.keys(ARGUMENTS).filter(kind => ARGUMENTS[kind]!.refuse(SAMPLES[kind] ?? '') !== null)).to.deep.equal(
      [],
    );
  });

  it('understands the same as the shell, whichever way a command is asked for', () => {
    for (const { path, commands } of PATHS)
      for (const { command, parameters } of commands)
        for (const form of expandSyntax(command.syntax)) {
          const words = form.map(word => (ARGUMENTS[word] === undefined ? word : SAMPLES[word]!));
          const shell = resolveCommand(words);
          if ('error' in shell) throw new Error(`${words.join(' ')}: ${shell.error}`);
          const given: Record<string, string> = {};
          for (const { name, word, kind } of parameters)
            if (kind !== 'FILE' && (kind === null ? form.includes(word!) : shell.args[kind] !== undefined))
              given[name] = kind === null ? '' : shell.args[kind]!;
          const chosen = chooseCommand(at(path), given);
          if ('error' in chosen) throw new Error(`${words.join(' ')}: ${chosen.error}`);
          if (chosen.entry !== shell.entry) {
            // `show quarantine PEER` and `show quarantine peer PEER`: one parameter, and one meaning.
            expect(chosen.entry.run, words.join(' ')).to.equal(shell.entry.run);
            continue;
          }
          const { FILE: _, ...args } = chosen.args;
          // The shell keeps words of the line beside the arguments.
          expect(shell.args, words.join(' ')).to.include(args);
          expect(chosen.rest).to.deep.equal(shell.rest);
        }
  });

  it('says which parameter is wrong, unknown, missing or of another command', () => {
    const refused = (path: string, given: Record<string, string>) => {
      const found = chooseCommand(at(path), given);
      return 'error' in found ? found.error : found.entry.syntax;
    };
    expect(refused('show/route', { prefix: '192.0.2.0/33' })).to.equal(
      'prefix: "192.0.2.0/33" is no prefix: IPv4 has 32 bits',
    );
    expect(refused('show/route', {})).to.match(/^parameters are missing or do not go together: expected prefix/);
    expect(refused('show/route', { prefix: '192.0.2.0/24', lenger: '' })).to.match(
      /^unknown parameter "lenger": known/,
    );
    expect(refused('show/route', { prefix: '192.0.2.0/24', longer: 'perhaps' })).to.match(
      /^longer: "perhaps" is no yes/,
    );
    expect(refused('show/contact', { as: '64500', prefix: '192.0.2.0/24' })).to.match(/do not go together/);
    expect(refused('show/status', { x: '' })).to.equal('unknown parameter "x": there is none');
    expect(refused('show/route', { prefix: '192.0.2.0/24', longer: 'false' })).to.match(/^show route PREFIX \[/);
    // A word of the language is no value: that would be another command.
    expect(refused('show/case', { 'case-id': 'all' })).to.match(/^case-id: "all" is no /);
    expect(refused('show/case', { __proto__: 'x' } as never)).to.match(/^show case/);
  });

  it('has help for each parameter, and a place for each form of a command', () => {
    for (const { path, commands } of PATHS)
      for (const { parameters, command } of commands) {
        for (const { name, help } of parameters) expect(help, `${path} ${name}`).to.not.equal('');
        const names = new Set(parameters.flatMap(({ word, kind }) => [word, kind]));
        const words = new Set(expandSyntax(command.syntax).flat());
        for (const word of words)
          if (ARGUMENTS[word] !== undefined) expect(names, `${command.syntax}: ${word}`).to.include(word);
      }
  });

  it('is described so that programs can read it', async () => {
    const { Validator } = await import('@seriousme/openapi-schema-validator');
    const described = openApi('0.0.0', PATHS);
    const result = await new Validator().validate(JSON.parse(JSON.stringify(described)));
    expect(result.errors ?? [], JSON.stringify(result.errors)).to.deep.equal([]);
    expect(result.valid).to.equal(true);
    const operations = Object.values(described.paths as Record<string, Record<string, { operationId: string }>>);
    const names = operations.flatMap(one => Object.values(one).map(({ operationId }) => operationId));
    expect(new Set(names).size).to.equal(names.length);
  });
});
