/** What the command set asks about objects of the registry, answered from the books of its sources. */
import type { Config } from '../config/tree.ts';
import type { Daemon, IrrFreshness, IrrNamedRow, IrrSourceRow, IrrStatusRow } from '../control/daemon.ts';
import { parsePrefix } from '../net/prefix.ts';
import { datesOf } from '../registry/dates.ts';
import { expiringIn } from '../registry/expiring.ts';
import type { ExpiryRule } from '../registry/expiry.ts';
import { CLASSES } from '../registry/plain-object.ts';
import { dueOf, registeredObject, registeredUnder } from '../registry/registered.ts';
import { sourceOf } from '../registry/registration.ts';
import type { Registry } from '../registry/registry.ts';
import { readRpslObject, rpslReader } from '../registry/rpsl.ts';

/** Objects that are taken of what a server answers. */
const MOST_ASKED = 64;

/** `sources`: the rows of `show irr`; `lookUp`: asks by whois what the mirror has not. */
export function createIrrAnswers(
  registry: Registry,
  config: () => Config,
  sources: () => readonly IrrStatusRow[],
  lookUp: Daemon['lookUp'],
): Pick<Daemon, 'irrObjects' | 'irrNamed'> {
  const rules = (): ReadonlyMap<string, ExpiryRule> =>
    new Map(config().irr.flatMap(({ name, expiry }) => (expiry === undefined ? [] : [[name, expiry] as const])));

  /** By source. */
  function freshness(): (source: string) => IrrFreshness {
    const known = new Map(sources().map(({ source, serial, age }) => [source, { serial, age }]));
    return source => known.get(source) ?? { serial: null, age: null };
  }

  async function sourceRow(status: IrrStatusRow, signal: AbortSignal): Promise<IrrSourceRow> {
    const book = registry.books().find(({ source }) => source === status.source);
    const rule = rules().get(status.source);
    const expiring = book && rule ? await expiringIn(book, rule, Date.now(), signal) : null;
    const classes = Object.fromEntries(book === undefined ? [] : [['route', book.routes.count], ...book.others.counts]);
    return { what: 'source', ...status, classes, expiring };
  }

  /** What the servers of sources that are not mirrored have. */
  async function ask(name: string, only: string | null, signal: AbortSignal): ReturnType<Daemon['irrNamed']> {
    const { from, text, failures } = await lookUp(name, only, signal);
    const rows: IrrNamedRow[] = [];
    const reader = rpslReader(
      rpsl => {
        const object = registeredObject(sourceOf(rpsl), rpsl, rules(), Date.now());
        if (rows.length < MOST_ASKED) rows.push({ what: 'object', ...object, from, serial: null, age: null });
      },
      () => {},
      CLASSES,
    );
    reader.push(Buffer.from(text));
    reader.end();
    return { rows, remarks: failures };
  }

  return {
    async irrObjects(text) {
      const prefix = parsePrefix(text);
      if (prefix === null) throw new Error(`${text} is no prefix`);
      const fresh = freshness();
      const expiry = rules();
      return registry.objectsFor(prefix).map(object => {
        const rpsl = readRpslObject(Buffer.from(object.text));
        const dates = rpsl === null ? { created: null, changed: null, lastModified: null } : datesOf(rpsl);
        const due = dueOf(dates, expiry.get(object.source), Date.now());
        return { ...object, ...dates, due, ...fresh(object.source) };
      });
    },
    async irrNamed(name, signal) {
      const status = sources().find(({ source }) => source === name.toUpperCase());
      if (status !== undefined) return { rows: [await sourceRow(status, signal)], remarks: [] };
      // `RADB::AS-EXAMPLE`, as PeeringDB has it: the set of that source, and where it says nothing else, those in it too.
      const [, only = null, key = name] = /^([^:]+)::(.+)$/.exec(name.toUpperCase()) ?? [];
      const isMeant = ({ source }: { readonly source: string }) => only === null || source === only;
      const books = registry.books().toSorted((a, b) => Number(isMeant(b)) - Number(isMeant(a)));
      const { objects, omitted } = await registeredUnder(books, key, rules(), Date.now(), signal);
      const fresh = freshness();
      const rows = objects
        .filter(isMeant)
        .map((object): IrrNamedRow => ({ what: 'object', ...object, from: 'mirror', ...fresh(object.source) }));
      if (rows.length === 0) return ask(key, only, signal);
      return { rows, remarks: omitted === 0 ? [] : [`${omitted} more route objects of ${key} are not shown`] };
    },
  };
}
