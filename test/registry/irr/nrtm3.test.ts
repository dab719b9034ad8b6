import { expect } from 'chai';
import fc from 'fast-check';
import { nrtmAnswer, nrtmQuery } from '../../../src/registry/irr/nrtm-answer.ts';
import { type NrtmEvent, nrtmReader } from '../../../src/registry/irr/nrtm3.ts';

const route = (prefix: string, as = 64496) => `route: ${prefix}\norigin: AS${as}\nsource: JPIRR\n`;

function read(text: string | Buffer, cut = Number.POSITIVE_INFINITY): NrtmEvent[] {
  const events: NrtmEvent[] = [];
  const reader = nrtmReader(event => events.push(event));
  const octets = Buffer.from(text);
  for (let at = 0; at < octets.length; at += cut) reader.push(octets.subarray(at, at + cut));
  reader.end();
  return events;
}

/** One line for each event, to be held against the stream. */
const shown = (events: readonly NrtmEvent[]): string[] =>
  events.map(event => {
    switch (event.kind) {
      case 'start':
        return `${event.line} start ${event.version} ${event.source} ${event.first}-${event.last}`;
      case 'operation':
        return `${event.line} ${event.op} ${event.serial} ${event.object.class} ${event.object.attributes[0]?.value}`;
      case 'unreadable':
        return `${event.line} unreadable ${event.serial}: ${event.why}`;
      case 'end':
        return `${event.line} end ${event.source}`;
      case 'nothing-new':
        return `${event.line} nothing-new`;
      default:
        return `${event.line} ${event.kind}: ${event.why}`;
    }
  });

/** As IRRd 4 sends it: gaps in the serials, remarks in front, CR LF or LF, octets of old encodings. */
const VERSION_3 = `% Access is subject to terms

%START Version: 3 JPIRR 1001-1007 FILTERED

ADD 1001

${route('192.0.2.0/24')}descr: \xe9

DEL 1003

${route('198.51.100.0/24')}
ADD 1007

aut-num: AS64496
as-name: EXAMPLE

%END JPIRR
`;

/** As RIPE's server sends it. */
const VERSION_1 = `%START Version: 1 ripe 5-7

ADD

${route('192.0.2.0/24')}
DEL

${route('198.51.100.0/24')}
%END RIPE

`;

