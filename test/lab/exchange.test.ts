/**
 * At an exchange point nobody has typed the MAC addresses of the members: the probe learns them from ARP and Neighbor
 * Discovery, and from the next hops that the daemon hears of from the route server. The picture is in exchange.ts.
 */
import { expect } from 'chai';
import type { VantageRow } from '../../src/probe/neighbors/vantage-rows.ts';
import type { Trace } from '../../src/traceback/trace.ts';
import { until } from '../interop/bgp-peers.ts';
import { claim, type Exchange, hostOf, lan4, lan6, MEMBERS, OURS4, OURS6, startExchange, US } from './exchange.ts';
import { forgeUdp } from './forge.ts';
import { findPacket } from './frames.ts';
import { closeLab, type Lab, needLab, openLab } from './lab.ts';
import { murmur, send } from './raw-socket.ts';

const forged4 = () => forgeUdp({ source: '198.51.100.66', destination: OURS4, payload: 64 });
const forged6 = () => forgeUdp({ source: '2001:db8:bad::66', destination: OURS6, payload: 64 });

describe('lab/exchange', function () {
  this.timeout(240_000);
  let lab: Lab | null = null;
  let exchange: Exchange;

  before(async function () {
    needLab(this, 'bird', 'perl');
    lab = await openLab();
    exchange = await startExchange(lab);
    for (const as of MEMBERS) murmur(lab, hostOf(as), as === 64503 ? OURS6 : OURS4);
  });
  after(async function () {
    await closeLab(this, lab);
  });

  const vantages = () => exchange.daemon.rows<VantageRow>('show', 'probe', 'exchange', 'vantages');
  /** Sends a packet from a member, and asks where it came in. */
  async function ingressOf(as: number, packet: Buffer): Promise<readonly number[]> {
    await send(lab!, hostOf(as), packet);
    await until('the packet arrives', () => findPacket(exchange.captured, packet) !== null);
    const { number } = findPacket(exchange.captured, packet)!;
    let found: readonly number[] = [];
    await until('the probe has seen it', async () => {
      const { stdout } = await exchange.daemon.itctl('-j', 'trace', 'packet', exchange.captured, '-n', `${number}`);
      const { tree } = JSON.parse(stdout) as Trace;
      found = tree.ingress;
      return tree.as === US && tree.verdict === 'saw';
    });
    return found;
  }

  it('learns which member each address is of', async () => {
    let asked = performance.now();
    await until('all members are known', async () => {
      // One that resolved its router before the probe listened would ask again only when its kernel doubts the answer.
      if (performance.now() > asked + 5000) {
        asked = performance.now();
        for (const as of MEMBERS) await lab!.run(hostOf(as), ['ip', 'neigh', 'flush', 'dev', 'eth0']);
      }
      const known = new Set((await vantages()).flatMap(({ as, packets }) => (packets > 0 && as !== null ? [as] : [])));
      return MEMBERS.every(as => known.has(as));
    });
    const rows = await vantages();
    for (const as of MEMBERS) {
      const mac = await lab!.mac(hostOf(as), 'eth0');
      const row = rows.find(one => one.mac === mac)!;
      expect(row).to.include({ as, conflict: '' });
      expect(row.from)
        .to.match(/^bgp /)
        .and.contain(as === 64503 ? lan6(3) : lan4(as - US));
    }
  });

  it('sees a packet come in from the member that sent it, whatever its source', async () => {
    expect(await ingressOf(64502, forged4())).to.deep.equal([64502]);
    expect(await ingressOf(64501, forged4())).to.deep.equal([64501]);
    expect(await ingressOf(64503, forged6())).to.deep.equal([64503]);
  });

  it('is not moved by a member that says it has the address of another, and tells of it', async () => {
    for (let i = 0; i < 3; i++) await claim(lab!, hostOf(64501), lan4(2));
    await until('the claim is told', async () => {
      const { stdout, stderr } = await exchange.daemon.itctl('show', 'probe', 'exchange', 'vantages');
      return `${stdout}${stderr}`.includes(
        `${lan4(2)} of AS 64502 is at ${await lab!.mac('m2', 'eth0')} and was claimed`,
      );
    });
    expect(await ingressOf(64501, forged4())).to.deep.equal([64501]);
    expect(await ingressOf(64502, forged4())).to.deep.equal([64502]);
  });
});
