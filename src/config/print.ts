import type { Scalar } from './argument.ts';
import { bridgeEntries } from './bridge.ts';
import { type Entry, entry } from './entry.ts';
import { httpEntry } from './http.ts';
import { idsEntry } from './ids.ts';
import { machinesEntries } from './machines.ts';
import { notifyEntry } from './notify.ts';
import { probeEntry } from './probe.ts';
import { tracebackEntry } from './traceback.ts';
import type { AnnouncedRoute, Config, ListenConfig, SocketConfig } from './tree.ts';
import { DAY } from './units.ts';
import type { Part } from './usage.ts';

/**
 * The configuration as text: every statement that holds, defaults and templates written out, file names absolute.
 * Reading it gives the same configuration. `secrets: 'hidden'` puts `***` for passwords, for eyes that need not see them.
 */
export function printConfig(
  config: Config,
  options: { readonly secrets: 'shown' | 'hidden' } = { secrets: 'shown' },
): string {
  return configEntries(config)
    .map(one => printEntry(one, options.secrets === 'hidden'))
    .join('');
}

/** One entry as text, with its block, indented by `indent` blanks. */
export function printEntry(one: Entry, hide: boolean, indent = 0): string {
  const lead = ' '.repeat(indent);
  const line = `${lead}${printWords(one, hide)}`;
  if (one.spec.block === undefined || (one.spec.optionalBlock && one.block.length === 0)) return `${line};\n`;
  return `${line} {\n${one.block.map(inner => printEntry(inner, hide, indent + 4)).join('')}${lead}}\n`;
}

/** The words of an entry, without its block. */
export function printWords({ spec, values }: Entry, hide: boolean): string {
  const parts = (list: readonly Part[]): string[] =>
    list.flatMap(part => {
      if ('word' in part) return [part.word];
      if ('optional' in part) {
        const said = part.optional.some(inner => 'field' in inner && values[inner.field] !== undefined);
        return said ? parts(part.optional) : [];
      }
      const value = values[part.field] ?? '';
      const show = (item: Scalar): string => {
        const text = spec.secret && hide ? (part.argument.veil?.(item) ?? '***') : part.argument.show(item);
        return part.argument.quoted ? `"${text.replace(/["\\]/g, '\\$&')}"` : text;
      };
      return [typeof value === 'object' ? value.map(show).join(', ') : show(value)];
    });
  return [...spec.head, ...parts(spec.parts)].join(' ');
}

/** The configuration as entries, in the order of the schema. */
export function configEntries(config: Config): Entry[] {
  return [
    entry('global', 'router id', { routerid: config.routerId }),
    entry('global', 'local as', { asn: config.localAs }),
    ...config.log.map(({ to, file, level }) => entry('global', `log ${to}`, { file, level })),
    entry('global', 'state', { directory: config.state }),
    entry('global', 'audit retain', { duration: config.auditRetain }),
    socketEntry('control socket', config.controlSocket),
    ...(config.readerSocket === null ? [] : [socketEntry('reader socket', config.readerSocket)]),
    socketEntry('probe socket', config.probeSocket),
    ...config.probeListen.map(({ address, port }) => entry('global', 'probe listen', { address, port })),
    ...(config.probeIdentity === null
      ? []
      : [
          entry('global', 'probe identity', {
            file: config.probeIdentity.key,
            certificate: config.probeIdentity.certificate,
          }),
        ]),
    ...config.bgpListen.map(({ address, port, interface: name }: ListenConfig) =>
      entry('global', 'bgp listen', { address, port, interface: name }),
    ),
    ...config.peers.map(peerEntry),
    ...config.bmp.map(bmpEntry),
    ...machinesEntries(config.duties, config.bus, config.sharedStore),
    ...(config.archive === null ? [] : [archiveEntry(config.archive)]),
    ...config.irr.map(irrEntry),
    ...config.rpki.map(rpkiEntry),
    ...(config.whois === null ? [] : [whoisEntry(config.whois)]),
    ...(config.accepted ?? []).map(({ risk, names }) =>
      entry('global', 'accept risk', { risk, name: names.length > 0 ? names : undefined }),
    ),
    ...(config.http === null ? [] : [httpEntry(config.http)]),
    ...config.watches.map(watchEntry),
    ...config.notify.map(notifyEntry),
    ...config.groups.map(({ name, mail }) => entry('global', 'group', { name }, [entry('group', 'mail', { mail })])),
    ...(config.contacts === null ? [] : [contactsEntry(config.contacts)]),
    ...config.probes.map(probeEntry),
    ...config.ids.map(idsEntry),
    ...(config.traceback === null ? [] : [tracebackEntry(config.traceback)]),
    ...bridgeEntries(config.bridges),
  ];
}

