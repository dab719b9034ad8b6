import { existsSync } from 'node:fs';
import { expect } from 'chai';
import type { CaseLine } from '../../src/daemon/replay-lines.ts';
import {
  announces,
  endOfRib,
  keepalive,
  osaka,
  type Speaker,
  stage,
  state,
  T0,
  table,
  tokyo,
  withdraws,
} from './replayed.ts';

const OURS = '192.0.2.0/24';
const RIGHT = [64500, 64510, 64496];
const WRONG = [64500, 64510, 64666];

describe('daemon/replay', () => {
  let here: ReturnType<typeof stage>;
  let config = '';
  before(() => {
    here = stage();
    const dump = here.write(
      'jpirr.db',
      `route: ${OURS}\ndescr: ours\n X-Keiro: noc@example.jp\norigin: AS64496\nmnt-by: MAINT-A\nsource: JPIRR\n\n` +
        'route6: 2001:db8:1::/48\norigin: AS64496\nmnt-by: MAINT-A\nsource: JPIRR\n',
    );
    config = `router id 192.0.2.10; local as 64999; state "${here.at('state')}";
      irr JPIRR { dump "${dump}"; }
      watch ours { maintainer MAINT-A in JPIRR; group noc; }
      group noc { mail "noc@example.net"; }
      notify mail { from "k@example.net"; smtp "127.0.0.1" port 25; to x-keiro, group; }
      protocol bgp tyo1 { neighbor 203.0.113.1 as 64500; }`;
  });
  after(() => here.end());

  /** `WHAT STATE SECONDS witnesses`, each line of a case. */
  const story = (lines: readonly CaseLine[]) =>
    lines.map(({ what, state: of, time, witnesses }) =>
      [what, of, (time - T0 * 1000) / 1000, ...witnesses].join(' ').trim(),
    );

  it('tells a hijack at both ends, in the time of the files', async () => {
    const file = here.mrt(
      table(0, [tokyo, osaka], { [OURS]: [RIGHT, [64501, 64496]] }),
      announces(10, tokyo, OURS, WRONG),
      announces(20, osaka, OURS, [64501, 64666]),
      announces(100, tokyo, OURS, RIGHT),
      withdraws(130, osaka, OURS),
      keepalive(1000, tokyo),
    );
    const { status, lines, summary, complaints } = await here.play(config, [file]);
    expect(status).to.equal(0);
    expect(complaints).to.deep.equal([]);
    expect(story(lines)).to.deep.equal([
      'begin ongoing 10 tyo1',
      'change ongoing 20 tyo1 203.0.113.2 AS64501',
      'change ongoing 100 203.0.113.2 AS64501',
      'change ongoing 130',
      'end resolved 430',
    ]);
    expect(lines[0]).to.deep.equal({
      what: 'begin',
      time: (T0 + 10) * 1000,
      case: '2026-03-01-01',
      state: 'ongoing',
      kind: 'origin',
      prefix: OURS,
      origin: 64666,
      offender: 64666,
      expected: [64496],
      witnesses: ['tyo1'],
      hints: [],
      severity: 'major',
      recipients: [
        { address: 'noc@example.net', because: 'group noc' },
        { address: 'noc@example.jp', because: 'x-keiro' },
      ],
      why: 'at once, without a hold-up',
      rule: 'IRR mismatch and ROV not-found make it major',
      opened: (T0 + 10) * 1000,
      ended: null,
    });
    expect(lines.at(-1)!.ended).to.equal((T0 + 130) * 1000);
    expect(summary).to.deep.include({ from: T0 * 1000, until: (T0 + 1000) * 1000, files: 1, peers: 2 });
    expect(summary).to.deep.include({ updates: 4, routes: 2, damaged: 0, malformed: 0, refused: 0, leftOut: {} });
    expect(summary).to.deep.include({ cases: 1, open: 0, begins: 1, ends: 1 });
    expect(summary.kinds).to.deep.equal({ origin: { cases: 1, open: 0, begins: 1, ends: 1 } });
    expect(existsSync(here.at('state')), 'the state directory').to.equal(false);
  });

  it('says the same of the same files, and of the same files in other pieces', async () => {
    const records = [
      table(0, [tokyo, osaka], { [OURS]: [RIGHT, [64501, 64496]], '2001:db8:1::/48': [[64500, 64666], null] }),
      announces(10, tokyo, OURS, WRONG),
      announces(20, osaka, OURS, [64501, 64666]),
      withdraws(130, osaka, OURS),
      keepalive(5000, tokyo),
    ];
    const whole = here.mrt(...records);
    const once = await here.play(config, [whole]);
    expect(once.lines.length).to.be.greaterThan(3);
    expect((await here.play(config, [whole])).text).to.equal(once.text);
    const pieces = records.map(one => here.mrt(one)).reverse();
    expect((await here.play(config, pieces)).text).to.equal(once.text);
  });

  it('believes no end by the loss of a session, before its table is whole', async () => {
    const file = here.mrt(
      table(0, [tokyo], { [OURS]: [WRONG], '198.51.100.0/24': [RIGHT] }),
      state(100, tokyo, 6, 1),
      state(500, tokyo, 5, 6),
      announces(510, tokyo, '198.51.100.0/24', RIGHT),
      endOfRib(520, tokyo),
      keepalive(1000, tokyo),
    );
    const { lines } = await here.play(config, [file]);
    expect(story(lines)).to.deep.equal([
      'begin ongoing 0 tyo1',
      'change unseen 100',
      'change ongoing 520',
      'end resolved 820',
    ]);
  });

  it('takes a table that tells no end for whole when it has hardly grown for five minutes', async () => {
    const file = here.mrt(
      table(0, [tokyo], { [OURS]: [WRONG] }),
      state(100, tokyo, 6, 1),
      state(200, tokyo, 5, 6),
      keepalive(2000, tokyo),
    );
    const { lines } = await here.play(config, [file]);
    const end = lines.at(-1)!;
    expect(end).to.include({ what: 'end', state: 'resolved' });
    expect(end.ended! / 1000 - T0).to.be.within(500, 520);
    expect((end.time - end.ended!) / 1000).to.equal(300);
  });

  it('leaves a case open whose hold-down is not over when the files end', async () => {
    const file = here.mrt(announces(0, tokyo, OURS, WRONG), withdraws(10, tokyo, OURS), keepalive(309, tokyo));
    const { summary } = await here.play(config, [file]);
    expect(summary).to.deep.include({ cases: 1, open: 1, begins: 1, ends: 0, until: (T0 + 309) * 1000 });
  });

  it('takes of each peer the first table, and passes over later ones', async () => {
    const file = here.mrt(
      table(0, [tokyo], { [OURS]: [RIGHT] }),
      announces(50, tokyo, OURS, WRONG),
      table(60, [tokyo], { [OURS]: [RIGHT] }),
      keepalive(1000, tokyo),
    );
    const { lines, summary } = await here.play(config, [file]);
    expect(story(lines)).to.deep.equal(['begin ongoing 50 tyo1']);
    expect(summary.leftOut).to.deep.equal({ 'of a later table': 1 });
  });

  it('tells peers of collectors apart that have one address and AS', async () => {
    const one = here.mrt(announces(0, tokyo, OURS, WRONG), withdraws(10, tokyo, OURS), keepalive(1000, tokyo));
    const other = here.mrt(announces(5, tokyo, OURS, WRONG), keepalive(1000, tokyo));
    const { lines, summary } = await here.play(config, [
      { file: one, collector: 'rrc00' },
      { file: other, collector: 'rrc01' },
    ]);
    expect(story(lines)).to.deep.equal([
      'begin ongoing 0 rrc00/tyo1',
      'change ongoing 5 rrc00/tyo1 rrc01/tyo1',
      'change ongoing 10 rrc01/tyo1',
    ]);
    expect(summary.peers).to.equal(2);
  });

  it('judges IPv6, and the peers that speak it', async () => {
    const six: Speaker = { address: '2001:db8:f::1', as: 64502 };
    const file = here.mrt(
      announces(0, six, '2001:db8:1::/48', [64502, 64496]),
      announces(10, six, '2001:db8:1::/48', [64502, 64666]),
      announces(20, six, '2001:db8:1:8000::/49', [64502, 64667]),
      withdraws(30, six, '2001:db8:1::/48'),
      keepalive(1000, six),
    );
    const { lines } = await here.play(config, [file]);
    const told = lines.filter(({ what }) => what !== 'change').map(one => `${one.what} ${one.prefix} ${one.offender}`);
    expect(told).to.deep.equal([
      'begin 2001:db8:1::/48 64666',
      'begin 2001:db8:1:8000::/49 64667',
      'end 2001:db8:1::/48 64666',
    ]);
    expect(lines[0]!.witnesses).to.deep.equal(['2001:db8:f::1 AS64502']);
  });

  it('looks at all prefixes that are to be seen, at the same time each time', async () => {
    // More than a collector looks at before it serves others.
    const prefixes = Array.from({ length: 5000 }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`);
    const dump = here.write(
      'many.db',
      prefixes.map(prefix => `route: ${prefix}\norigin: AS64496\nmnt-by: MAINT-MANY\nsource: JPIRR\n`).join('\n'),
    );
    const many = config.replace(
      'watch ours',
      `irr MANY { dump "${dump}"; } watch many { maintainer MAINT-MANY; visibility 60%; } watch ours`,
    );
    const [gone] = prefixes.slice(-7);
    const file = here.mrt(
      table(0, [tokyo, osaka], Object.fromEntries(prefixes.map(prefix => [prefix, [RIGHT, [64501, 64496]]]))),
      withdraws(101, tokyo, gone!),
      keepalive(200, tokyo),
    );
    const { lines } = await here.play(many, [file]);
    expect(lines.map(({ what, time, kind, prefix }) => [what, (time - T0 * 1000) / 1000, kind, prefix])).to.deep.equal([
      ['change', 110, 'visibility', gone],
      ['begin', 170, 'visibility', gone],
    ]);
  });

  it('says what is damaged and where, plays the rest, and fails', async () => {
    const good = announces(0, tokyo, OURS, WRONG);
    const bad = keepalive(1, tokyo).replace('ff'.repeat(16), 'ee'.repeat(16));
    const file = here.mrt(good, bad, withdraws(10, tokyo, OURS), keepalive(1000, tokyo));
    const { status, lines, summary, complaints } = await here.play(config, [file, here.at('none.mrt')]);
    expect(status).to.equal(66);
    expect(complaints).to.deep.equal([
      `${here.at('none.mrt')}: no such file or directory`,
      `${file}: record 2 at octet ${good.length / 2}: the marker of the message is not all ones`,
    ]);
    expect(summary.damaged).to.equal(2);
    expect(lines.at(-1)).to.include({ what: 'end' });
    expect((await here.play(config, [file])).status).to.equal(65);
  });

  it('says what it has left out of the registry, and what it cannot read of it', async () => {
    const more = config
      .replace(
        'watch ours',
        'irr RADB { dump "https://irr.example.net/radb.db.gz"; } irr GONE { dump "/nonexistent/gone.db"; } watch ours',
      )
      .concat(' rpki cache1 { rtr "127.0.0.1" port 3323; }');
    const { status, remarks, complaints, summary } = await here.play(more, [here.mrt(keepalive(0, tokyo))]);
    expect(status).to.equal(66);
    expect(complaints).to.have.length(1);
    expect(complaints[0]).to.match(/^irr GONE: \/nonexistent\/gone.db: no such file/);
    expect(remarks).to.include('RADB: not asked: https://irr.example.net/radb.db.gz; nothing is kept of it');
    expect(remarks).to.include('rpki cache1: not asked: tcp 127.0.0.1:3323');
    expect(summary.sources.map(({ source, objects }) => `${source} ${objects}`)).to.deep.equal([
      'JPIRR 2',
      'RADB 0',
      'GONE 0',
      'rpki cache1 0',
    ]);
  });

  it('reads the standard input', async () => {
    const octets = Buffer.from(announces(0, tokyo, OURS, WRONG), 'hex');
    const { summary } = await here.play(config, ['-'], octets);
    expect(summary).to.include({ cases: 1, updates: 1 });
  });
});
