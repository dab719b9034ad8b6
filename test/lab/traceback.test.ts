/**
 * Packets with forged sources through real routers, and the traces that find where they came from:
 *
 *     64500 ---- 64501 ---- 64502 ---- 64503
 *     victim     transit      |        far, its host sends
 *                           64504
 *                           side, its host sends too
 *
 * 64502 takes no part. Every AS forwards by its kernel's routes, which BIRD has learnt by eBGP; every tap is a raw socket
 * on the router's device.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import type { RouteRow } from '../../src/collector/messages.ts';
import type { ProbeStatusRow, TracePeerRow } from '../../src/control/daemon.ts';
import type { Trace, TraceNode } from '../../src/traceback/trace.ts';
import { until } from '../interop/bgp-peers.ts';
import { makeIdentity } from '../traceback/certificates.ts';
import { startBird } from './bird.ts';
import { forgeUdp, fragments } from './forge.ts';
import { findPacket } from './frames.ts';
import { type Daemon, startDaemon, type Tap } from './intertrack.ts';
import { type Lab, needLab, openLab } from './lab.ts';
import { captureTo, murmur, send } from './raw-socket.ts';

const VICTIM = 64500;
const TRANSIT = 64501;
const BYSTANDER = 64502;
const FAR = 64503;
const SIDE = 64504;
const ASES = [VICTIM, TRANSIT, BYSTANDER, FAR, SIDE];
const TAKING_PART = ASES.filter(as => as !== BYSTANDER);
const LINKS = [
  [VICTIM, TRANSIT],
  [TRANSIT, BYSTANDER],
  [BYSTANDER, FAR],
  [BYSTANDER, SIDE],
] as const;
/** Probes of each AS, and the device of its router that each taps. */
const TAPS: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  [VICTIM]: { border: `to${TRANSIT}` },
  [TRANSIT]: { south: `to${VICTIM}`, north: `to${BYSTANDER}` },
  [FAR]: { border: `to${BYSTANDER}`, lan: 'lan' },
  [SIDE]: { border: `to${BYSTANDER}`, lan: 'lan' },
};

/** 10.N.0.0/16 and 2001:db8:N::/48 are the AS's own: .0.1 its router, .0.2 its daemon, .1.0/24 its LAN. */
const ours = (as: number) => as - VICTIM + 1;
const router4 = (as: number) => `10.${ours(as)}.0.1`;
const router6 = (as: number) => `2001:db8:${ours(as)}::1`;
const daemon = (as: number) => `10.${ours(as)}.0.2`;
const lan4 = (as: number, host: number) => `10.${ours(as)}.1.${host}`;
const lan6 = (as: number, host: number) => `2001:db8:${ours(as)}:1::${host}`;
const link4 = (link: number, end: number) => `10.200.${link}.${end + 1}`;
const link6 = (link: number, end: number) => `2001:db8:ff${link}::${end + 1}`;
const routerOf = (as: number) => `as${as}`;
const hostOf = (as: number) => `host${as}`;

const HOST = 10;
/** Second address of the victim's host: what goes there from the far AS travels in a tunnel. */
const BEHIND_TUNNEL = 20;
const FORGED4 = '192.0.2.66';
const FORGED6 = '2001:db8:bad::66';

async function layNetwork(lab: Lab): Promise<void> {
  for (const as of ASES) {
    await lab.host(routerOf(as), [`${router4(as)}/32`, `${router6(as)}/128`, `${daemon(as)}/32`]);
    if (as !== VICTIM && as !== FAR && as !== SIDE) continue;
    const addresses = (host: number) => [`${lan4(as, host)}/24`, `${lan6(as, host)}/64`];
    await lab.host(hostOf(as));
    await lab.link(
      { host: routerOf(as), device: 'lan', addresses: addresses(1) },
      { host: hostOf(as), device: 'eth0', addresses: addresses(HOST) },
    );
    for (const gateway of [lan4(as, 1), lan6(as, 1)])
      await lab.run(hostOf(as), ['ip', 'route', 'add', 'default', 'via', gateway]);
  }
  for (const [link, [a, b]] of LINKS.entries()) {
    const end = (as: number, other: number, which: number) => ({
      host: routerOf(as),
      device: `to${other}`,
      addresses: [`${link4(link, which)}/30`, `${link6(link, which)}/64`],
    });
    await lab.link(end(a, b, 0), end(b, a, 1));
  }
}