const flagEntry = (block: 'peer' | 'bmp' | 'irr' | 'watch', head: string, set: boolean): Entry[] =>
  set ? [entry(block, head)] : [];

function socketEntry(head: string, { path, group }: SocketConfig): Entry {
  return entry(
    'global',
    head,
    { socket: path },
    group === undefined ? [] : [entry('socket', 'group', { usergroup: group })],
  );
}

/** What is not stated would be taken where neither is. */
function unicastEntries({ ipv4, ipv6 }: Config['peers'][number]): Entry[] {
  if (!ipv4 && !ipv6) return ['ipv4', 'ipv6'].map(family => entry('peer', family, { switch: 'no' }));
  return [...flagEntry('peer', 'ipv4', ipv4), ...flagEntry('peer', 'ipv6', ipv6)];
}

function peerEntry(peer: Config['peers'][number]): Entry {
  return entry('global', 'protocol bgp', { name: peer.name }, [
    ...(peer.description === '' ? [] : [entry('peer', 'description', { text: peer.description })]),
    ...(peer.machines === undefined ? [] : [entry('peer', 'machine', { routerid: peer.machines })]),
    peer.range === null
      ? entry('peer', 'neighbor', { address: peer.neighbor, port: peer.neighborPort, asn: peer.neighborAs })
      : entry('peer', 'neighbor range', { prefix: peer.neighbor, asn: peer.neighborAs }),
    ...(peer.range === null ? [] : [entry('peer', 'limit', { count: peer.range.limit })]),
    entry('peer', 'local', { address: peer.localAddress, asn: peer.localAs }),
    ...(peer.interface === undefined ? [] : [entry('peer', 'interface', { interface: peer.interface })]),
    ...flagEntry('peer', 'passive', peer.passive && peer.range === null),
    ...(peer.password === undefined ? [] : [entry('peer', 'password', { key: peer.password })]),
    ...(peer.ttlSecurity === null ? [] : [entry('peer', 'ttl security', { hops: peer.ttlSecurity })]),
    ...peer.prefixLimits.map(({ family, most, action, after }) =>
      entry('peer', 'maximum prefix', {
        family: family ?? undefined,
        count: most,
        action,
        duration: action === 'restart' ? after : undefined,
      }),
    ),
    ...unicastEntries(peer),
    ...peer.others.map(family => entry('peer', family)),
    ...flagEntry('peer', 'add paths', peer.addPaths),
    ...flagEntry('peer', 'extended next hop', peer.extendedNextHop),
    ...(peer.role === undefined
      ? []
      : [entry('peer', 'role', { role: peer.role, strict: peer.strictRole ? 'strict' : undefined })]),
    entry('peer', 'hold time', { duration: peer.holdTime }),
    entry('peer', 'connect retry time', { duration: peer.connectRetry }),
    ...(peer.restart.graceful ? [] : [entry('peer', 'graceful restart', { switch: 'no' })]),
    entry('peer', 'stale path time', { duration: peer.restart.stalePathTime }),
    ...(peer.restart.longLived ? [] : [entry('peer', 'long lived graceful restart', { switch: 'no' })]),
    entry('peer', 'long lived stale time', { duration: peer.restart.longLivedStaleTime }),
    ...flagEntry('peer', 'disabled', peer.disabled),
    ...(peer.announce === undefined ? [] : [entry('peer', 'announce', {}, peer.announce.map(announcedEntry))]),
    ...(peer.mitigate === undefined ? [] : [mitigateEntry(peer.mitigate)]),
  ]);
}

