import { expect } from 'chai';
import { diffConfig, formatErrors, isOfStart, parseConfig } from '../../src/config/index.ts';

const base = {
  router: 'router id 192.0.2.10; local as 64500; bgp listen;',
  log: 'log syslog;',
  tyo1: 'protocol bgp tyo1 { neighbor 203.0.113.1 as 64496; description "Tokyo"; }',
  osa1: 'protocol bgp osa1 { neighbor 203.0.113.2 as 64496; }',
  bmp: 'protocol bmp station { listen; allow 192.0.2.0/24; }',
  irr: 'irr JPIRR { dump "/srv/jpirr.db"; }',
  watch: 'watch ours { maintainer MAINT-AS64500 in JPIRR; group noc; }',
  group: 'group noc { mail "noc@example.net"; }',
  mail: 'notify mail { from "a@example.net"; smtp "h"; user "u"; password "old"; }',
  probe: 'probe tap1 { neighbor as 64496 mac 00:00:5e:00:53:01; }',
  traceback:
    'traceback { identity "/k" certificate "/c"; peer as 64510 { address 198.51.100.7; certificate "/p"; in allow; } }',
};

const read = (parts: Partial<Record<keyof typeof base | 'more', string>>) => {
  const loaded = parseConfig(Object.values({ ...base, ...parts }).join('\n'), 'c');
  if (!loaded.ok) throw new Error(formatErrors(loaded.errors));
  return loaded.config;
};

