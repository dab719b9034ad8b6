/**
 * Keeps what was sealed: storage keys, the chain of commitments, and on disk, where there is a directory, all three with
 * the windows. The disk is written to in the order of what happens, one thing after the other, and beside everything else:
 * nothing waits for it. What it refuses stays in memory and is tried again after the next thing that it takes.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { KeptWindow } from '../filters/kept-window.ts';
import { type StorageKey, storageKey } from '../filters/storage-key.ts';
import { type Commitment, commit, FIRST_HASH } from '../proof/commitments.ts';
import { type EpochRecord, type EpochRecords, epochRecords } from '../proof/epoch-records.ts';
import type { WindowDirectory, WindowName } from './window-directory.ts';
import { encodeWindow } from './window-file.ts';

export interface HourKey {
  readonly key: StorageKey;
  /** Names it: 16 hex digits of a hash over it. */
  readonly name: string;
}

export interface WindowKeeper {
  /** The storage key of an hour; it is made when there is none. */
  keyOf(epoch: number): HourKey;
  /** The storage key of an hour that windows were stored under; null when it is not there. */
  knownKey(epoch: number): HourKey | null;
  /**
   * Commits to a window and writes it. `stored` is called once it is on disk, with the octets of its file. Returns the root
   * of the window, hex.
   */
  keep(window: KeptWindow, epoch: number, stored: (octets: number) => void): string;
  /** Commits to a window that is on disk and that the chain does not tell of: the probe died in between. */
  adopt(window: KeptWindow, epoch: number, root: string): void;
  /** Takes away the file of a window. */
  drop(name: WindowName): void;
  /** Destroys an hour's storage key: in memory at once, on disk in its turn. */
  destroy(epoch: number): void;
  /** Resolves when everything before was written, or refused. */
  settled(): Promise<void>;
  /** Hours and what is known of them; the hash of the latest commitment. */
  epochs(): EpochRecord[];
  readonly head: string;
  /** Windows that were sealed and could not be written yet. */
  readonly unsaved: number;
  /** Why the disk refused what was tried last; empty when it did not. */
  readonly trouble: string;
}

export interface KeeperOptions {
  /** Null: in memory only. */
  readonly directory: WindowDirectory | null;
  /** Keys that were read from the directory, and what its chain tells. */
  readonly keys: ReadonlyMap<number, Uint8Array>;
  readonly records: EpochRecords;
  /** Hash of the chain's last line; FIRST_HASH without any. */
  readonly head: string;
  readonly clock: () => number;
}

/** Names a storage key without telling it. */
export function keyName(key: Uint8Array): string {
  return createHash('sha256').update('itw1 key').update(key).digest('hex').slice(0, 16);
}

interface Attempt {
  /** The window that it writes, if any. */
  readonly window: KeptWindow | null;
  run(): Promise<void>;
}

interface HeldKey extends HourKey {
  readonly octets: Uint8Array;
}

export function emptyKeeper(clock: () => number = Date.now): WindowKeeper {
  return windowKeeper({ directory: null, keys: new Map(), records: epochRecords(), head: FIRST_HASH, clock });
}