const announcedEntry = ({ prefix, communities, largeCommunities, nextHop, med }: AnnouncedRoute): Entry =>
  entry('announce', 'prefix', {
    prefix,
    community: communities.length > 0 ? communities : undefined,
    large: largeCommunities.length > 0 ? largeCommunities : undefined,
    address: nextHop,
    med,
  });

const mitigateEntry = ({ prefixes, most }: NonNullable<Config['peers'][number]['mitigate']>): Entry =>
  entry('peer', 'mitigate', {}, [
    ...prefixes.map(({ prefix, communities, largeCommunities, nextHop }) =>
      entry('mitigate', 'prefix', {
        prefix,
        community: communities.length > 0 ? communities : undefined,
        large: largeCommunities.length > 0 ? largeCommunities : undefined,
        address: nextHop,
      }),
    ),
    entry('mitigate', 'maximum prefixes', { count: most }),
  ]);

function bmpEntry(station: Config['bmp'][number]): Entry {
  return entry('global', 'protocol bmp', { name: station.name }, [
    ...(station.description === '' ? [] : [entry('bmp', 'description', { text: station.description })]),
    entry('bmp', 'listen', { address: station.listen.address, port: station.listen.port }),
    entry('bmp', 'allow', { prefix: station.allow }),
    entry('bmp', 'rib', { rib: station.ribs }),
    ...flagEntry('bmp', 'disabled', station.disabled),
  ]);
}

function archiveEntry({ directory, updates, rib, retain, compress }: NonNullable<Config['archive']>): Entry {
  return entry('global', 'archive mrt', {}, [
    entry('archive', 'directory', { folder: directory }),
    entry('archive', 'updates', { duration: updates }),
    entry('archive', 'rib', { duration: rib }),
    entry('archive', 'retain', { duration: retain }),
    entry('archive', 'compress', { compression: compress }),
  ]);
}

function whoisEntry(whois: NonNullable<Config['whois']>): Entry {
  return entry('global', 'whois', {}, [
    ...whois.listen.map(({ address, port }) => entry('whois', 'listen', { address, port })),
    entry('whois', 'allow', { prefix: whois.allow }),
    entry('whois', 'maximum connections', { count: whois.maxConnections }),
    entry('whois', 'maximum client connections', { count: whois.maxClientConnections }),
    entry('whois', 'maximum answer', { size: whois.maxAnswer }),
    entry('whois', 'query rate', { rate: whois.rate }),
    entry('whois', 'idle timeout', { duration: whois.idleTimeout }),
  ]);
}

function irrEntry(irr: Config['irr'][number]): Entry {
  const { name, dump, serial, nrtm, nrtm4, whois, authoritative, keiroInherited, expiry, refresh } = irr;
  return entry('global', 'irr', { source: name }, [
    ...(dump === undefined ? [] : [entry('irr', 'dump', { location: dump })]),
    ...(serial === undefined ? [] : [entry('irr', 'serial', { location: serial })]),
    ...(nrtm === undefined
      ? []
      : [entry('irr', 'nrtm', { host: nrtm.host, port: nrtm.port, nrtmversion: String(nrtm.version) })]),
    ...(nrtm4 === undefined ? [] : [entry('irr', 'nrtm4', { url: nrtm4.url, publickey: nrtm4.key })]),
    ...(whois === undefined ? [] : [entry('irr', 'whois', { host: whois.host, port: whois.port })]),
    ...flagEntry('irr', 'authoritative', authoritative),
    ...flagEntry('irr', 'x-keiro inherited', keiroInherited === true),
    ...(expiry === undefined ? [] : [entry('irr', 'expiry', expiry)]),
    entry('irr', 'refresh', { duration: refresh }),
  ]);
}