describe('registry/irr/nrtm3', () => {
  const streams: [what: string, stream: string, events: string[]][] = [
    [
      'version 3 with gaps',
      VERSION_3,
      [
        '3 start 3 JPIRR 1001-1007',
        '5 add 1001 route 192.0.2.0/24',
        '12 del 1003 route 198.51.100.0/24',
        '18 add 1007 aut-num AS64496',
        '23 end JPIRR',
      ],
    ],
    [
      'version 1, whose serials are counted',
      VERSION_1,
      ['1 start 1 RIPE 5-7', '3 add 5 route 192.0.2.0/24', '9 del 6 route 198.51.100.0/24', '15 end RIPE'],
    ],
    ['lines of CR LF', VERSION_1.replaceAll('\n', '\r\n'), shown(read(VERSION_1))],
    ['an answer without operations', '%START Version: 3 A 1-9\n\n%END A\n', ['1 start 3 A 1-9', '3 end A']],
    ['nothing new, by IRRd 4', '% Warning: there are no newer updates available\n', ['1 nothing-new']],
    ['nothing new, by older ones', '% Warning (1): there are no newer updates available\n', ['1 nothing-new']],
    ['an empty journal', '% Warning: there are no updates available\n', ['1 nothing-new']],
    [
      "RIPE's error",
      '\n%ERROR:401: invalid range: Not within 10-20\n\n\n',
      ['2 error: ERROR:401: invalid range: Not within 10-20'],
    ],
    ["IRRd's error", '%% ERROR: Access denied\n', ['1 error: ERROR: Access denied']],
    [
      'an object that is none, and goes on',
      '%START Version: 3 A 1-4\n\nADD 1\n\njunk\nmore: junk\n\nADD 2\n\nADD 3\n\nroute: 10.0.0.0/8\n\n%END A\n',
      [
        '1 start 3 A 1-4',
        '3 add 1 more junk',
        '8 unreadable 2: operation without an object',
        '10 add 3 route 10.0.0.0/8',
        '14 end A',
      ],
    ],
    [
      'a line without a colon for an object',
      '%START Version: 3 A 1-1\n\nADD 1\n\njunk\n\n%END A\n',
      ['1 start 3 A 1-1', '3 unreadable 1: "junk" is no attribute', '7 end A'],
    ],
    [
      'words of the protocol within an object, which end nothing',
      '%START Version: 3 A 1-2\n\nADD 1\n\nroute: 10.0.0.0/8\nremarks: x\n%END A\nDEL 2\n%ERROR:401: x\norigin: AS1\n\n%END A\n',
      ['1 start 3 A 1-2', '3 add 1 route 10.0.0.0/8', '12 end A'],
    ],
    [
      'several answers, as a journal has them',
      '%START Version: 3 A 1-1\n%END A\n%START Version: 3 A 2-2\n%END A\n',
      ['1 start 3 A 1-1', '2 end A', '3 start 3 A 2-2', '4 end A'],
    ],
    ['cut before %END', '%START Version: 3 A 1-1\n', ['1 start 3 A 1-1', '2 broken: cut short: there is no %END']],
    [
      'cut within an object, of which nothing is told',
      '%START Version: 3 A 1-1\n\nADD 1\n\nroute: 10.0.0.0/8\norig',
      ['1 start 3 A 1-1', '6 broken: cut short: there is no %END'],
    ],
  ];
  for (const [what, stream, events] of streams)
    it(`reads ${what}, cut anywhere`, () => {
      for (const cut of [1, 7, stream.length]) expect(shown(read(stream, cut))).to.deep.equal(events);
    });

  const broken: [what: string, stream: string, why: string][] = [
    ['a web page', '<html>\n', '1: "<html>" is no line of NRTM'],
    ['an operation before %START', 'ADD 1\n', '1: operation before %START'],
    ['%END before %START', '%END A\n', '1: %END without %START'],
    ['the end of another source', '%START Version: 3 A 1-1\n%END B\n', '2: %END of B in an answer of A'],
    ['a start within', '%START Version: 3 A 1-1\n%START Version: 3 A 1-1\n', '2: %START within an answer'],
    ['version 2', '%START Version: 2 A 1-1\n', '1: NRTM version 2 is not known'],
    ['a range backwards', '%START Version: 3 A 2-1\n', '1: range of serials 2-1 is backwards'],
    ['version 3 without serials', '%START Version: 3 A 1-2\nADD\n', '2: ADD without a serial'],
    ['serials backwards', '%START Version: 3 A 1-9\nADD 5\n\nADD 4\n', '4: serial 4 comes after 5'],
    ['a serial twice', '%START Version: 3 A 1-9\nADD 5\n\nDEL 5\n', '4: serial 5 comes after 5'],
    ['a serial beyond the range', '%START Version: 3 A 1-9\nADD 10\n', '2: serial 10 is beyond the range 1-9'],
    ['a serial before it', '%START Version: 3 A 5-9\nADD 4\n', '2: serial 4 is before the range 5-9'],
    ['more than version 1 may count', '%START Version: 1 A 1-1\nADD\n\nADD\n', '4: serial 2 is beyond the range 1-1'],
    ['a line that does not end', `%START Version: 3 A 1-1\n${'x'.repeat(70_000)}`, '2: line longer than 65536 octets'],
  ];
  for (const [what, stream, why] of broken)
    it(`gives up at ${what}, with its line`, () => {
      const events = read(stream);
      const last = events.at(-1)!;
      expect(last.kind === 'broken' && `${last.line}: ${last.why}`).to.equal(why);
      expect(events.filter(({ kind }) => kind === 'broken')).to.have.length(1);
    });

  it('leaves an object out that is too long, and reads the next', () => {
    const long = `as-set: AS-LONG\n${'members: AS64496, AS64497\n'.repeat(20_000)}\n`;
    const events = read(`%START Version: 3 A 1-2\n\nADD 1\n\n${long}ADD 2\n\n${route('10.0.0.0/8')}\n%END A\n`, 65_536);
    expect(shown(events).slice(1, 3)).to.deep.equal([
      '3 unreadable 1: object longer than 262144 octets',
      '20007 add 2 route 10.0.0.0/8',
    ]);
  });

  it('reads the same however it is cut, and never throws', () => {
    const words = ['%START Version: 3 A 1-9', '%END A', 'ADD 1', 'DEL 2', 'ADD', 'route: 10.0.0.0/8', 'origin: AS1', '']
      .concat(['%ERROR:401: Not within 1-2', '% remark', '# remark', ' more', 'junk', '\u0000\ufffd'])
      .map(word => `${word}\n`);
    const stream = fc.oneof(
      fc.array(fc.constantFrom(...words)).map(lines => lines.join('')),
      fc.string(),
    );
    fc.assert(
      fc.property(stream, fc.integer({ min: 1, max: 9 }), (text, cut) => {
        expect(read(text, cut)).to.deep.equal(read(text));
      }),
      { numRuns: 500 },
    );
  });
});

