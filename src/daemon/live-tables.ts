/**
 * Tables that are read for those who look at them, once for all of them: at first all rows are told, then each that is another.
 * Nothing is read while nobody looks.
 */
import type { TableTopic } from '../control/live-rows.ts';

export interface LiveTable {
  readonly about: TableTopic;
  read(): Promise<readonly object[]>;
  /** The fields that name a row; none where the table has one row alone. */
  readonly named: readonly string[];
  /** Fields that always change, and so are no reason to tell a row. */
  readonly restless: readonly string[];
}

/** A row of a table, as it is now or gone; null: the table cannot be read, and why. */
export type TakeRow = (about: TableTopic, key: string | null, row: object) => void;

export interface LiveTables {
  follow(about: TableTopic, take: TakeRow): () => void;
  /** Something of the table is another now: it is not waited until it is read the next time. */
  changed(about: TableTopic): void;
  close(): void;
}

/** How often a table is read that somebody looks at, ms; and how long a word that it has changed waits for others. */
const EVERY = 2000;
const GATHERED = 50;
/** Rows of one table that are told; what is behind them is for who asks for the whole table. */
const MOST_ROWS = 10_000;

/** Nobody looks at any of them yet. */
export function createLiveTables(tables: readonly LiveTable[], every = EVERY, most = MOST_ROWS): LiveTables {
  const readings = new Map(tables.map(table => [table.about, openTable(table, every, most)]));
  return {
    follow: (about, take) => readings.get(about)!.follow(take),
    changed: about => readings.get(about)?.changed(),
    close() {
      for (const one of readings.values()) one.close();
    },
  };
}

function openTable({ about, read, named, restless }: LiveTable, every: number, most: number) {
  /** False: it has not been told all rows yet. */
  const followers = new Map<TakeRow, boolean>();
  /** What was told of each row, without its restless fields. */
  let told = new Map<string, string>();
  let trouble = '';
  /** Said once when the table becomes too long, and to whoever comes while it is. */
  let excess = '';
  let reading = false;
  let again = false;
  let timer: NodeJS.Timeout | undefined;

  const fieldsOf = (row: object, names: readonly string[]) =>
    Object.entries(row).filter(([name]) => names.includes(name));
  const keyOf = (row: object) => JSON.stringify(Object.fromEntries(fieldsOf(row, named)));
  const sameOf = (row: object) => JSON.stringify(row, (name, value) => (restless.includes(name) ? undefined : value));
  const wait = (ms: number) => {
    clearTimeout(timer);
    timer = followers.size === 0 ? undefined : setTimeout(look, ms).unref();
  };

  function look(): void {
    if (reading) {
      again = true;
      return;
    }
    reading = true;
    again = false;
    void read()
      .then(tell, (e: Error) => {
        // Said once, and not again with each reading.
        const before = trouble;
        trouble = `${about} cannot be read: ${e.message}`;
        if (trouble !== before) for (const take of followers.keys()) take(about, null, { gap: trouble });
      })
      .finally(() => {
        reading = false;
        wait(again ? GATHERED : every);
      });
  }

  function tell(rows: readonly object[]): void {
    trouble = '';
    const before = excess;
    excess = rows.length > most ? `${about}: of more than ${most} rows only the first ${most} are told` : '';
    if (excess !== before && excess !== '') for (const take of followers.keys()) take(about, null, { gap: excess });
    const now = new Map(rows.slice(0, most).map(row => [keyOf(row), { row, same: sameOf(row) }]));
    const gone = [...told.keys()].filter(key => !now.has(key));
    for (const [take, knows] of followers) {
      for (const [key, { row, same }] of now) if (!knows || told.get(key) !== same) take(about, key, row);
      if (knows) for (const key of gone) take(about, key, { ...(JSON.parse(key) as object), gone: true });
      followers.set(take, true);
    }
    told = new Map([...now].map(([key, { same }]) => [key, same]));
  }

  return {
    follow(take: TakeRow) {
      // Each time another function: who looks twice is told twice.
      const own: TakeRow = (...row) => take(...row);
      followers.set(own, false);
      for (const gap of [trouble, excess]) if (gap !== '') take(about, null, { gap });
      look();
      return () => {
        followers.delete(own);
        if (followers.size === 0) clearTimeout(timer);
      };
    },
    changed() {
      if (followers.size > 0) wait(GATHERED);
    },
    close() {
      followers.clear();
      clearTimeout(timer);
    },
  };
}
