import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { openLogFile } from '../../src/daemon/log-file.ts';
import { until } from '../interop/bgp-peers.ts';

describe('daemon/log-file', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'intertrack-log-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('writes again when it can, and says how many lines are missing', async () => {
    const name = join(directory, 'later', 'log');
    const told: (string | null)[] = [];
    const file = openLogFile(name, problem => told.push(problem), 20);
    file.write('one\n');
    file.write('two\n');
    await until('the failure is told', async () => told.length > 0);
    expect(told[0]).to.contain(`log file ${name}: ENOENT`);
    file.write('three\n');
    mkdirSync(join(directory, 'later'));
    await until('it is over', async () => told.at(-1) === null);
    file.write('four\n');
    file.close();
    await until('the line is there', async () => readFileSync(name, 'utf8').endsWith('four\n'));
    const text = readFileSync(name, 'utf8');
    expect(text).to.match(/ 3 lines are missing here: they could not be written\nfour\n$/);
    expect(text).to.not.contain('three');
  });
});