describe('registry/irr/nrtm-answer', () => {
  const ask = (answer: string, from = 1002, source = 'JPIRR', version: 1 | 3 = 3) => {
    const reading = nrtmAnswer({ source, version, from });
    return reading.push(Buffer.from(answer)) ?? reading.end();
  };

  it('asks as RIPE and IRRd want it', () =>
    expect(nrtmQuery({ source: 'JPIRR', version: 3, from: 17 })).to.equal('-g JPIRR:3:17-LAST\n'));

  it('takes what is new, and counts what was sent again', () => {
    const outcome = ask(VERSION_3);
    expect(outcome).to.deep.include({ what: 'changes', serial: 1007, replayed: 1, unreadable: 0 });
    expect(outcome.what === 'changes' && outcome.operations.map(({ op, serial }) => `${op} ${serial}`)).to.deep.equal([
      'del 1003',
      'add 1007',
    ]);
  });

  it('is done with %END, though the server keeps the connection open', () => {
    const reading = nrtmAnswer({ source: 'JPIRR', version: 3, from: 1001 });
    expect(reading.push(Buffer.from(VERSION_3.slice(0, -9)))).to.equal(null);
    expect(reading.push(Buffer.from(VERSION_3.slice(-9)))).to.include({ what: 'changes' });
    expect(reading.push(Buffer.from('junk\n'))).to.include({ what: 'changes' });
  });

  const meanings: [answer: string, from: number, outcome: string][] = [
    ['% Warning: there are no newer updates available\n', 1002, 'nothing-new'],
    ['%ERROR:401: invalid range: Not within 10-1001\n', 1002, 'nothing-new'],
    ['%ERROR:401: invalid range: Not within 1500-2000\n', 1002, 'expired'],
    ['%ERROR:401: invalid range: Not within 10-20\n', 1002, 'behind'],
    ['%% ERROR: Serials 1002 - 1500 do not exist\n', 1002, 'expired'],
    ['%% ERROR: Serials 20 - 1002 do not exist\n', 1002, 'behind'],
    ['%START Version: 3 JPIRR 1-20\n\n%END JPIRR\n', 1002, 'behind'],
    // Serials 1002 to 1004 are not in it, and nothing says that there are none.
    ['%START Version: 3 JPIRR 1005-1009\n\n%END JPIRR\n', 1002, 'expired'],
    ['%START Version: 3 JPIRR 900-1001\n\n%END JPIRR\n', 1002, 'changes'],
    ['%% ERROR: Access denied\n', 1002, 'refused'],
    ['%ERROR:402: not authorised to mirror the database\n', 1002, 'refused'],
    ['%ERROR:403: unknown source\n', 1002, 'refused'],
    ['%START Version: 3 RADB 1002-1003\n', 1002, 'broken'],
    ['%START Version: 1 JPIRR 1002-1003\n', 1002, 'broken'],
    ['', 1002, 'broken'],
    ['% remarks only\n', 1002, 'broken'],
    [VERSION_3.slice(0, -12), 1001, 'broken'],
  ];
  for (const [answer, from, what] of meanings)
    it(`understands ${JSON.stringify(answer.trim().slice(0, 60))} from ${from} on: ${what}`, () =>
      expect(ask(answer, from).what).to.equal(what));

  it('takes no more operations than there can be in changes', () => {
    const reading = nrtmAnswer({ source: 'A', version: 1, from: 1 }, 3);
    const operations = 'DEL\n\nroute: 10.0.0.0/8\norigin: AS1\n\n'.repeat(5);
    const outcome = reading.push(Buffer.from(`%START Version: 1 A 1-9\n\n${operations}%END A\n`));
    expect(outcome).to.deep.equal({ what: 'expired', why: 'more than 3 operations' });
  });
});
