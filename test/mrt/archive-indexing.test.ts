import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { INDEX } from '../../src/mrt/archive-index.ts';
import { indexMissing } from '../../src/mrt/archive-indexing.ts';
import { holdings, inventory } from '../../src/mrt/archive-inventory.ts';
import { namesOf } from '../../src/mrt/archive-retention.ts';
import { hex } from '../bgp/octets.ts';
import { ends, nlri, record, update } from './octets.ts';

/** An MRT file of one BGP4MP_MESSAGE_AS4 record (RFC 6396 4.4.3): 10.0.0.0/8 is withdrawn. */
const WITHDRAWAL = hex(record(16, 4, ends() + update(nlri('10.0.0.0/8'), '', '')));

describe('mrt/archive-indexing, beside what removes old files', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'indexing-'));
    for (const [month, name] of [
      ['2025.12', 'updates.20251231.2355'],
      ['2026.01', 'updates.20260131.2355'],
    ] as const) {
      mkdirSync(join(directory, month));
      writeFileSync(join(directory, month, name), WITHDRAWAL);
    }
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('takes a month that has gone since it was listed for one without files', async () => {
    rmSync(join(directory, '2025.12'), { recursive: true });
    expect(await namesOf(directory, '2025.12')).to.deep.equal([]);
    expect((await inventory(directory)).map(({ name }) => name.start)).to.deep.equal([Date.UTC(2026, 0, 31, 23, 55)]);
  });

  it('says nothing of a file that is gone when its turn comes, and goes on with the next', async () => {
    const notes: string[] = [];
    const remove = (): boolean => {
      rmSync(join(directory, '2025.12'), { recursive: true, force: true });
      return false;
    };
    await indexMissing(directory, remove, note => notes.push(note));
    expect(notes).to.deep.equal([]);
    expect(existsSync(join(directory, '2026.01', `updates.20260131.2355${INDEX}`))).to.equal(true);
    expect(await holdings(directory)).to.include({ files: 1, oldest: Date.UTC(2026, 0, 31, 23, 55) });
  });

  it('says which file cannot be indexed, and why', async () => {
    const bad = join(directory, '2025.12', 'updates.20251231.2355');
    rmSync(bad);
    mkdirSync(bad);
    const notes: string[] = [];
    await indexMissing(
      directory,
      () => false,
      note => notes.push(note),
    );
    expect(notes).to.have.length(1);
    expect(notes[0]).to.match(new RegExp(`^${bad} cannot be indexed: .+`));
  });
});
