/** Whether Wireshark finds the same IP layers: another reader of the same specifications. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { findLayers } from '../../src/packet/find-layers.ts';
import { newLayers } from '../../src/packet/layers.ts';
import { type WrittenFrame, writePcap } from '../../src/packet/pcap.ts';
import { capture, captureNames, forEachRecord } from './captures.ts';
import { ETHERNET, hex, RAW } from './packets.ts';
import { GRE, IN_IP, IN_UDP, L2TP } from './tunnel-rows.ts';

/** Frames of each capture that are compared. */
const MOST_FRAMES = 500;

/** The families of the IP layers of each frame, as `46`, without those that an ICMP error or a sample quotes. */
function byTshark(file: Uint8Array): string[] | null {
  const folder = mkdtempSync(join(tmpdir(), 'tshark-'));
  const path = join(folder, 'a.pcap');
  writeFileSync(path, file);
  const words = ['-nr', path, '-o', 'ip.defragment:FALSE', '-o', 'ipv6.defragment:FALSE', '-d', 'udp.port==8472,vxlan'];
  const { status, stdout } = spawnSync('tshark', [...words, '-T', 'fields', '-e', 'frame.protocols'], {
    ...{ encoding: 'utf8', maxBuffer: 1 << 27 },
  });
  rmSync(folder, { recursive: true });
  if (status !== 0) return null;
  return stdout
    .trimEnd()
    .split('\n')
    .map(line => line.replace(/:(icmp|icmpv6|sflow)\b.*/, ''))
    .map(line => line.replace(/ipv6(\.\w+)?|ip\b|[a-z0-9_.-]+|:/g, word => ({ ip: '4', ipv6: '6' })[word] ?? ''));
}

function byUs(file: Uint8Array): string[] {
  const layers = newLayers();
  const families: string[] = [];
  forEachRecord(file, ({ bytes, offset, captured, wire, linkType }) => {
    findLayers(bytes, offset, offset + captured, wire, linkType, layers);
    families.push(Array.from({ length: layers.count }, (_, i) => layers.family[i]).join(''));
  });
  return families;
}

describe('packet/tshark', function () {
  this.timeout(240_000);
  before(function () {
    if (spawnSync('tshark', ['--version']).status === 0) return;
    if (process.env.REQUIRE_PEERS === '1') expect.fail('tshark is not installed');
    console.log('      skipped: tshark is not installed');
    this.skip();
  });

  it('finds the same layers in tunnels of every kind', () => {
    // Wireshark has to be told what a session of L2TPv3 carries, and knows no IP in ERSPAN III.
    const guessed = (name: string) => name.startsWith('L2TPv3') || name === 'ERSPAN III with IP';
    const rows = [...GRE, ...IN_IP, ...IN_UDP, ...L2TP].filter(([name]) => !guessed(name));
    const file = writePcap(
      RAW,
      rows.map(([, packet], i) => ({ time: BigInt(i) * 1_000_000_000n, bytes: hex(packet) })),
    );
    const theirs = byTshark(file);
    byUs(file).forEach((families, i) => {
      expect(families, rows[i]![0]).to.have.length(2).and.to.equal(theirs?.[i]);
    });
  });

  it('finds the same layers in the captures of encapsulations', function () {
    const names = captureNames().filter(name =>
      /tunnel|Teredo|erspan|geneve|gre|gtp|mpls|pppoe|vxlan|vlan|frag|rtsp|nintendo|sflow/.test(name),
    );
    if (names.length === 0) {
      console.log('      skipped: the captures are not here');
      this.skip();
    }
    // One start of tshark for all: what a file is called is told by the place in the list.
    const frames: WrittenFrame[] = [];
    const places: string[] = [];
    for (const name of names)
      forEachRecord(capture(name), ({ bytes, offset, captured, wire, linkType, number }) => {
        if (linkType !== ETHERNET || number > MOST_FRAMES) return;
        frames.push({ time: BigInt(frames.length) * 1_000_000n, bytes: bytes.slice(offset, offset + captured), wire });
        places.push(`${name}, frame ${number}`);
      });
    const file = writePcap(ETHERNET, frames);
    const theirs = byTshark(file);
    byUs(file).forEach((families, i) => {
      expect(families, places[i]).to.equal(theirs?.[i]);
    });
    console.log(`      ${frames.length} frames of ${names.length} captures`);
  });
});
