import { expect } from 'chai';
import fc from 'fast-check';
import { COMMANDS, commandName, complete } from '../../src/control/commands.ts';
import type { CaseDetail } from '../../src/control/daemon.ts';
import { traceLine } from '../../src/daemon/live.ts';
import { checkChain, readEvidence } from '../../src/hijack/evidence-chain.ts';
import { incidentSummary } from '../../src/hijack/incident-summary.ts';
import { pages, RENDERED, renderAnswer, renderJson } from '../../src/vty/render/answer.ts';
import { table } from '../../src/vty/render/text.ts';
import { duration, instant, octets, percent } from '../../src/vty/render/time.ts';
import { entrySentence } from '../../src/vty/render/trace-sentence.ts';
import { width } from '../../src/vty/render/width.ts';
import { splitWords } from '../../src/vty/words.ts';
import {
  AUDIT,
  CASE,
  DRILL,
  ENTRY_CONTACTS,
  EVIDENCE,
  HTTP,
  LINE,
  MEMORY,
  NOON,
  NOTICES,
  PARTIAL,
  QUALITY,
  RESOLVED,
  ROUTES,
  SAFETY,
  SET_LOOK_UP,
  STATUS,
  SUMMARY,
  scriptedDaemon,
  TESTS,
  TRACE,
  WHOIS,
} from '../control/scripted.ts';

const RID_ENTRY = {
  ...{ number: 7, at: NOON, way: 'in', peer: 'csirt', type: 'TraceRequest', incident: 'csirt.example.net 207-1' },
  ...{ trace: null, state: 'pending', words: 'waits for a person' },
};

const daemon = scriptedDaemon();
const DETAIL: CaseDetail = {
  ...CASE,
  notices: NOTICES,
  refused: ['JPIRR: X-Keiro: "root@localhost" is no plain mail address: refused'],
};

const SILENT = { machine: '192.0.2.20', silent: 'it did not answer within 3 s' };

