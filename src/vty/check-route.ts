/** `itctl check route` by files: what everybody's filters would say of a route, before it is announced. */
import { hasCustomer, maintainersOf } from '../registry/known.ts';
import { checkRoute, type Grounds } from '../registry/route-check.ts';
import { formatVrp, type Vrp } from '../registry/rov.ts';
import type { Payloads } from '../registry/rpki/payloads.ts';
import { vrpsCovering } from '../registry/rpki/vrps-covering.ts';
import type { CheckOptions } from './check-options.ts';
import type { OfflineStreams } from './decode-mrt.ts';
import { type DumpPart, readDump, UnreadableFile } from './registry-files.ts';
import { renderCheck } from './render/check.ts';
import { plain } from './render/text.ts';
import { aspasOf, readPayloads } from './rpki-files.ts';
import { EXIT } from './run.ts';

/** Complaints that are printed; the others are counted. */
const MOST_COMPLAINTS = 20;

/**
 * Judges the route by the files and prints the answer. A file that cannot be read to its end leaves no answer: what it
 * would have said is not known. Returns the exit code.
 */
export async function checkByFiles(
  options: CheckOptions,
  json: boolean,
  { stdout, err }: OfflineStreams,
): Promise<number> {
  let complaints = 0;
  const complain = (text: string) => {
    if (++complaints <= MOST_COMPLAINTS) err(plain(text));
  };
  try {
    const answer = checkRoute(options.route, await groundsOf(options, complain), Date.now());
    const lines = json ? [JSON.stringify(answer)] : renderCheck(answer).map(plain);
    stdout.write(`${lines.join('\n')}\n`);
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    err(plain(error.message));
    return EXIT.failed;
  } finally {
    if (complaints > MOST_COMPLAINTS) err(`and ${complaints - MOST_COMPLAINTS} more`);
  }
}

async function groundsOf(options: CheckOptions, complain: (text: string) => void): Promise<Grounds> {
  const { route, irr, vrp, aspa, ixLans } = options;
  const dumps: DumpPart[] = [];
  for (const file of irr) dumps.push(await readDump(file, route.prefix, complain));
  // Two validators have the same VRPs for the most part.
  const vrps = new Map<string, Vrp>();
  for (const file of vrp)
    for (const one of vrpsCovering((await readPayloads(file, 'roas', complain)).vrps, route.prefix))
      vrps.set(formatVrp(one), one);
  const aspas: Payloads[] = [];
  for (const file of aspa) aspas.push(await readPayloads(file, 'aspas', complain));
  const books = dumps.map(({ book }) => book);
  return {
    objects: dumps.flatMap(({ objects }) => objects),
    vrps: [...vrps.values()],
    aspas: aspa.length === 0 ? null : aspasOf(aspas),
    authoritative: new Set(),
    ixLans,
    maintainersOf: as => maintainersOf(books, as),
    hasCustomer: (as, member) => hasCustomer(books, as, member),
  };
}
