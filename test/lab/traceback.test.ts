/**
 * Packets with forged sources through real routers, and the traces that find where they came from. The picture of the
 * network is in five-ases.ts: hosts of the far AS and of the side send to the victim past an AS that takes no part.
 */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import type { ProbeStatusRow } from '../../src/control/daemon.ts';
import { writePcap } from '../../src/packet/pcap.ts';
import type { Trace, TraceNode } from '../../src/traceback/trace.ts';
import { until } from '../interop/bgp-peers.ts';
import {
  ASES,
  BEHIND_TUNNEL,
  BYSTANDER,
  FAR,
  type FiveAses,
  HOST,
  hostOf,
  lan4,
  lan6,
  SIDE,
  startFiveAses,
  TRANSIT,
  VICTIM,
} from './five-ases.ts';
import { forgeUdp, fragments } from './forge.ts';
import { findPacket } from './frames.ts';
import { closeLab, type Lab, needLab, openLab } from './lab.ts';
import { send } from './raw-socket.ts';
import { printTable } from './table.ts';

const FORGED4 = '192.0.2.66';
const FORGED6 = '2001:db8:bad::66';
const toVictim = (destination: string, payload = 64) =>
  forgeUdp({ source: destination.includes(':') ? FORGED6 : FORGED4, destination, payload });

/** Windows are sealed when packets of 11 seconds from their begin have come (itprobe(8)); the rest is for a slow machine. */
const SEALING = 30_000;
/** ms of packets before the first one that is traced. */
const LEAD = 4000;
const LINKTYPE_RAW = 101;
/** Exit status of itctl(8). */
const NO_ENTRY = 3;

/** All nodes of a tree that are about an AS. */
function nodesOf(tree: TraceNode, as: number): TraceNode[] {
  return [...(tree.as === as ? [tree] : []), ...tree.children.flatMap(child => nodesOf(child, as))];
}
/** What each AS says, in the order of ASES. */
const verdicts = ({ tree }: Trace) =>
  ASES.map(as => [...new Set(nodesOf(tree, as).map(({ verdict }) => verdict))].join('/') || '-');
const ingressOf = ({ tree }: Trace, as: number) => nodesOf(tree, as).flatMap(({ ingress }) => ingress);

function placeOf({ entry }: Trace): string {
  if (entry === null) return 'not found';
  if (entry.source) return `began in AS${entry.as}`;
  return `AS${entry.as}${entry.via === null ? '' : ` via AS${entry.via}`}`;
}

