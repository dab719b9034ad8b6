/** Sites and domains of a `traceback` block: from the statements to the tree and back, and their rules. */
import { endpointOf } from './endpoint.ts';
import { all, type Entry, entry, first, headOf, list, must, number, placed, text } from './entry.ts';
import { checkUsable } from './host-address.ts';
import type { Report } from './report.ts';
import { MANAGERS, type Manager, type TraceSitesConfig } from './trace-sites-tree.ts';

const HEADS = ['role', 'itm', 'site listen', 'site', 'domain'];

/** Null when the block says nothing of them: one daemon is all managers of its AS. */
export function traceSitesOf(block: readonly Entry[]): TraceSitesConfig | null {
  if (!block.some(one => HEADS.includes(headOf(one)))) return null;
  const itm = first(block, 'itm');
  return {
    roles: rolesOf(block),
    itm:
      itm === undefined
        ? null
        : {
            ...endpointOf(itm),
            certificate: must(text(itm, 'certificate')),
            site: must(text(itm, 'name')),
          },
    listen: all(block, 'site listen').map(endpointOf),
    sites: all(block, 'site').map(one => ({
      name: must(text(one, 'name')),
      certificate: must(text(must(first(one.block, 'certificate')), 'file')),
      share: shareOf(one) ?? null,
    })),
    domains: all(block, 'domain').map(one => ({
      name: must(text(one, 'name')),
      probes: all(one.block, 'probe').flatMap(probes => list(probes, 'name').map(String)),
    })),
  };
}

function rolesOf(block: readonly Entry[]): Manager[] {
  const role = first(block, 'role');
  if (role === undefined) return [...MANAGERS];
  // The schema lists them as the only words possible.
  const stated = list(role, 'manager') as readonly Manager[];
  return MANAGERS.filter(manager => stated.includes(manager));
}

function shareOf(site: Entry): number | undefined {
  const share = first(site.block, 'share');
  return share && number(share, 'percent');
}

/** The statements that make this tree. */
export function traceSitesEntries(config: TraceSitesConfig): Entry[] {
  const { roles, itm, listen, sites, domains } = config;
  return [
    entry('traceback', 'role', { manager: roles }),
    ...(itm === null
      ? []
      : [
          entry('traceback', 'itm', {
            ...{ address: itm.address, port: itm.port, certificate: itm.certificate, name: itm.site },
          }),
        ]),
    ...listen.map(({ address, port }) => entry('traceback', 'site listen', { address, port })),
    ...sites.map(({ name, certificate, share }) =>
      entry('traceback', 'site', { name }, [
        entry('tracesite', 'certificate', { file: certificate }),
        ...(share === null ? [] : [entry('tracesite', 'share', { percent: share })]),
      ]),
    ),
    ...domains.map(({ name, probes }) =>
      entry(
        'traceback',
        'domain',
        { name },
        probes.length === 0 ? [] : [entry('tracedomain', 'probe', { name: probes })],
      ),
    ),
  ];
}

/** Tells what is wrong with them. */
export function checkTraceSites(block: readonly Entry[], config: readonly Entry[], report: Report): void {
  const isSite = !rolesOf(block).includes('itm');
  const itm = first(block, 'itm');
  if (isSite && itm === undefined)
    report.error(
      placed(first(block, 'role')!),
      'a daemon without the role `itm` is a site, expected `itm ADDRESS certificate CERTIFICATE site NAME` beside',
    );
  if (!isSite && itm !== undefined)
    report.error(placed(itm), '`itm` is for a site, expected a `role` without `itm` beside');
  if (itm !== undefined) checkUsable(itm, text(itm, 'address') ?? '', false, report);
  if (isSite)
    for (const one of block)
      if (['listen', 'announce', 'peer as', 'site listen', 'site'].includes(headOf(one)))
        report.error(placed(one), `\`${headOf(one)}\` is not for a site: it speaks to its \`itm\` alone`);

  const sites = all(block, 'site');
  const listen = all(block, 'site listen');
  if (sites.length > 0 && listen.length === 0)
    report.error(placed(sites[0]!), 'no site can connect, expected `site listen ADDRESS` beside');
  const shared = sites.reduce((sum, site) => sum + (shareOf(site) ?? 0), 0);
  if (shared > 1 + 1e-9) report.error(placed(sites.at(-1)!), 'the shares of the sites are more than 100%');

  const probes = new Set(all(config, 'probe').map(one => text(one, 'name')));
  const taken = new Map<string, string>();
  for (const domain of all(block, 'domain'))
    for (const one of all(domain.block, 'probe'))
      for (const name of list(one, 'name').map(String)) {
        const other = taken.get(name);
        if (!probes.has(name)) report.error(placed(one), `there is no probe \`${name}\``);
        else if (other !== undefined) report.error(placed(one), `probe \`${name}\` is in domain \`${other}\` already`);
        taken.set(name, text(domain, 'name') ?? '');
      }
}
