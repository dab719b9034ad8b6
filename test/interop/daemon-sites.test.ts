/** One AS of three real daemons with real probes: an ITM, and the sites osaka and tokyo, one of which is killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { expect } from 'chai';
import type { ProbeStatusRow } from '../../src/control/daemon.ts';
import type { TraceSites } from '../../src/control/traceback-rows.ts';
import { writePcap } from '../../src/packet/pcap.ts';
import type { Trace } from '../../src/traceback/trace.ts';
import { PROGRAM_ENV } from '../programs.ts';
import { freePort } from '../registry/rpki/stayrtr.ts';
import { makeCertificate } from '../traceback/certificates.ts';
import { until } from './bgp-peers.ts';
import { type Intertrackd, intertrackd } from './intertrackd.ts';

const SECRET = 'the secret of a federation';
const [FROM_OSAKA, FROM_TOKYO] = ['02:00:00:00:00:01', '02:00:00:00:00:02'];
const SITES = ['osaka', 'tokyo'] as const;

/** UDP over IPv4 over Ethernet from a neighbour's router. */
function frame(mac: string, flow: number): Uint8Array {
  const ip = Buffer.alloc(20);
  ip.set([0x45, 0, 0, 76, 0, flow, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 198, 51, 100, 2]);
  const udp = Buffer.alloc(8);
  udp.writeUInt16BE(4000 + flow, 0);
  udp.writeUInt16BE(9999, 2);
  udp.writeUInt16BE(56, 4);
  const payload = Uint8Array.from({ length: 48 }, (_, i) => (i * 37 + flow) & 255);
  return Buffer.concat([Buffer.from(`020000000009${mac.replaceAll(':', '')}0800`, 'hex'), ip, udp, payload]);
}