describe('lab/traceback', function () {
  this.timeout(240_000);
  let lab: Lab | null = null;
  let five: FiveAses;
  const table = [['packet', 'TTL', ...ASES.map(as => `AS${as}`), 'entry', 'ms']];

  const plain = toVictim(lan4(VICTIM, HOST));
  const six = toVictim(lan6(VICTIM, HOST));
  const pieces = fragments(toVictim(lan4(VICTIM, HOST), 3000), 1480);
  const wrapped = toVictim(lan4(VICTIM, BEHIND_TUNNEL));
  const fromSide = toVictim(lan4(VICTIM, HOST));

  before(async function () {
    needLab(this, 'bird', 'birdc', 'perl');
    lab = await openLab();
    five = await startFiveAses(lab);
    // Of what was before its first frame a tap can say nothing, and a trace asks about two seconds before the packet.
    for (const as of [VICTIM, TRANSIT, FAR, SIDE])
      await until(`the taps of AS ${as} have been there for a while`, async () =>
        (await five.daemon(as).rows<ProbeStatusRow>('show', 'probe')).every(
          ({ retained }) => retained !== null && retained.from + LEAD < Date.now(),
        ),
      );
    // From here on the side cannot speak for what its own hosts send.
    await five.tap(SIDE, 'lan').stop();
    await send(lab, hostOf(FAR), plain, six, ...pieces, ...(five.tunnel ? [wrapped] : []));
    await send(lab, hostOf(SIDE), fromSide);
    for (const packet of [plain, six, ...pieces, fromSide]) await arrives(packet);
  });
  after(async function () {
    await closeLab(this, lab);
    if (table.length > 1) printTable(table);
  });

  const arrived = (packet: Buffer) => findPacket(five.captured(VICTIM), packet);
  const arrives = (packet: Buffer) => until('the packet reaches the victim', () => arrived(packet) !== null);

  /** Asks the victim's daemon for the packet with a number in a file. */
  async function ask(file: string, number: number): Promise<Trace> {
    const answer = await five.daemon(VICTIM).itctl('-j', 'trace', 'packet', file, '-n', `${number}`);
    if (answer.stdout === '') throw new Error(answer.stderr);
    const trace = JSON.parse(answer.stdout) as Trace;
    expect(answer.status).to.equal(trace.entry === null ? NO_ENTRY : 0);
    return trace;
  }
  function enter(name: string, ttl: string, trace: Trace): Trace {
    table.push([name, ttl, ...verdicts(trace), placeOf(trace), `${trace.milliseconds}`]);
    return trace;
  }
  /** Traces a packet that has arrived, and enters it into the table. */
  async function trace(name: string, packet: Buffer): Promise<Trace> {
    const { number, ttl } = arrived(packet)!;
    return enter(name, `64 > ${ttl}`, await ask(five.captured(VICTIM), number));
  }

  it('does not say no before the windows are sealed, and then does', async () => {
    const { number } = arrived(fromSide)!;
    const far = async () => nodesOf((await ask(five.captured(VICTIM), number)).tree, FAR)[0]?.verdict;
    let verdict = await far();
    for (const end = Date.now() + SEALING; verdict === 'not-yet' && Date.now() < end; verdict = await far())
      await new Promise(resolve => setTimeout(resolve, 500));
    expect(verdict).to.equal('clear');
  });

  it('knows that a packet of the far AS began there, past the AS that takes no part', async () => {
    const found = await trace('IPv4', plain);
    expect(verdicts(found)).to.deep.equal(['saw', 'saw', 'absent', 'saw', 'clear-partial']);
    expect(found.entry).to.deep.equal({ as: FAR, via: null, source: true });
    expect(ingressOf(found, VICTIM)).to.deep.equal([TRANSIT]);
    expect(ingressOf(found, TRANSIT)).to.deep.equal([BYSTANDER]);
  });

  it('gives the packet one digest before and after the routers, though its TTL and checksum have changed', async () => {
    const itprobe = fileURLToPath(new URL('../../bin/itprobe', import.meta.url));
    const digestAt = async (as: number) => {
      const { number, ttl } = findPacket(five.captured(as), plain)!;
      const { stdout } = await promisify(execFile)(itprobe, ['-d', '-k', five.secret, '-r', five.captured(as)]);
      const columns = stdout.split('\n').map(line => line.split(' '));
      return { ttl, digest: columns.find(([, which]) => which === `${number}`)?.[3] };
    };
    const [sent, received] = [await digestAt(FAR), await digestAt(VICTIM)];
    expect([sent.ttl, received.ttl]).to.deep.equal([64, 60]);
    expect(sent.digest).to.match(/^[0-9a-f]{16}$/);
    expect(received.digest).to.equal(sent.digest);
  });

  it('takes several packets for one attack, and files what was signed so that certificates alone prove it', async () => {
    const victim = five.daemon(VICTIM);
    const numbers = [plain, six, pieces[0]!].map(packet => arrived(packet)!.number);
    const asked = await victim.itctl('-j', 'trace', 'packet', five.captured(VICTIM), '-n', numbers.join(','));
    if (asked.stdout === '') throw new Error(asked.stderr);
    const found = enter('three of one attack', '64 > 60', JSON.parse(asked.stdout) as Trace);
    expect(found).to.deep.include({ packets: 3, need: 2, entry: { as: FAR, via: null, source: true }, unknown: [] });
    expect(nodesOf(found.tree, FAR)[0]).to.include({ packets: 3, signed: 'good', by: FAR });
    // What ASes say that nobody has measured is worth 99 % at most, and here two of them say it.
    expect(found.certainty).to.be.greaterThan(0.98);

    const file = join(lab!.directory, 'evidence.json');
    const document = await victim.itctl('trace', 'export', found.id, '--evidence');
    writeFileSync(file, document.stdout);
    const authorities = [VICTIM, TRANSIT, FAR, SIDE].flatMap(as => [
      '--authority',
      join(lab!.directory, `as${as}.crt`),
    ]);
    const good = await victim.itctl('trace', 'verify', file, ...authorities);
    expect(good.stderr + good.stdout).to.match(new RegExp(`AS${FAR} saw: .*\n  by AS${FAR}, .*: good, vouched for`));
    expect(good.status).to.equal(0);
    // One certificate fewer, and what its AS says is doubted.
    const doubted = await victim.itctl('trace', 'verify', file, ...authorities.slice(2));
    expect(doubted.status).to.equal(1);
    expect(doubted.stdout).to.match(new RegExp(`by AS${VICTIM}, .*: good, but the certificate is neither`));
  });

  it('traces IPv6', async () => {
    const found = await trace('IPv6', six);
    expect(verdicts(found)).to.deep.equal(['saw', 'saw', 'absent', 'saw', 'clear-partial']);
    expect(found.entry).to.deep.equal({ as: FAR, via: null, source: true });
  });

  it('traces each fragment of a datagram', async () => {
    for (const [i, piece] of pieces.entries()) {
      const found = await trace(`fragment ${i + 1} of ${pieces.length}`, piece);
      // As it is, and the datagram it is of: the other fragments are in the capture.
      const epochs = new Set(found.questions.map(({ epoch }) => epoch)).size;
      expect(found.questions).to.have.length(2 * epochs);
      expect(verdicts(found)).to.deep.equal(['saw', 'saw', 'absent', 'saw', 'clear-partial']);
      expect(found.entry).to.deep.equal({ as: FAR, via: null, source: true });
    }
  });

  it('traces a packet that was in a tunnel on its way', async function () {
    if (!five.tunnel) {
      console.log('      skipped: this kernel has no VXLAN');
      this.skip();
    }
    await arrives(wrapped);
    const found = await trace('in VXLAN', wrapped);
    expect(verdicts(found)).to.deep.equal(['saw', 'saw', 'absent', 'saw', 'clear-partial']);
    expect(found.entry).to.deep.equal({ as: FAR, via: null, source: true });
    expect(ingressOf(found, TRANSIT)).to.deep.equal([BYSTANDER]);
  });

  it('clears the far AS of a packet that never passed it', async () => {
    const found = await trace('of the side', fromSide);
    expect(verdicts(found)).to.deep.equal(['saw', 'saw', 'absent', 'clear', 'saw']);
    // Seen going out only; but that it began there is not claimed with a tap stopped.
    expect(found.entry).to.deep.equal({ as: SIDE, via: null, source: false });
  });

  it('finds no entry of a packet that was never sent, and says who is sure', async () => {
    const file = join(lab!.directory, 'never-sent.pcap');
    const time = BigInt(Math.round(arrived(plain)!.time * 1e6));
    writeFileSync(file, writePcap(LINKTYPE_RAW, [{ time, bytes: toVictim(lan4(VICTIM, HOST)) }]));
    const found = enter('never sent', '', await ask(file, 1));
    expect(verdicts(found)).to.deep.equal(['clear', 'clear', '-', 'clear', 'clear-partial']);
    expect(found.entry).to.equal(null);
    expect(found.ambiguity).to.deep.equal([SIDE]);
  });

  it('tells an AS whose probes are stopped from one that has not seen the packet', async () => {
    await five.tap(SIDE, 'border').stop();
    const packet = toVictim(lan4(VICTIM, HOST));
    await send(lab!, hostOf(FAR), packet);
    await arrives(packet);
    const found = await trace('probes stopped', packet);
    expect(verdicts(found)).to.deep.equal(['saw', 'saw', 'absent', 'saw', 'cannot-know']);
    expect(nodesOf(found.tree, FAR).map(({ provisional }) => provisional)).to.deep.equal([true]);
  });
});
