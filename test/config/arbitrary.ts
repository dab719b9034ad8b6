import fc from 'fast-check';
import { DUTIES } from '../../src/config/machines-tree.ts';
import type { TracePurpose } from '../../src/config/traceback-tree.ts';
import type { BgpPeerConfig, Config, IrrConfig } from '../../src/config/tree.ts';

const ipv4 = fc
  .tuple(fc.nat(221), fc.nat(255), fc.nat(255), fc.nat(254))
  .map(([a, b, c, d]) => `${a + 1}.${b}.${c}.${d + 1}`);
const ipv6 = fc
  .tuple(fc.nat(0xffff), fc.nat(0xfffe))
  .map(([a, b]) => `2001:db8:${(a | 1).toString(16)}::${(b + 1).toString(16)}`);
const address = fc.oneof(ipv4, ipv6);
const asn = fc.integer({ min: 64512, max: 65534 });
const port = fc.integer({ min: 1, max: 65535 });
const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_.-]{0,11}$/).filter(word => word !== 'socket');
const source = fc.stringMatching(/^[A-Z][A-Z0-9-]{0,9}$/);
const text = fc
  .string({ maxLength: 40, unit: 'grapheme' })
  .filter(word => !/[\p{C}\ufffd]/u.test(word) && word.length <= 255);
const words = text.filter(word => word !== '');
const file = fc.stringMatching(/^[a-z0-9_]{1,12}$/).map(word => `/etc/intertrack/${word} "${word}\\`);
/** SubjectPublicKeyInfo of 32 octets as an Ed25519 key (RFC 8410 section 4). */
const ed25519 = (octets: Uint8Array) =>
  Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), octets]).toString('base64');
const mail = fc.stringMatching(/^[a-z0-9.+-]{1,12}@[a-z0-9-]{1,10}\.example$/);
const seconds = (min: number, max: number) => fc.integer({ min, max }).map(value => value * 1000);
const maybe = <K extends string, T>(key: K, value: fc.Arbitrary<T>) =>
  fc.option(value).map(given => (given === null ? {} : { [key]: given }) as { [P in K]?: T });

const socket = (path: string) => maybe('group', fc.constantFrom('intertrack', '_x')).map(group => ({ path, ...group }));
const device = fc.constantFrom('eth0', 'vrf-red', 'ens3f0.100');
const listen = fc.uniqueArray(fc.record({ address, port }), {
  maxLength: 3,
  selector: one => `${one.address} ${one.port}`,
});

const bgpListen = listen.chain(list =>
  fc
    .constant(list)
    .chain(given => fc.tuple(...given.map(one => maybe('interface', device).map(at => ({ ...one, ...at }))))),
);
const prefixLimit = fc
  .record({
    family: fc.constantFrom('ipv4' as const, 'ipv6' as const, null),
    most: fc.integer({ min: 1, max: 0xffffffff }),
    action: fc.constantFrom('warn' as const, 'restart' as const, 'down' as const),
    after: seconds(1, 86400),
  })
  .map(limit => ({ ...limit, after: limit.action === 'restart' ? limit.after : 0 }));
const range = fc.record({
  neighbor: fc.constantFrom('10.0.0.0/8', '192.0.2.128/25', '2001:db8:ffff::/48', '::/0'),
  range: fc.record({ limit: fc.integer({ min: 1, max: 10_000 }) }),
});

/** Routes to announce over a session with this neighbor, of families that it carries. */
const announced = (neighbor: string, families: { readonly ipv4: boolean; readonly ipv6: boolean }) =>
  fc
    .uniqueArray(
      fc.record({
        prefix: fc.constantFrom('192.0.2.1/32', '198.51.100.0/25', '2001:db8:9::/48', '2001:db8::1/128', '0.0.0.0/0'),
        communities: fc.uniqueArray(fc.constantFrom('blackhole', 'no-export', '64500:66', '0:0', '65000:65535')),
        largeCommunities: fc.uniqueArray(fc.constantFrom('64500:1:20', '0:0:4294967295')),
        own: fc.boolean(),
        more: maybe('med', fc.integer({ min: 0, max: 0xffffffff })),
      }),
      { minLength: 1, maxLength: 3, selector: one => one.prefix },
    )
    .map(list =>
      list
        .filter(({ prefix }) => families[prefix.includes(':') ? 'ipv6' : 'ipv4'])
        .map(({ own, more, ...one }) => {
          const six = one.prefix.includes(':');
          const stated = !own || six !== neighbor.includes(':');
          return { ...one, ...(stated ? { nextHop: six ? 'fd01::1' : '10.9.9.9' } : {}), ...more };
        }),
    );