describe('interop/daemon-sites', function () {
  this.timeout(240_000);
  let itm: Intertrackd;
  let sites: Record<(typeof SITES)[number], Intertrackd>;
  let probes: ChildProcess[] = [];
  const time = Math.floor(Date.now() / 1000) * 1000 - 30_000;
  /** What a tap saw: packets of this AS at each second, among them `flow`. */
  const capture = (mac: string, flow: number) =>
    writePcap(
      1,
      Array.from({ length: 20 }, (_, i) => ({
        time: BigInt(time + i * 1000) * 1_000_000n,
        bytes: frame(mac, i === 8 ? flow : 100 + i),
      })),
    );
  const MARKED = 1;
  const NEVER = 2;

  before(async () => {
    itm = intertrackd('192.0.2.10');
    sites = { osaka: intertrackd('192.0.2.11'), tokyo: intertrackd('192.0.2.12') };
    const all = { itm, ...sites };
    const certificates = Object.fromEntries(
      Object.entries(all).map(([name, daemon]) => {
        // That of a site names no AS.
        const { key, certificate } = makeCertificate(64500, name === 'itm' ? {} : { uris: [] });
        daemon.write('secret', SECRET);
        daemon.write('own.key', key);
        return [name, daemon.write('own.crt', certificate)];
      }),
    );
    const port = await freePort();
    const common = (daemon: Intertrackd) => `
    identity "${daemon.at('own.key')}" certificate "${daemon.at('own.crt')}";
    federation "test" { secret "${daemon.at('secret')}"; }`;
    itm.configure(`
traceback {${common(itm)}
    site listen 127.0.0.1 port ${port};
    site osaka { certificate "${certificates.osaka}"; share 30%; }
    site tokyo { certificate "${certificates.tokyo}"; share 70%; }
}
`);
    await itm.start();
    for (const [name, mac, as] of [
      ['osaka', FROM_OSAKA, 64496],
      ['tokyo', FROM_TOKYO, 64497],
    ] as const) {
      const daemon = sites[name];
      daemon.configure(`
probe tap { neighbor as ${as} mac ${mac}; }
traceback {${common(daemon)}
    role btm, dtm${name === 'osaka' ? ', dpoint' : ''};
    itm 127.0.0.1 port ${port} certificate "${certificates.itm}" site ${name};
    answer { coverage 100%; }
    domain ${name}-edge { probe tap; }
}
`);
      await daemon.start();
      writeFileSync(daemon.at('capture.pcap'), capture(mac, name === 'osaka' ? MARKED : 99));
      const words = ['-n', 'tap', '-s', daemon.at('itprobe.sock'), '-r', daemon.at('capture.pcap')];
      probes.push(spawn('bin/itprobe', words, { env: PROGRAM_ENV, stdio: 'ignore' }));
      await until('the probe has read the capture', async () => {
        const [row] = (await daemon.ask('show', 'probe')) as ProbeStatusRow[];
        return row?.packets === 20;
      });
    }
    await until('both sites', async () => (await shown()).sites.every(({ connected }) => connected));
    for (const [name, flow] of [
      ['marked', MARKED],
      ['never', NEVER],
    ] as const)
      writeFileSync(
        itm.at(`${name}.pcap`),
        writePcap(1, [{ time: BigInt(time + 8000) * 1_000_000n, bytes: frame(FROM_OSAKA, flow) }]),
      );
  });
  after(async () => {
    for (const probe of probes) probe.kill();
    probes = [];
    for (const daemon of [itm, ...Object.values(sites ?? {})]) await daemon?.close();
  });

  const shown = async () => (await itm.ask('show', 'traceback', 'sites'))[0] as TraceSites;
  /** A trace has two seconds, half of them for the sites: on a machine with much else to do it is tried again. */
  const trace = async (name: string): Promise<Trace> => {
    for (let attempt = 0; attempt < 20; attempt++) {
      const { stdout, stderr } = await itm.itctl('-j', 'trace', 'packet', itm.at(`${name}.pcap`));
      if (stdout === '') throw new Error(stderr);
      const found = JSON.parse(stdout) as Trace;
      if (found.inside?.sites.every(({ reason }) => !reason.includes('in time'))) return found;
    }
    throw new Error('every trace was over before its sites had answered');
  };

  it('answers as one AS: the site that saw the packet is its ingress, and no name leaves', async () => {
    const found = await trace('marked');
    expect(found.tree).to.deep.include({ as: 64500, verdict: 'saw', ingress: [64496], coverage: 1 });
    expect(found.inside).to.deep.include({ came: ['osaka-edge'], began: [], left: [] });
    expect(found.inside!.sites.map(({ site, verdict }) => [site, verdict])).to.deep.equal([
      ['osaka', 'saw'],
      ['tokyo', 'clear'],
    ]);
    const text = (await itm.itctl('show', 'trace', found.id)).stdout;
    expect(text).to.contain('Inside this AS it came in at osaka-edge').and.to.contain('  site tokyo: clear');
    for (const format of ['--evidence', '--json']) {
      const { stdout, stderr } = await itm.itctl('trace', 'export', found.id, format);
      expect(stdout, stderr)
        .to.contain('64496')
        .and.to.not.match(/osaka|tokyo/);
    }
  });

  it('traces from a site that is a D-point: its ITM carries it, and both have it', async () => {
    let found: Trace | undefined;
    // A trace has two seconds, also for the way to the ITM and back.
    for (
      let attempt = 0;
      attempt < 20 && !found?.inside?.sites.every(({ verdict }) => verdict !== 'silent');
      attempt++
    ) {
      const { stdout, stderr } = await sites.osaka.itctl('-j', 'trace', 'packet', itm.at('marked.pcap'));
      if (stdout === '') throw new Error(stderr);
      found = JSON.parse(stdout) as Trace;
    }
    expect(found!.tree).to.deep.include({ as: 64500, verdict: 'saw', ingress: [64496] });
    expect(found!.inside).to.deep.include({ came: ['osaka-edge'] });
    for (const daemon of [itm, sites.osaka])
      expect((await daemon.itctl('show', 'trace', found!.id)).stdout).to.contain('came in at osaka-edge');
    const { stdout } = await itm.itctl('-j', 'show', 'audit');
    expect(stdout).to.match(/trace\.start[^\n]*site osaka: /);
  });

  it('traces nothing at a site without that role, and says where', async () => {
    const { status, stderr } = await sites.tokyo.itctl('trace', 'packet', itm.at('marked.pcap'));
    expect(status).to.not.equal(0);
    expect(stderr).to.contain('this daemon is a site of its AS: its ITM carries traces');
    const { stdout } = await sites.osaka.itctl('show', 'traceback', 'sites');
    expect(stdout).to.match(/^This daemon is site osaka of its AS\nITM at 127\.0\.0\.1: connected/);
  });

  it('is clear of what nobody saw, and no more so when a site is killed, until it is back', async () => {
    expect((await trace('never')).tree).to.include({ verdict: 'clear', coverage: 1 });
    await sites.tokyo.end('SIGKILL');
    await until('the loss of tokyo', async () => (await shown()).sites[1]!.connected === false);
    const partial = await trace('never');
    expect(partial.tree).to.include({ verdict: 'clear-partial', coverage: 0.3 });
    expect(partial.tree.reason).to.match(/1 of 2 sites of this AS do not answer/);
    expect(partial.inside!.sites[1]).to.include({ site: 'tokyo', verdict: 'silent' });
    expect((await itm.itctl('show', 'traceback', 'sites')).stdout).to.match(/tokyo down/);
    // What the other saw is seen all the same.
    expect((await trace('marked')).tree).to.deep.include({ verdict: 'saw', ingress: [64496] });
    await sites.tokyo.start();
    await until('tokyo again', async () => (await shown()).sites[1]!.connected);
  });
});