export function windowKeeper({ directory, keys: found, records, head: last, clock }: KeeperOptions): WindowKeeper {
  const held = (octets: Uint8Array): HeldKey => ({ octets, key: storageKey(octets), name: keyName(octets) });
  const keys = new Map([...found].map(([epoch, octets]) => [epoch, held(octets)]));
  /** Lines of the chain that are not on disk. */
  let unwritten: string[] = [];
  /** What the disk refused, in its order. */
  let refused: Attempt[] = [];
  /** Windows that wait to be written, by their names: one that was dropped may come again. */
  const waiting = new Map<string, KeptWindow>();
  let head = last;
  let trouble = '';
  let turn: Promise<void> = Promise.resolve();

  const nameOf = ({ number, part }: Omit<WindowName, 'epoch'>) => `${number}-${part}`;

  const isWaiting = (window: KeptWindow) => waiting.get(nameOf(window)) === window;

  const commitTo = (entry: Commitment) => {
    const { line, hash } = commit(head, entry);
    head = hash;
    records.take(entry, hash);
    if (directory !== null) unwritten.push(line);
  };

  const commitToWindow = ({ number, part, sealed, vantages }: KeptWindow, epoch: number, root: string) => {
    const packets = vantages.reduce((sum, vantage) => sum + vantage.packets, 0);
    commitTo({ what: 'window', at: sealed, epoch, number, part, packets, root });
  };

  const writeChain = async (to: WindowDirectory) => {
    const lines = unwritten;
    unwritten = [];
    if (lines.length === 0) return;
    try {
      await to.append(lines);
    } catch (error) {
      unwritten = [...lines, ...unwritten];
      throw error;
    }
  };

  /** Does one thing with the disk; when it goes well, what was refused before is tried again, oldest first. */
  const inTurn = (work: (to: WindowDirectory) => Promise<void>, window: KeptWindow | null = null) => {
    if (directory === null) return;
    const attempt = { window, run: () => work(directory).then(() => writeChain(directory)) };
    turn = turn.then(async () => {
      try {
        await attempt.run();
      } catch (error) {
        trouble = (error as Error).message;
        if (window === null || isWaiting(window)) refused.push(attempt);
        return;
      }
      const again = refused;
      refused = [];
      while (again.length > 0)
        try {
          await again[0]!.run();
          again.shift();
        } catch (error) {
          trouble = (error as Error).message;
          break;
        }
      refused.unshift(...again);
      // As long as something is refused there is trouble, whatever else the disk takes.
      if (refused.length === 0) trouble = '';
    });
  };

  const keeper: WindowKeeper = {
    keyOf(epoch) {
      const known = keys.get(epoch);
      if (known !== undefined) return known;
      const made = held(Uint8Array.from(randomBytes(16)));
      keys.set(epoch, made);
      commitTo({ what: 'key', at: clock(), epoch, key: made.name });
      inTurn(async to => {
        if (keys.get(epoch) === made) await to.saveKey(epoch, made.octets);
      });
      return made;
    },
    knownKey: epoch => keys.get(epoch) ?? null,
    adopt(window, epoch, root) {
      commitToWindow(window, epoch, root);
      inTurn(() => Promise.resolve());
    },
    keep(window, epoch, stored) {
      const { number, part } = window;
      const { pieces, root } = encodeWindow(window);
      commitToWindow(window, epoch, root);
      if (directory === null) return root;
      waiting.set(nameOf(window), window);
      inTurn(async to => {
        if (!isWaiting(window)) return;
        const octets = await to.save({ epoch, number, part }, pieces);
        if (isWaiting(window)) {
          waiting.delete(nameOf(window));
          stored(octets);
        } else await to.remove({ epoch, number, part });
      }, window);
      return root;
    },
    drop(name) {
      const window = waiting.get(nameOf(name));
      // A file that waits to be written is not written at all, and its memory is wanted back.
      if (window === undefined) return inTurn(to => to.remove(name));
      waiting.delete(nameOf(name));
      refused = refused.filter(one => one.window !== window);
    },
    destroy(epoch) {
      const key = keys.get(epoch);
      if (key === undefined) return;
      const record = records.recordOf(epoch);
      keys.delete(epoch);
      key.octets.fill(0);
      commitTo({
        what: 'destroyed',
        at: clock(),
        epoch,
        key: key.name,
        windows: record?.windows ?? 0,
        root: record?.root ?? FIRST_HASH,
      });
      inTurn(async to => {
        // The hour may have come again since, as in another capture of it.
        if (!keys.has(epoch)) await to.destroyKey(epoch);
      });
    },
    async settled() {
      for (let before: Promise<void> | null = null; before !== turn; ) {
        before = turn;
        await before;
      }
    },
    epochs: () => records.list(),
    get head() {
      return head;
    },
    get unsaved() {
      return waiting.size;
    },
    get trouble() {
      return trouble;
    },
  };
  return keeper;
}
