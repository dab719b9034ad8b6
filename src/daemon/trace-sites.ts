/**
 * The sites of an AS, as the configuration has them: of an ITM the doors where they come in and the merging of what they
 * say; of a site the connection with its ITM.
 */
import type { X509Certificate } from 'node:crypto';
import { MOST_RETENTION } from '../config/probe-statements.ts';
import { MANAGERS, type Manager, type TraceSitesConfig } from '../config/trace-sites-tree.ts';
import type { Config, ListenConfig } from '../config/tree.ts';
import type { CommittedWindow } from '../probe/sealed/prove-sealed.ts';
import type { ProbeStation } from '../probe/socket/station.ts';
import { openTlsDoor, type TlsDoor } from '../probe/socket/tls-door.ts';
import type { Probes } from '../traceback/btm.ts';
import type { TraceRequest } from '../traceback/d-point.ts';
import type { Behind } from '../traceback/own-open.ts';
import { type SiteAgent, type SiteAgentStatus, startSiteAgent } from '../traceback/site-agent.ts';
import { createSiteStation, type SiteStatus } from '../traceback/site-station.ts';
import type { TraceForSite } from '../traceback/site-traces.ts';
import { SITE_PROTOCOL } from '../traceback/site-wire.ts';
import { coverageOf, createSites, type SitesNow, sharesOf } from '../traceback/sites.ts';
import type { Trace } from '../traceback/trace.ts';
import type { Traceback } from '../traceback/traceback.ts';
import { mustTrace } from './duties.ts';
import type { Log } from './log.ts';
import { readPem, readSiteCertificates, readSiteIdentity } from './site-files.ts';

/** True when the daemon is a site: it has an ITM and is none. */
export const isSite = ({ traceback }: Pick<Config, 'traceback'>): boolean =>
  traceback?.sites !== undefined && traceback.sites.itm !== null;

export interface TraceSites {
  /** The probes of the AS: this daemon's, and those of its sites. */
  readonly probes: Required<Probes>;
  /** Of a site: has its ITM trace. */
  trace(request: TraceRequest, onPartial: (trace: Trace) => void): Promise<Trace>;
  /** The probes of this daemon have sealed windows: the ITM of a site is told. */
  sealed(windows: readonly CommittedWindow[]): void;
  /** How long windows are kept, here and at sites, ms; of a site that has not said it the longest time that may be configured. */
  windowsKept(): number;
  /** What stands behind this ITM. */
  behind(): Behind;
  /** Reads files and binds ports. Rejects in words when something is wrong; nothing is changed before `commit`. */
  prepare(next: Config): Promise<{ commit(): void; abandon(): void }>;
  /** One row for each site; none of a daemon that is no ITM of sites. */
  status(): SiteStatus[];
  /** Of a site; null of any other daemon. */
  itm(): SiteAgentStatus | null;
  /** Ports bound for sites, in the order of the configuration. */
  ports(): readonly number[];
  close(): void;
}

export interface TraceSitesOptions {
  readonly station: Pick<ProbeStation, 'ask' | 'prove' | 'draw'>;
  /** As packet/itk1.ts (keyCheck) has it; null when there is no key of an epoch. */
  readonly keyOf: (epoch: number) => string | null;
  /** Seconds for which the own probes keep windows; null without one. */
  readonly retention: (config: Config) => number | null;
  /** Traces for a site. */
  readonly trace: (site: string) => TraceForSite;
  /** Probes of sites have sealed windows. */
  readonly sealed: (windows: readonly CommittedWindow[]) => void;
  readonly audit: (what: string, body: Readonly<Record<string, unknown>>) => void;
  readonly log: Log;
  readonly clock?: () => number;
}

const NONE: TraceSitesConfig = { roles: MANAGERS, itm: null, listen: [], sites: [], domains: [] };
const sitesOf = (config: Config | null): TraceSitesConfig => config?.traceback?.sites ?? NONE;
const keyed = ({ address, port }: ListenConfig) => `${address} port ${port}`;

