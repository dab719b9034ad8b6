import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import { answerSchema, answerSchemas, schemaFields } from '../../src/control/answer-schema.ts';
import { ARGUMENTS } from '../../src/control/argument.ts';
import type { BridgeRow, RidEntry, RidPeerRow } from '../../src/control/bridge-rows.ts';
import { carryOut } from '../../src/control/carry-out.ts';
import { COMMANDS, type Command, commandName, resolveCommand } from '../../src/control/commands.ts';
import { expandSyntax } from '../../src/control/grammar.ts';
import { heldToSchema, outOfDate } from './held-to-schema.ts';
import { SAMPLES } from './samples.ts';
import { CASE, scriptedDaemon, TRACE } from './scripted.ts';
import { STANDING } from './scripted-standing.ts';

const RID: RidEntry = {
  ...{ number: 17, at: CASE.opened, way: 'in', peer: 'csirt', type: 'TraceRequest', incident: 'C-7 of example.net' },
  ...{ trace: null, state: 'pending', words: 'it waits for a person' },
};
const RID_PEER: RidPeerRow = {
  ...{ name: 'csirt', url: 'https://rid.example.net/', in: 'ask', packets: false, rate: 1 },
  ...{ received: 2, traced: 1, denied: 0, sent: 1, failed: 0, lastError: '' },
};
const BRIDGE: BridgeRow = {
  ...{ bridge: 'rid', listens: ['192.0.2.10 port 4590'], received: 2, traced: 1, refused: 0, lastError: '' },
};
const FILED = { octets: 'AAEC', signature: 'AwQF', record: 0 };

/** Answers also what the scripted daemon has nothing for. */
const daemon = () =>
  scriptedDaemon({
    familyRoutes: (_, take) =>
      take([
        {
          ...{ family: 'IPv4 flow specification', route: 'destination 192.0.2.0/24', nextHop: '', originCode: 'IGP' },
          ...{ peer: 'tyo1', peerAs: 64496, peerAddress: '203.0.113.1', path: [64496, [64511, 64666]] },
          attributes: [{ name: 'EXTENDED_COMMUNITIES', text: 'rate 0' }],
        },
      ]),
    cancelTrace: async id => ({ ...TRACE, id, state: 'cancelled' }),
    traceEvidence: async () => ({
      ...{ format: 'intertrack-trace-evidence-1', trace: TRACE },
      evidence: { request: FILED, statements: [FILED], records: ['BgcI'] },
    }),
    stopCaseTrace: async () => STANDING[0]!,
    bridges: async () => [BRIDGE],
    ridPeers: async () => [RID_PEER],
    ridEntries: async () => [RID],
    ridDecide: async () => ({ ...RID, state: 'answered' }),
    ridSend: async () => ({ ...RID, way: 'out', type: 'Report' }),
  });

const PROMISED = readFileSync(new URL('answer-fields.txt', import.meta.url), 'utf8');
const DATA = { packets: [{ linkType: 1, frame: 'AAEC', time: 5 }] };
/** Names that the scripted daemon knows. */
const KNOWN: Readonly<Record<string, string>> = {
  ...SAMPLES,
  'CASE-ID': CASE.id,
  'TRACE-ID': TRACE.id,
  RPKI: 'validators',
};

/** A command as it would be typed: without what may be left out, and with each of it. */
function typed({ syntax }: Command): (readonly string[])[] {
  const forms = expandSyntax(syntax);
  const least = Math.min(...forms.map(({ length }) => length));
  const as = /^show traceback honesty/.test(syntax) ? '64511' : '64510';
  const known: Readonly<Record<string, string>> = { ...KNOWN, AS: as };
  return forms
    .filter(({ length }) => length <= least + 2)
    .map(form => form.map(word => (ARGUMENTS[word] ? known[word]! : word)));
}

