import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { programFile } from '../programs.ts';

const ITCTL = programFile('itctl');

/** Runs itctl; no daemon is there to ask. */
function itctl(args: readonly string[], input: Uint8Array | string = '') {
  const env = { ...process.env, INTERTRACK_SOCKET: '/nonexistent' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [ITCTL, ...args], { input, encoding: 'utf8', env });
  return { status, lines: stdout.trimEnd().split('\n'), stderr };
}

const DUMP = `% remark
route:      192.0.2.0/24
descr:      Example Inc.
            X-Keiro : alert@example.jp, root
origin:     as64496
member-of:  RS-EXAMPLE
mnt-by:     MAINT-AS64496
changed:    noc@example.jp 20260401
source:     JPIRR

*xxte: 198.51.100.0/24
origin: AS64496

route:      192.0.2.0/33
origin:     AS64496

person:     Somebody

HTTP/1.1 200 OK

aut-num:    AS64496
import:     from AS64500 accept ANY
wrapped
import:     from AS64501 accept ANY
export:     to AS64500 announce AS64496

route-set:  RS-X
mp-members: 2001:db8::/32^+, RS-Y^24
`;

describe('itctl decode rpsl', () => {
  let dir = '';
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'decode-'));
  });
  after(() => rmSync(dir, { recursive: true }));

  it('prints each object or why it is none, with lines, and counts them', () => {
    const file = join(dir, 'jpirr.db.gz');
    writeFileSync(file, gzipSync(DUMP));
    const { status, lines, stderr } = itctl(['decode', 'rpsl', file]);
    expect(lines).to.deep.equal([
      '2: route 192.0.2.0/24 AS64496; source JPIRR; mnt-by MAINT-AS64496; member-of RS-EXAMPLE; x-keiro alert@example.jp; changed 2026-04-01',
      '  4: X-Keiro: "root" is no plain mail address: refused',
      '11: skipped: *xxte: deleted in place',
      '14: refused: line 14: route: "192.0.2.0/33" is no prefix, or has bits set behind its length',
      '17: skipped: person: a class that is not read',
      '19: refused: object begins with a line that is no attribute (name, colon, value)',
      '21: aut-num AS64496; import AS64500, AS64501; export AS64500',
      '  23: line is no attribute (name, colon, value): left out',
      '27: route-set RS-X; members 2001:db8::/32^+, RS-Y^24',
    ]);
    expect(stderr).to.equal(
      `itctl: ${file}: 28 lines; 3 objects read (route 1, aut-num 1, route-set 1), 1 refused, 1 values left out, 2 other problems, 1 of other classes, 1 deleted in place\n`,
    );
    expect(status).to.equal(1);
  });

  it('prints an object a line with -j', () => {
    const { lines } = itctl(['decode', 'rpsl', '-', '-j'], DUMP);
    const rows = lines.map(line => JSON.parse(line));
    expect(rows.map(({ line }) => line)).to.deep.equal([2, 11, 14, 17, 19, 21, 27]);
    expect(rows[0]).to.deep.include({
      class: 'route',
      key: '192.0.2.0/24AS64496',
      prefix: '192.0.2.0/24',
      origin: 64496,
      mntBy: ['MAINT-AS64496'],
      keiro: ['alert@example.jp'],
      changed: Date.parse('2026-04-01T00:00:00Z'),
      lastModified: null,
      problems: [{ line: 4, why: 'X-Keiro: "root" is no plain mail address: refused' }],
    });
    expect(rows[1]).to.deep.equal({ line: 11, class: '*xxte', skipped: 'deleted in place' });
    expect(rows[2]).to.include({ class: 'route', at: 14 });
    expect(rows[5].problems).to.deep.equal([{ line: 23, why: 'line is no attribute (name, colon, value): left out' }]);
    expect(rows[6]).to.deep.include({ key: 'RS-X', members: ['2001:db8::/32^+', 'RS-Y^24'] });
  });

  it('succeeds when nothing was left out', () =>
    expect(itctl(['decode', 'rpsl', '-'], 'mntner: M\n\nperson: x\n').status).to.equal(0));

  it('says what a file lacks, and prints what came before', () => {
    const cut = gzipSync(Buffer.from(DUMP.repeat(500))).subarray(0, -20);
    const { status, lines, stderr } = itctl(['decode', 'rpsl', '-'], cut);
    expect(status).to.equal(1);
    expect(lines.length).to.be.greaterThan(9);
    expect(stderr).to.match(/^itctl: standard input: unexpected end of file\n/);
    expect(itctl(['decode', 'rpsl', '/nonexistent']).stderr).to.match(/no such file or directory/);
    expect(itctl(['decode', 'rpsl']).status).to.equal(2);
  });
});