/** What each command shows, to the letter. */
const SHOWN: readonly [command: string, rows: () => Promise<readonly unknown[]>, text: string][] = [
  [
    'show bgp summary',
    async () => SUMMARY,
    `
Neighbor    V    AS MsgRcvd MsgSent  Up/Down State/PfxRcd Peer Desc
203.0.113.1 4 64496    2851      70 01:02:03         8348 tyo1 border router, Tokyo
203.0.113.5 4 64497       0       0    3d04h       Active osa1
2 peers, 1 established, 8348 prefixes`,
  ],
  [
    'show bgp summary all',
    async () => [...SUMMARY.map(row => ({ ...row, machine: '192.0.2.10' })), SILENT],
    `
Machine    Neighbor    V    AS MsgRcvd MsgSent  Up/Down State/PfxRcd Peer Desc
192.0.2.10 203.0.113.1 4 64496    2851      70 01:02:03         8348 tyo1 border router, Tokyo
192.0.2.10 203.0.113.5 4 64497       0       0    3d04h       Active osa1
2 peers, 1 established, 8348 prefixes
No answer from 192.0.2.20: it did not answer within 3 s`,
  ],
  [
    'show route PREFIX all',
    async () => [
      ...ROUTES.slice(0, 2).map(row => ({ ...row, machine: '192.0.2.10' })),
      { ...ROUTES[0]!, machine: '192.0.2.30' },
      SILENT,
    ],
    `
IRR: V match, v match by a covering object, X mismatch,
     x mismatch with a covering object, - unknown
ROV: V valid, I invalid, N not found
Machine    IRR ROV Prefix       Peer Next hop    Path
192.0.2.10 X   I   192.0.2.0/24 tyo1 203.0.113.1 64496 64666 i
192.0.2.10 V   V                osa1 203.0.113.5 64497 {64500,64501} ?
192.0.2.30 X   I   192.0.2.0/24 tyo1 203.0.113.1 64496 64666 i
No answer from 192.0.2.20: it did not answer within 3 s`,
  ],
  [
    'show bgp neighbor',
    () => daemon.ribQuery({ about: 'neighbor' }),
    `
Peer tyo1, 203.0.113.1 AS64496
  Description:   border router, Tokyo
  State:         Established for 01:02:03, since 2026-03-01 10:57:57Z
  Identifier:    203.0.113.1
  Local address: 203.0.113.2
  Hold time:     90s
  Families:      IPv4 unicast
  4-octet AS:    yes
  Received:      1 open, 2851 update
  Sent:          1 open, 70 keepalive
  Prefixes:      8348 IPv4, 0 IPv6
  Malformed:     2 treated as withdrawn, 1 of another family, ignored

Peer osa1, 203.0.113.5 AS64497
  State:     Active for 3d04h, since 2026-02-26 08:00:00Z
  Received:  none
  Sent:      1 open
  Prefixes:  0 IPv4, 0 IPv6
  Last down: NOTIFICATION received: Cease/Administrative Shutdown`,
  ],
  [
    'show bgp neighbor',
    async () =>
      (await daemon.ribQuery({ about: 'neighbor', peer: 'osa1' })).map(row => ({
        ...row,
        restart: [
          { family: 'IPv4 unicast', state: 'restarting', since: NOON, stale: 8348, left: 90_000, longLivedLeft: null },
          { family: 'IPv6 unicast', state: 'long-lived', since: NOON, stale: 7, left: null, longLivedLeft: 86_400_000 },
        ],
      })),
    `
Peer osa1, 203.0.113.5 AS64497
  State:     Active for 3d04h, since 2026-02-26 08:00:00Z
  Received:  none
  Sent:      1 open
  Prefixes:  0 IPv4, 0 IPv6
  Stale:     8348 IPv4 unicast, since 2026-03-01 12:00:00Z, the peer is awaited, 00:01:30 left
  Stale:     7 IPv6 unicast, since 2026-03-01 12:00:00Z, the peer is awaited for long, 1d00h left
  Last down: NOTIFICATION received: Cease/Administrative Shutdown`,
  ],
  [
    'show bgp neighbor',
    async () =>
      (await daemon.ribQuery({ about: 'neighbor', peer: 'osa1' })).map(row => ({
        ...row,
        protection: {
          range: 'routers',
          password: true,
          leastTtl: 254,
          interface: 'eth0',
          prefixLimits: [
            { family: 'ipv6', most: 1000, action: 'restart', after: 900_000 },
            { family: null, most: 5000, action: 'warn', after: 0 },
          ],
          problems: ['one', 'another'],
        },
      })),
    `
Peer osa1, 203.0.113.5 AS64497
  State:      Active for 3d04h, since 2026-02-26 08:00:00Z
  Mode:       passive, one of routers
  Protection: password (TCP MD5), TTL 254 or more, interface eth0
  Received:   none
  Sent:       1 open
  Prefixes:   0 IPv4, 0 IPv6
  Maximum:    1000 IPv6, then restart; 5000, then warn
  Last down:  NOTIFICATION received: Cease/Administrative Shutdown
  Problem:    one
  Problem:    another`,
  ],
  [
    'show bgp neighbor',
    async () =>
      (await daemon.ribQuery({ about: 'neighbor', peer: 'osa1' })).map(row => ({
        ...row,
        families: ['IPv4 unicast', 'IPv4 vpn', 'IPv6 flowspec'],
        leaks: 12,
        otherRoutes: [
          { family: 'ipv4 vpn', routes: 200_000, refused: 7, ended: true, disabled: '' },
          { family: 'ipv6 multicast', routes: 1, refused: 0, ended: false, disabled: '' },
          { family: 'ipv6 flowspec', routes: 0, refused: 0, ended: false, disabled: 'flow component type 14' },
        ],
        agreement: {
          ours: ['multiprotocol ipv4 unicast', 'extended message'],
          theirs: ['4-octet AS 64497'],
          extendedMessage: true,
          enhancedRefresh: true,
          addPath: ['ipv4 unicast', 'ipv4 vpn'],
          extendedNextHop: ['ipv4 unicast'],
          role: { ours: 'customer', theirs: null },
          restart: null,
          longLived: [],
        },
      })),
    `
Peer osa1, 203.0.113.5 AS64497
  State:        Active for 3d04h, since 2026-02-26 08:00:00Z
  Families:     IPv4 unicast, IPv4 vpn, IPv6 flowspec
  Agreed:       extended messages; enhanced route refresh; several paths of ipv4 unicast, ipv4 vpn; IPv6 next hops of ipv4 unicast
  Role:         customer; the peer says none
  We offer:     multiprotocol ipv4 unicast; extended message
  Peer offers:  4-octet AS 64497
  Received:     none
  Sent:         1 open
  Prefixes:     0 IPv4, 0 IPv6
  Other routes: 200000 ipv4 vpn, 7 more found no room; 1 ipv6 multicast, no End-of-RIB yet; ipv6 flowspec disabled: flow component type 14
  Leaks:        12 routes
  Last down:    NOTIFICATION received: Cease/Administrative Shutdown`,
  ],
  [
    'show route PREFIX',
    async () => [{ ...ROUTES[0], leak: 'route leak: a customer sent ONLY_TO_CUSTOMER 64666' }],
    `
IRR: V match, v match by a covering object, X mismatch,
     x mismatch with a covering object, - unknown
ROV: V valid, I invalid, N not found
IRR ROV Prefix       Peer Next hop    Path
X   I   192.0.2.0/24 tyo1 203.0.113.1 64496 64666 i (route leak: a customer sent ONLY_TO_CUSTOMER 64666)`,
  ],
  [
    'show route PREFIX',
    async () => [
      { ...ROUTES[0], attributes: [{ name: 'MULTI_EXIT_DISC', text: '10' }] },
      { ...ROUTES[1], attributes: [{ name: 'attribute 99', text: '0a0b' }] },
    ],
    `
IRR: V match, v match by a covering object, X mismatch,
     x mismatch with a covering object, - unknown
ROV: V valid, I invalid, N not found
IRR ROV Prefix       Peer Next hop    Path
X   I   192.0.2.0/24 tyo1 203.0.113.1 64496 64666 i
    MULTI_EXIT_DISC 10
V   V                osa1 203.0.113.5 64497 {64500,64501} ?
    attribute 99 0a0b`,
  ],
  [
    'show route family FAMILY',
    async () => [
      {
        ...{ family: 'ipv4 vpn', route: '192.0.2.0/24 rd 65000:1 label 1000', peer: 'tyo1', peerAs: 64496 },
        ...{ peerAddress: '203.0.113.1', nextHop: '203.0.113.9', path: [64496, 64500], originCode: 'IGP' },
        attributes: [
          { name: 'ATOMIC_AGGREGATE', text: '' },
          { name: 'EXTENDED_COMMUNITIES', text: 'rt 65000:1' },
          { name: 'attribute 99', text: '0a0b' },
        ],
      },
      {
        ...{ family: 'ipv4 flowspec', route: 'destination 192.0.2.0/24 protocol ==6', peer: 'osa1', peerAs: 64497 },
        ...{ peerAddress: '203.0.113.5', nextHop: '', path: [], originCode: 'incomplete', attributes: [] },
      },
    ],
    `
192.0.2.0/24 rd 65000:1 label 1000
  from tyo1 via 203.0.113.9, path 64496 64500 i
  ATOMIC_AGGREGATE
  EXTENDED_COMMUNITIES rt 65000:1
  attribute 99 0a0b
destination 192.0.2.0/24 protocol ==6
  from osa1, path ?`,
  ],
  [
    'show route count',
    async () => [
      { peer: 'tyo1', ipv4: 8000, ipv6: 348, others: [{ family: 'ipv4 vpn', routes: 7 }] },
      { peer: 'osa1', ipv4: 0, ipv6: 0 },
    ],
    `
Peer IPv4 IPv6 Other Routes
tyo1 8000  348     7   8355
osa1    0    0     0      0
all  8000  348     7   8355`,
  ],
  [
    'show route PREFIX',
    async () => ROUTES,
    `
IRR: V match, v match by a covering object, X mismatch,
     x mismatch with a covering object, - unknown
ROV: V valid, I invalid, N not found
IRR ROV Prefix       Peer Next hop    Path
X   I   192.0.2.0/24 tyo1 203.0.113.1 64496 64666 i
V   V                osa1 203.0.113.5 64497 {64500,64501} ?`,
  ],
  [
    'show route count',
    () => daemon.ribQuery({ about: 'count' }),
    `
Peer IPv4 IPv6 Routes
tyo1 8000  348   8348
osa1    0    0      0
all  8000  348   8348`,
  ],
  [
    'show case',
    async () => [CASE, RESOLVED],
    `
Case          State    Sev  Knd Prefix       By      Holder  Via     Wit      Age
2026-03-01-01 ongoing  min! sub 192.0.2.0/25 AS64666 AS64500 AS64511 1/2 00:10:00
2026-02-28-01 resolved min  sub 192.0.2.0/25 AS64666 AS64500 AS64511 0/2 01:00:00`,
  ],
  [
    'show case all',
    async () => [RESOLVED],
    `
Case          State    Sev Knd Prefix       By      Holder  Via     Wit      Age
2026-02-28-01 resolved min sub 192.0.2.0/25 AS64666 AS64500 AS64511 0/2 01:00:00`,
  ],
  [
    'show case CASE-ID',
    async () => [DETAIL],
    `
Case 2026-03-01-01: ongoing, critical
Severity:      minor: IRR mismatch-covering and ROV not-found make it major; customer-pa -1 make it minor
Kind:          more-specific
Prefix:        192.0.2.0/25
Announced by:  AS64666 via AS64511
Registered to: AS64500 as 192.0.2.0/24, which covers it
Watches:       ours
Incident:      I2026-03-01-01
Opened:        2026-03-01 11:50:00Z
Lasts:         00:10:00

Hints:
  customer-pa: 192.0.2.0/25 is inside AS64500's 192.0.2.0/24; AS64666 is reached through AS64500: probably its customer. If so, register this object.
    route:      192.0.2.0/25
    origin:     AS64666

Witnesses: 1 hold it now, 2 at most
  Peer    AS State Since                Path
  tyo1 64496 holds 2026-03-01 11:50:00Z 64496 64511 64666
  osa1 64497 gone  2026-03-01 11:59:00Z 64497 64511 64666

Evidence: 1 object
  JPIRR: 192.0.2.0/24 AS64500 maintained by MAINT-AS64500
    route:   192.0.2.0/24
    origin:  AS64500
    mnt-by:  MAINT-AS64500

Timeline:
  2026-03-01 11:50:00Z ongoing: opened: tyo1 holds the route

Recipients: 2
  noc@example.net (x-keiro)
    begin: delivered at attempt 1
  duty@example.net (group noc)
    begin: pending after 3 attempts, next 2026-03-01 12:04:00Z, may have come before at 2026-03-01 11:55:00Z: 451 4.3.0 try again

Channels: 1
  webhook hooks.example.net #1a2b3c4d
    begin: pending after 1 attempt, next 2026-03-01 12:00:30Z: answers 503

Refused: 1
  JPIRR: X-Keiro: "root@localhost" is no plain mail address: refused`,
  ],
  [
    'show case CASE-ID timeline',
    async () => [
      { ...CASE, timeline: [...CASE.timeline, { ...CASE.timeline[0]!, what: 'note: x', by: 'uid 0, pid 1' }] },
    ],
    `
Case 2026-03-01-01: ongoing: 192.0.2.0/25 announced by AS64666
  2026-03-01 11:50:00Z ongoing: opened: tyo1 holds the route
  2026-03-01 11:50:00Z ongoing: note: x (uid 0, pid 1)`,
  ],
  [
    'show case CASE-ID evidence',
    async () => {
      const records = EVIDENCE.map(({ body, hash }) => ({ ...readEvidence(body)!, hash }));
      return [{ case: CASE.id, check: checkChain(CASE.id, EVIDENCE), records }];
    },
    `
Evidence of case 2026-03-01-01: 1 record, the chain is whole
  1 2026-03-01 11:50:00Z ongoing: tyo1 (AS64496) holds it
    SHA-256 ${EVIDENCE[0]!.hash}
    MRT: 2026.03/updates.20260301.1150.gz at 2026-03-01 11:50:00Z
    frozen: state, witnesses, objects, severity, hints, why, upstream, acknowledged, dismissed`,
  ],
  [
    'check evidence CASE-ID',
    async () => [{ case: CASE.id, ...checkChain(CASE.id, EVIDENCE) }],
    `
Evidence of case 2026-03-01-01: 1 record, the chain is whole
SHA-256 ${EVIDENCE[0]!.hash}`,
  ],
  [
    'case ack CASE-ID',
    async () => [{ ...CASE, timeline: [{ ...CASE.timeline[0]!, what: 'acknowledged: called them' }] }],
    `
Case 2026-03-01-01: ongoing; acknowledged: called them`,
  ],
  [
    'case export CASE-ID',
    async () => [{ iodef: '<?xml version="1.0" encoding="UTF-8"?>\n<IODEF-Document/>\n' }],
    `
<?xml version="1.0" encoding="UTF-8"?>
<IODEF-Document/>`,
  ],
  [
    'show incident INCIDENT-ID',
    async () => [
      {
        ...{ summary: incidentSummary([CASE]), cases: [] },
        elsewhere: [
          { partition: 0, machine: '192.0.2.20', cases: 1 },
          { partition: 1, machine: '192.0.2.20', cases: 3 },
          { partition: 3, machine: null, cases: 2 },
        ],
      },
    ],
    `
Incident I2026-03-01-01: 1 case, 1 not over
Severity:  minor
Opened:    2026-03-01 11:50:00Z
Lasts:     00:10:00
Offenders: AS64666
Via:       AS64511
Victims:   AS64500
Elsewhere: 4 at 192.0.2.20 (partition 0, 1); 2 at no machine now (partition 3): as the database has them

no case`,
  ],
  [
    'show incident INCIDENT-ID',
    async () => [{ summary: incidentSummary([CASE, RESOLVED]), cases: [CASE, RESOLVED] }],
    `
Incident I2026-03-01-01: 2 cases, 1 not over
Severity:  minor
Opened:    2026-02-28 06:00:00Z
Lasts:     1d06h
Offenders: AS64666
Via:       AS64511
Victims:   AS64500

Case          State    Sev  Knd Prefix       By      Holder  Via     Wit      Age
2026-03-01-01 ongoing  min! sub 192.0.2.0/25 AS64666 AS64500 AS64511 1/2 00:10:00
2026-02-28-01 resolved min  sub 192.0.2.0/25 AS64666 AS64500 AS64511 0/2 01:00:00`,
  ],
  [
    'show incident',
    async () => [incidentSummary([CASE])],
    `
Incident       Severity Open Cases      Age Offenders Victims Prefixes
I2026-03-01-01 minor       1     1 00:10:00 AS64666   AS64500 192.0.2.0/25`,
  ],
  [
    'watch cases',
    async () => [{ mark: 'a.1' }, { mark: 'a.2', ...LINE }, { leftOut: 7 }, { mark: 'a.2', gap: 'started again' }],
    `
2026-03-01 11:50:00Z 2026-03-01-01 ongoing minor more-specific 192.0.2.0/25 AS64666 1/2 [begin]: ongoing
7 changes left out: they came faster than they were read
started again`,
  ],
  [
    'watch notices',
    async () => NOTICES.slice(0, 1),
    `
2026-03-01 11:50:00Z mail noc@example.net 2026-03-01-01 begin sent after 1 attempt`,
  ],
  [
    'watch probes',
    async () => daemon.probes(),
    `
tap1 up since 2026-03-01 11:00:00Z, 997 packets, 3 lost`,
  ],
  [
    'watch sessions',
    async () => [...SUMMARY, { mark: 'a.1', peer: 'osa1', gone: true }],
    `
tyo1 AS64496 Established since 2026-03-01 10:57:57Z, 8348 prefixes
osa1 AS64497 Active since 2026-02-26 08:00:00Z, 0 prefixes: NOTIFICATION received: Cease/Administrative Shutdown
osa1 is there no more`,
  ],
  [
    'watch sources',
    async () => daemon.irrStatus(),
    `
JPIRR 12000 objects serial 1007
RADB 0 objects out of date: /srv/irr/radb.db: no such file`,
  ],
  [
    'watch status',
    async () => [STATUS],
    `
2026-03-01 12:00:00Z 1 of 2 peers, 8348 prefixes, 1 open case, 1 problem
  session with osa1 is down for 3d04h`,
  ],
  [
    'watch traceback',
    async () => daemon.tracePeers(),
    `
AS64510 198.51.100.7 Established since 2026-03-01 11:00:00Z`,
  ],
  [
    'watch traces',
    async () => [traceLine(PARTIAL, NOON), { mark: 'a.1', ...traceLine({ ...TRACE, caseId: CASE.id }, NOON) }],
    `
2026-03-01 12:00:00Z t20260301-120003-9f3a partial: no entry yet, 1 AS, 5 questions
2026-03-01 12:00:00Z t20260301-120003-9f3a final: entry AS64510, 5 ASes, 5 questions, case 2026-03-01-01`,
  ],
  [
    'show http',
    async () => [HTTP],
    `
Listening on 127.0.0.1:8480 for HTTP
cannot listen for HTTP on 192.0.2.1:8443: listen EADDRNOTAVAIL
Requests:      1 of 64 being answered
Streams:       3 of 128
Looking glass: answers
RIS Live:      as rrc-tokyo, 4711 messages told, 12 left out
Client                             For Subscriptions Told Left out
http token noc from 192.0.2.7 01:00:00             2 4000       12`,
  ],
  [
    'watch all',
    async () => [{ mark: 'a.1' }, { mark: 'a.2', about: 'cases', row: LINE }],
    `
cases: 2026-03-01 11:50:00Z 2026-03-01-01 ongoing minor more-specific 192.0.2.0/25 AS64666 1/2 [begin]: ongoing`,
  ],
  [
    'drill PREFIX AS',
    async () => [DRILL],
    `
Drill of 192.0.2.0/24 by AS64666: case 2026-03-01-02, major, watch ours
Event Channel Recipient        After State
begin mail    noc@example.net  41 ms delivered
begin mail    duty@example.net     - pending after 2 attempts: 451 try again
end   mail    noc@example.net  33 ms delivered`,
  ],
  [
    'show irr',
    () => daemon.irrStatus(),
    `
Source Objects Refused Via  Serial  Changed      Age State
JPIRR    12000       3 nrtm   1007 00:01:00 00:00:05 ok, authoritative
RADB         0       0 file      -    never        - not loaded, /srv/irr/radb.db: no such file

Alarms:
  JPIRR: 2026-03-01 10:00:00Z: nrtm: serials went back`,
  ],
  [
    'reload irr SOURCE',
    async () => [await daemon.reloadIrr('JPIRR', false)],
    `
irr JPIRR: loaded, 12000 route objects`,
  ],
  [
    'show irr NAME',
    async () => (await daemon.irrNamed('AS-EXAMPLE', new AbortController().signal)).rows,
    `
# JPIRR: as-set AS-EXAMPLE, serial 1007, age 00:00:05, changed 2025-01-25, notice was due 2026-01-25, removal 2026-03-26
# comes to 1 AS in 1 set
# missing: AS-GONE
# 1 member cannot be read
# line 2: members: "FOO" is neither AS nor as-set: left out
as-set:  AS-EXAMPLE
members: AS64500, FOO, AS-GONE
source:  JPIRR

1 object`,
  ],
  [
    'show irr PREFIX',
    () => daemon.irrObjects('192.0.2.0/24').then(found => found.map(one => ({ ...one, prefix: '192.0.2.0/24' }))),
    `
# JPIRR: 192.0.2.0/24 AS64500, serial 1007, age 00:00:05, changed 2026-02-28
route:   192.0.2.0/24
descr:   Example
origin:  AS64500
source:  JPIRR

1 object`,
  ],
  [
    'show outbox',
    () => daemon.outbox(),
    `
Channel Recipient                   Case          Event Tries   Due in Last answer
mail    duty@example.net            2026-03-01-01 begin     3 00:04:00 in doubt since 2026-03-01 11:55:00Z: 451 4.3.0 try again
webhook hooks.example.net #1a2b3c4d 2026-03-01-01 begin     1 00:00:30 answers 503`,
  ],
  [
    'show probe PROBE',
    async () => [await daemon.probe('tap1')],
    `
Probe:         tap1
State:         up for 01:00:00
Packets:       997, 3 lost (0.3%), of these 2 by a full ring; 1200 a second now
Windows:       720
Holds:         2026-03-01 11:00:00Z to 2026-03-01 12:00:00Z
Asked:         12 times, last 00:00:30 ago: 5 of 8 digests seen
Holes:         2026-03-01 11:50:00Z for 00:00:10
Memory:        5.0M
Disk:          7.0M
Sampling:      1 of 4 digests is kept
Ring:          50% full at most
Filter:        one a vantage, 16 bits
Last window:   2026-03-01 11:59:40Z, 8000 packets at 8 vantages, 17 bits a packet
Last root:     abababababababababababababababababababababababababababababababab
Chain:         cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd
Reading back:  3 windows to go
Not on disk:   2 windows
Disk refuses:  ENOSPC: no space left on device, write
Dropped early: 1 time for lack of room`,
  ],
  [
    'retention prove',
    async () => (await daemon.retention(null)).rows,
    `
Probe  Epoch Hour                 Windows Root             Key              Created              Destroyed
tap1  492322 2026-03-01 10:00:00Z     360 1212121212121212 0123456789abcdef 2026-03-01 10:00:00Z 2026-03-01 12:00:00Z
tap1  492323 2026-03-01 11:00:00Z     360 5656565656565656 fedcba9876543210 2026-03-01 11:00:00Z no`,
  ],
  [
    'retention prove',
    async () => (await daemon.retention(null)).rows.slice(1),
    `
Probe:     tap1
Hour:      2026-03-01 11:00:00Z (492323)
Windows:   360, 2026-03-01 11:00:00Z to 2026-03-01 12:00:00Z
Root:      5656565656565656565656565656565656565656565656565656565656565656
Key:       fedcba9876543210
Created:   2026-03-01 11:00:00Z
Destroyed: no
Chain:     7878787878787878787878787878787878787878787878787878787878787878`,
  ],
  [
    'show probe PROBE vantages',
    async () => (await daemon.probeVantages('tap1')).rows,
    `
Address           VLAN Interface Way     AS Packets     Seen Known from               Contradicted by
00:00:5e:00:53:01 -    -         both 64496     990 00:00:02 configured
00:00:5e:00:53:02 100  -         both     -       0        - bgp 192.0.2.7, 192.0.2.8 it has addresses of AS 64497, 64498
00:00:5e:00:53:99 -    -         own      -       5 00:00:00 configured
-                 -    eth1      in   64499       2 00:00:00 configured`,
  ],
  [
    'show probe',
    () => daemon.probes(),
    `
Probe State      For Windows    Holds Packets A second Lost
tap1  up    01:00:00     720 01:00:00     997     1200 0.3%`,
  ],
  [
    'show flow',
    () => daemon.flows(),
    `
Probe  Exporter  Sends              Datagrams Packets Records NAT Templates Sampling Lost Refused         Seen
flows1 192.0.2.1 NetFlow 9, sFlow 5      1200    4000    5000  12         4   1:1000   17       6 00:00:02 ago

flows1: 5000 flow records held, 7 datagrams of others, 0 dropped by the kernel`,
  ],
  [
    'show route history PREFIX since TIME',
    async () => (await daemon.routeHistory({ prefix: '192.0.2.0/25', from: 0, to: 1 })).rows,
    `
IRR: V match, v match by a covering object, X mismatch,
     x mismatch with a covering object, - unknown
ROV: V valid, I invalid, N not found
Time                 Event    IRR ROV Prefix       Peer Next hop    Path
2026-03-01 11:00:00Z announce X   I   192.0.2.0/25 tyo1 203.0.113.1 64496 64666 i
2026-03-01 12:00:00Z down             192.0.2.0/25 tyo1`,
  ],
  [
    'show route PREFIX at TIME',
    async () => (await daemon.routesAt({ prefix: '192.0.2.0/25', scope: 'match', time: 0 })).rows,
    `
IRR: V match, v match by a covering object, X mismatch,
     x mismatch with a covering object, - unknown
ROV: V valid, I invalid, N not found
IRR ROV Prefix       Peer Next hop    Path
X   I   192.0.2.0/24 tyo1 203.0.113.1 64496 64666 i
V   V                osa1 203.0.113.5 64497 {64500,64501} ?`,
  ],
  [
    'show traceback pending',
    () => daemon.approvals(),
    `
Question     AS   Via Class     Purpose Reference Packets Of                   Asked Ago      State
p3f9a02c1 64511 64510 guessable attack  CASE-7          1 2026-03-01 11:00:00Z     2 00:00:05 waits, 23:59:00 more
p00000002 64510       high      test                    8 2026-03-01 10:00:00Z     1 00:00:06 denied for 01:00:00 by uid 1000 (taro), pid 7: not of ours`,
  ],
  [
    'trace approve APPROVAL',
    async () => [await daemon.approve('p3f9a02c1', 3_600_000, 'uid 0')],
    `
p3f9a02c1: AS64511 is answered when it asks again, until 2026-03-01 13:00:00Z;
  tell it to do so`,
  ],
  [
    'trace deny APPROVAL reason TEXT',
    async () => [await daemon.deny('p3f9a02c1', 'not of ours', 'uid 0')],
    `
p3f9a02c1: AS64511 is refused until 2026-03-02 11:59:00Z: not of ours`,
  ],
  [
    'show audit',
    async () => AUDIT,
    `
2026-03-01 12:00:00Z 41 query.answered peer=64510 reason="no tap saw it" verdict=clear origin=64511 purpose=attack reference=C-7
2026-03-01 12:00:01Z 42 query.refused peer=64512 reason="policy does not let this peer ask" from=2026-03-01T12:00:00Z hops=64511,64512`,
  ],
  [
    'show audit head',
    async () => [await daemon.auditHead()],
    `
42:2222222222222222222222222222222222222222222222222222222222222222
of 2026-03-01 12:00:01Z; keep it elsewhere, for \`itctl audit verify FILE --head\``,
  ],
  [
    'show archive',
    async () => [await daemon.archive()],
    `
Directory:  /var/lib/intertrack/mrt
Files:      updates of 00:05:00, tables each 08:00:00, kept for 30d00h, gzip
Holds:      300 files, 3.0M, since 2026-02-28 11:00:00Z
Open:       2026.03/updates.20260301.1200.gz
Written:    4711 records, 7 lost, 1 gap
Lag:        00:00:03, 2.0K octets wait for the disk
Verified:   2026.03/updates.20260301.1155.gz, none differs
Last table: 2026-03-01 08:00:00Z
Alarms:
  2026-03-01 11:00:00Z 7 records were lost; from now on they are kept again`,
  ],
  [
    'show traceback',
    () => daemon.tracePeers(),
    `
   AS Address      State            For In    Out  Asked Answered Refused Last error
64510 198.51.100.7 Established 01:00:00 allow deny     5        4       1`,
  ],
  [
    'test notify',
    async () => TESTS,
    `
Channel Recipient                   Ended    ms Answer
mail    noc@example.net             sent     84
webhook hooks.example.net #1a2b3c4d deferred 12 answers 503`,
  ],
  [
    'show memory',
    async () => [MEMORY],
    `
Part                              Octets Holds
IPv4 prefix table                  10.0M 8000 prefixes
attribute sets                     40.0M 1000 sets, 30.0M of it in use
peers' tables                       8.0M 8348 routes
registry snapshot                   5.0M shared by all threads
collector, other buffers            2.0M of sockets, for comparisons, and what was just given up
collector, heap                    30.0M 20.0M of it in use
collector, external                 1.0M what objects hold outside the heap
main thread, heap                  20.0M 12.0M of it in use
main thread, buffers and external   2.0M
counted                           118.0M
Resident: 300.0M, 182.0M more than counted: the program, database and other threads, stacks, allocator.
For each of 8348 routes (prefix and peer): 7285.3 octets of tables, 37682.4 of all that is resident.
One more peer with all 8348 prefixes: 39.1K, and about 30.0M more if its attribute sets are its own.

Peer Routes Octets   Each
tyo1   8348   8.0M 1004.9`,
  ],
  [
    'show peer PEER quality',
    async () => [QUALITY],
    `
Peer tyo1, 203.0.113.1 AS64496, Established for 01:00:00
  Up:           90% of 10:00:00
  Falls:        2, 0 in the last hour
  Near misses:  1 of the hold time
  End-of-RIB:   IPv6 missing; the peer did not say that it sends any
  Routes:       7200; most 9000, 2026-03-01 11:30:00Z
  Last hour:    80% of its most, 9000
  Duplicates:   7 of 100 UPDATEs that were looked at changed nothing
  Malformed:    2 treated as withdrawn, 0 with an attribute discarded, 1 ignored, 0 with path identifiers not agreed on, 3 kept
  Stuck routes: 1, and 2 for less than 10 minutes; 4 tables compared
    192.0.2.0/24 held, by few others or none for 00:15:00
  Fell 2026-03-01 10:59:00Z: received Cease/Administrative Reset
Remarks:
  the table has shrunk to 80% of the last hour's most
  1 route seems stuck
Not known:
  clock: BGP messages bear no time`,
  ],
  [
    'show safety',
    async () => [SAFETY],
    `
Encoder of announcements in the main thread: not loaded
Encoder of announcements in the collector thread: loaded since 2026-03-01 11:00:00Z
1 peer may be told routes: those below, and no others.

Peer Address        AS State       May Told Updates Marks Password TTL
tyo1 203.0.113.1 64496 Established   2    1       2     2 yes      255
osa1 203.0.113.5 64497 Active        0    0       0     0 no       any

Peer tyo1 may be told on order, 4 prefixes at a time, of
  192.0.2.0/23 next hop 203.0.113.3

Peer tyo1 may be told
  192.0.2.1/32 community blackhole, no-export med 10, told
  2001:db8::/48 large community 64500:1:20 next hop 2001:db8::1, not told: the family was not agreed on`,
  ],
  [
    'show rpki',
    () => daemon.rpkiStatus(),
    `
Source       Cache                     State        Version Session Serial   VRPs ASPAs      Age
validators * tcp rpki1.example.net:323 synchronised       2    4711     17 480000    12 00:01:05
validators   /srv/vrps.json            off                -       -      -      0     0        -

Problems:
  validators: /srv/vrps.json: 1 entries cannot be read: roas[7]: no prefix`,
  ],
  [
    'show rpki cache RPKI',
    () => daemon.rpkiStatus(),
    `
Source:     validators
In use:     tcp rpki1.example.net:323
Exceptions: /etc/intertrack/slurm.json: 1 filter, 2 assertions
Problem:    /srv/vrps.json: 1 entries cannot be read: roas[7]: no prefix

Cache:    tcp rpki1.example.net:323
State:    synchronised
Protocol: RTR version 2
Session:  4711, serial 17
Payloads: 480000 VRPs, 12 ASPAs, 1 router key
Age:      00:01:05
Refresh:  01:00:00
Retry:    00:10:00
Expire:   02:00:00
Updates:  9, 1 fault

Cache:    /srv/vrps.json
State:    off
Payloads: 0 VRPs, 0 ASPAs, 0 router keys
Age:      -
Refresh:  00:01:00
Updates:  0
Left out: 2 over their time, 1 that cannot be read`,
  ],
  [
    'show rpki PREFIX',
    async () => (await daemon.rpkiPayloads({ prefix: '192.0.2.0/24' })).rows,
    `
Prefix       Max Origin
192.0.2.0/24  28 AS64500`,
  ],
  [
    'show rpki AS',
    async () => (await daemon.rpkiPayloads({ as: 64500 })).rows,
    `
AS64500 has by ASPA the providers AS64496, AS64497

Prefix       Max Origin
192.0.2.0/24  28 AS64500`,
  ],
  [
    'whois QUERY',
    async () => [await daemon.lookUp('AS64500', null, AbortSignal.abort())],
    `
# from mirror
aut-num: AS64500
source: JPIRR`,
  ],
  [
    'whois set SET',
    async () => [SET_LOOK_UP('AS-TOP')],
    `
# AS-TOP, from whois.example.net port 43, RADB, asked set by set
AS64496 AS64497 AS64498 AS64499 AS64500 AS64501 AS64502 AS64503
AS64504
# nowhere: AS-GONE
# 1 member that cannot be read
9 ASes`,
  ],
  [
    'show whois',
    async () => [WHOIS],
    `
Listens on 127.0.0.1 port 43
Listens on 192.0.2.10 port 43: NOT: cannot listen for whois on 192.0.2.10 port 43: EADDRNOTAVAIL

     17 connections taken
   4711 queries
9000000 octets of answers
      4 queries answered by an error
      1 of them, since the answer would have been too large
      2 queries that waited, since too many came
      3 connections refused: not allowed
      0 connections refused: too many
      5 connections refused: too many from one address
      6 connections ended: nothing was said
      7 connections ended: the answer was not taken
      8 connections ended: a query without end
      0 connections ended: the registry changed in the midst of an answer

Client    Calls itself State        For Queries  Octets
127.0.0.1 bgpq4 1.9    sending 00:00:03      12 2621850
1 client`,
  ],
  [
    'show status',
    async () => [STATUS],
    `
intertrackd 0.1.0, router id 192.0.2.10, AS64500
Running:    1d02h since 2026-02-28 10:00:00Z, pid 4711
Memory:     93.4M
BGP:        1 of 2 peers established, 1 collector
Feeds lost: osa1
Routes:     8348 for 8348 prefixes
Registry:   12000 objects, oldest copy 00:01:00
Cases:      1 open
Outbox:     1 pending, oldest 00:10:00
Probes:     1 of 1 connected
Traceback:  1 of 2 peers established
Problems:
  session with osa1 is down for 3d04h`,
  ],
  [
    'show ids',
    () => daemon.ids(),
    `
suricata, budget 10/1h
Source                               Taken Problem
eve file /var/log/suricata/eve.json 120000
spool /var/spool/pcap                    2 ENOENT: no such file or directory
120000 lines of EVE
     1 of them that could not be read
     0 lines passed over: too long
     2 captures of spools
   311 alerts
    40 of them that a rule names
     3 not traced: the alert has no packet (\`packet: yes\` in suricata.yaml)
     1 not traced: the packet has no digest
    25 not traced: the flow and signature are traced already
     2 not traced: the budget was spent
     0 not traced: too many flows at once
     0 not traced: the trace could not be begun
    11 traces
Latest trace: t20260301-120003-9f3a, 2026-03-01 12:00:03Z
Last error: the budget of 10/1h is spent: alerts are not traced`,
  ],
  [
    'show trace TRACE-ID',
    async () => [
      {
        ...TRACE,
        tree: { ...TRACE.tree, children: [] },
        cause: { ids: 'suricata', signature: 2010935, text: 'ET SCAN x', at: TRACE.time, packets: 3 },
        contacts: ENTRY_CONTACTS,
      },
    ],
    `
Trace t20260301-120003-9f3a, final after 182 ms, 5 questions
Packet of 2026-03-01 12:00:03Z
Begun by ids suricata: signature 2010935 "ET SCAN x", alert of 2026-03-01 12:00:03Z, of 3 packets
Entered at AS64510 via AS64520; no other AS remains possible.
Call AS64510: noc Example NOC, noc@example.net, +81-3-5555-0100 (irr JPIRR)
Call AS64510: abuse, abuse@example.net (rdap)
Call AS64520: no contact known

AS64500 saw from AS64501 3 ms`,
  ],
  [
    'show traceback bridges',
    async () => [
      ...[{ bridge: 'rid', listens: ['192.0.2.10 port 4590'], received: 3, traced: 1, refused: 2, lastError: '' }],
    ],
    `
Bridge Listens at           Received Traced Refused Last error
rid    192.0.2.10 port 4590        3      1       2`,
  ],
  [
    'show rid',
    async () => [
      {
        ...{ name: 'csirt', url: null, in: 'ask', packets: true, rate: 1, received: 3, traced: 1, denied: 2, sent: 0 },
        ...{ failed: 1, lastError: 'it redirects (307), which RID does not' },
      },
    ],
    `
Peer  In           Received Traced Denied Sent Failed URL Last error
csirt ask, packets        3      1      2    0      1 -   it redirects (307), which RID does not`,
  ],
  [
    'show rid requests',
    async () => [RID_ENTRY],
    `
No Time                 Peer       Message      State   Trace Incident
 7 2026-03-01 12:00:00Z from csirt TraceRequest pending -     csirt.example.net 207-1 waits for a person`,
  ],
  ...['rid approve REQUEST', 'rid deny REQUEST', 'trace report TRACE-ID to RIDPEER'].map(
    (command): [string, () => Promise<readonly unknown[]>, string] => [
      command,
      async () => [{ ...RID_ENTRY, state: 'answered', words: 'approved by uid 0' }],
      '\n7: TraceRequest of csirt: answered, approved by uid 0',
    ],
  ),
  [
    'trace export TRACE-ID',
    async () => [{ document: 'digraph "t" {\n}\n' }],
    `
digraph "t" {
}`,
  ],
  [
    'show trace',
    async () => [TRACE],
    `
Trace                 State Here  ms Asked Certain Entry
t20260301-120003-9f3a final saw  182     5       - AS64510 via AS64520`,
  ],
  [
    'show trace',
    async () => [
      { ...PARTIAL, certainty: null },
      { ...TRACE, state: 'cancelled' as const, cancelledBy: 'user root', entry: null },
      { ...TRACE, certainty: 0.99996 },
      { ...TRACE, certainty: 0.5, entry: { as: 64500, via: null, source: true } },
    ],
    `
Trace                 State     Here  ms Asked Certain Entry
t20260301-120003-9f3a live      saw    3     5       - not yet known
t20260301-120003-9f3a cancelled saw  182     5       - not found
t20260301-120003-9f3a final     saw  182     5 >99.99% AS64510 via AS64520
t20260301-120003-9f3a final     saw  182     5  50.00% AS64500 (inside)`,
  ],
  [
    'trace cancel TRACE-ID',
    async () => [{ ...PARTIAL, state: 'cancelled' as const, cancelledBy: 'user root, process 4711' }],
    `
Trace t20260301-120003-9f3a, cancelled after 3 ms, 5 questions
Ended before its time by user root, process 4711
Packet of 2026-03-01 12:00:03Z
Entry not found; no other AS remains possible.

AS64500 saw  0 ms`,
  ],
  [
    'trace set FILE',
    async () => [
      {
        ...{ ...TRACE, packets: 8, need: 4, tree: { ...TRACE.tree, children: [] }, loops: [[64510, 64511, 64510]] },
        reflection: { kind: 'amplifier' as const, service: 'NTP' },
      },
    ],
    `
Trace t20260301-120003-9f3a, final after 182 ms, 5 questions
8 packets of 2026-03-01 12:00:03Z and after, 4 needed at one place
A reply of NTP, as amplifiers send it: the entry is that of the reflector, whose AS can trace the request
Entered at AS64510 via AS64520; no other AS remains possible.
It goes round: AS64510 > AS64511 > AS64510

AS64500 saw from AS64501 3 ms`,
  ],
  [
    'show trace TRACE-ID evidence',
    async () => [
      {
        ...{ ...TRACE, packets: 8, need: 4, certainty: 0.95, ambiguity: [64520, 64502] },
        runnerUp: { as: 64511, via: 64501, certainty: 0.0123 },
        unknown: [
          { as: 64520, verdict: 'absent' as const, reason: 'not asked', retainedFrom: null },
          { as: 64502, verdict: 'expired' as const, reason: 'gone', retainedFrom: TRACE.from + 40_000 },
        ],
      },
    ],
    `
Trace t20260301-120003-9f3a, 8 packets, 4 needed at one place
Entered at AS64510 via AS64520 (95 %); beyond it 1 AS expired 40 s ago, 1
  non-participant remains possible.
Next likeliest: AS64511 behind AS64501 (1.23 %)

AS      Verdict       Seen Windows False Border Lost Kept Likelier Signed by
AS64500 saw            0/8       0     -      -    -    -        - us
AS64510 saw~           0/8       0 0.39%      -    -    -        - us
AS64511 clear-partial  0/8       0     -    50%    -    -        - us
AS64502 silent         0/8       0     -      -    -    -        - us

What they say:
  AS64502: no answer in time

Not ruled out:
  AS64520: absent, not asked
  AS64502: expired, gone; windows from 2026-03-01 12:00:42Z`,
  ],
  [
    'show trace TRACE-ID cost',
    async () => [{ ...TRACE, cost: { budget: 64, here: 2, waves: 1, answers: 3 } }],
    `
Trace t20260301-120003-9f3a
Took:               182 ms
Asked:              1 digest of 1 packet
Queries:            5 of 64 allowed, 2 sent from here in 1 wave
Answers:            3 messages here, partial ones too
ASes that answered: 0
Silent:             AS64502`,
  ],
  [
    'trace packet FILE',
    async () => [TRACE],
    `
Trace t20260301-120003-9f3a, final after 182 ms, 5 questions
Packet of 2026-03-01 12:00:03Z
Entered at AS64510 via AS64520; no other AS remains possible.

AS64500       saw           from AS64501    3 ms
├─ AS64501    absent                             takes no part
│  ├─ AS64510 saw~          from AS64520  182 ms false positive 0.39%
│  └─ AS64511 clear-partial                94 ms 50% of its border seen
└─ AS64502    silent                     2000 ms no answer in time`,
  ],
  ...(['clear', 'disable', 'enable', 'refresh'] as const).map(
    what =>
      [
        `${what} bgp PEER`,
        async () => [{ peer: 'tyo1', done: 'the session is reset' }],
        '\ntyo1: the session is reset',
      ] satisfies (typeof SHOWN)[number],
  ),
  [
    'check route PREFIX AS',
    async () => [await daemon.checkRoute({ prefix: '192.0.2.0/24', as: 64666, path: null, from: 'provider' })],
    `
192.0.2.0/24 AS64666: critical
Path: 64496 64666
IRR:  mismatch: objects for the prefix have AS64500, not AS64666
ROV:  invalid (as): AS64500 may, AS64666 not
ASPA: invalid: AS64666 does not have AS64496 for a provider

Objects:
  Source Prefix       Origin  Maintainer
  JPIRR  192.0.2.0/24 AS64500 MAINT-AS64500 decides
  RADB   192.0.2.0/24 AS64666 MAINT-AS64666 a better source has the prefix: does not count, contradicted by the RPKI (as)
  RADB   192.0.0.0/16 AS64500 MAINT-AS64500 a hole of it: says nothing

VRPs:
  Prefix       Max Origin
  192.0.2.0/24  24 AS64500

Hops, from the origin on:
  AS64666 - AS64496: by AS64666, AS64496 is no provider of it; by AS64496, AS64666 is no provider of it

Missing or in doubt:
  rpki caches has not been refreshed for two hours

Held now:
  Peer IRR      ROV     Path
  tyo1 mismatch invalid 64496 64666`,
  ],
  [
    'explain PREFIX AS',
    async () => [await daemon.explain({ prefix: '192.0.2.0/24', as: 64666, path: null, from: 'provider' })],
    `
192.0.2.0/24 AS64666: critical, as of 2026-03-01 12:00:00Z
IRR:      mismatch: objects for the prefix have AS64500, not AS64666
ROV:      invalid (as): AS64500 may, AS64666 not
Together: IRR mismatch and ROV invalid: critical
Watched:  ours, by maintainer MAINT-AS64500 of JPIRR's object 192.0.2.0/24 AS64500
Held:     AS64500 at 41 peers, AS64666 at 1 peer
Cases:    2026-03-01-01 ongoing

Route objects that touch it, those of the longest prefix that has any decide:
  JPIRR 192.0.2.0/24 AS64500, by MAINT-AS64500, changed 2025-04-01, removed on 2026-06-01 unless touched, decides
  RADB 192.0.2.0/24 AS64666, by MAINT-AS64666, does not count, for a better source has the prefix, contradicted by the RPKI (as)
  RADB 192.0.0.0/16 AS64500, by MAINT-AS64500, does not speak for this part (holes)

Sources:
  JPIRR: 12000 objects, authoritative, serial 1007, 00:00:05 old
  RADB: not loaded, what it would say is not known, no such file or directory

VRPs that cover it:
  192.0.2.0/24 up to /24 AS64500

RPKI data:
  caches: tcp 192.0.2.9:3323, serial 77, 02:30:00 old, tcp 192.0.2.9:3323: stale, not refreshed for more than 2 hours; it stays in use

Path 64496 64666, at tyo1:
  ASPA invalid: AS64666 does not have AS64496 for a provider
  From our customer: it must go up all the way
  AS64666 - AS64496: by AS64666, AS64496 is no provider of it; by AS64496, AS64666 is no provider of it
  ONLY_TO_CUSTOMER 64496
  route leak: a customer sent ONLY_TO_CUSTOMER 64496

2 paths more

What would change it:
  if there were an object 192.0.2.0/24 AS64666 in an authoritative source: IRR match, ROV invalid, minor
  if AS64666 had a ROA for 192.0.2.0/24: IRR mismatch, ROV valid, for information
  if the object for 192.0.2.0/24 went: IRR match, ROV invalid, minor`,
  ],
  [
    'explain route PREFIX',
    async () =>
      (await daemon.explainHeld('192.0.2.1', null)).map(one => ({
        ...one,
        paths: [],
        vrps: [],
        rpki: [],
        sources: [],
        hints: [],
        whatIf: [],
        watches: [],
        holders: [],
        cases: [],
        morePaths: 0,
        objects: [],
      })),
    `
192.0.2.0/24 AS64666: critical, as of 2026-03-01 12:00:00Z
IRR:      mismatch: objects for the prefix have AS64500, not AS64666
ROV:      invalid (as): AS64500 may, AS64666 not
Together: IRR mismatch and ROV invalid: critical
Watched:  no
Held:     by no peer

Sources:
  none is configured

RPKI data:
  none is configured`,
  ],
  [
    'show drift',
    async () => {
      const nothing = {
        watched: 0,
        announced: [],
        silent: [],
        waiting: 0,
        expiring: [],
        contradicted: [],
        strangers: [],
      };
      return [{ ...(await daemon.drift(90)), ...nothing }];
    },
    `
0 routes registered in watched space; what was seen is kept since 2025-11-21 12:00:00Z, for 100d00h

No registered route is watched: see \`watch\` in intertrackd.conf(5).`,
  ],
  [
    'show drift',
    async () => [await daemon.drift(90)],
    `
412 routes registered in watched space; what was seen is kept since 2025-11-21 12:00:00Z, for 100d00h

Announced, and not registered:
  Prefix          Origin  Peers
  198.51.100.0/24 AS64500 12

Registered, and not announced for 90 days:
  Source Prefix         Origin  Last seen
  JPIRR  192.0.2.0/25   AS64500 2025-11-03
  JPIRR  192.0.2.128/25 AS64500 never

3 routes registered and not announced now, but not known for so long

About to be removed by their registry:
  Source Prefix       Origin  Removal
  JPIRR  192.0.2.0/24 AS64500 2026-04-01 warned of

Registered, and invalid by the RPKI:
  Source Prefix       Origin  Reason
  JPIRR  192.0.2.0/25 AS64500 length AS64500 may announce up to /24, not /25

Of others, for prefixes of ours or inside them:
  What Prefix          Origin  Maintainer First seen
  RADB 192.0.2.0/24    AS64666 MAINT-X    2026-03-01 11:59:00Z
  VRP  192.0.2.0/24-25 AS64666            before that`,
  ],
  ['reload', async () => [await daemon.reload()], '\nprotocol bgp osa1: description changed'],
  [
    'config check',
    async () => [await daemon.configCheck()],
    `
/etc/intertrack/intertrackd.conf:7:1: risk bgp-no-limit: peer tyo1 of another AS may send any number of routes, expected \`maximum prefix\`
  protocol bgp tyo1 {
  ^~~~~~~~~~~~~~~~~
0 errors, 0 warnings, 1 risk`,
  ],
  ['config diff', async () => [await daemon.configDiff()], '\npeer tyo1: added (closes or opens what it is about)'],
  ['config show', async () => [{ config: await daemon.configText() }], '\nrouter id 192.0.2.10;\nlocal as 64500;'],
  ['show config', async () => [{ config: await daemon.configText() }], '\nrouter id 192.0.2.10;\nlocal as 64500;'],
  [
    '?',
    async () => {
      const found = await complete(daemon, ['show', 'case', '']);
      return 'error' in found ? [] : found;
    },
    `
  open     Those neither resolved nor dismissed (the default)
  all      All of them, however long ago
  CASE-ID  number of a case, such as 2026-03-01-01
  detail   All about them, with the why-record
  timeline What happened, line by line
  evidence What was frozen, and whether the chain is whole
  <Enter>  Cases, the latest first
  now: 2026-03-01-01 2026-02-28-01`,
  ],
];

