/**
 * An exchange point: a LAN of a Linux bridge with a route server and three members, and an AS that runs InterTrack, which
 * hears of the members from the route server alone:
 *
 *     64501    64502    64503 (IPv6 only)
 *       |        |        |
 *     ====================== 192.0.2.0/24, 2001:db8:1::/64
 *       |                |  \_ the tap: the bridge's port of 64500
 *     route server     64500
 *     64999            router, daemon and probe
 *
 * Member N has .N and ::N on the LAN, and originates 10.N.0.0/16 or 2001:db8:N0::/48.
 */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../interop/bgp-peers.ts';
import { makeIdentity } from '../traceback/certificates.ts';
import { type Daemon, startDaemon } from './intertrack.ts';
import type { Lab } from './lab.ts';
import { captureTo } from './raw-socket.ts';

export const US = 64500;
export const MEMBERS = [64501, 64502, 64503];
const ROUTE_SERVER = 64999;
/** Own address that members send to. */
export const OURS4 = '10.100.0.1';
export const OURS6 = '2001:db8:100::1';

const nOf = (as: number) => as - US;
export const hostOf = (as: number) => `m${nOf(as)}`;
export const lan4 = (host: number) => `192.0.2.${host}`;
export const lan6 = (host: number) => `2001:db8:1::${host}`;
const OUR_HOST = 100;
const SERVER_HOST = 250;
const BRIDGE = 'ix';

export interface Exchange {
  readonly daemon: Daemon;
  /** What arrives at our router. */
  readonly captured: string;
}

/** Has the member both families, or IPv6 alone? */
const speaks4 = (as: number) => as !== 64503;

/** Puts a host on the LAN. */
async function plug(lab: Lab, host: string, addresses: readonly string[], loopback: readonly string[] = []) {
  await lab.host(host, loopback);
  await lab.link({ host: BRIDGE, device: `p${host}`, addresses: [] }, { host, device: 'eth0', addresses });
  await lab.run(BRIDGE, ['ip', 'link', 'set', `p${host}`, 'master', 'br0']);
}

async function layLan(lab: Lab): Promise<void> {
  await lab.host(BRIDGE);
  for (const words of ['link add br0 type bridge', 'link set br0 up'])
    await lab.run(BRIDGE, ['ip', ...words.split(' ')]);
  const both = (host: number) => [`${lan4(host)}/24`, `${lan6(host)}/64`];
  await plug(lab, 'rs', both(SERVER_HOST));
  await plug(lab, 'us', both(OUR_HOST), [`${OURS4}/32`, `${OURS6}/128`]);
  for (const as of MEMBERS) {
    const host = hostOf(as);
    await plug(lab, host, speaks4(as) ? both(nOf(as)) : [`${lan6(nOf(as))}/64`]);
    await lab.run(host, ['ip', 'route', 'add', `${OURS6}/128`, 'via', lan6(OUR_HOST)]);
    if (speaks4(as)) await lab.run(host, ['ip', 'route', 'add', `${OURS4}/32`, 'via', lan4(OUR_HOST)]);
  }
}

interface Session {
  readonly local: string;
  readonly as: number;
  readonly neighbor: string;
  readonly neighborAs: number;
}

/** Starts BIRD with a session for each family; `client`: as a route server of them (RFC 7947). */
function startBird(lab: Lab, host: string, id: number, sessions: readonly Session[], routes: string[], client = false) {
  const isV6 = (text: string) => text.includes(':');
  const statics = (family: string, of: string[]) =>
    `protocol static { ${family}; ${of.map(prefix => `route ${prefix} blackhole;`).join(' ')} }\n`;
  const file = join(lab.directory, `${host}-bird.conf`);
  writeFileSync(
    file,
    `log stderr { warning, error, fatal, bug };
router id ${lan4(id)};
protocol device { scan time 1; }
${statics(
  'ipv4',
  routes.filter(prefix => !isV6(prefix)),
)}${statics('ipv6', routes.filter(isV6))}${sessions
  .map(
    ({ local, as, neighbor, neighborAs }, i) => `protocol bgp n${i} {
  local ${local} as ${as}; neighbor ${neighbor} as ${neighborAs};
  connect delay time 1; connect retry time 1; error wait time 1, 2; strict bind;
  ${client ? 'rs client;' : ''}
  ${isV6(neighbor) ? 'ipv6' : 'ipv4'} { import all; export all; };
}\n`,
  )
  .join('')}`,
  );
  const at = (name: string) => join(lab.directory, `${host}-bird.${name}`);
  lab.start(host, ['bird', '-f', '-c', file, '-s', at('ctl'), '-P', at('pid')]);
}