const peers = (localAs: number) =>
  fc.uniqueArray(
    fc
      .record({
        name,
        description: text,
        neighbor: address,
        neighborPort: port,
        neighborAs: asn,
        localAs: fc.oneof(asn, fc.constant(localAs)),
        passive: fc.boolean(),
        families: fc.constantFrom(
          { ipv4: true, ipv6: true, others: [] },
          { ipv4: true, ipv6: false, others: ['ipv6 flowspec vpn' as const] },
          { ipv4: false, ipv6: true, others: [] },
          { ipv4: false, ipv6: false, others: ['ipv4 vpn' as const, 'ipv4 flowspec' as const] },
        ),
        addPaths: fc.boolean(),
        extendedNextHop: fc.boolean(),
        relation: fc.constantFrom(
          { strictRole: false },
          { role: 'peer' as const, strictRole: false },
          { role: 'rs-client' as const, strictRole: true },
        ),
        holdTime: fc.oneof(fc.constant(0), seconds(3, 65535)),
        connectRetry: seconds(1, 3600),
        restart: fc.record({
          graceful: fc.boolean(),
          longLived: fc.boolean(),
          stalePathTime: seconds(1, 86400),
          longLivedStaleTime: seconds(1, 24 * 86400),
        }),
        disabled: fc.boolean(),
        local: fc.option(fc.nat(0xfffe)),
        among: fc.option(range),
        demands: fc.tuple(
          maybe('interface', device),
          maybe(
            'password',
            words.filter(word => Buffer.byteLength(word) <= 80),
          ),
          maybe('machines', fc.uniqueArray(ipv4, { minLength: 1, maxLength: 2 })),
        ),
        ttlSecurity: fc.option(fc.integer({ min: 1, max: 254 })),
        prefixLimits: fc.uniqueArray(prefixLimit, { maxLength: 3, selector: limit => limit.family }),
      })
      .map(({ families, relation, local, among, demands: [device, password, machines], ...one }) => {
        // A range waits, and has no key: it would have to be that of the other peers too.
        const peer =
          among === null
            ? { ...one, ...device, ...password, range: null }
            : { ...one, ...device, ...among, neighborPort: 179, passive: true };
        const own = peer.neighbor.includes(':')
          ? `fd00::${((local ?? 0) + 1).toString(16)}`
          : `10.0.0.${((local ?? 0) % 254) + 1}`;
        const role = peer.neighborAs === peer.localAs ? { strictRole: false } : relation;
        const from = local === null || own === peer.neighbor ? {} : { localAddress: own };
        return { ...peer, ...families, ...role, ...from, ...machines };
      })
      .chain((peer): fc.Arbitrary<BgpPeerConfig> => {
        if (peer.range !== null) return fc.constant(peer);
        const told = fc.option(announced(peer.neighbor, peer));
        return fc.tuple(told, told, fc.integer({ min: 1, max: 256 })).map(([list, permit, most]) => ({
          ...peer,
          ...(list === null || list.length === 0 ? {} : { announce: list }),
          ...(permit === null || permit.length === 0
            ? {}
            : {
                mitigate: {
                  prefixes: permit.map(({ prefix, communities, largeCommunities }) => ({
                    ...{ prefix, communities, largeCommunities },
                    nextHop: prefix.includes(':') ? 'fd01::1' : '10.9.9.9',
                  })),
                  most,
                },
              }),
        }));
      }),
    { maxLength: 4, selector: peer => peer.name, comparator: (a, b) => a === b },
  );

const contacts = fc
  .record({
    whois: fc.uniqueArray(fc.record({ host: fc.constantFrom('whois.example.net', '192.0.2.43'), port }), {
      maxLength: 2,
      selector: one => `${one.host} ${one.port}`,
    }),
    rdap: fc.uniqueArray(fc.constantFrom('https://rdap.example.net/', 'http://127.0.0.1:8080/rdap/')),
    cache: seconds(3600, 86400),
    bootstrap: maybe('bootstrap', fc.constantFrom('/srv/iana', 'https://iana.example/rdap/')),
    peeringdb: fc.oneof(
      file.map(peeringdbFile => ({ peeringdbFile })),
      fc.constant({ peeringdbUrl: 'https://peeringdb.example/api/', peeringdbKey: 'k"\\' }),
      fc.constant({}),
    ),
  })
  .map(({ bootstrap, peeringdb, ...rest }) => ({ ...rest, ...bootstrap, ...peeringdb }));

