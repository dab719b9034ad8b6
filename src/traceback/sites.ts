/**
 * The probes of an AS that has more than one daemon, as one: its own and those of its sites, merged as probes are. What is
 * kept apart beside it is for this AS alone (traceback/inside.ts).
 */
import type { ProbeAnswer } from '../probe/question.ts';
import type { Probes } from './btm.ts';
import type { SiteStation, SiteStatus } from './site-station.ts';
import { startStopwatch } from './stopwatch.ts';

/** What one daemon of the AS answered. */
export interface SiteGroup {
  /** Null: this daemon itself. */
  readonly site: string | null;
  readonly answers: readonly ProbeAnswer[];
  readonly silent: readonly string[];
  /** Share of its own part of the border that is behind taps; null when not stated. */
  readonly coverage: number | null;
  /** The domain of a probe; null for none. */
  domainOf(probe: string): string | null;
  /** Milliseconds to the answer. */
  readonly after: number;
  /** Why there is no answer of it, in words; null when there is one. */
  readonly away: string | null;
}

export interface SitesOptions {
  readonly own: Required<Probes>;
  readonly station: Pick<SiteStation, 'ask' | 'prove' | 'draw' | 'status'>;
  /** As they are configured now. */
  readonly config: () => SitesNow;
}

export interface SitesNow {
  /** Sites, and the share of the border that each is stated to have; null when it is not. */
  readonly sites: readonly { readonly name: string; readonly share: number | null }[];
  /** This daemon has probes of its own; and they watch the border. */
  readonly ownProbes: boolean;
  readonly ownBorder: boolean;
  readonly ownCoverage: number | null;
  /** The domain of each own probe. */
  readonly domains: ReadonlyMap<string, string>;
}

export function createSites({ own, station, config }: SitesOptions): Required<Probes> {
  /** What all of them give, in one list. */
  const of = async <T>(mine: Promise<readonly T[]>, theirs: (site: string) => Promise<readonly T[]>): Promise<T[]> =>
    (await Promise.all([mine, ...config().sites.map(({ name }) => theirs(name))])).flat();
  return {
    prove: (questions, deadline) =>
      of(own.prove(questions, deadline), site => station.prove(site, questions, deadline)),
    draw: (neighbors, deadline) => of(own.draw(neighbors, deadline), site => station.draw(site, neighbors, deadline)),
    async ask(questions, deadline) {
      const now = config();
      const elapsed = startStopwatch();
      const standing = new Map(station.status().map(row => [row.site, row]));
      const ownAnswer = now.ownProbes ? own.ask(questions, deadline) : null;
      const asked = now.sites.map(async ({ name }): Promise<SiteGroup> => {
        const reply = await station.ask(name, questions, deadline);
        const known = standing.get(name)?.standing ?? null;
        const group = {
          site: name,
          coverage: known?.coverage ?? null,
          domainOf: (probe: string) => known?.domains.get(probe) || null,
        };
        // Of a site that is away it is known which probes it had: none of them could be asked.
        if (typeof reply === 'string')
          return {
            ...group,
            answers: [],
            silent: [...(known?.domains.keys() ?? [])],
            after: elapsed(),
            away: reply,
          };
        return { ...group, answers: reply.answers, silent: reply.silent, after: reply.after, away: null };
      });
      const groups: SiteGroup[] = [
        ...(ownAnswer === null
          ? []
          : [
              {
                ...{ site: null, coverage: now.ownCoverage, after: 0, away: null },
                ...(await ownAnswer),
                domainOf: (probe: string) => now.domains.get(probe) ?? null,
              },
            ]),
        ...(await Promise.all(asked)),
      ];
      const silent = groups.filter(({ away }) => away !== null).length;
      return {
        answers: groups.flatMap(({ site, answers }) =>
          answers.map(one => ({ ...one, probe: qualified(site, one.probe) })),
        ),
        silent: groups.flatMap(({ site, silent: some, away }) =>
          away !== null && some.length === 0 ? [qualified(site, '')] : some.map(probe => qualified(site, probe)),
        ),
        coverage: now.sites.length === 0 ? now.ownCoverage : coverageOf(groups, sharesOf(now, standing)),
        ...(silent > 0 && { sites: { silent, of: groups.length } }),
        groups,
      };
    },
  };
}

/** A probe's name among those of all daemons of the AS. */
const qualified = (site: string | null, probe: string): string => (site === null ? probe : `${site}/${probe}`);

/**
 * The share of the AS's border at each site; under null that of this daemon. What is not stated is an even part of what
 * is left, and nothing for who watches no border.
 */
export function sharesOf(
  { sites, ownProbes, ownBorder }: Pick<SitesNow, 'sites' | 'ownProbes' | 'ownBorder'>,
  standing: ReadonlyMap<string, Pick<SiteStatus, 'standing'>>,
): Map<string | null, number> {
  const watches = (name: string) => standing.get(name)?.standing?.roles.includes('btm') ?? true;
  const stated = sites.reduce((sum, { share }) => sum + (share ?? 0), 0);
  const open: (string | null)[] = [
    ...sites.filter(({ name, share }) => share === null && watches(name)).map(({ name }) => name),
    ...(ownProbes && ownBorder ? [null] : []),
  ];
  const each = open.length === 0 ? 0 : Math.max(0, 1 - stated) / open.length;
  return new Map<string | null, number>([
    ...sites.map(({ name, share }) => [name, share ?? (open.includes(name) ? each : 0)] as const),
    ...(ownProbes ? [[null, ownBorder ? each : 0] as const] : []),
  ]);
}

/** The share of the whole border that is watched: of who is away nothing; null when somebody does not state it. */
export function coverageOf(
  groups: readonly Pick<SiteGroup, 'site' | 'coverage' | 'away'>[],
  shares: ReadonlyMap<string | null, number>,
): number | null {
  let sum = 0;
  for (const { site, coverage, away } of groups) {
    const part = shares.get(site) ?? 0;
    if (part === 0 || away !== null) continue;
    if (coverage === null) return null;
    sum += part * coverage;
  }
  return Math.min(1, sum);
}
