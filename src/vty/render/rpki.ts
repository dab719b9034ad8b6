import type { RpkiPayloadRow } from '../../control/daemon.ts';
import type { RpkiCacheStatus } from '../../registry/rpki/payload-feed.ts';
import type { RpkiSourceStatus } from '../../registry/rpki/payload-source.ts';
import { count, facts, table } from './text.ts';
import { duration } from './time.ts';

/** `show rpki`: a line for each cache and file, the one in use marked, and what is wrong. */
export function renderRpki(rows: readonly RpkiSourceStatus[]): string[] {
  if (rows.length === 0) return ['no source of the RPKI: see `rpki` in intertrackd.conf(5)'];
  const problems = rows.flatMap(({ source, problems: own }) => own.map(problem => `${source}: ${problem}`));
  return [
    ...table(
      [
        ...[{ head: 'Source' }, { head: '' }, { head: 'Cache' }, { head: 'State' }],
        ...['Version', 'Session', 'Serial', 'VRPs', 'ASPAs', 'Age'].map(head => ({ head, right: true as const })),
      ],
      rows.flatMap(({ source, inUse, caches }) =>
        caches.map(cache => [
          ...[source, cache.cache === inUse ? '*' : '', cache.cache, cache.state],
          ...[cache.version ?? '-', cache.session ?? '-', cache.serial ?? '-', cache.vrps, cache.aspas],
          ageOf(cache),
        ]),
      ),
    ),
    ...(problems.length === 0 ? [] : ['', 'Problems:', ...problems.map(line => `  ${line}`)]),
  ];
}

const ageOf = ({ age }: RpkiCacheStatus): string => (age === null ? '-' : duration(Math.max(0, age)));
const time = (milliseconds: number | null): string => (milliseconds === null ? '' : duration(milliseconds));

/** `show rpki cache RPKI`: one source with its caches, as facts. */
export function renderRpkiSource({ source, inUse, stale, doubt, slurm, problems, caches }: RpkiSourceStatus): string[] {
  const exceptions =
    slurm === null ? '' : `${slurm.file}: ${count(slurm.filters, 'filter')}, ${count(slurm.assertions, 'assertion')}`;
  return [
    ...facts([
      ['Source', source],
      ['In use', inUse ?? 'nothing'],
      ['Stale', stale ? 'yes: not refreshed for two hours' : ''],
      ['Doubt', doubt],
      ['Exceptions', exceptions],
      ...problems.map(problem => ['Problem', problem] as const),
    ]),
    ...caches.flatMap(cache => ['', ...cacheFacts(cache)]),
  ];
}

function cacheFacts(cache: RpkiCacheStatus): string[] {
  const { session, serial, version, updates, faults, expired, refused } = cache;
  return facts([
    ['Cache', cache.cache],
    ['State', cache.state],
    ['Protocol', version === null ? '' : `RTR version ${version}`],
    ['Session', session === null ? '' : `${session}, serial ${serial}`],
    [
      'Payloads',
      `${count(cache.vrps, 'VRP')}, ${count(cache.aspas, 'ASPA')}, ${count(cache.routerKeys, 'router key')}`,
    ],
    ['Age', ageOf(cache)],
    ['Refresh', time(cache.refresh)],
    ['Retry', time(cache.retry)],
    ['Expire', time(cache.expire)],
    ['Updates', `${updates}${faults === 0 ? '' : `, ${count(faults, 'fault')}`}`],
    ['Left out', expired + refused === 0 ? '' : `${expired} over their time, ${refused} that cannot be read`],
    ['Last error', cache.lastError],
  ]);
}

/** AS 0 is nobody: alone it says that there are none. */
function providersOf(providers: readonly number[]): string {
  const named = providers.filter(as => as !== 0);
  if (named.length === 0) return 'no providers (AS 0)';
  return `the provider${named.length === 1 ? '' : 's'} ${named.map(as => `AS${as}`).join(', ')}`;
}

/** `show rpki PREFIX` and `show rpki AS`. */
export function renderPayloads(rows: readonly RpkiPayloadRow[]): string[] {
  const vrps = rows.flatMap(row => (row.what === 'vrp' ? [[row.prefix, row.maxLength, `AS${row.as}`]] : []));
  const aspas = rows.flatMap(row =>
    row.what === 'vrp' ? [] : [`AS${row.customer} has by ASPA ${providersOf(row.providers)}`],
  );
  const list =
    vrps.length === 0 ? [] : table([{ head: 'Prefix' }, { head: 'Max', right: true }, { head: 'Origin' }], vrps);
  return [...aspas, ...(aspas.length > 0 && list.length > 0 ? [''] : []), ...list];
}
