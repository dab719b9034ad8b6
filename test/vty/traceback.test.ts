import { expect } from 'chai';
import { renderAnswer } from '../../src/vty/render/answer.ts';
import { width } from '../../src/vty/render/width.ts';
import { NOON } from '../control/scripted.ts';
import { BELIEVED, FRONTIER, GRAPH, HINTS, HONESTY, PEERS, SIGHT, SITES } from '../control/scripted-traceback.ts';

const shown = (command: string, rows: readonly unknown[]) => {
  const lines = renderAnswer(command, rows, NOON);
  for (const line of lines) expect(width(line), line).to.be.at.most(80);
  return lines.join('\n');
};

describe('vty: the exchange of traces', () => {
  it('shows how far other ASes can be believed, and what contradicts them', () => {
    expect(shown('show traceback honesty', [HONESTY])).to.equal(
      [
        '   AS Decoys False yes Stated Canaries    Seen Stated Misnamed',
        '64511    5/6   44%-97% 0.002%    19/20 76%-99%   100%     0/19',
        '  AS64511 says yes falsely: of 6 decoys it saw 5, so at least 27 %; it states',
        '    0.002 %',
      ].join('\n'),
    );
    const detail = { ...HONESTY, falseYeses: [{ time: HONESTY.at, trace: '0123456789abcdef' }] };
    expect(shown('show traceback honesty AS', [detail])).to.contain('request 0123456789abcdef');
  });

  it('shows peers in 80 columns, what went wrong below', () => {
    expect(shown('show traceback peers', PEERS)).to.equal(
      `
        AS State            For    In   Out Asked  Told Refused Border Keeps
     64510 Established 01:00:00 100/s 100/s  1204 99100      20    98%    1h
4200000001 Active         3d04h  deny allow     0     0       0      -     -
  last error: cannot connect to 198.51.100.7 port 4954: connect ECONNREFUSED
    198.51.100.7:4954
1 peer, 1 member, 1 established`.slice(1),
    );
    expect(shown('show traceback peers', [])).to.equal('no traceback peer');
  });
  it('shows all about one', () => {
    expect(shown('show traceback peers AS', [PEERS[0]])).to.equal(
      `
AS64510, configured peer
  Address:            2001:db8::10 port 4954
  State:              Established for 01:00:00, since 2026-03-01 11:00:00Z
  Dialled by:         us
  Version:            2, not below 2
  Hold time:          30s
  Restart:            keeps nothing
  May ask us:         100 queries a second
  We may ask:         yes
  It takes:           100 queries a second, 64 at once, 64 digests each
  We asked:           1204 queries
  First answer:       after 12 ms, as measured of late
  It asked:           99120, 99100 answered, 20 refused or told busy
  Roles:              itm btm dtm dpoint
  Methods:            digest
  Border behind taps: 98%
  Keeps windows:      1h
  Its way to us:      told: over a neighbour of ours that takes no part
  Record:             1772362800000, until 2026-03-03 11:00:00Z
  Believed by:        what is configured for it
  Federations:        jp-isp
  Checklist:          /etc/intertrack/as64510.sig
  Valid:              believed until 2026-03-01 12:19:00Z
  Verified:           2026-03-01 11:59:00Z`.slice(1),
    );
    expect(shown('show traceback peers AS', [PEERS[1]])).to.contain('none known');
  });
  it('shows what is wrong with a checklist, once', () => {
    const checklist = { ...PEERS[0]!.checklist!, until: null, believed: false, problem: 'certificate revoked' };
    const gone = { ...PEERS[0]!, checklist };
    expect(shown('show traceback peers', [gone])).to.contain('\n  checklist not believed: certificate revoked\n');
    expect(shown('show traceback peers AS', [gone])).to.contain(
      '  Valid:              not believed: certificate revoked',
    );
    const told = { ...gone, lastError: 'AS 64510: its checklist is not believed: certificate revoked' };
    expect(shown('show traceback peers', [told]).split('certificate revoked')).to.have.lengthOf(2);
    const late = { ...PEERS[0]!, checklist: { ...PEERS[0]!.checklist!, problem: 'it ran longer than 30 s' } };
    expect(shown('show traceback peers', [late])).to.contain('  checklist not verified again: it ran longer than 30 s');
    expect(shown('show traceback peers AS', [late])).to.contain('  Not verified again: it ran longer than 30 s');
  });
  it('shows the AS graph and where its relations are from', () => {
    expect(shown('show traceback graph', [GRAPH])).to.equal(
      `
ASes:             80012, 512345 links
Links:            160000 provider and customer, 352000 peers, 345 not known
Known by:         3 by roles, 4000 by ASPA, 507997 inferred from paths
Only to customer: 12 links that an attribute of RFC 9234 speaks of
Made:             2026-03-01 11:59:00Z, 00:01:00 ago; paths have changed since
Participants:     3, 2 of them on the graph
Not on it:        AS4200000001`.slice(1),
    );
  });
  it('shows who would be asked behind a neighbour, in which waves and why', () => {
    expect(shown('show traceback frontier AS', [FRONTIER])).to.equal(
      `
AS64501 takes no part; it is a provider of ours: the packet may have come to it
  from anybody.
  Wave 1, at once: 2 ASes
    AS64510       cone 312, told of its way here, 2 hits of late, 12 ms
    AS4200000001  cone 1, member, dialled when asked
  Not ruled out by any answer: AS64502 and 40 more
AS64501: takes no part; 40 more behind it are not shown`.slice(1),
    );
    const wide = { ...FRONTIER.groups[0]!, relation: null, waves: Array.from({ length: 3 }, () => many) };
    expect(shown('show traceback frontier AS', [{ ...FRONTIER, groups: [wide] }])).to.contain(
      'Wave 3, when nobody before has seen it: 64 ASes\n    AS1 AS2 AS3 AS4 AS5 AS6 AS7 AS8 and 56 more',
    );
    const none = { ...FRONTIER.groups[0]!, waves: [], passed: [] };
    expect(shown('show traceback frontier AS', [{ ...FRONTIER, groups: [none] }])).to.contain(
      'No participant is known behind it: nobody would be asked.\n  Not ruled out by any answer: 40 more',
    );
  });
  it('shows who hints that it takes part, and what became of it', () => {
    expect(shown('show traceback hints', HINTS)).to.equal(
      `
AS           Where              Prefix          What became of it
AS64510      198.51.100.7:4954  198.51.100.0/24 its record is known
AS4200000001 [2001:db8::7]:4955 2001:db8::/32   asked for its record

Asked, and nothing told yet:
  AS4200000001: 2026-03-01 12:00:00Z, AS 4200000001: is not signed by it`.slice(1),
    );
  });
  it('shows who takes part and why that is believed', () => {
    expect(shown('show traceback participants', BELIEVED)).to.equal(
      `
AS64510 1772362800000, for 1d23h more; what is configured for it
    [2001:db8::10]:4954; keys of jp-isp; 98% of its border; keeps 1h
AS4200000001 1772362800000, withdrawn, for 1d23h more; authority of jp-isp
    no address; keys of jp-isp
1 AS takes part, 1 no more`.slice(1),
    );
  });
  it('shows what is made of proofs of sight', () => {
    expect(shown('show traceback sight', [SIGHT])).to.equal(
      `
Asked of others:  require: the rest only of the last seconds, at a rate
Without proof:    20 queries a second of each AS
Proved:           1204 by commitments held here, 30 by the word of who asked
Answered without: 7
Refused:          2
Committed to:     00a1b2c3d4e5f607 for 2026-03-01 11:59:40Z, 00:00:20 ago`.slice(1),
    );
    expect(shown('show traceback sight', [{ ...SIGHT, committed: null }])).to.contain('nothing yet');
  });

  it('shows the sites of an ITM, and of a site its ITM', () => {
    const { time } = SITES;
    expect(shown('show traceback sites', [SITES])).to.equal(
      `
Site  State      For Probes Border Asked Answered ms Roles
osaka up    01:00:00      2   100%    12       11  4 btm dtm
  domains: umeda namba
  not committed to: what it sealed from 2026-03-01 10:00:00Z to 2026-03-01
    10:59:00Z
tokyo down      ever      -      -    12        0  - -
  last error: no site "edo" is configured`.slice(1),
    );
    const itm = {
      site: 'osaka',
      address: '10.0.0.1',
      connected: false,
      since: time - 90_000,
      asked: 4,
      uncommitted: 0,
    };
    expect(shown('show traceback sites', [{ time, sites: [], itm: { ...itm, lastError: 'the ITM ends' } }])).to.equal(
      `
This daemon is site osaka of its AS
ITM at 10.0.0.1: not connected for 00:01:30, 4 questions
  the ITM ends`.slice(1),
    );
    const lost = { ...itm, uncommitted: 3, lastError: '' };
    expect(shown('show traceback sites', [{ time, sites: [], itm: lost }])).to.contain(
      '3 windows not committed to: no packet in them can be proved',
    );
    expect(shown('show traceback sites', [{ time, sites: [], itm: null }])).to.equal(
      'no site: this daemon is the whole of its AS',
    );
  });
});

const many = Array.from({ length: 64 }, (_, i) => ({
  ...{ as: i + 1, kind: 'member' as const, cone: 64 - i, adjacent: false, hits: 0, latency: null },
}));
