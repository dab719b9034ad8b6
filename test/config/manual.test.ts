import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { ARGUMENTS, type ArgumentName } from '../../src/config/argument.ts';
import { formatErrors, parseConfig } from '../../src/config/index.ts';
import { BLOCKS } from '../../src/config/schema.ts';
import type { Spec } from '../../src/config/statement-spec.ts';
import type { Part } from '../../src/config/usage.ts';

const page = readFileSync(new URL('../../man/intertrackd.conf.5', import.meta.url), 'utf8');
const conf = readFileSync(new URL('../../conf/intertrackd.conf', import.meta.url), 'utf8');
const specs = Object.values(BLOCKS).flatMap(({ statements }) => statements);

/** Statements that the page describes, by their head, and what it says of them. */
const described = new Map<string, string>();
{
  // Heads of one description stand one after the other; what is said goes up to the next head.
  let heads: string[] = [];
  let body = '';
  for (const line of page.split('\n')) {
    const item = /^\.It Ic (.*)$/.exec(line)?.[1];
    if (item === undefined) {
      body += ` ${line.replace(/^\.\w+ /, '')}`;
      for (const head of heads) described.set(head, body);
      continue;
    }
    if (body !== '') heads = [];
    body = '';
    const end = item.search(/ (Ar|Oo|Cm|Brq)\b|;| ;/);
    heads.push(end < 0 ? item : item.slice(0, end));
  }
}

const examples = [...page.matchAll(/^\.Bd -literal.*\n((?:.|\n)*?)^\.Ed$/gm)].map(match =>
  match[1]!.replace(/\\e/g, '\\'),
);

/** The example with what every configuration must have. */
const whole = (text: string): string =>
  `${text}\n${text.includes('router id') ? '' : 'router id 192.0.2.10; local as 64500;'}`;

describe('intertrackd.conf(5)', () => {
  it('describes every statement of the language, and no other', () => {
    expect([...described.keys()].sort()).to.deep.equal([...new Set(specs.map(spec => spec.head.join(' ')))].sort());
  });

  /** The kind of argument that the bounds of a statement are for. */
  const bounded = (spec: Spec): ArgumentName => {
    const arguments_ = (parts: readonly Part[]): { name: ArgumentName; field: string }[] =>
      parts.flatMap(part => ('name' in part ? [part] : 'optional' in part ? arguments_(part.optional) : []));
    return arguments_(spec.parts).find(({ field }) => [undefined, field].includes(spec.bounds?.field))!.name;
  };
  for (const spec of new Set(specs.filter(candidate => candidate.bounds !== undefined)))
    it(`tells bounds and default of \`${spec.head.join(' ')}\``, () => {
      const { show } = ARGUMENTS[bounded(spec)];
      const text = described.get(spec.head.join(' '))!;
      expect(text).to.include(show(spec.bounds!.min)).and.to.include(show(spec.bounds!.max));
      for (const value of Object.values(spec.defaults ?? {})) expect(text).to.include(show(value as number));
    });

  it('says which statements are required', () => {
    for (const spec of specs) {
      const head = spec.head.join(' ');
      if (spec.required) expect(described.get(head), head).to.match(/[Rr]equired/);
    }
  });

  it('has examples that are right', () => {
    expect(examples.length).to.be.at.least(11);
    for (const text of examples.filter(candidate => !candidate.startsWith('intertrackd.conf:'))) {
      const files = { read: () => ({ text: '', readableByAll: false }), list: () => [] };
      const loaded = parseConfig(whole(text), 'example', files);
      expect(loaded.ok ? '' : formatErrors(loaded.errors), text).to.equal('');
    }
  });

  it('has an error message that is really told', () => {
    const loaded = parseConfig(
      `${'\n'.repeat(7)}protocol bgp x {\n    neighbour 203.0.113.1 as 64496;\n}`,
      'intertrackd.conf',
    );
    const shown = examples.find(text => text.startsWith('intertrackd.conf:'));
    expect(loaded.ok ? '' : formatErrors(loaded.errors)).to.include(shown);
  });
});

describe('conf/intertrackd.conf', () => {
  it('is right, and warns of nothing', () => {
    const loaded = parseConfig(conf, 'intertrackd.conf');
    expect(formatErrors([...(loaded.ok ? [] : loaded.errors), ...loaded.warnings])).to.equal('');
  });
});
