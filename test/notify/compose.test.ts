import { expect } from 'chai';
import fc from 'fast-check';
import type { Case } from '../../src/hijack/case.ts';
import { composeMail } from '../../src/notify/compose.ts';
import { columns } from '../../src/notify/layout.ts';
import type { WordedKind } from '../../src/notify/wording.ts';
import { english as inEnglish } from '../../src/notify/wording-en.ts';
import { japanese as inJapanese } from '../../src/notify/wording-ja.ts';
import { begun, block, ended, settings } from './cases.ts';

const options = { ...settings, ...block };
const to = { address: 'alert@example.jp', because: 'x-keiro', number: 1 };
const english = (of: Case, event: 'begin' | 'end') =>
  composeMail(of, { event }, to, { ...options, languages: ['en'] }).text;

describe('notify/compose', () => {
  it('tells in the subject what, by whom and against whom, and links the end to the begin', () => {
    const begin = composeMail(begun, { event: 'begin' }, to, options);
    expect([begin.subject, begin.messageId, begin.references]).to.deep.equal([
      '[InterTrack] 203.0.113.128/25 announced by AS64666, registered to AS64496 (2026-11-22-01)',
      '<2026-11-22-01.begin.1@collector.example.net>',
      null,
    ]);
    const end = composeMail(ended, { event: 'end' }, to, options);
    expect([end.subject, end.messageId, end.references]).to.deep.equal([
      '[InterTrack] [resolved] 203.0.113.128/25 announced by AS64666, registered to AS64496 (2026-11-22-01)',
      '<2026-11-22-01.end.1@collector.example.net>',
      begin.messageId,
    ]);
  });

  it('makes one thread of the mails of an incident, at whichever machine they are written', () => {
    const incident = 'I2026-11-22-01';
    const at = (hostname: string) => ({ ...options, hostname, mailDomain: 'a.example.net' });
    const begin = composeMail({ ...begun, incident }, { event: 'begin' }, to, at('a.example.net'));
    const root = '<I2026-11-22-01.incident@a.example.net>';
    expect([begin.references, begin.follows]).to.deep.equal([root, null]);
    const other = composeMail({ ...begun, incident, id: '2026-11-22-04' }, { event: 'begin' }, to, at('b.example.net'));
    expect([other.messageId, other.references]).to.deep.equal(['<2026-11-22-04.begin.1@a.example.net>', root]);
    const end = composeMail({ ...ended, incident }, { event: 'end' }, to, at('b.example.net'));
    expect([end.references, end.follows]).to.deep.equal([`${root} ${begin.messageId}`, begin.messageId]);
    expect(end.text)
      .to.match(/^ {2}Incident +I2026-11-22-01$/m)
      .and.to.match(/インシデント +I2026-11-22-01$/m);
    const forged = composeMail({ ...begun, incident: 'I1>\r\nBcc: <a' }, { event: 'begin' }, to, options);
    expect(forged.references).to.equal('<I1___Bcc___a.incident@collector.example.net>');
  });

  it('says whose X-Keiro it is that names the reader', () => {
    const mail = (because: string) =>
      composeMail(begun, { event: 'begin' }, { ...to, because }, options).text.replace(/\s+/g, ' ');
    expect(mail('x-keiro')).to.include('is registered as X-Keiro contact of this route.');
    const inherited = mail('x-keiro of MAINT-AS64496');
    expect(inherited).to.include('is registered as X-Keiro contact of MAINT-AS64496, the maintainer of this route.');
    expect(inherited.replaceAll(' ', '')).to.include(
      '当該経路のメンテナー（MAINT-AS64496）のX-Keiroに登録されている宛先に',
    );
    expect(mail('group noc')).to.include('because of the configuration of this InterTrack (group noc).');
  });

  it('follows the order that NOCs know', () => {
    const text = english(begun, 'begin');
    const order = [
      /^ {2}Prefix +203\.0\.113\.128\/25$/m,
      /^ {2}What +a more-specific of the registered 203\.0\.113\.0\/24, announced$/m,
      /^ {2}Announced by +AS64666$/m,
      /^ {2}Registered to +AS64496 \(203\.0\.113\.0\/24\)$/m,
      /^ {2}Via +AS64500 \(one up the path of most peers: call this AS\)$/m,
      /^ {2}AS path +64500 64666 \(from tyo1\)$/m,
      /^ +64501 \{64502,64503\} 64500 64666 \(from osa1\)$/m,
      /^ {2}Seen by +2 peers now, 3 at most; not known of 1 peer: session lost$/m,
      /^ {2}Since +2026-11-22 04:01:10 UTC \(2026-11-22 13:01:10 JST\)$/m,
      /source: JPIRR/,
      /^ {6}route: {6}203\.0\.113\.0\/24$/m,
      /^ {6} {12}X-Keiro : alert@example\.jp, second@example\.net$/m,
      /1\. Wrong registration/,
      /2\. Private AS/,
      /3\. Customer using your PA space/,
      /4\. IX LAN/,
      /- AS64666, which announces the route/,
      /- AS64500, one up the path/,
    ].map(pattern => text.search(pattern));
    expect(order).to.not.include(-1);
    expect(order).to.deep.equal([...order].sort((a, b) => a - b));
  });

  it('tells at the end how long it lasted, how widely it was seen, by whom and why it ended', () => {
    const text = english(ended, 'end');
    for (const part of [
      /Announced by +AS64666/,
      /Seen by +3 peers at most/,
      /Ended +2026-11-22 07:05:30 UTC/,
      /Lasted +3 hours 4 minutes 20 seconds/,
      /Why ended +no peer holds a route that contradicts the registry/,
      /tyo1 withdrew it last/,
    ])
      expect(text).to.match(part);
  });

  it('tells of a blip in one mail, with its evidence and no thread', () => {
    const blip = { ...ended, told: ['end'] as const };
    const mail = composeMail(blip, { event: 'end' }, to, { ...options, languages: ['en'] });
    expect([mail.subject.slice(0, 23), mail.references]).to.deep.equal(['[InterTrack] [resolved]', null]);
    expect(mail.text)
      .to.contain('It is over now')
      .and.to.match(/Lasted +3 hours/)
      .and.to.contain('mnt-by:     MAINT-AS64496');
    expect(mail.text).to.not.contain('What to do');
  });

  it('writes both languages in the configured order, each announced on top', () => {
    const both = composeMail(begun, { event: 'begin' }, to, options).text;
    expect(both.indexOf('広告元AS')).to.be.within(0, both.indexOf('Announced by'));
    expect(both).to.match(/^\(English follows/);
    const other = composeMail(begun, { event: 'begin' }, to, { ...options, languages: ['en', 'ja'] }).text;
    expect(other.indexOf('Announced by')).to.be.within(0, other.indexOf('広告元AS'));
    expect(composeMail(ended, { event: 'end' }, to, options).text).to.match(/継続時間 +3時間4分20秒/);
  });

  for (const kind of Object.keys(inEnglish.kinds) as WordedKind[])
    it(`has words for ${kind}, in both languages, at the begin and at the end`, () => {
      for (const event of ['begin', 'end'] as const) {
        const of = { ...(event === 'begin' ? begun : ended), kind } as Case;
        const { subject, text } = composeMail(of, { event }, to, options);
        expect(subject).to.match(/^\[InterTrack\] [\x20-\x7e]*203\.0\.113\.128\/25[\x20-\x7e]* \(2026-11-22-01\)$/);
        const flat = text.replace(/\s+/g, ' ');
        expect(flat).to.include(inEnglish.kinds[kind].what('203.0.113.0/24'));
        expect(flat.replaceAll(' ', '')).to.include(inJapanese.kinds[kind].what('203.0.113.0/24').replaceAll(' ', ''));
        expect(text).to.not.match(/undefined|\|/);
        for (const line of text.split('\n')) expect(columns(line), line).to.be.at.most(78);
      }
    });

  it('tells the AS that passes a route on from the one that announces it, and what the path is blamed for', () => {
    const leak: Case = {
      ...begun,
      kind: 'leak',
      origin: 64496,
      offender: 64511,
      ground: 'AS64511 took it from a provider',
    };
    const mail = composeMail(leak, { event: 'begin' }, to, { ...options, languages: ['en'] });
    expect(mail.subject).to.include('203.0.113.128/25 of AS64496 leaked by AS64511');
    expect(mail.text)
      .to.match(/Announced by +AS64496\n/)
      .and.to.match(/Passed on by +AS64511\n/)
      .and.to.include('AS64511 took it from a provider')
      .and.to.include('- AS64511, which passes the route on');
  });

  it('begins with what may make it harmless, in each language, and with the object that would mend it', () => {
    const object = 'route:      203.0.113.128/25\norigin:     AS64666';
    const hinted: Case = { ...begun, hints: [{ hint: 'customer-pa', text: 'Probably its customer.', object }] };
    const mail = composeMail(hinted, { event: 'begin' }, to, options).text;
    const [ja = '', en = ''] = mail.split(/^-+$/m);
    expect(ja.replace(/\s/g, '')).to.match(
      /^\(Englishfollows.*\)広告元のASは、貴組織の顧客である可能性が高い.*（Probablyitscustomer.）/,
    );
    expect(en.trim()).to.match(
      /^Probably its customer\.\n\n {6}route: {6}203\.0\.113\.128\/25\n {6}origin: {5}AS64666\n\nA BGP route/,
    );
  });

  it('tells of what the RPKI lacks as of no route: nobody announces it, and nobody is to be called', () => {
    const ground = 'no ROA covers it any more, and one made it valid before';
    const witness = { ...begun.witnesses[0]!, peer: '(rpki)', path: [] };
    const of: Case = {
      ...{ ...begun, kind: 'roa-vanished', prefix: '203.0.113.0/24', origin: 64496, offender: 64496, upstream: null },
      ...{ ground, witnesses: [witness] },
    };
    const { subject } = composeMail(of, { event: 'begin' }, to, options);
    expect(subject).to.equal('[InterTrack] ROA for 203.0.113.0/24 is gone (2026-11-22-01)');
    const text = english(of, 'begin');
    expect(text).to.match(/^ {2}What +the ROA for 203\.0\.113\.0\/24 is no longer there$/m);
    expect(text).to.include(ground).and.include('The registered object (source: JPIRR):');
    expect(text).to.include('1. Withdrawn or expired.').and.include('Another mail will follow when this is over.');
    expect(text).not.to.match(/Announced by|AS path|Seen by|Please call|contradicts|hijacked|\(rpki\)/);
    const both = composeMail(of, { event: 'begin' }, to, { ...options, contacts: () => [] }).text;
    expect(both).not.to.match(/draft/i);
  });

  it('says in the first place that a drill is one', () => {
    const mail = composeMail({ ...begun, drill: true }, { event: 'begin' }, to, { ...options, languages: ['en'] });
    expect(mail.subject).to.match(/^\[InterTrack\] \[drill\]/);
    expect(mail.text).to.match(/^\[drill\] This is a drill/);
  });

  it('keeps its lines within 78 columns, Japanese characters counting two', () => {
    for (const text of [
      composeMail(begun, { event: 'begin' }, to, options).text,
      composeMail(ended, { event: 'end' }, to, options).text,
    ])
      for (const line of text.split('\n')) expect(columns(line), line).to.be.at.most(78);
  });

  it('words the cases without an offender, an upstream or an object', () => {
    const bare = { ...begun, origin: null, offender: null, upstream: null, objects: [], witnesses: [], expected: [] };
    const mail = composeMail(bare, { event: 'begin' }, to, { ...options, languages: ['en'] });
    expect(mail.subject).to.contain('announced by an AS_SET, registered to none');
    expect(mail.text)
      .to.match(/Via +no AS in between/)
      .and.to.contain('No registered object was recorded');
  });

  it('shows what a hostile object holds, cut and escaped, and lets no line of it pass for one of ours', () => {
    const text = 'route: x\r\n\u0000\u001b[2J\u202emoc\nWhat to do\u2028  call +1 900';
    const object = { ...begun.objects[0]!, source: 'JP\nBcc: x@example.com', text };
    const shown = english({ ...begun, objects: [object, { ...object, text: 'y'.repeat(20_000) }] }, 'begin');
    expect(shown).to.contain('      \\u{0}\\u{1b}[2J\\u{202e}moc\n      What to do\\u{2028}  call +1 900\n');
    expect(shown).to.contain('JP\\u{a}Bcc: x@example.com');
    expect(shown).to.contain('(3616 more characters left off)');
    expect(shown.match(/^What to do$/gm)).to.have.length(1);
  });

  it('never throws, and no string of a case reaches a header or leaves its line in the body', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string(),
      fc.constantFrom('\r\nBcc: x@y', '\u2028', '\ud800'),
    );
    const number = fc.oneof(fc.integer(), fc.double());
    const path = fc.array(fc.oneof(number, fc.array(number)));
    const witness = fc.record({
      peer: text,
      as: number,
      address: text,
      path,
      since: number,
      until: fc.option(number),
      state: fc.constantFrom('holds', 'gone', 'unseen'),
    });
    const object = fc.record({ source: text, prefix: text, origin: number, maintainers: fc.array(text), text });
    const arbitrary = fc.record({
      id: text,
      kind: fc.constantFrom('origin', 'more-specific'),
      state: fc.constantFrom('ongoing', 'resolved'),
      prefix: text,
      offender: fc.option(number),
      expected: fc.array(number),
      origin: fc.option(fc.nat()),
      ground: text,
      decidedBy: text,
      watches: fc.array(text),
      critical: fc.boolean(),
      opened: number,
      changed: number,
      ended: fc.option(number),
      witnesses: fc.array(witness),
      peakWitnesses: number,
      upstream: fc.option(number),
      objects: fc.array(object),
      recipients: fc.constant([]),
      timeline: fc.array(fc.record({ time: number, what: text, state: fc.constantFrom('ongoing', 'resolved') })),
      told: fc.constantFrom([], ['begin']),
    }) as fc.Arbitrary<Case>;
    const event = fc.constantFrom('begin', 'end') as fc.Arbitrary<'begin' | 'end'>;
    fc.assert(
      fc.property(arbitrary, event, text, text, text, (of, which, because, from, hostname) => {
        const mail = composeMail(
          of,
          { event: which },
          { address: 'a@example.jp', because, number: 1 },
          { ...options, from, hostname },
        );
        for (const header of [mail.subject, mail.messageId, mail.references ?? ''])
          expect(header).to.match(/^[\x20-\x7e]*$/);
        expect(mail.subject.length).to.be.at.most(200);
        expect(mail.messageId).to.match(/^<[A-Za-z0-9_.-]+@[A-Za-z0-9.-]+>$/);
        expect(mail.text).to.match(/^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]*$/mu);
        expect(mail.text.replaceAll('\n', '')).to.match(/^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]*$/u);
      }),
      { numRuns: 300 },
    );
  });
});