/** No sites yet. */
export function createTraceSites({
  station,
  keyOf,
  retention,
  trace,
  sealed,
  audit,
  log,
  clock = Date.now,
}: TraceSitesOptions): TraceSites {
  let config: Config | null = null;
  let trust: ReadonlyMap<string, X509Certificate> = new Map();
  let doors = new Map<string, TlsDoor>();
  let agent: SiteAgent | null = null;
  let agentOf = '';

  let sites = createSiteStation({
    ...{ as: 0, sites: () => [], keyOf, trace, sealed, clock, log },
  });
  const stationOf = (as: number) =>
    createSiteStation({
      ...{ as, sites: () => sitesOf(config).sites.map(({ name }) => name), keyOf, trace, sealed, clock, log },
      refused: (site, reason) => audit('site.refused', { site, reason }),
    });
  const probesOf = (of: Config | null) => (of?.probes ?? []).filter(({ translator }) => translator === undefined);
  const domains = () =>
    new Map(
      !sitesOf(config).roles.includes('dtm')
        ? []
        : sitesOf(config).domains.flatMap(({ name, probes }) => probes.map(probe => [probe, name] as const)),
    );
  const now = (): SitesNow => ({
    sites: sitesOf(config).sites,
    ownProbes:
      (probesOf(config).length > 0 || sitesOf(config).sites.length === 0) &&
      sitesOf(config).roles.some(role => role === 'btm' || role === 'dtm'),
    ownBorder: sitesOf(config).roles.includes('btm'),
    ownCoverage: config?.traceback?.answer.coverage ?? null,
    domains: domains(),
  });
  const merged = createSites({
    own: station,
    station: {
      ask: (...asked) => sites.ask(...asked),
      prove: (...asked) => sites.prove(...asked),
      draw: (...asked) => sites.draw(...asked),
      status: () => sites.status(),
    },
    config: now,
  });

  const startAgent = (next: Config, files: ReturnType<typeof readSiteIdentity>) => {
    const { roles, itm, domains: named } = sitesOf(next);
    const domainOf = new Map(named.flatMap(({ name, probes }) => probes.map(probe => [probe, name] as const)));
    const told = roles.includes('dtm');
    const probes = probesOf(next).map(({ name }) => ({ probe: name, domain: (told && domainOf.get(name)) || '' }));
    const described = {
      ...{ as: next.localAs, itm: itm!, roles, probes },
      ...{ retention: retention(next), coverage: next.traceback!.answer.coverage },
      ...files,
    };
    // What was said of the site is said again only when it is another.
    const of = JSON.stringify([described, files.trusted.map(one => one.fingerprint256)]);
    if (agent !== null && of === agentOf) return;
    agent?.close();
    agentOf = of;
    agent = startSiteAgent({
      ...described,
      ask: station.ask,
      prove: station.prove,
      draw: station.draw,
      keyOf,
      clock,
      log,
    });
  };

  /** Seconds for which windows are kept, here and at each site, where that is known. */
  const retentions = (): number[] =>
    [config && retention(config), ...sites.status().map(({ standing }) => standing?.retention ?? null)].filter(
      one => one !== null,
    );

  const behind = (): Behind => {
    const { roles, sites: some } = sitesOf(config);
    const coverage = config?.traceback?.answer.coverage ?? null;
    const kept = retentions();
    const least = kept.length === 0 ? null : Math.min(...kept);
    if (some.length === 0) return { roles, retention: least, coverage };
    const rows = sites.status().filter(({ standing }) => standing !== null);
    const groups = [
      ...rows.map(({ site, standing }) => ({ site, coverage: standing!.coverage, away: null })),
      ...(now().ownProbes ? [{ site: null, coverage, away: null }] : []),
    ];
    const standing = new Map(rows.map(row => [row.site, row]));
    const has = (role: Manager) => roles.includes(role) || rows.some(row => row.standing!.roles.includes(role));
    return {
      roles: MANAGERS.filter(has),
      retention: least,
      coverage: coverageOf(groups, sharesOf(now(), standing)),
    };
  };

  return {
    probes: {
      ask(questions, deadline) {
        const { sites: some, domains: named } = sitesOf(config);
        return some.length + named.length === 0 ? station.ask(questions, deadline) : merged.ask(questions, deadline);
      },
      prove: merged.prove,
      draw: merged.draw,
    },
    trace: (request, onPartial) =>
      agent?.trace(request, onPartial) ?? Promise.reject(new Error('this daemon is no site')),
    sealed: windows => agent?.sealed(windows),
    windowsKept() {
      const said = new Map(sites.status().map(({ site, standing }) => [site, standing]));
      // One that stays away since this daemon began may have windows older than all that is kept here.
      const silent = sitesOf(config).sites.some(({ name }) => {
        const standing = said.get(name) ?? null;
        return standing === null || (standing.retention === null && standing.domains.size > 0);
      });
      return Math.max(0, ...retentions().map(seconds => seconds * 1000), silent ? MOST_RETENTION : 0);
    },
    behind,
    async prepare(next) {
      const wanted = sitesOf(next);
      const files = isSite(next) ? readSiteIdentity(next.traceback!) : null;
      const certificates = readSiteCertificates(wanted.sites);
      const fresh = new Map<string, TlsDoor>();
      const identity = wanted.listen.length === 0 ? null : readPem(next.traceback!);
      try {
        for (const listen of wanted.listen)
          if (!doors.has(keyed(listen)))
            fresh.set(
              keyed(listen),
              await openTlsDoor({
                ...{ listen, identity: identity!, protocol: SITE_PROTOCOL, called: 'site listen' },
                // Nobody is let in before the configuration is in force.
                probes: () => trust,
                accept: (socket, names) => sites.accept(socket, names),
                log,
              }).catch((e: Error) => {
                throw new Error(`site listen ${keyed(listen)}: ${e.message}`);
              }),
            );
      } catch (error) {
        for (const door of fresh.values()) door.close();
        throw error;
      }
      return {
        abandon() {
          for (const door of fresh.values()) door.close();
        },
        commit() {
          const kept = new Map<string, TlsDoor>();
          for (const listen of wanted.listen)
            kept.set(keyed(listen), fresh.get(keyed(listen)) ?? doors.get(keyed(listen))!);
          for (const [key, door] of doors) if (!kept.has(key)) door.close();
          doors = kept;
          if (identity !== null) for (const door of doors.values()) door.renew(identity);
          const before = trust;
          trust = certificates;
          if (config?.localAs !== next.localAs) {
            sites.close();
            sites = stationOf(next.localAs);
          }
          config = next;
          sites.reconfigured(name => before.get(name)?.fingerprint256 === trust.get(name)?.fingerprint256);
          if (files !== null) startAgent(next, files);
          else {
            agent?.close();
            agent = null;
          }
        },
      };
    },
    status: () => sites.status(),
    itm: () => agent?.status() ?? null,
    ports: () => [...doors.values()].map(({ port }) => port),
    close() {
      agent?.close();
      sites.close();
      for (const door of doors.values()) door.close();
    },
  };
}

/** Why nothing can be traced here, or shown of it. */
export const whyNoTraceback = (site: boolean): string =>
  site ? 'this daemon is a site of its AS: its ITM carries traces' : 'no traceback block is configured';

/** Throws an Error in words where no trace begins. `traceback`: as the ITM; `local`: it is asked for here, and not by a site. */
export function checkDPoint(config: Config, traceback: Traceback | null, local = true): void {
  mustTrace(config);
  const { sites } = config.traceback ?? {};
  const atSite = isSite(config) && sites?.roles.includes('dpoint') === true;
  if (traceback === null && !atSite) throw new Error(whyNoTraceback(isSite(config)));
  if (local && sites?.roles.includes('dpoint') === false)
    throw new Error('no trace begins here: the daemon has not the role `dpoint`');
}