async function startRouters(lab: Lab): Promise<void> {
  for (const as of ASES) {
    const neighbors = LINKS.flatMap((ends, link) => {
      const mine = ends.indexOf(as as never);
      if (mine < 0) return [];
      return [link4, link6].map(of => ({ as: ends[1 - mine]!, address: of(link, 1 - mine), local: of(link, mine) }));
    });
    const collector = { as, address: daemon(as), local: router4(as), collector: true };
    await startBird(lab, routerOf(as), {
      as,
      address: router4(as),
      address6: router6(as),
      neighbors: TAKING_PART.includes(as) ? [...neighbors, collector] : neighbors,
      prefixes: [`10.${ours(as)}.0.0/16`, `2001:db8:${ours(as)}::/48`],
    });
  }
  for (const as of TAKING_PART)
    await until(`the kernel of AS${as} has all routes`, async () => {
      const routes = await Promise.all(
        ['-4', '-6'].map(family => lab.run(routerOf(as), ['ip', family, 'route', 'show', 'proto', 'bird'])),
      );
      return routes.every(text => text.split('\n').filter(line => line.includes(' via ')).length >= ASES.length - 1);
    });
}

async function configuration(lab: Lab, as: number): Promise<string> {
  const neighbors = await Promise.all(
    LINKS.flatMap(ends => {
      const mine = ends.indexOf(as as never);
      if (mine < 0) return [];
      const other = ends[1 - mine]!;
      return [lab.mac(routerOf(other), `to${as}`).then(mac => `neighbor as ${other} mac ${mac};`)];
    }),
  );
  const probes = Object.keys(TAPS[as]!).map(name => `probe ${name} { ${neighbors.join(' ')} }\n`);
  const peers = TAKING_PART.filter(other => other !== as).map(
    other => `    peer as ${other} {
        address ${daemon(other)}; certificate "${lab.directory}/as${other}.crt"; in allow; out allow;
    }\n`,
  );
  return `bgp listen ${daemon(as)};
protocol bgp border { neighbor ${router4(as)} as ${as}; local address ${daemon(as)}; ipv4; ipv6; passive; }
${probes.join('')}traceback {
    listen ${daemon(as)};
    identity "${lab.directory}/as${as}.key" certificate "${lab.directory}/as${as}.crt";
    federation "lab" { secret "${lab.directory}/secret"; }
${peers.join('')}    answer { detail neighbor-as; coverage 100%; }
}
`;
}

/** Lays a VXLAN (RFC 7348) from the far AS to the transit, for one address of the victim. False where the kernel has none. */
async function layTunnel(lab: Lab): Promise<boolean> {
  const ends = [FAR, TRANSIT] as const;
  const lay = async (as: number, other: number, address: string) => {
    const tunnel = `type vxlan id 7 local ${router4(as)} remote ${router4(other)} dstport 4789`.split(' ');
    await lab.run(routerOf(as), ['ip', 'link', 'add', 'name', 'tunnel', ...tunnel]);
    await lab.run(routerOf(as), ['ip', 'address', 'add', address, 'dev', 'tunnel']);
    await lab.run(routerOf(as), ['ip', 'link', 'set', 'dev', 'tunnel', 'up']);
  };
  try {
    await lay(ends[0], ends[1], '10.250.0.1/30');
    await lay(ends[1], ends[0], '10.250.0.2/30');
  } catch {
    return false;
  }
  await lab.run(hostOf(VICTIM), ['ip', 'address', 'add', `${lan4(VICTIM, BEHIND_TUNNEL)}/24`, 'dev', 'eth0']);
  await lab.run(routerOf(FAR), ['ip', 'route', 'add', lan4(VICTIM, BEHIND_TUNNEL), 'via', '10.250.0.2']);
  return true;
}

/** All nodes of a tree that are about an AS. */
function nodesOf(tree: TraceNode, as: number): TraceNode[] {
  return [...(tree.as === as ? [tree] : []), ...tree.children.flatMap(child => nodesOf(child, as))];
}
/** What each AS says, in the order of ASES. */
const verdicts = (trace: Trace) =>
  ASES.map(as => [...new Set(nodesOf(trace.tree, as).map(({ verdict }) => verdict))].join('/') || '-');

