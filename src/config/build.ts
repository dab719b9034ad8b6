import { dirname, join, resolve } from 'node:path';
import { dateEnd } from './argument.ts';
import { bridgesOf } from './bridge.ts';
import { endpointOf, identityOf, listensOf } from './endpoint.ts';
import {
  all,
  denied,
  type Entry,
  first,
  flag,
  list,
  must,
  number,
  numberIn,
  optional,
  stated,
  text,
  textIn,
} from './entry.ts';
import { httpOf } from './http.ts';
import { idsOf } from './ids.ts';
import { isUrl } from './location.ts';
import { busOf, dutiesOf, sharedStoreOf } from './machines.ts';
import { notifyOf } from './notify.ts';
import { familiesOf, sessionOf } from './peer-rules.ts';
import { probeOf } from './probe.ts';
import { acceptedOf } from './risks.ts';
import { tracebackOf } from './traceback.ts';
import type {
  AnnouncedRoute,
  ArchiveConfig,
  BgpPeerConfig,
  BmpConfig,
  Config,
  ContactsConfig,
  GroupConfig,
  IrrConfig,
  ListenConfig,
  LogConfig,
  MitigateConfig,
  PrefixLimit,
  RpkiConfig,
  SocketConfig,
  WatchConfig,
  WatchException,
  WhoisConfig,
} from './tree.ts';
import { HOUR, MINUTE } from './units.ts';

// Below, a word that the schema lists as the only ones possible is taken for its type: it was checked against the list.

/** Makes the typed tree of entries in which nothing is wrong: templates applied, defaults filled in. */
export function buildConfig(config: readonly Entry[]): Config {
  const localAs = must(number(stated(config, 'global', 'local as'), 'asn'));
  const control = socketOf(stated(config, 'global', 'control socket'), '');
  const reader = first(config, 'reader socket');
  const traceback = first(config, 'traceback');
  const archive = first(config, 'archive mrt');
  const whois = first(config, 'whois');
  const [bus, sharedStore] = [first(config, 'bus nats'), first(config, 'store postgresql')];
  const http = first(config, 'http');
  const accepted = acceptedOf(config);
  const contacts = first(config, 'contacts');
  const state = must(text(stated(config, 'global', 'state'), 'directory'));
  const templates = all(config, 'template bgp');
  const logs = config.filter(one => one.spec.head[0] === 'log').map(logOf);
  return {
    routerId: must(text(stated(config, 'global', 'router id'), 'routerid')),
    localAs,
    log: logs.length > 0 ? logs : [{ to: 'stderr', level: 'info' }],
    state,
    auditRetain: numberIn(config, 'global', 'audit retain', 'duration'),
    controlSocket: control,
    readerSocket: reader === undefined ? null : socketOf(reader, ''),
    probeSocket: socketOf(stated(config, 'global', 'probe socket'), join(dirname(control.path), 'itprobe.sock')),
    probeListen: all(config, 'probe listen').map(listenOf),
    probeIdentity: identityOf(first(config, 'probe identity')),
    bgpListen: all(config, 'bgp listen').map(listenOf),
    peers: all(config, 'protocol bgp').map(peer => peerOf(peer, templates, localAs)),
    bmp: all(config, 'protocol bmp').map(bmpOf),
    duties: dutiesOf(config),
    bus: bus === undefined ? null : busOf(bus),
    sharedStore: sharedStore === undefined ? null : sharedStoreOf(sharedStore),
    archive: archive === undefined ? null : archiveOf(archive.block, state),
    irr: all(config, 'irr').map(irrOf),
    rpki: all(config, 'rpki').map(rpkiOf),
    whois: whois === undefined ? null : whoisOf(whois.block),
    http: http === undefined ? null : httpOf(http.block),
    ...(accepted.length > 0 && { accepted }),
    watches: all(config, 'watch').map(watchOf),
    notify: notifyOf(config),
    groups: all(config, 'group').map(groupOf),
    contacts: contacts === undefined ? null : contactsOf(contacts.block),
    probes: all(config, 'probe').map(probeOf),
    ids: all(config, 'ids').map(idsOf),
    traceback: traceback === undefined ? null : tracebackOf(traceback.block),
    bridges: bridgesOf(config),
  };
}