const rib = fc.constantFrom('pre-policy' as const, 'post-policy' as const, 'loc-rib' as const);
const bmp = fc
  .uniqueArray(
    fc.record({
      name,
      description: text,
      listen: fc.record({ address, port }),
      allow: fc.uniqueArray(fc.constantFrom('192.0.2.0/24', '2001:db8::/32', '0.0.0.0/0', '203.0.113.7/32'), {
        minLength: 1,
      }),
      ribs: fc.uniqueArray(rib, { minLength: 1 }),
      disabled: fc.boolean(),
    }),
    { maxLength: 3, selector: one => one.name },
  )
  .map(list => list.map((one, i) => ({ ...one, listen: { ...one.listen, address: `192.0.2.${i + 1}` } })));

const host = fc.constantFrom('192.0.2.7', '2001:db8::7', 'rpki.example.net');
const rpki = fc
  .record(
    {
      name,
      slurm: file,
      refresh: seconds(1, 86400),
      retry: seconds(1, 7200),
      expire: seconds(600, 172_800),
      expiryWarning: seconds(60, 2_592_000),
      version: fc.constantFrom(0 as const, 1 as const, 2 as const),
      rtr: fc.uniqueArray(
        fc.oneof(
          fc.record({ host, port }),
          fc.record({ host, port, ca: file }),
          fc.record({ host, port, ca: file, certificate: file, key: file }),
        ),
        { maxLength: 3, selector: one => `${one.host} ${one.port}` },
      ),
      files: fc.uniqueArray(file, { minLength: 1, maxLength: 2 }),
    },
    { requiredKeys: ['name', 'version', 'rtr', 'files'] },
  )
  .map(({ rtr, files, ...rest }): Config['rpki'][number] => ({
    ...rest,
    caches: [...rtr, ...files.map(one => ({ file: one }))],
  }));

const location = fc.oneof(
  file,
  fc.constantFrom('ftp://ftp.example.net/a%20b/jpirr.db.gz', 'https://[2001:db8::1]:8443/x?y=1', 'http://a.example/'),
);
const irr: fc.Arbitrary<IrrConfig> = fc.oneof(
  fc.record(
    {
      name: source,
      dump: location,
      serial: location,
      nrtm: fc.record({ host, port, version: fc.constantFrom(1 as const, 3 as const) }),
      authoritative: fc.boolean(),
      keiroInherited: fc.constant(true as const),
      expiry: fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 60 })).map(([notice, more]) => ({
        notice,
        removal: notice + more,
      })),
      refresh: fc.oneof(fc.constant(0), seconds(1, 86400)),
    },
    { requiredKeys: ['name', 'dump', 'authoritative', 'refresh'] },
  ),
  fc.record({
    name: source,
    nrtm4: fc.record({
      url: fc.constantFrom('https://nrtm.example.net/X/update-notification-file.jose', 'file:///srv/a%20b.jose'),
      key: fc.uint8Array({ minLength: 32, maxLength: 32 }).map(ed25519),
    }),
    authoritative: fc.boolean(),
    refresh: fc.oneof(fc.constant(0), seconds(60, 86400)),
  }),
);

const PURPOSES = ['attack', 'misuse', 'fault', 'test'] as const satisfies readonly TracePurpose[];

