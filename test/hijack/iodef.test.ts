import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import fc from 'fast-check';
import type { Case } from '../../src/hijack/case.ts';
import { iodefDocument } from '../../src/hijack/iodef.ts';
import { CASE, EVIDENCE, NOON, RESOLVED } from '../control/scripted.ts';

const options = {
  name: 'it.example.net',
  contact: 'keiro@example.net',
  related: [CASE.id, '2026-03-01-02'],
  evidence: EVIDENCE,
  now: NOON,
};

const wellFormed = spawnSync('xmllint', ['--version']);

/** The document as xmllint reads it: what stands at a path of local names, or what is wrong. */
function read(xml: string, path: string): string {
  const steps = path.replaceAll(/(^|\/)(?!@|text\(\))([A-Za-z-]+)/g, "$1*[local-name()='$2']");
  const found = spawnSync('xmllint', ['--nonet', '--xpath', `string(/${steps})`, '-'], {
    input: xml,
    encoding: 'utf8',
  });
  return found.status === 0 ? found.stdout.trimEnd() : `xmllint: ${found.stderr}`;
}

/** Children of each element in the order of RFC 7970: of what we write. */
const ORDER: Readonly<Record<string, readonly string[]>> = {
  'IODEF-Document': ['Incident'],
  Incident: [
    ...['IncidentID', 'RelatedActivity', 'DetectTime', 'StartTime', 'EndTime', 'GenerationTime', 'Description'],
    ...['Discovery', 'Assessment', 'Contact', 'EventData', 'History', 'AdditionalData'],
  ],
  RelatedActivity: ['IncidentID', 'Description'],
  Discovery: ['Description'],
  Assessment: ['SystemImpact', 'MitigatingFactor'],
  SystemImpact: ['Description'],
  Contact: ['ContactName', 'Email'],
  Email: ['EmailTo'],
  EventData: ['Description', 'Flow', 'AdditionalData'],
  Flow: ['System'],
  System: ['Node', 'Description'],
  Node: ['Address'],
  History: ['HistoryItem'],
  HistoryItem: ['DateTime', 'Description'],
};

/** Says where an element stands that its parent has no place for; the text must be well-formed. */
function misplaced(xml: string): string[] {
  const faults: string[] = [];
  const open: { name: string; last: number }[] = [];
  for (const [, close, name, , empty] of xml.matchAll(/<(\/?)([A-Za-z-]+)((?: [a-z:-]+="[^"]*")*)(\/?)>/g)) {
    if (close === '/') {
      open.pop();
      continue;
    }
    const parent = open.at(-1);
    if (parent !== undefined) {
      const place = ORDER[parent.name]?.indexOf(name!) ?? -1;
      if (place < parent.last || place < 0) faults.push(`${name} in ${parent.name}`);
      parent.last = place;
    }
    if (empty !== '/') open.push({ name: name!, last: 0 });
  }
  return faults;
}

describe('hijack/iodef', () => {
  before(function () {
    if (wellFormed.error === undefined) return;
    if (process.env.REQUIRE_PEERS === '1') expect.fail('xmllint is not installed');
    this.skip();
  });

  it('says what the case says, where RFC 7970 has a place for it', () => {
    const xml = iodefDocument(CASE, options);
    const incident = 'IODEF-Document/Incident';
    expect(read(xml, 'IODEF-Document/@version')).to.equal('2.00');
    for (const [path, text] of [
      ['@purpose', 'reporting'],
      ['@status', 'new'],
      ['IncidentID', CASE.id],
      ['IncidentID/@name', 'it.example.net'],
      ['RelatedActivity/IncidentID', '2026-03-01-02'],
      ['DetectTime', '2026-03-01T11:50:00.000Z'],
      ['GenerationTime', '2026-03-01T12:00:00.000Z'],
      ['Assessment/SystemImpact/@type', 'traffic-redirection'],
      ['Assessment/SystemImpact/@severity', 'medium'],
      ['Contact/@role', 'creator'],
      ['Contact/Email/EmailTo', 'keiro@example.net'],
      ["EventData/Flow/System[@category='source']/Node/Address[@category='asn']", '64666'],
      ["EventData/Flow/System[@category='intermediate']/Node/Address", '64511'],
      ["EventData/Flow/System[@category='target']/Node/Address[@category='ipv4-net']", '192.0.2.0/25'],
      ["EventData/Flow/System[@category='sensor']/Node/Address[@category='ipv4-addr']", '203.0.113.1'],
      ["EventData/AdditionalData[@dtype='string']", CASE.objects[0]!.text],
      ['History/HistoryItem/DateTime', '2026-03-01T11:50:00.000Z'],
      ["AdditionalData[@meaning='why-record']", JSON.stringify(CASE.why)],
      [`AdditionalData[contains(@meaning,'${EVIDENCE[0]!.hash}')]`, EVIDENCE[0]!.body],
    ] as const)
      expect(read(xml, `${incident}/${path}`), path).to.equal(text.trimEnd());
    expect(misplaced(xml)).to.deep.equal([]);
  });

  it('tells the end, and who knows of it', () => {
    const over = iodefDocument(RESOLVED, options);
    expect(read(over, 'IODEF-Document/Incident/@status')).to.equal('resolved');
    expect(read(over, 'IODEF-Document/Incident/EndTime')).to.equal('2026-02-28T07:00:00.000Z');
    const known = { ...CASE, acknowledged: { time: NOON, by: 'uid 0', reason: '' } };
    expect(read(iodefDocument(known, options), 'IODEF-Document/Incident/@status')).to.equal('in-progress');
  });

  it('is well-formed and in order whatever stands in the case', () => {
    const nasty = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(']]>', '<!--', '&amp;', '"\'><x/>', '\u0000\u0008\ufffe', '\ud800', '\r\n\t x', '<?xml?>'),
    );
    fc.assert(
      fc.property(nasty, nasty, nasty, fc.boolean(), (object, line, name, bare) => {
        const one: Case = {
          ...CASE,
          offender: bare ? null : 64666,
          upstream: bare ? null : 64511,
          objects: [{ ...CASE.objects[0]!, source: name, text: object }],
          timeline: bare ? [] : [{ time: NOON, what: line, state: 'ongoing', by: name }],
          witnesses: CASE.witnesses.map(witness => ({ ...witness, peer: line, address: bare ? '' : '2001:db8::1' })),
          hints: [{ hint: 'sibling', text: object }],
        };
        const xml = iodefDocument(one, { ...options, name, contact: bare ? null : line });
        const lint = spawnSync('xmllint', ['--nonet', '--noout', '-'], { input: xml, encoding: 'utf8' });
        expect(lint.stderr).to.equal('');
        expect(misplaced(xml)).to.deep.equal([]);
      }),
      { numRuns: 60 },
    );
  });
});