describe('vty/render', () => {
  for (const [command, rows, text] of SHOWN)
    it(`shows "${command}"`, async () => {
      expect(`\n${renderAnswer(command, await rows(), NOON).join('\n')}`).to.equal(text);
    });

  it('sums up many witnesses of a case, one of each AS and holders first, and names all in its details', () => {
    const witnesses = Array.from({ length: 100 }, (_, i) => ({
      ...CASE.witnesses[0]!,
      peer: `p${i}`,
      as: 64500 + (i % 50),
      state: i < 50 ? ('gone' as const) : ('holds' as const),
    }));
    const shown = renderAnswer('show case CASE-ID', [{ ...DETAIL, witnesses }], NOON);
    const rows = shown.filter(line => /^ +p\d+ +\d+ /.test(line));
    expect([rows.length, rows[0], rows.filter(row => row.includes('gone'))]).to.deep.equal([
      20,
      '  p50  64500 holds 2026-03-01 11:50:00Z 64496 64511 64666',
      [],
    ]);
    expect(shown).to.include(`  and 80 more: show case ${CASE.id} detail`);
    const all = renderAnswer('show case CASE-ID detail', [{ ...DETAIL, witnesses }], NOON);
    expect(all.filter(line => /^ +p\d+ +\d+ /.test(line))).to.have.length(100);
  });

  it('tells how far tables and copies of a registry are that are still to come', () => {
    const up = { ...SUMMARY[0]!, loading: true as const, since: NOON - 10_000 };
    expect(renderAnswer('show bgp summary', [up, { ...up, peer: 'osa1' }, SUMMARY[0]], NOON).at(-1)).to.equal(
      'Tables: 1 of 3 whole (33%); still to come of tyo1, osa1: 16696 routes so far, 1670 a second',
    );
    const status = { ...STATUS, loading: { peers: ['tyo1'], routes: 8348, rate: null } };
    expect(renderAnswer('show status', [status], NOON)).to.include(
      'Tables:     0 of 1 whole (0%); still to come of tyo1: 8348 routes so far',
    );
    const many = { peers: ['a', 'b', 'c', 'd', 'e', 'f'], routes: 1, rate: 5 };
    expect(renderAnswer('show status', [{ ...STATUS, established: 6, loading: many }], NOON).join()).to.include(
      'still to come of a, b, c, d, e and others: 1 route so far, 5 a second',
    );
  });
  it('tells how far a copy of a registry is read', async () => {
    const rows = await daemon.irrStatus();
    const reading = { octets: 3 * 2 ** 20, objects: 4711 };
    expect(renderAnswer('show irr', [{ ...rows[0]!, loaded: null, reading }], NOON)[1]).to.match(
      /not loaded, reading a copy: 4711 route objects, 3\.0M so far, authoritative$/,
    );
  });
  it('has a rendering for every command', () => {
    expect(RENDERED.toSorted()).to.deep.equal(['?', ...COMMANDS.map(commandName)].toSorted());
  });

  it('shows routes page by page as on one: columns stay, headings and prefixes do not come again', () => {
    const render = pages('show route PREFIX');
    const [first, second] = [render([ROUTES[0]], NOON), render([ROUTES[1]], NOON)];
    const whole = renderAnswer('show route PREFIX', ROUTES, NOON);
    expect([...first, ...second]).to.deep.equal(whole);
    expect(render([{ ...ROUTES[1]!, pathId: 7 }], NOON)[0]).to.match(/^IRR ROV Prefix +Peer Path id/);
  });

  it('says that nothing can leave, and what stays loaded when nothing may', () => {
    const quiet = SAFETY.peers.map(peer => ({ ...peer, may: [], told: [], mitigate: null }));
    const shown = (encoder: number | null) =>
      renderAnswer('show safety', [{ threads: [{ thread: 'collector', encoder }], peers: quiet }], NOON);
    expect(shown(null).slice(0, 2)).to.deep.equal([
      'Encoder of announcements in the collector thread: not loaded',
      'No route can leave this daemon.',
    ]);
    expect(shown(NOON)[1]).to.match(/^No peer may be told a route; what was loaded stays/);
  });

  it('says that a route leaves on order only', () => {
    const peers = SAFETY.peers.map(peer => ({ ...peer, may: [], told: [] }));
    const shown = renderAnswer('show safety', [{ threads: [], peers }], NOON);
    expect(shown[0]).to.equal('No route leaves this daemon unless it is ordered by `mitigate announce`.');
  });

  it('says in a word that there is nothing', () => {
    for (const [command, text] of [
      ['show case', 'no case'],
      ['show outbox', 'nothing is pending'],
      ['show probe', 'no probe'],
      ['show flow', 'no probe of flows is connected'],
      ['show ids', 'no ids: see `ids` in intertrackd.conf(5)'],
      ['show trace', 'no trace'],
      ['show traceback', 'no traceback peer'],
    ] as const)
      expect(renderAnswer(command, [], NOON)).to.deep.equal([text]);
  });

  it('shows rows of a command it does not know as JSON', () => {
    expect(renderAnswer('show weather', [{ sky: 'blue' }], NOON)).to.deep.equal(['{"sky":"blue"}']);
  });

  it('keeps the summary, routes and traces of usual names within 80 columns', () => {
    for (const [command, rows] of [
      ['show route PREFIX', ROUTES],
      ['show case', [CASE]],
      ['show trace', [TRACE]],
      ['trace packet FILE', [TRACE]],
      ['show trace TRACE-ID evidence', [{ ...TRACE, tree: { ...TRACE.tree, reason: 'w '.repeat(90) } }]],
      ['show trace TRACE-ID cost', [TRACE]],
    ] as const)
      for (const line of renderAnswer(command, rows, NOON)) expect(width(line), line).to.be.at.most(80);
  });

  it('lets no text from outside steer the terminal', () => {
    const evil = { ...SUMMARY[0]!, description: '\x1b]0;owned\x07\u202egnp.exe\nsecond line' };
    const lines = renderAnswer('show bgp summary', [evil], NOON);
    expect(lines).to.have.length(3);
    expect(lines[1]).to.match(/\\u\{1b\}\]0;owned\\u\{7\}\\u\{202e\}gnp\.exe second line$/);
    const undated = { created: null, changed: null, lastModified: null, due: null, serial: null, age: null };
    const object = { source: 'X', prefix: '::/0', origin: 1, text: 'descr: \x9b31m', ...undated };
    expect(renderAnswer('show irr PREFIX', [object], NOON)[1]).to.equal('descr: \\u{9b}31m');
  });

  it('gives one JSON document', () => {
    expect(JSON.parse(renderJson(SUMMARY, false))).to.deep.equal(SUMMARY);
    expect(JSON.parse(renderJson([STATUS], true))).to.deep.equal(STATUS);
    expect(renderJson([], false)).to.equal('[]');
  });
});