/** A change of the base, and what is said of it: `section name how hard|soft: words`. */
const table: [string, Parameters<typeof read>[0], string[]][] = [
  ['nothing', {}, []],
  ['another spelling', { tyo1: base.tyo1.replace('as 64496;', 'port 179 as 0.64496;') }, []],
  [
    'a description',
    { tyo1: base.tyo1.replace('Tokyo', 'Edo') },
    ['peer tyo1 changed soft: peer tyo1: description "Tokyo" is now description "Edo"'],
  ],
  [
    'a hold time and a flag',
    { tyo1: base.tyo1.replace('{', '{ hold time 3m; passive;') },
    ['peer tyo1 changed hard: peer tyo1: now passive; hold time 90s is now hold time 3m'],
  ],
  [
    'a new and a removed peer',
    { osa1: base.osa1.replace('osa1', 'osa2') },
    ['peer osa1 removed hard: peer osa1: removed', 'peer osa2 added hard: peer osa2: added'],
  ],
  [
    'a template that two peers take from',
    {
      more: 'template bgp t { ipv4; }',
      tyo1: base.tyo1.replace('{', 'from t {'),
      osa1: base.osa1.replace('{', 'from t {'),
    },
    ['peer tyo1 changed hard: peer tyo1: no more ipv6', 'peer osa1 changed hard: peer osa1: no more ipv6'],
  ],
  [
    'a password and TTL security of a session',
    { tyo1: base.tyo1.replace('{', '{ password "fresh-key"; ttl security hops 2;') },
    ['peer tyo1 changed hard: peer tyo1: now password "***"; now ttl security hops 2'],
  ],
  [
    'limits of a session',
    { tyo1: base.tyo1.replace('{', '{ maximum prefix 10 warn; maximum prefix ipv6 5 restart;') },
    ['peer tyo1 changed soft: peer tyo1: now maximum prefix 10 warn; now maximum prefix ipv6 5 restart after 15m'],
  ],
  [
    'a range in place of a neighbor',
    { osa1: 'protocol bgp osa1 { neighbor range 203.0.113.0/24 as 64496; limit 5; }' },
    [
      'peer osa1 changed hard: peer osa1: no more neighbor 203.0.113.2 port 179 as 64496; now neighbor range 203.0.113.0/24 as 64496; now limit 5',
    ],
  ],
  [
    'the router id',
    { router: base.router.replace('.10', '.11') },
    ['router id changed hard: router id: router id 192.0.2.10 is now router id 192.0.2.11'],
  ],
  [
    'the port listened on',
    { router: base.router.replace('listen', 'listen port 1790') },
    [
      'listen :: port 179 removed hard: listen :: port 179: removed',
      'listen :: port 1790 added hard: listen :: port 1790: added',
    ],
  ],
  [
    'the log',
    { log: 'log syslog level debug; log stderr;' },
    [
      'log syslog changed soft: log syslog: log syslog level info is now log syslog level debug',
      'log stderr added soft: log stderr: added',
    ],
  ],
  [
    'who may report',
    { bmp: base.bmp.replace('192.0.2.0/24', '192.0.2.0/24, 198.51.100.0/24') },
    ['bmp station changed soft: bmp station: allow 192.0.2.0/24 is now allow 192.0.2.0/24, 198.51.100.0/24'],
  ],
  [
    'what a station takes',
    { bmp: base.bmp.replace('allow', 'rib post-policy; allow') },
    ['bmp station changed hard: bmp station: rib pre-policy is now rib post-policy'],
  ],
  ['an archive', { more: 'archive mrt { rib 2h; }' }, ['archive  added soft: archive: added']],
  [
    'a source of the RPKI and its intervals',
    { more: 'rpki v { rtr "h"; refresh interval 5m; }' },
    ['rpki v added soft: rpki v: added'],
  ],
  [
    'whose alerts are traced',
    { more: 'ids s { eve file "/e"; on alert severity 1; }' },
    ['ids s added soft: ids s: added'],
  ],
  ['no station', { bmp: '' }, ['bmp station removed hard: bmp station: removed']],
  [
    'where a source comes from',
    { irr: 'irr JPIRR { dump "ftp://ftp.example.net/jpirr.db.gz"; nrtm "irr.example.net"; }' },
    [
      'irr JPIRR changed soft: irr JPIRR: dump "/srv/jpirr.db" is now dump "ftp://ftp.example.net/jpirr.db.gz"; now nrtm "irr.example.net" port 43 version 3',
    ],
  ],
  [
    'a source',
    { irr: base.irr.replace('}', 'authoritative; }') },
    ['irr JPIRR changed soft: irr JPIRR: now authoritative'],
  ],
  [
    'a selector',
    { watch: base.watch.replace('group', 'prefix 192.0.2.0/24; group') },
    ['watch ours changed soft: watch ours: now prefix 192.0.2.0/24'],
  ],
  [
    'a group',
    { group: base.group.replace('"noc@example.net"', '"noc@example.net", "b@example.org"') },
    ['group noc changed soft: group noc: mail "noc@example.net" is now mail "noc@example.net", "b@example.org"'],
  ],
  [
    'a password',
    { mail: base.mail.replace('old', 'new') },
    ['notify mail changed soft: notify mail: password is another'],
  ],
  [
    'a second mail server',
    { more: 'notify mail { from "a@example.net"; smtp "h2"; }' },
    ['notify mail 2 added soft: notify mail 2: added'],
  ],
  [
    'a door for probes of other machines',
    { more: 'probe listen 192.0.2.1 port 4955; probe identity "/k" certificate "/c";' },
    [
      'probe listen 192.0.2.1 port 4955 added hard: probe listen 192.0.2.1 port 4955: added',
      'probe identity "/k" certificate "/c" added hard: probe identity "/k" certificate "/c": added',
    ],
  ],
  [
    'what is known of a tap',
    { probe: 'probe tap1 { inside mac 00:00:5e:00:53:99; learn arp, bgp; }' },
    [
      'probe tap1 changed soft: probe tap1: no more neighbor as 64496 mac 00:00:5e:00:53:01; now inside mac 00:00:5e:00:53:99; now learn arp, bgp',
    ],
  ],
  ['no probe', { probe: '' }, ['probe tap1 removed soft: probe tap1: removed']],
  [
    'a trace peer',
    { traceback: base.traceback.replace('in allow;', 'in deny;') },
    ['traceback peer as 64510 changed soft: traceback peer as 64510: in allow is now in deny'],
  ],
  [
    'where a trace peer is',
    { traceback: base.traceback.replace('100.7', '100.8') },
    [
      'traceback peer as 64510 changed hard: traceback peer as 64510: address 198.51.100.7 port 4954 is now address 198.51.100.8 port 4954',
    ],
  ],
  [
    'the control socket',
    { more: 'control socket "/run/x"; probe socket "/run/intertrack/itprobe.sock";' },
    [
      'socket control changed hard: socket control: control socket "/run/intertrack/intertrackd.sock" is now control socket "/run/x"',
    ],
  ],
];