/** Any configuration that the language can state. */
export const config: fc.Arbitrary<Config> = fc
  .record({
    localAs: asn,
    irr: fc.uniqueArray(irr, { minLength: 1, maxLength: 3, selector: one => one.name }),
    groups: fc.uniqueArray(fc.record({ name, mail: fc.uniqueArray(mail, { minLength: 1, maxLength: 3 }) }), {
      minLength: 1,
      maxLength: 3,
      selector: one => one.name,
    }),
  })
  .chain(({ localAs, irr, groups }) => {
    const from = fc.option(fc.constantFrom(...irr.map(one => one.name)));
    const prefix = fc.record({
      prefix: fc.constantFrom('192.0.2.0/24', '198.51.100.0/25', '2001:db8::/32', '0.0.0.0/0', '203.0.113.7/32'),
      origins: fc.uniqueArray(asn, { maxLength: 3 }),
    });
    const exception = fc.record({
      prefix: fc.constantFrom('192.0.2.0/24', '2001:db8::/32', '203.0.113.7/32'),
      origins: fc.uniqueArray(asn, { minLength: 1, maxLength: 3 }),
      until: fc.option(fc.integer({ min: 0, max: 2_000_000 }).map(hours => hours * 3_600_000)),
      reason: words,
    });
    const exceptions = fc.uniqueArray(exception, {
      minLength: 1,
      maxLength: 3,
      selector: one => `${one.prefix} ${one.origins}`,
    });
    const plainWatch = fc.record({
      name,
      maintainers: fc.uniqueArray(fc.record({ maintainer: source, source: from }), {
        minLength: 1,
        maxLength: 3,
        selector: one => `${one.maintainer} ${one.source}`,
      }),
      keiro: fc.uniqueArray(fc.record({ source: from }), { maxLength: 2, selector: one => one.source }),
      prefixes: fc.uniqueArray(prefix, { maxLength: 3, selector: one => one.prefix }),
      ases: fc.uniqueArray(
        fc.integer({ min: 1, max: 64000 }).filter(as => as !== 23456),
        { maxLength: 3 },
      ),
      asSets: fc.uniqueArray(fc.record({ asSet: fc.constantFrom('AS-SET', 'AS64500:AS-CUST'), source: from }), {
        maxLength: 2,
        selector: one => `${one.asSet} ${one.source}`,
      }),
      sources: fc.subarray(irr.map(one => one.name)),
      originated: fc.option(seconds(3600, 365 * 86400)),
      segments: fc.subarray(['203.0.113.0/28', '2001:db8:1::/64']),
      unused: fc.subarray(['198.51.100.128/25', '2001:db8:2::/48']),
      bogons: fc.boolean(),
      upstreams: fc.uniqueArray(fc.integer({ min: 1, max: 64000 }), { maxLength: 3 }),
      paths: fc.subarray(['^64496 ', '_64500$']),
      visibility: fc.option(fc.integer({ min: 1, max: 100 }).map(percent => percent / 100)),
      longestPath: fc.option(fc.integer({ min: 1, max: 255 })),
      group: fc.option(fc.constantFrom(...groups.map(one => one.name))),
      critical: fc.boolean(),
      holdUp: fc.oneof(fc.constant(0), seconds(1, 86400)),
      holdDown: fc.oneof(fc.constant(0), seconds(1, 604800)),
    });
    const watch = fc
      .tuple(plainWatch, fc.option(exceptions))
      .map(([one, given]) => (given === null ? one : { ...one, exceptions: given }));
    const signed = maybe(
      'dkim',
      fc.record({ domain: fc.constant('example.net'), selector: fc.constantFrom('s1', '2026.mail'), key: file }),
    );
    const login = fc.oneof(fc.constant({}), fc.record({ user: words, password: words }));
    const languages = fc.subarray(['ja' as const, 'en' as const], { minLength: 1 });
    const mailing = fc
      .record({
        kind: fc.constant('mail' as const),
        from: mail,
        relays: fc.uniqueArray(fc.record({ host: fc.constantFrom('127.0.0.1', '::1', 'mail.example.net'), port }), {
          minLength: 1,
          maxLength: 3,
          selector: one => `${one.host} ${one.port}`,
        }),
        tls: fc.constantFrom('none' as const, 'starttls' as const, 'required' as const),
        to: fc.subarray(['x-keiro' as const, 'group' as const], { minLength: 1 }),
        languages,
        retry: seconds(1, 3600),
      })
      .chain(one => fc.tuple(login, signed).map(([given, key]) => ({ ...one, ...given, ...key })));
    const channel = {
      group: fc.option(fc.constantFrom(...groups.map(one => one.name))),
      timeout: seconds(1, 300),
      retry: seconds(1, 3600),
    };
    const webhook = fc
      .tuple(
        fc.record({
          kind: fc.constant('webhook' as const),
          url: fc.constantFrom(
            'https://hooks.example.net/T0/B0/x?y=1',
            'http://127.0.0.1:8080/',
            'https://[2001:db8::1]/',
          ),
          format: fc.constantFrom('json' as const, 'slack' as const, 'teams' as const, 'mattermost' as const),
          languages,
          ...channel,
        }),
        maybe('secret', words),
        maybe('authority', file),
      )
      .map(([one, secret, authority]) => ({ ...one, ...secret, ...authority }));
    const syslog = fc
      .tuple(
        fc.record({
          kind: fc.constant('syslog' as const),
          address,
          port,
          facility: fc.constantFrom('daemon' as const, 'user' as const, 'local7' as const),
          ...channel,
        }),
        fc.oneof(
          fc.constantFrom({ transport: 'udp' as const }, { transport: 'tcp' as const }),
          fc
            .tuple(maybe('serverName', fc.constant('log.example.net')), maybe('authority', file))
            .map(([name, authority]) => ({ transport: 'tls' as const, ...name, ...authority })),
        ),
      )
      .map(([one, transport]) => ({ ...one, ...transport }));
    const exec = fc.record({ kind: fc.constant('exec' as const), file, languages, ...channel });
    const xmpp = fc
      .tuple(
        fc.record({
          kind: fc.constant('xmpp' as const),
          room: mail,
          user: mail,
          password: words,
          tls: fc.constantFrom('none' as const, 'starttls' as const, 'required' as const),
          nick: name,
          languages,
          ...channel,
        }),
        fc.oneof(fc.constant({ port: 5222 }), fc.record({ host, port })),
        maybe('authority', file),
      )
      .map(([one, server, authority]) => ({ ...one, ...server, ...authority }));
    const notify = fc
      .tuple(
        fc.array(mailing, { maxLength: 2 }),
        fc.uniqueArray(webhook, { maxLength: 2, selector: one => one.url }),
        fc.uniqueArray(syslog, { maxLength: 2, selector: one => `${one.address} ${one.port}` }),
        fc.uniqueArray(exec, { maxLength: 2, selector: one => one.file }),
        fc.uniqueArray(xmpp, { maxLength: 2, selector: one => one.room }),
      )
      .map(([...kinds]): Config['notify'] => kinds.flat());
    const octet = fc.nat(255).map(value => value.toString(16).padStart(2, '0'));
    const mac = fc.tuple(octet, octet, octet).map(octets => `00:00:5e:${octets.join(':')}`);
    const vlan = fc.integer({ min: 1, max: 4094 });
    const exporter = fc.record(
      {
        address,
        domains: fc.uniqueArray(fc.nat(0xffffffff), { maxLength: 3 }),
        sampling: fc.integer({ min: 1, max: 0xffffffff }),
        interfaces: fc.uniqueArray(
          fc.record(
            { index: fc.integer({ min: 1, max: 0xffffffff }), vlan: fc.integer({ min: 1, max: 4094 }), as: asn },
            { requiredKeys: ['index', 'as'] },
          ),
          { maxLength: 3, selector: one => `${one.index} ${one.vlan}` },
        ),
      },
      { requiredKeys: ['address', 'domains', 'interfaces'] },
    );
    const probe = fc.record(
      {
        name,
        exporters: fc.uniqueArray(exporter, { minLength: 1, maxLength: 2, selector: one => one.address }),
        neighbors: fc
          .uniqueArray(
            fc
              .tuple(
                asn,
                fc.uniqueArray(mac, { minLength: 1, maxLength: 2 }),
                maybe('vlan', vlan),
                maybe('interface', device),
              )
              .map(([as, macs, ...more]) => ({ as, macs, ...more[0], ...more[1] })),
            { maxLength: 3, selector: one => one.macs[0] },
          )
          .map(list => {
            const known = list.flatMap(({ macs }) => macs);
            return new Set(known).size === known.length ? list : list.slice(0, 1);
          }),
        interfaces: fc.uniqueArray(
          fc
            .tuple(device, maybe('vlan', vlan), fc.constantFrom('in' as const, 'out' as const), maybe('as', asn))
            .map(([given, one, direction, as]) => ({ interface: given, ...one, direction, ...as })),
          { maxLength: 2, selector: one => `${one.interface} ${one.vlan}` },
        ),
        inside: fc.uniqueArray(
          mac.map(text => text.replace(/^00/, '02')),
          { maxLength: 2 },
        ),
        learn: fc.constantFrom([], ['arp' as const], ['bgp' as const], ['arp' as const, 'bgp' as const]),
        members: fc.uniqueArray(
          fc
            .tuple(
              fc.oneof(file, fc.constant('https://ix.example.net/members.json')),
              maybe('lan', fc.constant('192.0.2.0/24')),
            )
            .map(([location, lan]) => ({ location, ...lan })),
          { maxLength: 2, selector: one => one.location },
        ),
        profiles: fc.uniqueArray(fc.constantFrom('nat' as const, 'clamp' as const), { minLength: 1 }),
        retention: seconds(10, 2592000),
        memory: fc.integer({ min: 1024, max: 1 << 20 }).map(value => value * 1024),
        disk: fc.integer({ min: 16, max: 1 << 20 }).map(value => value * 2 ** 20),
        precision: fc.constant(8 as const),
      },
      { requiredKeys: ['name', 'neighbors', 'interfaces', 'inside', 'learn', 'members', 'retention', 'memory'] },
    );
    const lines = fc.oneof(
      fc.constantFrom('juniper' as const, 'cisco' as const, 'conntrack' as const).map(format => ({ format })),
      fc.constantFrom('(?<inside>[\\d.]+) "(?<outside>\\S+)"').map(pattern => ({ pattern })),
    );
    const translator = fc.record({
      conntrack: fc.constant(true),
      files: fc.uniqueArray(
        fc.tuple(file, lines).map(([path, how]) => ({ file: path, ...how })),
        { maxLength: 2, selector: one => one.file },
      ),
      udp: fc.uniqueArray(
        fc.tuple(address, port, lines).map(([at, number, how]) => ({
          ...{ address: at, port: number, ...how },
          allow: ['192.0.2.0/24', '::/0'],
        })),
        { maxLength: 2, selector: one => `${one.address} ${one.port}` },
      ),
      pools: fc.uniqueArray(
        fc.record({
          inside: fc.constant('100.64.0.0/16'),
          outside: fc.constantFrom('192.0.2.0/24', '198.51.100.0/25'),
          reserved: fc.nat(65535),
          dynamic: fc.nat(65535),
        }),
        { selector: one => one.outside },
      ),
    });
    const nothing = { neighbors: [], interfaces: [], inside: [], learn: [], members: [] };
    const follower = fc.record({
      ...{ name, translator, retention: seconds(10, 2592000) },
      memory: fc.integer({ min: 1024, max: 1 << 20 }).map(value => value * 1024),
    });
    const probes = fc.oneof(
      probe,
      follower.map(one => ({ ...nothing, ...one })),
    );
    const ids = fc.record({
      name,
      eveFiles: fc.uniqueArray(file, { minLength: 1, maxLength: 2 }),
      eveSockets: fc.uniqueArray(
        fc
          .tuple(
            fc.constantFrom('/run/eve.sock', '/run/eve "2"').chain(socket),
            fc.constantFrom('stream' as const, 'dgram' as const),
          )
          .map(([at, kind]) => ({ ...at, kind })),
        { maxLength: 2, selector: one => one.path },
      ),
      spools: fc.uniqueArray(file, { maxLength: 2 }),
      signatures: fc.uniqueArray(fc.nat(0xffffffff), { minLength: 1, maxLength: 3 }),
      texts: fc.uniqueArray(words, { maxLength: 2 }),
      categories: fc.uniqueArray(words, { maxLength: 2 }),
      severity: fc.option(fc.integer({ min: 1, max: 255 })),
      packets: fc.integer({ min: 1, max: 64 }),
      budget: fc.record({
        count: fc.integer({ min: 1, max: 10_000 }),
        per: fc.integer({ min: 1, max: 1440 }).map(minutes => minutes * 60_000),
      }),
    });
    const policy = fc.constantFrom('allow' as const, 'deny' as const);
    const withPurposes = <T extends object>(one: T): fc.Arbitrary<T & { purposes?: readonly TracePurpose[] }> =>
      fc
        .option(fc.subarray([...PURPOSES], { minLength: 1 }))
        .map(purposes => (purposes === null ? one : { ...one, purposes }));
    const share = fc.option(fc.nat(3000).map(value => Number((value / 100).toFixed(2)) / 100));
    const places = fc.uniqueArray(fc.record({ address, port }), {
      minLength: 1,
      maxLength: 2,
      selector: one => `${one.address} ${one.port}`,
    });
    const manager = fc.subarray(['btm' as const, 'dtm' as const, 'dpoint' as const]);
    const traceSites = fc.record({
      roles: manager.map(roles => ['itm' as const, ...roles]),
      itm: fc.constant(null),
      listen: places,
      sites: fc.uniqueArray(fc.record({ name, certificate: file, share }), {
        maxLength: 3,
        selector: one => one.name,
      }),
      domains: fc.constant([]),
    });
    const traceback = fc.record({
      listen,
      identity: file,
      certificate: file,
      announce: fc.uniqueArray(fc.record({ address, port }), {
        maxLength: 2,
        selector: one => `${one.address} ${one.port}`,
      }),
      federations: fc.uniqueArray(
        fc
          .record({
            name: words,
            secret: file,
            authority: fc.option(file, { nil: null }),
            in: policy,
            out: policy,
            rate: fc.integer({ min: 1, max: 100_000 }),
          })
          .chain(withPurposes),
        { maxLength: 2, selector: one => one.name },
      ),
      peers: fc.uniqueArray(
        fc
          .record({
            as: asn.filter(as => as !== localAs),
            address,
            port,
            certificate: file,
            checklist: file.map(one => `${one.replace(/["\\]/g, '')}.sig`),
            in: policy,
            out: policy,
            rate: fc.integer({ min: 1, max: 100_000 }),
          })
          .chain(withPurposes),
        { maxLength: 3, selector: one => one.as },
      ),
      hints: fc.integer({ min: 1, max: 0xffffffff }),
      checklists: fc.record({
        ...{ program: file, cache: file, tals: fc.uniqueArray(file, { maxLength: 2 }) },
        recheck: fc.constantFrom(60_000, 600_000, 86_400_000),
      }),
      answer: fc.record({
        detail: fc.constantFrom('none' as const, 'status' as const, 'neighbor-as' as const),
        proof: fc.constantFrom('none' as const, 'prefer' as const, 'require' as const),
        unproved: fc.integer({ min: 0, max: 1000 }),
        coverage: fc.option(fc.nat(10_000).map(value => Number((value / 100).toFixed(2)) / 100)),
        approval: fc.constantFrom('none' as const, 'guessable' as const, 'all' as const),
      }),
      ask: fc.record({
        approval: fc.constantFrom('none' as const, 'guessable' as const),
        purpose: fc.constantFrom(...PURPOSES),
        reference: fc.constantFrom('', 'CASE-7', 'x_1'),
      }),
      measure: fc.record({
        decoys: fc.nat(50).map(value => value / 100),
        canaries: fc.nat(1440).map(value => value * 60_000),
      }),
      sites: traceSites,
    });
    const clients = fc.option(
      fc.record({
        listen: listen.filter(list => list.length > 0),
        allow: fc.uniqueArray(fc.constantFrom('192.0.2.0/24', '2001:db8::/32', '::/0'), { minLength: 1 }),
        rate: fc.integer({ min: 1, max: 1000 }),
      }),
    );
    const bridges = fc.record({
      rid: fc.option(
        fc.record({
          listen,
          identity: fc.record({ key: file, certificate: file }),
          peers: fc.uniqueArray(
            fc.record({
              name,
              url: fc.constantFrom(null, 'https://rid.example.net:4590/'),
              certificate: file,
              in: fc.constantFrom('allow' as const, 'ask' as const, 'deny' as const),
              packets: fc.boolean(),
              rate: fc.integer({ min: 1, max: 1000 }),
            }),
            { maxLength: 3, selector: one => one.name },
          ),
        }),
      ),
      packter: clients,
      intertrack2010: clients,
    });
    const level = fc.constantFrom('debug' as const, 'info' as const, 'warn' as const, 'error' as const);
    return fc
      .record({
        routerId: ipv4,
        localAs: fc.constant(localAs),
        log: fc.tuple(
          level.map(given => ({ to: 'syslog' as const, level: given })),
          fc.tuple(level, file).map(([given, path]) => ({ to: 'file' as const, file: path, level: given })),
        ),
        auditRetain: seconds(30 * 86400, 36_500 * 86400),
        state: file,
        controlSocket: socket('/run/intertrack/control "x"'),
        readerSocket: fc.option(socket('/run/intertrack/reader')),
        probeSocket: socket('/run/intertrack/probe'),
        probeListen: listen,
        probeIdentity: fc.record({ key: file, certificate: file }),
        bgpListen: bgpListen.filter(list => list.length > 0),
        peers: peers(localAs).map(list =>
          list.filter((peer, i) => list.findIndex(other => other.neighbor === peer.neighbor) === i),
        ),
        bmp,
        archive: fc.option(
          fc.record({
            directory: file,
            updates: fc.integer({ min: 1, max: 1440 }).map(minutes => minutes * 60_000),
            rib: fc.integer({ min: 0, max: 10_080 }).map(minutes => minutes * 60_000),
            retain: fc.oneof(fc.constant(0), seconds(3600, 86400)),
            compress: fc.constantFrom('gzip' as const, 'zstd' as const, 'none' as const),
          }),
        ),
        irr: fc.constant(irr),
        rpki: fc.uniqueArray(rpki, { maxLength: 2, selector: one => one.name }),
        whois: fc.option(
          fc.record({
            listen: listen.filter(list => list.length > 0),
            allow: fc.uniqueArray(fc.constantFrom('192.0.2.0/24', '2001:db8::/32', '::/0'), { minLength: 1 }),
            maxConnections: fc.integer({ min: 1, max: 4096 }),
            maxClientConnections: fc.integer({ min: 1, max: 4096 }),
            maxAnswer: fc.integer({ min: 1, max: 1024 }).map(mebi => mebi * 2 ** 20),
            rate: fc.integer({ min: 1, max: 1_000_000 }),
            idleTimeout: seconds(1, 3600),
          }),
        ),
        http: fc.option(
          fc
            .tuple(
              fc.record({
                listen: fc.uniqueArray(fc.record({ address: fc.constantFrom('127.0.0.1', '::1', '192.0.2.1'), port }), {
                  minLength: 1,
                  maxLength: 2,
                  selector: one => `${one.address} ${one.port}`,
                }),
                identity: fc.record({ key: file, certificate: file }),
                tokens: fc.uniqueArray(
                  fc.record({ file, role: fc.constantFrom('reader' as const, 'operator' as const) }),
                  {
                    maxLength: 2,
                    selector: one => one.file,
                  },
                ),
                anonymous: fc.option(fc.constant('reader' as const)),
                rate: fc.integer({ min: 1, max: 100_000 }),
              }),
              maybe('risLive', fc.record({ host: fc.constantFrom(null, 'rrc-tokyo') })),
              maybe('lookingGlass', fc.constant(true as const)),
            )
            .map(([of, live, glass]) => ({ ...of, ...live, ...glass })),
        ),
        duties: fc
          .uniqueArray(fc.constantFrom(...DUTIES), { minLength: 1 })
          .map(some => DUTIES.filter(duty => some.includes(duty))),
        bus: fc.option(
          fc.record({
            servers: fc.uniqueArray(
              fc.constantFrom('tls://nats1.example.net:4222', 'nats://127.0.0.1:4223', 'tls://[2001:db8::1]:4222'),
              { minLength: 1 },
            ),
            authority: fc.option(file),
            identity: fc.option(fc.record({ key: file, certificate: file })),
            credentials: fc.option(file),
            partitions: fc.integer({ min: 1, max: 64 }),
            replicas: fc.integer({ min: 1, max: 5 }),
          }),
        ),
        sharedStore: fc.option(
          fc.record({
            url: fc.constantFrom(
              'postgres://intertrack@db.example.net/cases?sslmode=verify-full',
              'postgres://intertrack@127.0.0.1:5433/cases',
              'postgres://intertrack@db1.example.net,[2001:db8::1]:5433/cases?target_session_attrs=read-write',
            ),
            authority: fc.option(file),
            identity: fc.option(fc.record({ key: file, certificate: file })),
            password: fc.option(file),
          }),
        ),
        watches: fc.uniqueArray(watch, { maxLength: 3, selector: one => one.name }),
        notify,
        groups: fc.constant(groups),
        contacts: fc.option(contacts),
        probes: fc.uniqueArray(probes, { maxLength: 2, selector: one => one.name }),
        ids: fc.uniqueArray(ids, { maxLength: 2, selector: one => one.name }),
        traceback: fc.option(traceback),
        bridges,
      })
      .map(config => {
        const bus = config.sharedStore === null ? null : config.bus;
        return { ...config, bus, duties: bus === null ? DUTIES : config.duties };
      });
  })
  .chain(given =>
    maybe(
      'accepted',
      fc.constant([
        { risk: 'bgp-no-limit' as const, names: ['tyo1', 'osa1'] },
        { risk: 'mail-clear' as const, names: [] },
      ]),
    ).map(accepted => ({ ...given, ...accepted })),
  );