function logOf(one: Entry): LogConfig {
  const to = one.spec.head[1] as LogConfig['to'];
  return { to, ...optional('file', text(one, 'file')), level: must(text(one, 'level')) as LogConfig['level'] };
}

function socketOf(one: Entry, fallback: string): SocketConfig {
  const group = first(one.block, 'group');
  return { path: text(one, 'socket') ?? fallback, ...optional('group', group && text(group, 'usergroup')) };
}

function listenOf(one: Entry): ListenConfig {
  return { ...endpointOf(one), ...optional('interface', text(one, 'interface')) };
}

function prefixLimitOf(one: Entry): PrefixLimit {
  const action = must(text(one, 'action')) as PrefixLimit['action'];
  return {
    family: (text(one, 'family') as PrefixLimit['family'] | undefined) ?? null,
    most: must(number(one, 'count')),
    action,
    after: action === 'restart' ? must(number(one, 'duration')) : 0,
  };
}

function peerOf(peer: Entry, templates: readonly Entry[], localAs: number): BgpPeerConfig {
  const session = sessionOf(peer, templates);
  const range = first(session, 'neighbor range');
  const neighbor = range ?? stated(session, 'peer', 'neighbor');
  const local = stated(session, 'peer', 'local');
  const role = stated(session, 'peer', 'role');
  const machines = first(session, 'machine');
  return {
    name: must(text(peer, 'name')),
    description: textIn(session, 'peer', 'description', 'text'),
    ...optional('machines', machines && list(machines, 'routerid').map(String)),
    neighbor: must(text(neighbor, range === undefined ? 'address' : 'prefix')),
    range: range === undefined ? null : { limit: numberIn(session, 'peer', 'limit', 'count') },
    neighborPort: number(neighbor, 'port') ?? 179,
    neighborAs: must(number(neighbor, 'asn')),
    ...optional('localAddress', text(local, 'address')),
    localAs: number(local, 'asn') ?? localAs,
    ...optional('interface', text(stated(session, 'peer', 'interface'), 'interface')),
    ...optional('password', text(stated(session, 'peer', 'password'), 'key')),
    ttlSecurity: flag(session, 'ttl security') ? numberIn(session, 'peer', 'ttl security', 'hops') : null,
    prefixLimits: all(session, 'maximum prefix').map(prefixLimitOf),
    passive: range !== undefined || flag(session, 'passive'),
    ...familiesOf(session),
    addPaths: flag(session, 'add paths'),
    extendedNextHop: flag(session, 'extended next hop'),
    ...optional('role', text(role, 'role') as BgpPeerConfig['role']),
    strictRole: text(role, 'strict') !== undefined,
    holdTime: numberIn(session, 'peer', 'hold time', 'duration'),
    connectRetry: numberIn(session, 'peer', 'connect retry time', 'duration'),
    restart: {
      graceful: !denied(session, 'graceful restart'),
      longLived: !denied(session, 'long lived graceful restart'),
      stalePathTime: numberIn(session, 'peer', 'stale path time', 'duration'),
      longLivedStaleTime: numberIn(session, 'peer', 'long lived stale time', 'duration'),
    },
    disabled: flag(session, 'disabled'),
    ...optional('announce', first(peer.block, 'announce')?.block.map(announcedOf)),
    ...optional('mitigate', mitigateOf(first(peer.block, 'mitigate'))),
  };
}

function announcedOf(one: Entry): AnnouncedRoute {
  return {
    prefix: must(text(one, 'prefix')),
    communities: list(one, 'community').map(String),
    largeCommunities: list(one, 'large').map(String),
    ...optional('nextHop', text(one, 'address')),
    ...optional('med', number(one, 'med')),
  };
}

