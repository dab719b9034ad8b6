import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { nextWords, printSchema } from '../../src/vty/schema.ts';
import { completionLines } from '../../src/vty/shell-completion.ts';

describe('vty/schema', () => {
  /** What `itctl schema` prints for these words, or why it prints nothing. */
  function printed(line: string): Record<string, unknown> | string {
    const out = new PassThrough();
    const answer = printSchema(line === '' ? [] : line.split(' '), out);
    return typeof answer === 'string' ? answer : (JSON.parse(String(out.read())) as Record<string, unknown>);
  }

  it('prints that of a command by its name, its syntax, or as it is typed', () => {
    for (const line of ['show case CASE-ID', 'show case 2026-03-01-01', 'sh ca 2026-03-01-01'])
      expect(printed(line), line).to.deep.include({ title: 'show case CASE-ID' });
    expect(printed('show bgp neighbor [PEER]')).to.deep.include({ title: 'show bgp neighbor [PEER]', type: 'array' });
    expect(printed('show rpki cache')).to.deep.include({ title: 'show rpki cache RPKI' });
  });

  it('has all that it refers to', () => {
    const schema = printed('show trace t20260301-120000-abcd') as { $defs: object };
    const refs = [...JSON.stringify(schema).matchAll(/"\$ref":"#\/\$defs\/([^"]+)"/g)].map(([, name]) => name!);
    expect(refs).to.include('TraceNode');
    expect(Object.keys(schema.$defs)).to.include.members(refs);
  });

  it('prints all of them without words', () => {
    const all = printed('') as { $defs: object };
    expect(Object.keys(all.$defs)).to.include.members(['show status', 'StatusReport', 'watch cases']);
  });

  it('says what is wrong with words that are none, or several', () => {
    expect(printed('show nonsense')).to.match(/unknown word "nonsense" after "show"/);
    expect(printed('show route')).to.match(/several commands begin with "show route": .*show route count/);
  });

  it('offers the next word of names, arguments as they stand in them', async () => {
    expect(nextWords(['show', 'bgp', ''])).to.deep.equal(['neighbor', 'summary']);
    expect(nextWords(['show', 'case', 'CASE-ID', 't'])).to.deep.equal(['timeline']);
    const lines = await completionLines(null, ['schema', 'show', 'case', 'C']);
    expect(lines).to.deep.equal(['CASE-ID\t']);
  });
});
