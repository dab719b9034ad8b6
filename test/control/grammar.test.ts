import { expect } from 'chai';
import fc from 'fast-check';
import { COMMANDS, commandName, complete, resolveCommand } from '../../src/control/commands.ts';
import { expandSyntax } from '../../src/control/grammar.ts';
import { SAMPLES } from './samples.ts';
import { RESOLVED, scriptedDaemon } from './scripted.ts';

const FIRST =
  '"case", "check", "clear", "config", "disable", "drill", "enable", "explain", "help", "mitigate", "plan", "refresh", "reload", "retention", "rid", "show", "test", "trace", "watch" or "whois"';
const SHOW =
  '"archive", "audit", "bgp", "case", "collector", "config", "contact", "drift", "flow", "http", "ids", "incident", "irr", "memory", "mitigation", "outbox", "partition", "peer", "probe", "quarantine", "rid", "route", "rpki", "safety", "status", "trace", "traceback" or "whois"';

describe('control/grammar', () => {
  const meant: readonly [line: string, command: string, args?: Record<string, string>][] = [
    ['show bgp summary', 'show bgp summary'],
    ['sh b su', 'show bgp summary'],
    ['sh b su a', 'show bgp summary all'],
    ['s b s', 'show bgp summary'],
    ['sh b n tyo1', 'show bgp neighbor', { PEER: 'tyo1' }],
    ['show bgp neighbor 2001:db8::1', 'show bgp neighbor', { PEER: '2001:db8::1' }],
    ['show bgp neighbors', 'show bgp neighbor'],
    ['show bgp neighbors tyo1', 'show bgp neighbor', { PEER: 'tyo1' }],
    ['show cases', 'show case'],
    ['show trace', 'show trace'],
    ['show traceb', 'show traceback'],
    ['show trace t20260301-120003-9f3a', 'show trace TRACE-ID', { 'TRACE-ID': 't20260301-120003-9f3a' }],
    ['sh ca', 'show case'],
    ['sh ca o', 'show case'],
    ['sh ca a', 'show case all'],
    ['sh ca a tim', 'show case all timeline'],
    ['sh ca 2026-03-01-01 ev', 'show case CASE-ID evidence', { 'CASE-ID': '2026-03-01-01' }],
    ['sh col 192.0.2.10', 'show collector MACHINE', { MACHINE: '192.0.2.10' }],
    ['sh pa', 'show partition'],
    ['sh pa 3', 'show partition PARTITION', { PARTITION: '3' }],
    ['sh inc I2026-03-01-01', 'show incident INCIDENT-ID', { 'INCIDENT-ID': 'I2026-03-01-01' }],
    ['ca a 2026-03-01-01', 'case ack CASE-ID', { 'CASE-ID': '2026-03-01-01' }],
    ['ca d 2026-03-01-01 r x for 7d', 'case dismiss CASE-ID reason TEXT', { TEXT: 'x', DURATION: '7d' }],
    ['sh ca 2026-03-01-01', 'show case CASE-ID', { 'CASE-ID': '2026-03-01-01' }],
    ['sh ro c', 'show route count'],
    ['sh ro 192.0.2.1', 'show route PREFIX', { PREFIX: '192.0.2.1' }],
    ['sh ro 2001:db8::/32 l pe tyo1', 'show route PREFIX', { PREFIX: '2001:db8::/32', PEER: 'tyo1' }],
    ['sh ro 192.0.2.1 al', 'show route PREFIX all', { PREFIX: '192.0.2.1' }],
    ['sh ro ::/0 l pe tyo1 all', 'show route PREFIX all', { PREFIX: '::/0', PEER: 'tyo1', longer: 'l' }],
    ['sh ro ::/0 l all det', 'show route PREFIX all', { longer: 'l', detail: 'det' }],
    ['sh ro ::/0 pe all', 'show route PREFIX', { PEER: 'all' }],
    ['sh ro 192.0.2.0/24 peer tyo1', 'show route PREFIX', { PREFIX: '192.0.2.0/24', PEER: 'tyo1' }],
    ['sh ro 192.0.2.1 at -2h ex', 'show route PREFIX at TIME', { PREFIX: '192.0.2.1', TIME: '-2h' }],
    [
      'sh ro ::/0 l pa _64500_ at -2h pe tyo1',
      'show route PREFIX at TIME',
      { REGEX: '_64500_', TIME: '-2h', longer: 'l' },
    ],
    ['sh ro ::/0 at -2h l pa _64500_', 'show route PREFIX at TIME', { REGEX: '_64500_' }],
    ['sh ro h 192.0.2.1 s 12:00', 'show route history PREFIX since TIME', { PREFIX: '192.0.2.1', TIME: '12:00' }],
    ['sh ro ::/0 valid valid pe tyo1 det l', 'show route PREFIX', { PEER: 'tyo1', STATE: 'valid', longer: 'l' }],
    ['sh ro h 192.0.2.1 s 12:00 p tyo1 u -2h', 'show route history PREFIX since TIME', { PEER: 'tyo1', UNTIL: '-2h' }],
    ['sh prob tap1 v', 'show probe PROBE vantages', { PROBE: 'tap1' }],
    ['sh q', 'show quarantine'],
    ['sh q peer tyo1', 'show quarantine', { PEER: 'tyo1' }],
    ['sh q tyo1', 'show quarantine PEER', { PEER: 'tyo1' }],
    ['sh rp', 'show rpki'],
    ['sh rp 192.0.2.1', 'show rpki PREFIX', { PREFIX: '192.0.2.1' }],
    ['sh rp AS64496', 'show rpki AS', { AS: 'AS64496' }],
    ['sh rp c validators', 'show rpki cache RPKI', { RPKI: 'validators' }],
    ['tr pa x.pcap', 'trace packet FILE', { FILE: 'x.pcap' }],
    ['tr pa - -n 3', 'trace packet FILE', { FILE: '-', NUMBERS: '3' }],
    ['tr pa f --need 4 -n 3,9-12', 'trace packet FILE', { FILE: 'f', NUMBERS: '3,9-12', NUMBER: '4' }],
    ['h sh bgp', 'help'],
    ['show bgp ?', '?'],
  ];
  for (const [line, command, args] of meant)
    it(`"${line}" is ${command}`, () => {
      const found = resolveCommand(line.split(' '));
      if ('error' in found) return expect.fail(found.error);
      expect(commandName(found.entry)).to.equal(command);
      expect(found.args).to.include(args ?? {});
    });

  const wrong: readonly [line: string, at: number, error: string][] = [
    ['', 0, `no command: expected ${FIRST}`],
    ['shw', 0, `unknown word "shw": expected ${FIRST}; nearest is "show"`],
    ['xyzzy', 0, `unknown word "xyzzy": expected ${FIRST}`],
    ['show', 1, `incomplete command "show": expected ${SHOW}`],
    ['sh t', 1, 'ambiguous word "t" after "show": it could be "trace" or "traceback"'],
    ['sh c', 1, 'ambiguous word "c" after "show": it could be "case", "config", "contact" or "collector"'],
    [
      'sh b sumary',
      2,
      'unknown word "sumary" after "show bgp": expected "neighbor" or "summary"; nearest is "summary"',
    ],
    ['show status now', 2, 'unexpected word "now" after "show status": the command ends there'],
    ['show route', 2, 'incomplete command "show route": expected PREFIX, "count", "family" or "history"'],
    [
      'show route coutn',
      2,
      'unknown word "coutn" after "show route": expected PREFIX, "count", "family" or "history"; nearest is "count"',
    ],
    [
      'show route 192.0.2.1/24',
      2,
      '"192.0.2.1/24" after "show route" is no prefix: it has host bits; its network is 192.0.2.0/24',
    ],
    ['show route 192.0.2.0/33', 2, '"192.0.2.0/33" after "show route" is no prefix: IPv4 has 32 bits'],
    ['show route 010.1.2.3', 2, '"010.1.2.3" after "show route" is no prefix or address'],
    ['show route 192.0.2.0/24 peer', 4, 'incomplete command "show route 192.0.2.0/24 peer": expected PEER'],
    [
      'show route 192.0.2.0/24 peer a b',
      5,
      'unknown word "b" after "show route 192.0.2.0/24 peer a": expected "community", "detail", "exact", "longer", "origin-as", "path", "shorter" or "validity"',
    ],
    [
      'show route 192.0.2.0/24 validity match detail exact longer',
      7,
      'unknown word "longer" after "show route 192.0.2.0/24 validity match detail exact": expected "community", "origin-as", "path" or "peer"',
    ],
    ['show quarantine peer tyo1 b', 4, 'unexpected word "b" after "show quarantine peer tyo1": the command ends there'],
    [
      'show route ::/0 longer at -2x',
      4,
      'unknown word "at" after "show route ::/0 longer": expected "community", "detail", "origin-as", "path", "peer" or "validity"',
    ],
    [
      'show route 192.0.2.0/24 path (64500',
      4,
      '"(64500" after "show route 192.0.2.0/24 path" is no regular expression: at character 1, the parenthesis is not closed',
    ],
    [
      'show route family ipv4-evpn',
      3,
      '"ipv4-evpn" after "show route family" is no address family: ipv4-multicast, ipv6-multicast, ipv4-labelled, ipv6-labelled, ipv4-vpn, ipv6-vpn, ipv4-flowspec, ipv6-flowspec, ipv4-flowspec-vpn, ipv6-flowspec-vpn',
    ],
    ['show case 2026-3-1', 2, '"2026-3-1" after "show case" is no number of a case (YYYY-MM-DD-NN)'],
    ['show irr 1x', 2, '"1x" after "show irr" is no prefix or address, nor name of an object or source'],
    [
      'show irr 192.0.2.1/24',
      2,
      '"192.0.2.1/24" after "show irr" is no prefix: it has host bits; its network is 192.0.2.0/24',
    ],
    ['trace packet f -n 0', 4, '"0" after "trace packet f -n" is no list of whole numbers from 1 on, such as 3,7,9-12'],
    ['trace packet f --need 0', 4, '"0" after "trace packet f --need" is no whole number from 1 to 4294967295'],
    [
      'trace packet f -m 1',
      3,
      'unknown word "-m" after "trace packet f": expected "--approve", "--need", "--purpose", "--reference", "--trigger" or "-n"; nearest is "-n"',
    ],
  ];
  for (const [line, at, error] of wrong)
    it(`"${line}" is refused at word ${at}`, () => {
      const found = resolveCommand(line.split(' ').filter(Boolean));
      if (!('error' in found)) return expect.fail('it was understood');
      expect(found).to.include({ error, at });
    });

  it('names what was expected for a program too', () => {
    const found = resolveCommand(['show', 'bgp']);
    expect(found).to.deep.include({ at: 2, expected: ['"neighbor"', '"summary"'] });
  });

  it('expands a syntax line to its forms', () => {
    expect(expandSyntax('a X [b|c] [d Y]').map(form => form.join(' '))).to.deep.equal([
      'a X',
      'a X d Y',
      'a X b',
      'a X b d Y',
      'a X c',
      'a X c d Y',
    ]);
  });

  it('resolves each form of each command to that command', () => {
    for (const command of COMMANDS)
      for (const form of expandSyntax(command.syntax)) {
        const found = resolveCommand(form.map(word => SAMPLES[word] ?? word));
        expect('error' in found ? found.error : found.entry, form.join(' ')).to.equal(command);
      }
  });

  it('never throws, and an error always names a word that is there or the end', () => {
    const word = fc.oneof(fc.string(), fc.constantFrom('show', 'bgp', 'route', 'peer', 'help', '?', '::', '__proto__'));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), words => {
        const found = resolveCommand(words);
        if ('error' in found) expect(found.at).to.be.within(0, words.length);
      }),
    );
  });
});

