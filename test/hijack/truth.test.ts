/**
 * A generated Internet with incidents in it, through the real program. The numbers by type are those of today: a kind that
 * detection does not have is missed here for everybody to see.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { CaseLine, SummaryLine } from '../../src/daemon/replay-lines.ts';
import { PROGRAM_ENV } from '../programs.ts';
import { compare, knownOf, plainReading, readIncidents, storiesOf, type Truth, type Why } from './truth.ts';

const generator = new URL('../../../shared/bench/gen/ribgen.c', import.meta.url).pathname;
const program = new URL('../../bin/intertrackd', import.meta.url).pathname;

describe('a generated stream with incidents, replayed', () => {
  let directory: string;
  let lines: CaseLine[];
  let summary: SummaryLine;
  let truth: Truth;
  let why: Why;

  before(async function () {
    this.timeout(240_000); // a minute of one processor, where others are at work
    if (!existsSync(generator)) {
      console.log('      skipped: ../shared/bench is not there');
      return this.skip();
    }
    directory = mkdtempSync(join(tmpdir(), 'truth-'));
    try {
      execFileSync('cc', ['-O1', '-o', join(directory, 'ribgen'), generator, '-lm'], { stdio: 'pipe' });
    } catch {
      console.log('      skipped: there is no C compiler');
      return this.skip();
    }
    const data = join(directory, 'data');
    const asked = [
      '--prefixes',
      '15000',
      '--peers',
      '4',
      '--incidents',
      '96',
      '--churn',
      '6000',
      '--duration',
      '21600',
    ];
    execFileSync(join(directory, 'ribgen'), ['--out', data, ...asked], { stdio: 'pipe' });
    const dumps = readdirSync(join(data, 'irr')).map(
      file => `irr ${file.slice(0, -3)} { dump "${data}/irr/${file}"; }\n`,
    );
    const config = join(directory, 'intertrackd.conf');
    writeFileSync(
      config,
      `router id 192.0.2.10; local as 65010; state "${join(directory, 'state')}";
       ${dumps.join('')} rpki all { file "${data}/vrps.json"; }
       ${knownOf(data, join(directory, 'aspas.json'))}
       watch all { prefix 0.0.0.0/0; prefix ::/0; }`,
    );
    const { status, stdout, stderr } = spawnSync(
      program,
      ['replay', '-q', '-c', config, join(data, 'churn.mrt'), join(data, 'rib.mrt')],
      { encoding: 'utf8', maxBuffer: 2 ** 30, env: PROGRAM_ENV },
    );
    expect(stderr).to.equal('');
    expect(status).to.equal(0);
    const said = stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as CaseLine | SummaryLine);
    summary = said.pop() as SummaryLine;
    lines = said as CaseLine[];
    truth = compare(readIncidents(data), storiesOf(lines));
    why = await plainReading(data, truth.beside);
  });
  after(() => {
    if (directory !== undefined) rmSync(directory, { recursive: true });
  });

  it('is found by type as far as today', () => {
    const all = { incidents: 17, found: 17, other: 0, missed: 0, ended: 17 };
    expect(Object.fromEntries(truth.rows.map(({ type, ...row }) => [type, row]))).to.deep.equal({
      exact_prefix_hijack: all,
      sub_prefix_hijack: all,
      private_as_origin: all,
      type1_forged_path: all,
      // One leaker is our peer itself: to its path, which goes up, across and down, the ASPAs have no objection.
      route_leak: { ...all, found: 16, ended: 16, missed: 1 },
      ix_lan_leak: all,
    });
  });
  it('is told rightly or not at all', () => {
    const other = truth.told.filter(({ incident, how }) => incident.malicious && how === 'other');
    expect(other.map(({ incident, cases }) => ({ incident, cases }))).to.deep.equal([]);
  });
  it('has every end told of what was found', () => {
    for (const { type, found, ended } of truth.rows) expect(ended, type).to.equal(found);
  });
  it('raises no case by a look-alike', () => {
    expect(truth.lookAlikes).to.deep.equal([]);
  });
  it('raises no other case but by routes that the registry does not know', () => {
    const unexplained = truth.beside.filter(one => why(one) === null);
    expect(unexplained).to.deep.equal([]);
  });
  it('adds up', () => {
    const stories = storiesOf(lines);
    expect(summary.cases).to.equal(stories.length);
    expect(summary.refused).to.equal(0);
    expect(summary.ends).to.equal(lines.filter(({ what }) => what === 'end').length);
  });
});