function mitigateOf(permit: Entry | undefined): MitigateConfig | undefined {
  if (permit === undefined) return undefined;
  const prefixes = all(permit.block, 'prefix').map(one => ({
    ...announcedOf(one),
    nextHop: must(text(one, 'address')),
  }));
  return { prefixes, most: numberIn(permit.block, 'mitigate', 'maximum prefixes', 'count') };
}

function bmpOf(station: Entry): BmpConfig {
  const { block } = station;
  return {
    name: must(text(station, 'name')),
    description: textIn(block, 'bmp', 'description', 'text'),
    listen: listenOf(stated(block, 'bmp', 'listen')),
    allow: list(stated(block, 'bmp', 'allow'), 'prefix').map(String),
    ribs: list(stated(block, 'bmp', 'rib'), 'rib') as BmpConfig['ribs'],
    disabled: flag(block, 'disabled'),
  };
}

function archiveOf(block: readonly Entry[], state: string): ArchiveConfig {
  return {
    directory: resolve(state, textIn(block, 'archive', 'directory', 'folder')),
    updates: numberIn(block, 'archive', 'updates', 'duration'),
    rib: numberIn(block, 'archive', 'rib', 'duration'),
    retain: numberIn(block, 'archive', 'retain', 'duration'),
    compress: textIn(block, 'archive', 'compress', 'compression') as ArchiveConfig['compress'],
  };
}

function irrOf(irr: Entry): IrrConfig {
  const { block } = irr;
  const dump = text(stated(block, 'irr', 'dump'), 'location');
  const nrtm = first(block, 'nrtm');
  const nrtm4 = first(block, 'nrtm4');
  const whois = first(block, 'whois');
  const expiry = first(block, 'expiry');
  const fetchedWhole = dump !== undefined && isUrl(dump) && nrtm === undefined;
  return {
    name: must(text(irr, 'source')),
    ...optional('dump', dump),
    ...optional('serial', text(stated(block, 'irr', 'serial'), 'location')),
    ...optional('nrtm', nrtm && nrtmOf(nrtm)),
    ...optional('nrtm4', nrtm4 && { url: must(text(nrtm4, 'url')), key: must(text(nrtm4, 'publickey')) }),
    ...optional('whois', whois && { host: must(text(whois, 'host')), port: must(number(whois, 'port')) }),
    authoritative: flag(block, 'authoritative'),
    ...(flag(block, 'x-keiro inherited') && { keiroInherited: true }),
    ...optional(
      'expiry',
      expiry && { notice: must(number(expiry, 'notice')), removal: must(number(expiry, 'removal')) },
    ),
    refresh: number(stated(block, 'irr', 'refresh'), 'duration') ?? (fetchedWhole ? HOUR : MINUTE),
  };
}

function rpkiOf({ block, values }: Entry): RpkiConfig {
  const interval = (head: string) => number(stated(block, 'rpki', `${head} interval`), 'duration');
  const rtr = all(block, 'rtr').map(one => ({
    host: must(text(one, 'host')),
    port: must(number(one, 'port')),
    ...optional('ca', text(one, 'authority')),
    ...optional('certificate', text(one, 'certificate')),
    ...optional('key', text(one, 'keyfile')),
  }));
  return {
    name: String(values.name),
    caches: [...rtr, ...all(block, 'file').map(one => ({ file: must(text(one, 'file')) }))],
    ...optional('slurm', text(stated(block, 'rpki', 'slurm'), 'file')),
    ...optional('refresh', interval('refresh')),
    ...optional('retry', interval('retry')),
    ...optional('expire', interval('expire')),
    ...optional('expiryWarning', number(stated(block, 'rpki', 'expiry warning'), 'duration')),
    version: Number(textIn(block, 'rpki', 'version', 'rtrversion')) as RpkiConfig['version'],
  };
}

const nrtmOf = (one: Entry): NonNullable<IrrConfig['nrtm']> => ({
  host: must(text(one, 'host')),
  port: must(number(one, 'port')),
  version: text(one, 'nrtmversion') === '1' ? 1 : 3,
});

