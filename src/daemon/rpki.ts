/** The RPKI of the daemon: its news go to the log, its changes to the registry. */

import type { RpkiConfig } from '../config/tree.ts';
import type { Daemon, RpkiPayloadRow } from '../control/daemon.ts';
import { formatPrefix, parsePrefix } from '../net/prefix.ts';
import type { Vrp } from '../registry/rov.ts';
import type { AspaTable } from '../registry/rpki/aspa.ts';
import type { RpkiSourceStatus } from '../registry/rpki/payload-source.ts';
import { openRpki, type Rpki, type RpkiChange, type RpkiListener } from '../registry/rpki/rpki.ts';
import { vrpsOfAs } from '../registry/rpki/vrp-walk.ts';
import { vrpsCovering } from '../registry/rpki/vrps-covering.ts';
import { slicer } from '../registry/slice.ts';
import type { SourceSize } from '../registry/source-size.ts';
import type { Log } from './log.ts';

/** `onChange` is called when a new state is in force; `earlier` and `onWhole` are of registry/source-size.ts. */
export function createRpki(
  onChange: (change: RpkiChange) => void,
  onWhole: (size: SourceSize) => void,
  earlier: readonly SourceSize[],
  log: Log,
): Rpki {
  const told: RpkiListener = {
    onChange(change) {
      const { vrps, aspas } = rpki.view();
      log(change.whole ? 'info' : 'debug', `rpki: ${vrps.count} VRPs and ${aspas.size} ASPAs in force`, {
        touched: change.whole ? 'all' : change.touched.length,
      });
      onChange(change);
    },
    onTrouble: (source, why) => log('error', `rpki ${source}: ${why}`),
    onNews: (source, what) => log('info', `rpki ${source}: ${what}`),
    onWhole,
  };
  const rpki = openRpki(told, { earlier });
  return rpki;
}

/** VRPs of one AS that are told, and ASPAs. */
const MOST = 10_000;
/** ASPAs between two looks at the clock. */
const STRIDE = 1024;

/** The ASPA of an AS, and then those that name it as a provider, by their customers. */
async function aspasNaming(aspas: AspaTable, as: number): Promise<(readonly [number, readonly number[]])[]> {
  const pause = slicer();
  const found: (readonly [number, readonly number[]])[] = [];
  let passed = 0;
  for (const [customer, providers] of aspas) {
    if (++passed % STRIDE === 0) await pause();
    if (customer === as || providers.includes(as)) found.push([customer, providers]);
  }
  return found.sort(([a], [b]) => Number(b === as) - Number(a === as) || a - b);
}

/** A source that is configured and not begun with: at the start the dumps of the IRR are read first. */
const notBegun = ({ name }: RpkiConfig): RpkiSourceStatus => ({
  ...{ source: name, inUse: null, stale: false, doubt: '', slurm: null, caches: [] },
  problems: ['not asked for its data yet: the sources of the IRR are read first'],
});

/** What there is to be said of the sources that are configured. */
export function sourcesOf(rpki: Pick<Rpki, 'status'>, configured: readonly RpkiConfig[]): readonly RpkiSourceStatus[] {
  const begun = rpki.status();
  const waiting = configured.filter(({ name }) => !begun.some(({ source }) => source === name));
  return [...begun, ...waiting.map(notBegun)];
}

/** What the command set asks about the RPKI. `configured`: the sources that there should be. */
export function createRpkiAnswers(
  rpki: Rpki,
  configured: () => readonly RpkiConfig[],
): Pick<Daemon, 'rpkiStatus' | 'rpkiPayloads'> {
  const row = ({ prefix, maxLength, asn }: Vrp): RpkiPayloadRow => ({
    ...{ what: 'vrp', prefix: formatPrefix(prefix), maxLength, as: asn },
  });
  return {
    rpkiStatus: async () => sourcesOf(rpki, configured()),
    async rpkiPayloads(question) {
      const { vrps, aspas } = rpki.view();
      if ('prefix' in question) {
        const prefix = parsePrefix(question.prefix);
        if (prefix === null) throw new Error(`${question.prefix} is no prefix`);
        return { rows: vrpsCovering(vrps, prefix).map(row), omitted: 0 };
      }
      const { as } = question;
      const named = await aspasNaming(aspas, as);
      const { found, count } = await vrpsOfAs(vrps, as, MOST);
      const rows = named
        .slice(0, MOST)
        .map(([customer, providers]) => ({ what: 'aspa', customer, providers }) as const);
      return { rows: [...rows, ...found.map(row)], omitted: count - found.length + named.length - rows.length };
    },
  };
}

/** What is wrong with it, a line each. */
export const rpkiProblems = (rpki: Rpki): string[] =>
  rpki.status().flatMap(({ source, problems }) => problems.map(problem => `rpki ${source}: ${problem}`));
