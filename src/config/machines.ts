/** `role`, `bus nats` and `store postgresql`: from their statements to the tree and back, and their rules. */
import { urlsOfHosts } from '../net/host-list.ts';
import { type Entry, entry, first, list, must, numberIn, placed, text } from './entry.ts';
import { type BusConfig, DUTIES, type Duty, type SharedStoreConfig } from './machines-tree.ts';
import type { Report } from './report.ts';
import { isLoopbackUrl } from './server-url.ts';

// Below, a word that the schema lists as the only ones possible is taken for its type: it was checked against the list.

/** What this machine does; without the statement all of it. */
export function dutiesOf(config: readonly Entry[]): readonly Duty[] {
  const role = first(config, 'role');
  const words = role === undefined ? ['all'] : list(role, 'duty');
  return words.includes('all') ? DUTIES : DUTIES.filter(duty => words.includes(duty));
}

const identityOf = (block: readonly Entry[]): Pick<BusConfig, 'authority' | 'identity'> => {
  const [authority, identity] = [first(block, 'authority'), first(block, 'identity')];
  return {
    authority: authority === undefined ? null : must(text(authority, 'authority')),
    identity:
      identity === undefined
        ? null
        : { key: must(text(identity, 'keyfile')), certificate: must(text(identity, 'certificate')) },
  };
};

const fileOf = (block: readonly Entry[], head: string): string | null => {
  const found = first(block, head);
  return found === undefined ? null : must(text(found, 'file'));
};

/** The tree of a block in which nothing is wrong. */
export function busOf(bus: Entry): BusConfig {
  return {
    servers: list(bus, 'nats').map(String),
    ...identityOf(bus.block),
    credentials: fileOf(bus.block, 'credentials'),
    partitions: numberIn(bus.block, 'bus', 'partitions', 'count'),
    replicas: numberIn(bus.block, 'bus', 'replicas', 'count'),
  };
}

export function sharedStoreOf(store: Entry): SharedStoreConfig {
  return {
    url: must(text(store, 'postgresql')),
    ...identityOf(store.block),
    password: fileOf(store.block, 'password'),
  };
}

const identityEntries = (
  block: 'bus' | 'sharedstore',
  { authority, identity }: Pick<BusConfig, 'authority' | 'identity'>,
) => [
  ...(authority === null ? [] : [entry(block, 'authority', { authority })]),
  ...(identity === null
    ? []
    : [entry(block, 'identity', { keyfile: identity.key, certificate: identity.certificate })]),
];

/** The statements that make this tree. */
export function machinesEntries(
  duties: readonly Duty[],
  bus: BusConfig | null,
  store: SharedStoreConfig | null,
): Entry[] {
  const entries: Entry[] = [];
  if (duties.length < DUTIES.length) entries.push(entry('global', 'role', { duty: duties }));
  if (bus !== null)
    entries.push(
      entry('global', 'bus nats', { nats: bus.servers }, [
        ...identityEntries('bus', bus),
        ...(bus.credentials === null ? [] : [entry('bus', 'credentials', { file: bus.credentials })]),
        entry('bus', 'partitions', { count: bus.partitions }),
        entry('bus', 'replicas', { count: bus.replicas }),
      ]),
    );
  if (store !== null)
    entries.push(
      entry('global', 'store postgresql', { postgresql: store.url }, [
        ...identityEntries('sharedstore', store),
        ...(store.password === null ? [] : [entry('sharedstore', 'password', { file: store.password })]),
      ]),
    );
  return entries;
}

/** Tells what is wrong with what machines are to share. */
export function checkMachines(config: readonly Entry[], report: Report): void {
  const [bus, store, role] = ['bus nats', 'store postgresql', 'role'].map(head => first(config, head));
  if (bus !== undefined && store === undefined)
    report.error(placed(bus), 'the machines have no cases in common, expected a `store postgresql` beside it');
  if (role !== undefined && bus === undefined)
    report.error(placed(role), 'no other machine is known that could do the rest, expected a `bus nats` beside it');
  if (role !== undefined && list(role, 'duty').includes('all') && list(role, 'duty').length > 1)
    report.error(placed(role), '`all` stands alone');
  if (
    bus !== undefined &&
    list(bus, 'nats').some(url => String(url).startsWith('nats:') && !isLoopbackUrl(String(url)))
  )
    report.warning(
      placed(bus),
      'what goes to another machine in the clear can be read and changed on the way, expected `tls:`',
    );
  const url = store === undefined ? undefined : text(store, 'postgresql');
  // As it is connected to: what the URL says stands before the authority.
  const mode = url === undefined ? null : new URL(urlsOfHosts(url)[0]!).searchParams.get('sslmode');
  const verified =
    store !== undefined && (mode ?? (first(store.block, 'authority') && 'verify-full')) === 'verify-full';
  if (store !== undefined && url !== undefined && !isLoopbackUrl(url) && !verified)
    report.warning(
      placed(store),
      'cases and mails go to another machine in the clear, expected `?sslmode=verify-full`',
    );
}