/** What it answers, row by row; the first of one that goes on. */
async function answer(words: readonly string[]): Promise<{ readonly name: string; readonly rows: readonly unknown[] }> {
  const resolved = resolveCommand(words);
  if ('error' in resolved) throw new Error(`${words.join(' ')}: ${resolved.error}`);
  const rows: unknown[] = [];
  const end = new AbortController();
  const row = async (one: unknown) => {
    rows.push(one);
    if (resolved.entry.live) end.abort();
  };
  await carryOut(daemon(), { resolved, by: 'a test', signal: end.signal, data: DATA }, { row });
  return { name: commandName(resolved.entry), rows };
}

describe('control/answer-schema', () => {
  it('has a row for every command, and for no other', () => {
    const told = Object.keys(answerSchemas().$defs).filter(name => /^[a-z?]/.test(name) && !/\.[A-Z]/.test(name));
    expect(told.toSorted()).to.deep.equal([...COMMANDS.map(commandName), '?'].toSorted());
  });

  it('is what every command answers', async () => {
    const silent = new Set([...COMMANDS.map(commandName), '?']);
    for (const words of [...COMMANDS.flatMap(typed), ['show', '?']]) {
      const { name, rows } = await answer(words);
      heldToSchema(name, rows);
      if (rows.length > 0) silent.delete(name);
    }
    expect([...silent], 'commands that answered nothing').to.deep.equal([]);
  });

  it('lets nothing pass that is not told', () => {
    expect(() => heldToSchema('help', [{ syntax: 'x', help: 'y' }])).not.to.throw();
    expect(() => heldToSchema('help', [{ syntax: 'x' }])).to.throw(/help: the row must have required property 'help'/);
    expect(() => heldToSchema('help', [{ syntax: 'x', help: 'y', more: 1 }])).to.throw(/additional properties/);
    expect(() => heldToSchema('help', [{ syntax: 'x', help: 7 }])).to.throw(/help: \/help must be string/);
  });

  it('is said to be older than the sources, or not there, before a fault counts', () => {
    const directory = mkdtempSync(join(tmpdir(), 'intertrack-schemas-'));
    try {
      const [schemas, source] = [join(directory, 'schemas.json'), join(directory, 'source.ts')];
      writeFileSync(source, '');
      utimesSync(source, 1000, 1000);
      expect(outOfDate(schemas, [directory])).to.equal('build/answers.schema.json is not there: run make');
      writeFileSync(schemas, '');
      utimesSync(schemas, 1001, 1001);
      expect(outOfDate(schemas, [source])).to.equal('');
      utimesSync(source, 1002, 1002);
      const old = 'build/answers.schema.json is older than the sources: run make';
      expect(outOfDate(schemas, [directory])).to.equal(old);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('is a schema by itself for each command, of all that itctl prints with -j', async () => {
    const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
    for (const command of COMMANDS.filter(({ syntax }) =>
      /^(show (status|bgp summary|archive)|watch (cases|sessions))/.test(syntax),
    )) {
      const check = ajv.compile(answerSchema(command));
      const { rows } = await answer(typed(command)[0]!);
      const printed = command.one || command.live ? [rows[0], ...(command.one ? [null] : [])] : [rows, []];
      for (const one of printed)
        expect(check(one), `${command.syntax}: ${ajv.errorsText(check.errors)}`).to.equal(true);
      expect(check({ surely: 'not' })).to.equal(false);
    }
  });

  // What stands in the list is promised (itctl(8), JSON): more may come, nothing of it may go or get another name.
  it('has all that answer-fields.txt promises', () => {
    const words = (line: string) => line.split(/[ ()|]+/);
    const now = new Map(schemaFields(answerSchemas()).map(line => [line.split(': ')[0], new Set(words(line))]));
    const gone = PROMISED.trimEnd()
      .split('\n')
      .flatMap(line => {
        const there = now.get(line.split(': ')[0]);
        const lost = words(line).filter(word => !there?.has(word) && !there?.has(word.replace(/\?$/, '')));
        return lost.length > 0 ? [`${line.split(': ')[0]}: ${lost.join(' ')}`] : [];
      });
    const how = 'node contrib/schema/answers.ts --fields >test/control/answer-fields.txt';
    expect(gone, `gone; the list as it would be: ${how}`).to.deep.equal([]);
  });
});
