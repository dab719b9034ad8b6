/**
 * Reads the chain of commitments of a directory. One that is damaged, or long, is put aside and begun anew: with the hash
 * that it came to, and what is still of use of it.
 */
import { type Commitment, commit, FIRST_HASH, readCommitment } from '../proof/commitments.ts';
import { type EpochRecords, epochRecords, MOST_DESTROYED } from '../proof/epoch-records.ts';
import type { WindowDirectory } from './window-directory.ts';

export interface ReadChain {
  readonly records: EpochRecords;
  /** Hash of the last line. */
  readonly head: string;
}

/** Lines after which a chain is long: three weeks of windows. They are read at every start. */
const LONG = 200_000;

/** `say` gets a line when the chain is begun anew. Rejects with what the system says. */
export async function readChain(
  directory: Pick<WindowDirectory, 'chain' | 'setChainAside' | 'append'>,
  clock: () => number,
  say: (line: string) => void,
  long = LONG,
): Promise<ReadChain> {
  const useful = usefulEntries();
  const records = epochRecords();
  let head = FIRST_HASH;
  let count = 0;
  let wrong: string | null = null;
  for await (const line of directory.chain()) {
    const read = readCommitment(head, line);
    if (typeof read === 'string') {
      wrong = `line ${count + 1} of the chain is damaged: ${read}`;
      break;
    }
    records.take(read.entry, read.hash);
    useful.take(read.entry);
    head = read.hash;
    count++;
  }
  if (wrong === null && count <= long) return { records, head };

  const aside = await directory.setChainAside(wrong !== null, clock());
  say(`${wrong ?? `the chain has ${count} lines`}; it goes on in a new file, the old one is ${aside}`);
  const lines: string[] = [];
  const anew = epochRecords();
  let last = FIRST_HASH;
  for (const entry of [{ what: 'begun', at: clock(), after: head } as const, ...useful.list()]) {
    const { line, hash } = commit(last, entry);
    lines.push(line);
    anew.take(entry, hash);
    last = hash;
  }
  await directory.append(lines);
  return { records: anew, head: last };
}

/** Entries about hours that have a key, and the end of those whose key was destroyed of late. */
function usefulEntries() {
  const hours = new Map<number, Commitment[]>();
  const destroyed: number[] = [];
  return {
    take(entry: Commitment): void {
      if (entry.what === 'begun') return;
      const { epoch } = entry;
      if (entry.what === 'destroyed') {
        hours.set(epoch, [...(hours.get(epoch) ?? []).filter(({ what }) => what === 'key').slice(-1), entry]);
        destroyed.push(epoch);
        const old = destroyed.length > MOST_DESTROYED ? destroyed.shift()! : null;
        if (old !== null && hours.get(old)?.at(-1)?.what === 'destroyed') hours.delete(old);
        return;
      }
      const own = hours.get(epoch);
      if (own === undefined) hours.set(epoch, [entry]);
      else own.push(entry);
    },
    list: (): Commitment[] => [...hours.values()].flat(),
  };
}
