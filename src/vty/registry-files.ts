/** The registry out of files, for one route: of each file only what touches it is kept. */

import { openMrt } from '../mrt/source.ts';
import { covers, type Prefix } from '../net/prefix.ts';
import { readAutNum } from '../registry/aut-num.ts';
import type { RouteObject } from '../registry/objects.ts';
import { parseAsNumber, parseRpslPrefix, readRouteObject } from '../registry/route-object.ts';
import { rpslReader } from '../registry/rpsl.ts';
import type { NamedFile } from './check-options.ts';
import { sentence } from './decode-mrt.ts';

/** Why a file cannot be judged by, `FILE: why`. */
export class UnreadableFile extends Error {}

/** Told of what is left out of a file, as `FILE:LINE: why`. */
export type Complain = (text: string) => void;

export interface DumpPart {
  readonly objects: readonly RouteObject[];
  /** Maintainers of the aut-nums asked for, upper case. */
  readonly maintainers: ReadonlyMap<number, readonly string[]>;
}

/**
 * Reads the dump of an IRR, packed or not: the route objects that are the prefix or cover it, and the aut-nums of these
 * ASes. Rejects with an UnreadableFile when it cannot be read to its end.
 */
export async function readDump(
  { name, file }: NamedFile,
  prefix: Prefix,
  ases: ReadonlySet<number>,
  complain: Complain,
): Promise<DumpPart> {
  const objects: RouteObject[] = [];
  const maintainers = new Map<number, readonly string[]>();
  const bad = ({ line, why }: { readonly line: number; readonly why: string }) => complain(`${file}:${line}: ${why}`);
  const routeClass = prefix.afi === 1 ? 'route' : 'route6';
  const reader = rpslReader(
    rpsl => {
      if (rpsl.class === 'aut-num') {
        const reading = readAutNum(rpsl);
        if (!reading.ok) bad(reading.problem);
        else if (ases.has(reading.object.asn)) maintainers.set(reading.object.asn, reading.object.mntBy);
        return;
      }
      const reading = readRouteObject(rpsl, name);
      if (!reading.ok) bad(reading.problem);
      else if (covers(reading.object.prefix, prefix)) objects.push(reading.object);
    },
    bad,
    new Set([routeClass, 'aut-num']),
    {
      // What cannot be read here is handed on, and told of with its line.
      worth: (objectClass, key) => {
        if (objectClass === 'aut-num') {
          const as = parseAsNumber(key);
          return as < 0 || ases.has(as);
        }
        const registered = parseRpslPrefix(key, prefix.afi);
        return typeof registered === 'string' || covers(registered, prefix);
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
  return { objects, maintainers };
}
