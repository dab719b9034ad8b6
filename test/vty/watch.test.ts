import { expect } from 'chai';
import { COMMANDS, resolveCommand } from '../../src/control/commands.ts';
import { expandSyntax } from '../../src/control/grammar.ts';
import type { AskOptions, ControlClient } from '../../src/vty/client.ts';
import { completeLine } from '../../src/vty/complete.ts';
import type { Screen } from '../../src/vty/run.ts';
import { runLine, watchedOf } from '../../src/vty/watch.ts';
import { SAMPLES } from '../control/samples.ts';

describe('vty/watch', () => {
  const read: readonly (readonly [string, unknown])[] = [
    ['show status', null],
    ['watch', null],
    ['w show status', null],
    ['watch cases', null],
    ['wat case', null],
    ['watch cases | include x', null],
    ['watch case 2026-03-01-01', { words: ['case', '2026-03-01-01'], every: 2000 }],
    ['watch show status', { words: ['show', 'status'], every: 2000 }],
    ['watch show status every 5 s', { words: ['show', 'status'], every: 5000 }],
    ['watch show status every 5', { words: ['show', 'status'], every: 5000 }],
    ['watch show case every 1m | count', { words: ['show', 'case', '|', 'count'], every: 60_000 }],
    ['watch show case | include every', { words: ['show', 'case', '|', 'include', 'every'], every: 2000 }],
    ['watch every 5s', null],
    ['watch cases since 3', null],
    ['watch status', null],
    ['watch s status', null],
    ['watch trace t20260301-120003-9f3a', null],
    ['wa sh st', { words: ['sh', 'st'], every: 2000 }],
    [
      'watch show status every 0s',
      { error: '"every" needs a time from 1s to 24h, such as "every 5s", in place of "0s"' },
    ],
  ];
  for (const [line, what] of read) it(`reads "${line}"`, () => expect(watchedOf(line.split(' '))).to.deep.equal(what));

  /** A daemon that counts how often it was asked, and a person who ends the third wait. */
  function scene(size: { columns: number; rows: number } | null, lines: number, json = false) {
    const person = new AbortController();
    const asked: AskOptions[] = [];
    const client: ControlClient = {
      ask: async (_, options = {}) => {
        asked.push(options);
        if (asked.length === 2) setImmediate(() => person.abort());
        const config = Array.from({ length: lines }, (_, i) => `line ${i} of run ${asked.length}`).join('\n');
        return { rows: [{ config }], end: { id: 1, end: true, command: 'show config', one: true } };
      },
      complete: async () => [],
      close() {},
      closed: new Promise(() => {}),
    };
    let out = '';
    const screen: Screen = {
      json,
      out: text => {
        out += text;
      },
      ready: async () => {},
      err: text => {
        out += `error: ${text}\n`;
      },
      size: () => size,
      columns: () => size?.columns ?? null,
      stdin: null,
    };
    return { client, screen, person, asked, out: () => out };
  }
  const line = ['watch', 'show', 'config', 'every', '1s'];
  const TIME = '\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\dZ';

  it('draws over itself on a terminal, no more than it has room for, and asks only to look', async () => {
    const { client, screen, person, asked, out } = scene({ columns: 60, rows: 6 }, 5);
    expect(await runLine(client, line, screen, person.signal)).to.equal(0);
    expect(asked.every(({ looking }) => looking === true)).to.equal(true);
    const frame = (run: number) =>
      `every 1s: show config +${TIME}\\nline 0 of run ${run}\\nline 1 of run ${run}\\nline 2 of run ${run}\\n… 2 more\\n`;
    expect(out()).to.match(new RegExp(`^${frame(1)}\\x1b\\[5A\\x1b\\[J${frame(2)}$`));
    for (const one of out().replaceAll('\x1b[5A\x1b[J', '').split('\n')) expect(one.length).to.be.below(60);
  });
  it('has a line with the time before each run on a pipe, and one document for each in JSON', async () => {
    const pipe = scene(null, 1);
    await runLine(pipe.client, line, pipe.screen, pipe.person.signal);
    expect(pipe.out()).to.match(new RegExp(`^--- ${TIME}\\nline 0 of run 1\\n--- ${TIME}\\nline 0 of run 2\\n$`));
    const json = scene({ columns: 60, rows: 6 }, 1, true);
    await runLine(json.client, line, json.screen, json.person.signal);
    expect(json.out()).to.equal('{"config":"line 0 of run 1"}\n{"config":"line 0 of run 2"}\n');
  });
  it('ends with the code of what fails', async () => {
    const { client, screen } = scene(null, 1);
    const refusing: ControlClient = {
      ...client,
      ask: async () => ({ rows: [], end: { id: 1, end: true, error: 'does something', kind: 'usage' } }),
    };
    expect(await runLine(refusing, ['watch', 'reload'], screen)).to.equal(2);
  });
  it('completes the commands behind it, and "every" where one may end', async () => {
    const complete = async (words: readonly string[]) => {
      if (words[0] === 'watch') return words.length === 2 ? [{ word: 'cases', kind: 'word' as const, help: '' }] : 'no';
      return words.length === 1
        ? [{ word: 'show', kind: 'word' as const, help: '' }]
        : [{ word: '', kind: 'end' as const, help: 'x' }];
    };
    const client: ControlClient = { ...scene(null, 1).client, complete };
    expect((await completeLine(client, 'watch '))[0]).to.deep.equal(['cases ', 'show ']);
    expect((await completeLine(client, 'watch show '))[0]).to.deep.equal(['every ']);
    expect((await completeLine(client, 'watch show every '))[0]).to.deep.equal([]);
  });
  it('hides no command of the daemon', () => {
    const own = COMMANDS.filter(one => one.syntax.startsWith('watch '));
    expect(own.length).to.be.above(0);
    for (const { syntax } of own)
      for (const form of expandSyntax(syntax)) {
        const words = form.map(word => SAMPLES[word] ?? word);
        expect(watchedOf(words), words.join(' ')).to.equal(null);
        expect('error' in resolveCommand(words), words.join(' ')).to.equal(false);
      }
  });
});
