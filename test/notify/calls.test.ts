import { expect } from 'chai';
import fc from 'fast-check';
import { contactLines, draftText } from '../../src/notify/calls.ts';
import { composeMail } from '../../src/notify/compose.ts';
import type { CallLine } from '../../src/notify/contacts/call-list.ts';
import { columns } from '../../src/notify/layout.ts';
import { begun } from './cases.ts';

const DAY = 86_400_000;
const LINES: Readonly<Record<number, readonly CallLine[]>> = {
  64666: [
    {
      role: 'noc',
      name: 'Example NOC',
      reach: ['noc@example.net', '+81 3 0000 0000'],
      source: 'peeringdb',
      age: 3 * DAY,
    },
    { role: 'maintainer', name: 'upd-to', reach: ['upd@example.net'], source: 'irr JPIRR', age: null },
  ],
};
const contacts = (as: number) => LINES[as] ?? [];
const options = {
  ...{ from: 'keiro@example.net', hostname: 'collector.example', routerName: '192.0.2.10' },
  languages: ['ja', 'en'] as const,
};
const to = { address: 'noc@example.org', because: 'group noc', number: 1 };
const text = (more: Partial<Parameters<typeof composeMail>[3]> = {}) =>
  composeMail(begun, { event: 'begin' }, to, { ...options, contacts, ...more }).text;

describe('notify/calls', () => {
  it('tells below each AS to call its contacts, their source and age, in both languages', () => {
    const mail = text();
    expect(mail).to.contain('NOC (Example NOC): noc@example.net, +81 3 0000 0000 [peeringdb, 3 days');
    expect(mail).to.contain('maintainer (upd-to): upd@example.net [irr JPIRR]');
    expect(mail).to.contain('(no contact is known here yet)');
    expect(mail).to.contain('NOC（Example NOC）： noc@example.net');
    expect(mail.indexOf('AS64666, which announces')).to.be.below(mail.indexOf('NOC (Example NOC)'));
  });

  it('brings a draft to each, with the evidence, in the language of the text', () => {
    const mail = text({ languages: ['en'] });
    expect(mail.match(/^--- draft to AS\d+ ---$/gm)).to.deep.equal([
      '--- draft to AS64666 ---',
      '--- draft to AS64500 ---',
    ]);
    expect(mail).to.contain(
      '  To: noc@example.net, upd@example.net\n  Subject: Unauthorised BGP announcement of 203.0.113.128/25 by AS64666\n',
    );
    expect(mail).to.contain('AS path: 64500 64666').and.to.contain('route:      203.0.113.0/24');
    expect(mail.replace(/\s+/g, ' ')).to.contain(
      'The prefix lies in 203.0.113.0/24, which is registered with the origin AS64496',
    );
    expect(mail.replace(/\s+/g, ' ')).to.contain(
      'AS64500 passes this route on. Please stop accepting 203.0.113.128/25 from AS64666',
    );
    expect(mail.replace(/\s+/g, ' ')).to.contain('our reference 2026-11-22-01');
  });

  it('states in a draft what is wrong, by the kind of the case', () => {
    const said = (more: Partial<typeof begun>, language: 'ja' | 'en' = 'en') =>
      draftText({ ...begun, ...more }, 64666, language, []).replace(/\s+/g, ' ');
    expect(said({ kind: 'super-prefix', prefix: '203.0.112.0/23' })).to.contain(
      'The prefix covers 203.0.113.0/24, which is',
    );
    expect(said({ kind: 'rpki-invalid' })).to.contain('RPKI invalid: no ROA for 203.0.113.0/24 allows it');
    expect(said({ kind: 'ix-lan', expected: [] })).to.contain('Nobody is authorised to announce 203.0.113.0/24');
    const leak = said({ kind: 'leak', origin: 64496, ground: 'AS64666 passes on to a provider what it has of one' });
    expect(leak).to.contain('with the origin AS64496. The origin is right, and the path is not: AS64666 passes on');
    expect(leak).to.contain('Please stop passing 203.0.113.128/25 on at once');
    expect(said({ kind: 'leak', origin: 64496 }, 'ja')).to.contain('Origin ASは正しいものの、ASパスが不正です。');
  });

  it('drafts in English too where the mail is in Japanese alone: who is called may not read it', () => {
    const mail = text({ languages: ['ja'] });
    expect(mail).to.contain('--- AS64666宛の文案 ---').and.to.contain('--- draft to AS64666 ---');
    expect(text({ languages: ['ja', 'en'] }).match(/--- draft to AS64666 ---/g)).to.have.length(1);
  });

  it('is as it was where nobody looks contacts up, and at the end', () => {
    const plain = composeMail(begun, { event: 'begin' }, to, options).text;
    expect(plain).not.to.contain('draft').and.not.to.contain('contact is known');
    expect(
      composeMail({ ...begun, told: ['begin'] }, { event: 'end' }, to, { ...options, contacts }).text,
    ).not.to.contain('draft to');
  });

  it('drafts nothing about a drill', () => {
    const mail = composeMail({ ...begun, drill: true }, { event: 'begin' }, to, { ...options, contacts }).text;
    expect(mail).to.contain('NOC (Example NOC)').and.not.to.contain('draft to');
  });

  it('keeps its own lines within 78 columns', () => {
    for (const line of text().split('\n')) expect(columns(line), line).to.be.at.most(78);
  });

  it('names nobody where nobody can be named', () => {
    const bare = { ...begun, offender: null, upstream: null };
    const mail = composeMail(bare, { event: 'begin' }, to, { ...options, contacts }).text;
    expect(mail).not.to.contain('draft to');
    const set = { ...begun, offender: null };
    expect(draftText(set, 64500, 'en', [])).to.contain('announcement of 203.0.113.128/25 by an AS_SET');
  });

  it('lets no contact and no object leave its line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (name, object) => {
        const line = { role: 'noc' as const, name, reach: [name], source: name, age: 0 };
        for (const shown of contactLines([line], 'ja')) expect(shown).not.to.match(/[\p{Cc}\p{Zl}]/u);
        const of = { ...begun, prefix: name, objects: [{ ...begun.objects[0]!, source: name, text: object }] };
        expect(draftText(of, 64666, 'ja', [name]).replaceAll('\n', '')).not.to.match(/[\p{Cc}\p{Zl}]/u);
      }),
    );
  });
});