/** A window is sealed when packets of 11 seconds behind its start have come (itprobe(8)); the rest is for a slow machine. */
const SEALING = 30_000;

describe('lab/traceback', function () {
  this.timeout(90_000);
  let lab: Lab | null = null;
  const daemons = new Map<number, Daemon>();
  const taps = new Map<string, Tap>();
  let tunnel = false;
  const table: string[][] = [['packet', 'TTL', ...ASES.map(as => `AS${as}`), 'entry', 'ms']];
  const captured = (as: number) => join(lab!.directory, `host${as}.pcap`);

  const plain = forgeUdp({ source: FORGED4, destination: lan4(VICTIM, HOST), payload: 64 });
  const six = forgeUdp({ source: FORGED6, destination: lan6(VICTIM, HOST), payload: 64 });
  const whole = forgeUdp({ source: FORGED4, destination: lan4(VICTIM, HOST), payload: 3000 });
  const pieces = fragments(whole, 1480);
  const wrapped = forgeUdp({ source: FORGED4, destination: lan4(VICTIM, BEHIND_TUNNEL), payload: 64 });
  const fromSide = forgeUdp({ source: FORGED4, destination: lan4(VICTIM, HOST), payload: 64 });
  const last = forgeUdp({ source: FORGED4, destination: lan4(VICTIM, HOST), payload: 64 });

  before(async function () {
    needLab(this, 'bird', 'birdc', 'perl');
    lab = await openLab();
    await layNetwork(lab);
    await startRouters(lab);
    tunnel = await layTunnel(lab);
    writeFileSync(join(lab.directory, 'secret'), randomBytes(32).toString('hex'), { mode: 0o600 });
    for (const as of TAKING_PART) makeIdentity(as, lab.directory);
    await Promise.all(
      TAKING_PART.map(async as => {
        const config = await configuration(lab!, as);
        const started = await startDaemon(lab!, routerOf(as), { as, address: daemon(as), config });
        daemons.set(as, started);
        for (const [probe, device] of Object.entries(TAPS[as]!)) taps.set(`${as} ${probe}`, started.tap(probe, device));
      }),
    );
    for (const as of [VICTIM, FAR]) captureTo(lab, hostOf(as), 'eth0', captured(as));
    for (const as of [FAR, SIDE]) murmur(lab, hostOf(as), lan4(VICTIM, HOST));
    for (const as of TAKING_PART) await ready(as);
  });
  after(async () => {
    await lab?.close();
    const widths = table[0]!.map((_, i) => Math.max(...table.map(row => row[i]!.length)));
    if (table.length > 1)
      for (const row of table)
        console.log(`      ${row.map((cell, i) => cell.padEnd(widths[i]!)).join('  ')}`.trimEnd());
  });

  /** The daemon knows the way to the others, has its trace sessions, and its probes see packets. */
  async function ready(as: number): Promise<void> {
    const { rows } = daemons.get(as)!;
    const others = TAKING_PART.filter(other => other !== as);
    for (const other of others)
      await until(`AS${as} has a path to AS${other}`, async () => {
        const routes = await rows<RouteRow>('show', 'route', `10.${ours(other)}.0.0/16`, 'exact');
        return routes[0]?.origin === other;
      });
    const peers = () => rows<TracePeerRow>('show', 'traceback');
    await until(`AS${as} has its trace sessions`, async () =>
      (await peers()).every(({ state }) => state === 'Established'),
    );
    await until(`the probes of AS${as} see packets`, async () =>
      (await rows<ProbeStatusRow>('show', 'probe')).every(({ connected, packets }) => connected && packets > 0),
    );
  }

  const arrived = (packet: Buffer) => findPacket(captured(VICTIM), packet);
  const arrives = (packet: Buffer) => until('the packet reaches the victim', () => arrived(packet) !== null);

  /** Traces a packet that the victim's host has captured, again while windows are not sealed. */
  async function trace(name: string, packet: Buffer, patient = true): Promise<Trace> {
    const { number, ttl } = arrived(packet)!;
    const ask = async () => {
      const { stdout, stderr } = await daemons
        .get(VICTIM)!
        .itctl('-j', 'trace', 'packet', captured(VICTIM), '-n', `${number}`);
      if (stdout === '') throw new Error(stderr);
      return JSON.parse(stdout) as Trace;
    };
    let found = await ask();
    for (const end = Date.now() + SEALING; patient && verdicts(found).includes('not-yet') && Date.now() < end; ) {
      await new Promise(resolve => setTimeout(resolve, 500));
      found = await ask();
    }
    const { entry } = found;
    const place =
      entry === null ? 'not found' : entry.source ? `began in AS${entry.as}` : `AS${entry.as} via AS${entry.via}`;
    table.push([name, `64 > ${ttl}`, ...verdicts(found), place, `${found.milliseconds}`]);
    return found;
  }

  it('knows that a packet of the far AS began there, past the AS that takes no part', async () => {
    await taps.get(`${SIDE} lan`)!.stop();
    await send(lab!, hostOf(FAR), plain, six, ...pieces, ...(tunnel ? [wrapped] : []));
    await send(lab!, hostOf(SIDE), fromSide);
    for (const packet of [plain, six, ...pieces, fromSide]) await arrives(packet);

    const found = await trace('IPv4', plain);
    expect(verdicts(found)).to.deep.equal(['saw', 'saw', 'absent', 'saw', 'clear-partial']);
    expect(found.entry).to.deep.equal({ as: FAR, via: null, source: true });
    expect(nodesOf(found.tree, VICTIM)[0]!.ingress).to.deep.equal([TRANSIT]);
    expect(nodesOf(found.tree, TRANSIT)[0]!.ingress).to.deep.equal([BYSTANDER]);
  });

  it('gives the packet one digest before and after the routers, though its TTL and checksum have changed', async () => {
    const digestOf = async (as: number) => {
      const { number, ttl } = findPacket(captured(as), plain)!;
      const itprobe = fileURLToPath(new URL('../../bin/itprobe', import.meta.url));
      const words = ['-d', '-k', join(lab!.directory, 'secret'), '-r', captured(as)];
      const { stdout } = await promisify(execFile)(itprobe, words);
      const line = stdout.split('\n').find(text => text.split(' ')[1] === `${number}`)!;
      return { ttl, digest: line.split(' ')[3] };
    };
    const [sent, received] = [await digestOf(FAR), await digestOf(VICTIM)];
    expect([sent.ttl, received.ttl]).to.deep.equal([64, 60]);
    expect(received.digest)
      .to.match(/^[0-9a-f]{16}$/)
      .and.equal(sent.digest);
  });

  it('traces IPv6', async () => {
    const found = await trace('IPv6', six);
    expect(verdicts(found)).to.deep.equal(['saw', 'saw', 'absent', 'saw', 'clear-partial']);
    expect(found.entry).to.deep.equal({ as: FAR, via: null, source: true });
  });

  it('traces each fragment of a datagram', async () => {
    for (const [i, piece] of pieces.entries()) {
      const found = await trace(`fragment ${i + 1} of ${pieces.length}`, piece);
      expect(verdicts(found)).to.deep.equal(['saw', 'saw', 'absent', 'saw', 'clear-partial']);
      expect(found.entry?.as).to.equal(FAR);
    }
  });

  it('traces a packet that has travelled in a tunnel on its way', async function () {
    if (!tunnel) {
      console.log('      skipped: this kernel has no VXLAN');
      this.skip();
    }
    await arrives(wrapped);
    const found = await trace('in VXLAN', wrapped);
    expect(verdicts(found)).to.deep.equal(['saw', 'saw', 'absent', 'saw', 'clear-partial']);
    expect(found.entry).to.deep.equal({ as: FAR, via: null, source: true });
  });

  it('clears the far AS of a packet that never passed it', async () => {
    const found = await trace('from the side', fromSide);
    expect(verdicts(found)).to.deep.equal(['saw', 'saw', 'absent', 'clear', 'saw']);
    // Its tap on the LAN is stopped: it cannot claim that the packet came in nowhere.
    expect(found.entry).to.deep.equal({ as: SIDE, via: null, source: false });
  });

  it('tells an AS that cannot know from one that is not sure yet', async () => {
    await taps.get(`${SIDE} border`)!.stop();
    await send(lab!, hostOf(FAR), last);
    await arrives(last);
    const found = await trace('probe stopped', last, false);
    expect(verdicts(found)).to.deep.equal(['saw', 'saw', 'absent', 'saw', 'cannot-know']);
    expect(nodesOf(found.tree, FAR)[0]!.provisional).to.equal(true);
  });
});
