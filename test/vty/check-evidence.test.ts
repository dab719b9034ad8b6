import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { offlineCommand } from '../../src/vty/offline.ts';
import { CASE, EVIDENCE, NOON } from '../control/scripted.ts';
import { programFile } from '../programs.ts';

const ITCTL = programFile('itctl');
const EXPORT = { format: 'intertrack-case-1', exported: NOON, case: CASE, notices: [], evidence: EVIDENCE };
const [RECORD] = EVIDENCE;

describe('itctl check evidence FILE', () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'evidence-'));
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  function check(document: unknown, ...words: string[]) {
    const file = join(directory, 'case.json');
    writeFileSync(file, typeof document === 'string' ? document : JSON.stringify(document));
    const { status, stdout, stderr } = spawnSync(process.execPath, [ITCTL, 'check', 'evidence', file, ...words], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    return { status, stdout, stderr: stderr.replace(file, 'FILE') };
  }

  it('tells the last hash of a whole chain', () => {
    expect(check(EXPORT)).to.deep.equal({
      status: 0,
      stdout: `Evidence of case ${CASE.id}: 1 record, the chain is whole\nSHA-256 ${RECORD!.hash}\n`,
      stderr: '',
    });
    expect(JSON.parse(check(EXPORT, '-j').stdout)).to.deep.equal({
      case: CASE.id,
      records: 1,
      hash: RECORD!.hash,
      fault: null,
    });
    const piped = spawnSync(process.execPath, [ITCTL, 'check', 'evidence', '-'], {
      input: JSON.stringify(EXPORT),
      encoding: 'utf8',
    });
    expect(piped.status).to.equal(0);
  });

  const broken: readonly [what: string, document: unknown, why: string][] = [
    [
      'a record is another',
      { ...EXPORT, evidence: [{ ...RECORD, body: RECORD!.body.replace('64666', '64667') }] },
      'broken at record 1: its hash is not that of its content',
    ],
    [
      'it is of another case',
      { ...EXPORT, case: { ...CASE, id: '2026-03-01-09' } },
      `broken at record 1: it is of case ${CASE.id}`,
    ],
    [
      'the case is said to be over',
      { ...EXPORT, case: { ...CASE, state: 'resolved' } },
      `case ${CASE.id} is resolved, its evidence ends with ongoing`,
    ],
    ['there is none', { ...EXPORT, evidence: [] }, `there is no evidence of case ${CASE.id} in it`],
    ['a record is none', { ...EXPORT, evidence: [null] }, 'record 1 of its evidence is none'],
    ['there is no case', { ...EXPORT, case: null }, 'parts of it are missing'],
    ['it is something else', [], 'it is no export of a case, as `case export ID json` writes it'],
    ['it is no JSON', 'x', 'it is no JSON'],
  ];
  for (const [what, document, why] of broken)
    it(`fails when ${what}`, () =>
      expect(check(document)).to.deep.equal({ status: 1, stdout: '', stderr: `itctl: FILE: ${why}\n` }));

  it('leaves the number of a case to the daemon', () => {
    expect(offlineCommand(['check', 'evidence', CASE.id])).to.equal(null);
    expect(offlineCommand(['check', 'evidence', 'case.json'])?.syntax).to.equal('check evidence FILE');
  });
});