describe('vty/render: the entry of a trace', () => {
  const sentences: readonly [string, Parameters<typeof entrySentence>[0]][] = [
    ['Entry not yet known; no other AS remains possible.', PARTIAL],
    ['Entry not found; 2 ASes remain possible: AS64520 AS64530.', { ...TRACE, entry: null, ambiguity: [64520, 64530] }],
    [
      'Traced to AS64510, which does not say from where it came, so that each neighbor of it remains possible.',
      { ...TRACE, entry: { as: 64510, via: null, source: false } },
    ],
    [
      'Began inside AS64510; 1 AS remains possible: AS64520.',
      { ...TRACE, entry: { as: 64510, via: null, source: true }, ambiguity: [64520] },
    ],
    ['Entered at AS64510 via AS64520 (99.98 %); no other AS remains possible.', { ...TRACE, certainty: 0.99989 }],
    [
      'Entered at AS64510 via AS64520 (over 99.99 %); beyond it 3 ASes cannot know, 1 AS expired 40 s ago, 12 non-participants remain possible.',
      {
        ...{ ...TRACE, certainty: 0.999999, ambiguity: Array.from({ length: 16 }, (_, i) => 64600 + i) },
        unknown: Array.from({ length: 16 }, (_, i) => ({
          as: 64600 + i,
          verdict: i < 3 ? ('cannot-know' as const) : i === 3 ? ('expired' as const) : ('absent' as const),
          reason: '',
          retainedFrom: i === 3 ? TRACE.from + 40_000 : null,
        })),
      },
    ],
  ];
  for (const [text, trace] of sentences)
    it(text, () => {
      expect(entrySentence(trace)).to.equal(text);
    });
});