function startRouters(lab: Lab): void {
  const server = (as: number, host: number, four: boolean): Session[] =>
    [...(four ? [lan4] : []), lan6].map(of => ({
      ...{ local: of(SERVER_HOST), as: ROUTE_SERVER, neighbor: of(host), neighborAs: as },
    }));
  const clients = [...MEMBERS.flatMap(as => server(as, nOf(as), speaks4(as))), ...server(US, OUR_HOST, true)];
  startBird(lab, 'rs', SERVER_HOST, clients, [], true);
  for (const as of MEMBERS) {
    const n = nOf(as);
    const sessions = server(as, n, speaks4(as)).map(({ local, neighbor }) => ({
      ...{ local: neighbor, as, neighbor: local, neighborAs: ROUTE_SERVER },
    }));
    startBird(lab, hostOf(as), n, sessions, [...(speaks4(as) ? [`10.${n}.0.0/16`] : []), `2001:db8:${n}0::/48`]);
  }
}

/** Builds it all in an empty lab, and waits until the daemon has the routes of all members. */
export async function startExchange(lab: Lab): Promise<Exchange> {
  await layLan(lab);
  startRouters(lab);
  writeFileSync(join(lab.directory, 'secret'), randomBytes(32).toString('hex'), { mode: 0o600 });
  makeIdentity(US, lab.directory);
  const daemon = await startDaemon(lab, 'us', {
    as: US,
    address: lan4(OUR_HOST),
    config: `bgp listen ${lan4(OUR_HOST)}; bgp listen ${lan6(OUR_HOST)};
protocol bgp rs4 { neighbor ${lan4(SERVER_HOST)} as ${ROUTE_SERVER}; local address ${lan4(OUR_HOST)}; ipv4; passive; }
protocol bgp rs6 { neighbor ${lan6(SERVER_HOST)} as ${ROUTE_SERVER}; local address ${lan6(OUR_HOST)}; ipv6; passive; }
probe exchange { inside mac ${await lab.mac('us', 'eth0')}; learn arp, bgp; }
traceback {
    listen ${lan4(OUR_HOST)};
    identity "${lab.directory}/as${US}.key" certificate "${lab.directory}/as${US}.crt";
    federation "lab" { secret "${lab.directory}/secret"; }
    answer { detail neighbor-as; coverage 100%; unproved 1000/s; }
}
`,
  });
  const captured = join(lab.directory, 'us.pcap');
  captureTo(lab, 'us', 'eth0', captured);
  // Two threads: ARP comes to one of them, and data to both.
  daemon.capture('exchange', BRIDGE, '-i', 'pus', '-t', '2');
  for (const as of MEMBERS)
    await until(`AS${US} has the route of AS${as}`, async () => {
      const prefix = speaks4(as) ? `10.${nOf(as)}.0.0/16` : `2001:db8:${nOf(as)}0::/48`;
      const [route] = await daemon.rows<{ origin: number }>('show', 'route', prefix, 'exact');
      return route?.origin === as;
    });
  return { daemon, captured };
}

const GRATUITOUS = `
use Socket;
my ($device, $mac, $ip) = @ARGV;
open(my $file, '<', "/sys/class/net/$device/ifindex") or die "$device: $!\\n";
socket(my $socket, 17, SOCK_RAW, unpack('S', pack('n', 3))) or die "socket: $!\\n";
bind($socket, pack('S n l S C C x8', 17, 3, <$file>, 0, 0, 0)) or die "bind: $!\\n";
my $from = pack('H12', $mac =~ tr/://dr);
my $frame = "\\xff" x 6 . $from . pack('n n n C C n', 0x806, 1, 0x800, 6, 4, 2) . $from . inet_aton($ip) . "\\xff" x 6 . inet_aton($ip);
send($socket, $frame, 0) or die "send: $!\\n";`;

/** A host says to all, by ARP, that it has an IP address. */
export async function claim(lab: Lab, host: string, address: string): Promise<void> {
  await lab.run(host, ['perl', '-e', GRATUITOUS, 'eth0', await lab.mac(host, 'eth0'), address]);
}
