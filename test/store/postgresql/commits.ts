import pg from 'pg';

export interface Commits {
  /** When the first case of each prefix was committed, monotonic ms: as the database itself tells of it. */
  readonly at: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

/** Has the database at `url` tell of each case that is written from now on. Once for each database. */
export async function watchCommits(url: string): Promise<Commits> {
  const at = new Map<string, number>();
  const listener = new pg.Client({ connectionString: url });
  await listener.connect();
  await listener.query(`CREATE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_notify('cases', NEW.prefix); RETURN NULL; END $$;
    CREATE TRIGGER told AFTER INSERT ON cases FOR EACH ROW EXECUTE FUNCTION told(); LISTEN cases`);
  listener.on('notification', ({ payload }) => void at.set(payload!, performance.now()));
  return { at, close: () => listener.end() };
}