describe('vty/render: figures', () => {
  const durations: readonly [number, string][] = [
    [-5, '00:00:00'],
    [999, '00:00:00'],
    [3_723_000, '01:02:03'],
    [86_399_000, '23:59:59'],
    [86_400_000, '1d00h'],
    [76 * 3_600_000, '3d04h'],
    [400 * 86_400_000, '400d00h'],
  ];
  for (const [milliseconds, text] of durations)
    it(`${milliseconds} ms is ${text}`, () => {
      expect(duration(milliseconds)).to.equal(text);
    });
  it('shows instants in UTC, and does not fail on an impossible one', () => {
    expect(instant(NOON)).to.equal('2026-03-01 12:00:00Z');
    expect(instant(9e15)).to.equal('9000000000000000');
  });
  it('shows octets and shares', () => {
    expect([0, 1023, 1024, 97_910_784, 5e12].map(octets)).to.deep.equal(['0', '1023', '1.0K', '93.4M', '4.5T']);
    expect([0, 0.0039, 0.5, 1].map(percent)).to.deep.equal(['0%', '0.39%', '50%', '100%']);
  });
  it('aligns wide characters and combining marks', () => {
    expect(width('経路奉行')).to.equal(8);
    expect(width('e\u0301')).to.equal(1);
    expect(
      table(
        [{ head: 'A' }, { head: 'B' }],
        [
          ['経路', 1],
          ['abc', 2],
        ],
      ),
    ).to.deep.equal(['A    B', '経路 1', 'abc  2']);
  });
});

describe('vty/words', () => {
  const lines: readonly [string, readonly string[], string, number, boolean][] = [
    ['', [], '', 0, false],
    ['  show  bgp ', ['show', 'bgp'], '', 12, false],
    ['sh b', ['sh', 'b'], 'b', 3, false],
    ['t p "a b.pcap"', ['t', 'p', 'a b.pcap'], 'a b.pcap', 4, false],
    ['t p "a \\" b', ['t', 'p', 'a " b'], 'a " b', 4, true],
    ['t ""', ['t', ''], '', 2, false],
  ];
  for (const [line, words, last, lastAt, open] of lines)
    it(`splits ${JSON.stringify(line)}`, () => {
      expect(splitWords(line)).to.deep.equal({ words, last, lastAt, open });
    });
  it('gives back words that were quoted', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), words => {
        const line = words.map(word => `"${word.replace(/["\\]/g, '\\$&')}"`).join(' ');
        expect(splitWords(line).words).to.deep.equal(words);
      }),
    );
  });
});