describe('config/diff', () => {
  for (const [what, parts, changes] of table)
    it(what, () =>
      expect(
        diffConfig(read({}), read(parts)).map(
          ({ section, name, how, hard, words }) => `${section} ${name} ${how} ${hard ? 'hard' : 'soft'}: ${words}`,
        ),
      ).to.deep.equal(changes),
    );

  it('says what a daemon that runs takes up at its next start', () => {
    const machines = (host: string, role: string) =>
      read({ more: `${role} bus nats "nats://${host}"; store postgresql "postgres://u@${host}/it";` });
    const changes = diffConfig(machines('127.0.0.1', 'role cases;'), machines('127.0.0.2', 'role collector;'));
    expect(changes.map(one => `${one.name} ${isOfStart(one)}`)).to.deep.equal([
      'role true',
      'bus nats true',
      'store postgresql true',
    ]);
  });

  it('takes another password for a new session, and another limit for nothing', () => {
    const range = (statements: string) =>
      read({ more: `protocol bgp r { neighbor range 10.0.0.0/8 as 64500; ${statements} }` });
    const said = (before: string, after: string) =>
      diffConfig(range(before), range(after)).map(({ hard, words }) => `${hard ? 'hard' : 'soft'}: ${words}`);
    expect(said('password "old";', 'password "new";')).to.deep.equal(['hard: peer r: password is another']);
    expect(said('limit 5;', 'limit 6;')).to.deep.equal(['soft: peer r: limit 5 is now limit 6']);
    expect(said('maximum prefix 5 warn;', 'maximum prefix 6 down;')).to.deep.equal([
      'soft: peer r: maximum prefix 5 warn is now maximum prefix 6 down',
    ]);
  });

  it('takes nothing of what is announced for a new session', () => {
    const peer = (statements: string) =>
      read({ more: `protocol bgp p { neighbor 192.0.2.7 as 64510; ${statements} }` });
    const said = (before: string, after: string) =>
      diffConfig(peer(before), peer(after)).map(({ hard, words }) => `${hard ? 'hard' : 'soft'}: ${words}`);
    const [one, other] = ['prefix 192.0.2.1/32 community 65535:666;', 'prefix 192.0.2.2/32;'];
    expect(said('', `announce { ${one} ${other} }`)).to.deep.equal([
      'soft: peer p: now announce prefix 192.0.2.1/32 community blackhole, prefix 192.0.2.2/32',
    ]);
    expect(said(`announce { ${one} }`, `announce { ${one.replace('65535:666', '64510:666')} ${other} }`)).to.deep.equal(
      [
        'soft: peer p: prefix 192.0.2.1/32 community blackhole is now prefix 192.0.2.1/32 community 64510:666; now prefix 192.0.2.2/32',
      ],
    );
    expect(said(`announce { ${other} }`, '')).to.deep.equal(['soft: peer p: no more announce prefix 192.0.2.2/32']);
  });

  it('shows no password', () => {
    expect(JSON.stringify(diffConfig(read({}), read({ mail: base.mail.replace('old', 'new') })))).to.not.match(
      /old|new/,
    );
  });
});
