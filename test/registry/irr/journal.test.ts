import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Operation, operationOf } from '../../../src/registry/irr/feed.ts';
import { openJournal } from '../../../src/registry/irr/journal.ts';
import { readRpslObject } from '../../../src/registry/rpsl.ts';

/** What a registrant may write: old encodings, CR LF, the words of the protocol. */
const TEXTS = [
  'route: 192.0.2.0/24\r\ndescr: caf\xe9\r\n\t\r\norigin: AS64496\r\n',
  'as-set: AS-X\nremarks: x\n%END JPIRR\n%START Version: 3 JPIRR 1-2\nADD 9\n members: y\n',
  'route: 198.51.100.0/24\n# %END JPIRR\norigin: AS64497',
];
const operation = (text: string, serial: number): Operation =>
  operationOf(serial % 2 === 0 ? 'add' : 'del', serial, readRpslObject(Buffer.from(text, 'latin1'))!);
const TRANSACTIONS: readonly (readonly Operation[])[] = [
  [operation(TEXTS[0]!, 2), operation(TEXTS[1]!, 3)],
  [],
  [operation(TEXTS[2]!, 9)],
];
const RANGES = [
  [1, 4],
  [5, 7],
  [8, 9],
] as const;

const shown = (operations: readonly Operation[]) =>
  operations.map(({ op, serial, bytes }) => `${op} ${serial} ${Buffer.from(bytes).toString('latin1').trimEnd()}`);

describe('registry/irr/journal', () => {
  let directory: string;
  let file: string;
  /** All of it, and where each transaction ends. */
  let octets: Buffer;
  const ends: number[] = [];
  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'journal-'));
    file = join(directory, 'JPIRR.nrtm');
    const journal = openJournal(file);
    expect(await journal.begin('one')).to.equal(null);
    for (const [i, [first, last]] of RANGES.entries()) {
      ends.push(readFileSync(file).length);
      expect(await journal.append('JPIRR', TRANSACTIONS[i]!, first, last)).to.equal(null);
    }
    octets = readFileSync(file);
    ends.push(octets.length);
  });
  after(() => rmSync(directory, { recursive: true }));

  /** The serials and operations that are read of a file, with what is appended behind them. */
  async function replayed(id = 'one') {
    const journal = openJournal(file);
    const found: string[] = [];
    const count = await journal.replay(id, (operations, serial) => found.push(`${serial}`, ...shown(operations)));
    return { journal, count, found };
  }
  const upTo = (count: number) =>
    TRANSACTIONS.slice(0, count).flatMap((operations, i) => [`${RANGES[i]![1]}`, ...shown(operations)]);

  it('gives back what was kept, octet by octet', async () => {
    writeFileSync(file, octets);
    const { count, found } = await replayed();
    expect([count, found]).to.deep.equal([3, upTo(3)]);
    // But for the empty line at its end.
    expect(readFileSync(file)).to.deep.equal(octets.subarray(0, -1));
  });

  it('has whole transactions and no others wherever it was torn, and goes on from there', async () => {
    for (let cut = ends[0]!; cut < octets.length - 1; cut++)
      for (const tail of ['', '\0'.repeat(100)]) {
        writeFileSync(file, Buffer.concat([octets.subarray(0, cut), Buffer.from(tail)]));
        const { journal, count, found } = await replayed();
        // The empty line behind %END may be missing.
        const whole = ends.filter((end, i) => i > 0 && end - 1 <= cut).length;
        expect([cut, count, found]).to.deep.equal([cut, whole, upTo(whole)]);
        const [first, last] = RANGES[whole]!;
        expect(await journal.append('JPIRR', TRANSACTIONS[whole]!, first, last)).to.equal(null);
        expect((await replayed()).found, `${cut}`).to.deep.equal(upTo(whole + 1));
      }
  });

  it('is of no use to another copy, nor torn in its head, and is begun anew', async () => {
    writeFileSync(file, octets);
    expect((await replayed('two')).count).to.equal('it is of another copy');
    writeFileSync(file, octets.subarray(0, 10));
    const { journal, count } = await replayed();
    expect(count).to.equal('it is of another copy');
    expect(await journal.append('JPIRR', [], 1, 2), 'until then nothing is kept').to.be.a('string');
    expect(await journal.begin('two')).to.equal(null);
    expect((await replayed('two')).count).to.equal(0);
  });

  it('takes nothing behind what it cannot read', async () => {
    writeFileSync(file, octets.subarray(0, ends[1]));
    appendFileSync(file, 'junk\n\n');
    appendFileSync(file, octets.subarray(ends[1]!));
    const { count, found } = await replayed();
    expect([count, found]).to.deep.equal([1, upTo(1)]);
  });
});
