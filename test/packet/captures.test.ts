import { expect } from 'chai';
import { pcapReader } from '../../src/packet/pcap.ts';
import { capture, captureNames, forEachRecord } from './captures.ts';
import { inputsOf } from './packets.ts';

/** How often each innermost input occurs in a capture. */
function innermost(name: string): Map<string, number> {
  const counts = new Map<string, number>();
  forEachRecord(capture(name), ({ bytes, offset, captured, wire, linkType }) => {
    const input = inputsOf(bytes.subarray(offset, offset + captured), linkType, wire).at(-1);
    if (input !== undefined) counts.set(input, (counts.get(input) ?? 0) + 1);
  });
  return counts;
}

describe('packet/captures', () => {
  before(function () {
    if (captureNames().length === 0) this.skip();
  });

  it('reads every capture to its end', () => {
    let records = 0;
    for (const name of captureNames()) {
      const reader = pcapReader();
      reader.feed(capture(name));
      let found = reader.next();
      for (; found === 'record'; found = reader.next()) records++;
      expect(found, name).to.equal('more');
      expect(reader.end(), name).to.equal(null);
    }
    expect(records, "the sum in the folder's README").to.equal(41468);
  });

  it('gives the same input on both sides of a router (rtsp.pcap)', () => {
    // 142 packets, each recorded four times with two TTLs on an any-capture; some are repeated by their sender.
    const counts = innermost('rtsp.pcap');
    for (const [input, count] of counts) expect(count % 4, input).to.equal(0);
    expect([...counts.values()].reduce((sum, count) => sum + count)).to.equal(568);
  });

  it('gives the same input untagged, in a VLAN and in QinQ (vlan-collisions.pcap)', () => {
    const counts = innermost('vlan-collisions.pcap');
    expect([...counts.values()]).to.deep.equal(Array(14).fill(3));
  });

  it('finds an IP layer in the same frames whatever carries it (mixed-vlan-mpls.pcap)', () => {
    let frames = 0;
    forEachRecord(capture('mixed-vlan-mpls.pcap'), ({ bytes, offset, captured, wire, linkType }) => {
      frames++;
      expect(inputsOf(bytes.subarray(offset, offset + captured), linkType, wire)).to.have.length(1);
    });
    expect(frames).to.equal(47);
  });

  it('finds both layers of each tunnel', () => {
    for (const name of ['6in4tunnel.pcap', '4in6tunnel.pcap', 'vxlan.pcap', 'gre-within-gre.pcap', 'geneve.pcap']) {
      let tunnelled = 0;
      forEachRecord(capture(name), ({ bytes, offset, captured, wire, linkType }) => {
        if (inputsOf(bytes.subarray(offset, offset + captured), linkType, wire).length > 1) tunnelled++;
      });
      expect(tunnelled, name).to.be.greaterThan(0);
    }
  });
});
