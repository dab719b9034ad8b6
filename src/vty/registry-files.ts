/** The registry out of files, for one route: of each file only what touches it is kept. */

import { openMrt } from '../mrt/source.ts';
import { parseAddress } from '../net/address.ts';
import { covers, formatPrefix, type Prefix, prefixOf } from '../net/prefix.ts';
import type { RouteObject } from '../registry/objects.ts';
import { parseRpslPrefix, readRouteObject } from '../registry/route-object.ts';
import { type RpslObject, rpslReader } from '../registry/rpsl.ts';
import { type SourceBook, sourceBook } from '../registry/source-book.ts';
import type { NamedFile } from './check-options.ts';
import { sentence } from './decode-mrt.ts';

/** Why a file cannot be judged by, `FILE: why`. */
export class UnreadableFile extends Error {}

/** Told of what is left out of a file, as `FILE:LINE: why`. */
export type Complain = (text: string) => void;

export interface DumpPart {
  readonly objects: readonly RouteObject[];
  /** The ASes and as-sets of the dump. */
  readonly book: SourceBook;
}

/**
 * Reads the dump of an IRR, packed or not: the route objects that are the prefix or cover it, and all that says who an AS
 * is. Of objects with the same key the last one counts, as it does in a registry. Rejects with an UnreadableFile when it
 * cannot be read to its end.
 */
export async function readDump(
  { name, file, fixed }: NamedFile,
  prefix: Prefix,
  complain: Complain,
): Promise<DumpPart> {
  const objects = new Map<string, RouteObject>();
  const book = sourceBook(name);
  const bad = ({ line, why }: { readonly line: number; readonly why: string }) => complain(`${file}:${line}: ${why}`);
  const routeClass = prefix.afi === 1 ? 'route' : 'route6';
  const reader = rpslReader(
    rpsl => {
      if (rpsl.class !== routeClass) {
        const applied = book.apply('add', rpsl);
        if (!applied.ok) bad(applied.problem);
        return;
      }
      const reading = readRouteObject(rpsl, (fixed ? null : sourceIn(rpsl)) ?? name);
      if (!reading.ok) {
        bad(reading.problem);
        return;
      }
      const { object } = reading;
      if (covers(object.prefix, prefix))
        objects.set(`${object.source} ${formatPrefix(object.prefix)} AS${object.origin}`, object);
    },
    bad,
    new Set([routeClass, 'aut-num', 'as-set']),
    {
      // What cannot be read is handed on, and told of with its line, unless it is certain to lie elsewhere.
      worth(objectClass, key) {
        if (objectClass !== routeClass) return true;
        const registered = parseRpslPrefix(key, prefix.afi);
        const place = typeof registered === 'string' ? networkIn(key) : registered;
        return place === null || covers(place, prefix);
      },
    },
  );
  try {
    for await (const chunk of openMrt(file)) reader.push(chunk);
  } catch (error) {
    throw new UnreadableFile(`${file}: ${sentence(error)}`);
  }
  reader.end();
  const { objects: read, skipped, dead, lines } = reader.counts;
  if (read + skipped + dead === 0 && lines > 0) throw new UnreadableFile(`${file}: no RPSL: there is no object in it`);
  return { objects: [...objects.values()], book };
}

/** The prefix that a text would be if it had no host bits; null when it is not near to one. */
function networkIn(text: string): Prefix | null {
  const match = /^([\da-f.:]+)\/(\d{1,3})$/i.exec(text);
  const address = match === null ? null : parseAddress(match[1]!);
  const length = Number(match?.[2]);
  return address === null || length > address.bytes.length * 8 ? null : prefixOf(address, length);
}

/** The source that an object names, where it is the name of one. */
function sourceIn({ attributes }: RpslObject): string | null {
  const value = attributes.findLast(({ name }) => name === 'source')?.value ?? '';
  return /^[\w-]{1,64}$/.test(value) ? value.toUpperCase() : null;
}