describe('control/commands: completion', () => {
  const daemon = scriptedDaemon();
  const words = async (...line: string[]) => {
    const found = await complete(daemon, line);
    return 'error' in found ? found.error : found.map(one => one.word);
  };
  it('offers the words that may stand there', async () => {
    expect(await words('')).to.deep.equal([
      'check',
      'explain',
      'clear',
      'disable',
      'enable',
      'help',
      'refresh',
      'reload',
      'show',
      'case',
      'drill',
      'watch',
      'config',
      'mitigate',
      'plan',
      'trace',
      'retention',
      'rid',
      'test',
      'whois',
    ]);
    expect(await words('sh', 'b', '')).to.deep.equal(['neighbor', 'summary']);
    expect(await words('sh', 'b', 's')).to.deep.equal(['summary']);
  });
  it('says that the command may end, with what it does', async () => {
    expect(await complete(daemon, ['show', 'bgp', 'summary', ''])).to.deep.equal([
      { word: 'all', kind: 'word', help: 'One line for each peer of every machine' },
      { word: '', kind: 'end', help: 'One line for each peer' },
    ]);
  });
  it('offers names the daemon holds now', async () => {
    expect(await words('show', 'bgp', 'neighbor', '')).to.deep.equal(['PEER', 'tyo1', 'osa1', '']);
    expect(await words('show', 'case', '2026-02')).to.deep.equal(['CASE-ID', RESOLVED.id]);
  });
  it('still offers words when the daemon cannot list its names', async () => {
    const broken = scriptedDaemon({ casesBefore: () => Promise.reject(new Error('disk full')) });
    const found = await complete(broken, ['show', 'case', '']);
    expect('error' in found ? [] : found.map(one => one.word)).to.deep.equal([
      'open',
      'all',
      'CASE-ID',
      'detail',
      'timeline',
      'evidence',
      '',
    ]);
  });
  it('refuses where a word before is wrong', async () => {
    expect(await words('shw', 'b', '')).to.equal(`unknown word "shw": expected ${FIRST}; nearest is "show"`);
  });
  it('has a line of help for every word and kind of argument', async () => {
    for (const command of COMMANDS)
      for (const form of expandSyntax(command.syntax)) {
        for (let i = 0; i < form.length; i++) {
          const before = form.slice(0, i).map(word => SAMPLES[word] ?? word);
          const found = await complete(daemon, [...before, '']);
          if ('error' in found) return expect.fail(`${form.join(' ')}: ${found.error}`);
          expect(found.find(one => one.word === form[i])?.help, form.slice(0, i + 1).join(' ')).to.match(/^\S/);
        }
      }
  });
});