function whoisOf(block: readonly Entry[]): WhoisConfig {
  return {
    listen: listensOf(block, 'whois'),
    allow: list(stated(block, 'whois', 'allow'), 'prefix').map(String),
    maxConnections: numberIn(block, 'whois', 'maximum connections', 'count'),
    maxClientConnections: numberIn(block, 'whois', 'maximum client connections', 'count'),
    maxAnswer: numberIn(block, 'whois', 'maximum answer', 'size'),
    rate: numberIn(block, 'whois', 'query rate', 'rate'),
    idleTimeout: numberIn(block, 'whois', 'idle timeout', 'duration'),
  };
}

function watchOf(watch: Entry): WatchConfig {
  const { block } = watch;
  const group = first(block, 'group');
  const exceptions = all(block, 'except prefix').map(exceptionOf);
  return {
    name: must(text(watch, 'name')),
    maintainers: all(block, 'maintainer').map(one => ({
      maintainer: must(text(one, 'maintainer')),
      source: text(one, 'source') ?? null,
    })),
    keiro: all(block, 'x-keiro').map(one => ({ source: text(one, 'source') ?? null })),
    prefixes: all(block, 'prefix').map(one => ({
      prefix: must(text(one, 'prefix')),
      origins: list(one, 'asn').map(Number),
    })),
    ases: all(block, 'as').flatMap(one => list(one, 'asn').map(Number)),
    asSets: all(block, 'as-set').map(one => ({ asSet: must(text(one, 'set')), source: text(one, 'source') ?? null })),
    sources: all(block, 'source').map(one => must(text(one, 'source'))),
    originated: first(block, 'originated') ? numberIn(block, 'watch', 'originated', 'duration') : null,
    segments: all(block, 'segment').flatMap(one => list(one, 'prefix').map(String)),
    unused: all(block, 'unused').flatMap(one => list(one, 'prefix').map(String)),
    bogons: flag(block, 'bogons'),
    upstreams: all(block, 'upstream').flatMap(one => list(one, 'asn').map(Number)),
    paths: all(block, 'path').map(one => must(text(one, 'pattern'))),
    visibility: first(block, 'visibility') ? numberIn(block, 'watch', 'visibility', 'percent') : null,
    longestPath: first(block, 'path length') ? numberIn(block, 'watch', 'path length', 'count') : null,
    group: group === undefined ? null : must(text(group, 'group')),
    critical: flag(block, 'critical'),
    holdUp: numberIn(block, 'watch', 'hold up', 'duration'),
    holdDown: numberIn(block, 'watch', 'hold down', 'duration'),
    ...(flag(block, 'trace') ? { trace: true as const } : {}),
    ...optional('exceptions', exceptions.length === 0 ? undefined : exceptions),
  };
}

function exceptionOf(one: Entry): WatchException {
  const until = text(one, 'date');
  return {
    prefix: must(text(one, 'prefix')),
    origins: list(one, 'asn').map(Number),
    until: until === undefined ? null : dateEnd(until),
    reason: must(text(one, 'text')),
  };
}

function groupOf(group: Entry): GroupConfig {
  return { name: must(text(group, 'name')), mail: list(stated(group.block, 'group', 'mail'), 'mail').map(String) };
}

function contactsOf(block: readonly Entry[]): ContactsConfig {
  return {
    whois: all(block, 'whois').map(one => ({ host: must(text(one, 'host')), port: must(number(one, 'port')) })),
    rdap: all(block, 'rdap').map(one => must(text(one, 'url'))),
    ...optional('bootstrap', text(stated(block, 'contacts', 'rdap bootstrap'), 'bootstrap')),
    ...optional('peeringdbFile', text(stated(block, 'contacts', 'peeringdb file'), 'file')),
    ...optional('peeringdbUrl', text(stated(block, 'contacts', 'peeringdb url'), 'url')),
    ...optional('peeringdbKey', text(stated(block, 'contacts', 'peeringdb key'), 'secret')),
    cache: numberIn(block, 'contacts', 'cache', 'duration'),
  };
}