function rpkiEntry(rpki: Config['rpki'][number]): Entry {
  const interval = (head: string, duration: number | undefined): Entry[] =>
    duration === undefined ? [] : [entry('rpki', `${head} interval`, { duration })];
  return entry('global', 'rpki', { name: rpki.name }, [
    ...rpki.caches.map(cache => {
      if ('file' in cache) return entry('rpki', 'file', { file: cache.file });
      const { host, port, ca, certificate, key } = cache;
      return entry('rpki', 'rtr', { host, port, authority: ca, certificate, keyfile: key });
    }),
    ...(rpki.slurm === undefined ? [] : [entry('rpki', 'slurm', { file: rpki.slurm })]),
    ...interval('refresh', rpki.refresh),
    ...interval('retry', rpki.retry),
    ...interval('expire', rpki.expire),
    ...(rpki.expiryWarning === undefined ? [] : [entry('rpki', 'expiry warning', { duration: rpki.expiryWarning })]),
    entry('rpki', 'version', { rtrversion: String(rpki.version) }),
  ]);
}

function watchEntry(watch: Config['watches'][number]): Entry {
  return entry('global', 'watch', { name: watch.name }, [
    ...watch.maintainers.map(one =>
      entry('watch', 'maintainer', { maintainer: one.maintainer, source: one.source ?? undefined }),
    ),
    ...watch.keiro.map(one => entry('watch', 'x-keiro', { source: one.source ?? undefined })),
    ...watch.prefixes.map(({ prefix, origins }) =>
      entry('watch', 'prefix', { prefix, asn: origins.length > 0 ? origins : undefined }),
    ),
    ...(watch.ases.length > 0 ? [entry('watch', 'as', { asn: watch.ases })] : []),
    ...watch.asSets.map(one => entry('watch', 'as-set', { set: one.asSet, source: one.source ?? undefined })),
    ...watch.sources.map(source => entry('watch', 'source', { source })),
    ...(watch.originated === null ? [] : [entry('watch', 'originated', { duration: watch.originated })]),
    ...(watch.segments.length > 0 ? [entry('watch', 'segment', { prefix: watch.segments })] : []),
    ...(watch.unused.length > 0 ? [entry('watch', 'unused', { prefix: watch.unused })] : []),
    ...flagEntry('watch', 'bogons', watch.bogons),
    ...(watch.upstreams.length > 0 ? [entry('watch', 'upstream', { asn: watch.upstreams })] : []),
    ...watch.paths.map(pattern => entry('watch', 'path', { pattern })),
    ...(watch.visibility === null ? [] : [entry('watch', 'visibility', { percent: watch.visibility })]),
    ...(watch.longestPath === null ? [] : [entry('watch', 'path length', { count: watch.longestPath })]),
    ...(watch.exceptions ?? []).map(({ prefix, origins, until, reason }) =>
      entry('watch', 'except prefix', {
        prefix,
        asn: origins,
        date: until === null ? undefined : showInstant(until),
        text: reason,
      }),
    ),
    ...(watch.group === null ? [] : [entry('watch', 'group', { group: watch.group })]),
    ...flagEntry('watch', 'critical', watch.critical),
    ...flagEntry('watch', 'trace', watch.trace === true),
    entry('watch', 'hold up', { duration: watch.holdUp }),
    entry('watch', 'hold down', { duration: watch.holdDown }),
  ]);
}

function contactsEntry(contacts: NonNullable<Config['contacts']>): Entry {
  const { whois, rdap, bootstrap, peeringdbFile, peeringdbUrl, peeringdbKey, cache } = contacts;
  return entry('global', 'contacts', {}, [
    ...whois.map(({ host, port }) => entry('contacts', 'whois', { host, port })),
    ...rdap.map(url => entry('contacts', 'rdap', { url })),
    ...(bootstrap === undefined ? [] : [entry('contacts', 'rdap bootstrap', { bootstrap })]),
    ...(peeringdbFile === undefined ? [] : [entry('contacts', 'peeringdb file', { file: peeringdbFile })]),
    ...(peeringdbUrl === undefined ? [] : [entry('contacts', 'peeringdb url', { url: peeringdbUrl })]),
    ...(peeringdbKey === undefined ? [] : [entry('contacts', 'peeringdb key', { secret: peeringdbKey })]),
    entry('contacts', 'cache', { duration: cache }),
  ]);
}

/** As a date where it is the end of one, as DATE reads it. */
const showInstant = (time: number): string =>
  time % DAY === 0 ? new Date(time - DAY).toISOString().slice(0, 10) : `${new Date(time).toISOString().slice(0, 16)}Z`;
