/** The dumps of the tables for the archive: one at a time, slice by slice, while sessions are served. */
import type { Rib } from '../rib/adj-rib-in.ts';
import type { ArchiveFeed } from './archive-feed.ts';
import type { FromCollector } from './messages.ts';
import type { SeatedPeer } from './seating.ts';
import { beginTableDump, type TableDump } from './table-dump.ts';

export interface Dumps {
  /**
   * Begins to write the tables as of `time`, ms since the epoch. Nothing is written without an archive; while it has not yet
   * taken the tables of last time, that is told as an error instead.
   */
  begin(time: number): void;
  /** What is being written is not wanted any more: its archive is gone. */
  drop(): void;
}

/** Dumps of the tables of `all` peers to the archive that `feed` has; `late` is called with words when one is left out. */
export function createDumps(
  rib: Rib,
  feed: Pick<ArchiveFeed, 'port' | 'flush' | 'onRibTaken'>,
  all: () => readonly SeatedPeer[],
  post: (message: FromCollector) => void,
  late: (words: string) => void,
): Dumps {
  /** The dump that is being written. */
  let dumping: TableDump | null = null;
  let resume = () => {};
  feed.onRibTaken(octets => {
    dumping?.took(octets);
    resume();
  });
  return {
    begin(time) {
      const port = feed.port();
      if (port === null) return;
      if (dumping !== null) {
        late('the archive has not taken the tables of last time yet: this time they are not written');
        return;
      }
      feed.flush(); // what the tables hold goes before them
      const mine = beginTableDump(rib, all(), time, port);
      dumping = mine;
      post({ type: 'dumping', time, peers: mine.peers });
      const slice = () => {
        if (dumping !== mine) return; // another archive has come
        if (mine.step()) dumping = null;
        else if (!mine.waits()) setImmediate(slice);
        else
          resume = () => {
            if (mine.waits()) return;
            resume = () => {};
            slice();
          };
      };
      slice();
    },
    drop() {
      dumping = null;
    },
  };
}
