import { expect } from 'chai';
import fc from 'fast-check';
import { findLayers } from '../../src/packet/find-layers.ts';
import { newLayers } from '../../src/packet/layers.ts';
import { DESTINATION6, ETHER4, ETHER6, ETHERNET, hex, IPV4, IPV6, inputsOf, RAW, SOURCE6, UDP } from './packets.ts';

const strip = (text: string) => text.replace(/\s/g, '');

/** "itk1", profile strict. */
const HEAD = '69746b31 01';
const INPUT4 = strip(`${HEAD} 04 11 c0000201 c6336402 1234 00 0000 002c 18 ${UDP}`);
const INPUT6 = strip(`${HEAD} 06 11 ${SOURCE6} ${DESTINATION6} 0018 18 ${UDP}`);

describe('packet/invariant', () => {
  it('writes the fields of IPv4 that no router changes', () => {
    expect(inputsOf(hex(IPV4), RAW)).to.deep.equal([INPUT4]);
    expect(inputsOf(hex(ETHER4, IPV4), ETHERNET)).to.deep.equal([INPUT4]);
  });

  it('reads no padding of the link', () => {
    expect(inputsOf(hex(ETHER4, IPV4, 'ffffffff'), ETHERNET)).to.deep.equal([INPUT4]);
    const short = '45000017 12344000 40fd0000 c0000201 c6336402 aabbcc';
    const padded = hex(ETHER4, short, 'ff'.repeat(23));
    expect(inputsOf(padded, ETHERNET)).to.deep.equal([
      strip(`${HEAD} 04 fd c0000201 c6336402 1234 00 0000 0017 03 aabbcc`),
    ]);
  });

  it('takes at most 40 upper-layer octets, and the length of all', () => {
    const body = '5a'.repeat(80);
    expect(inputsOf(hex(`45000064 12344000 40fd0000 c0000201 c6336402 ${body}`), RAW)).to.deep.equal([
      strip(`${HEAD} 04 fd c0000201 c6336402 1234 00 0000 0064 28 ${body.slice(0, 80)}`),
    ]);
  });

  it('is the same with another TTL, DSCP, ECN, DF and checksum', () => {
    expect(inputsOf(hex(`45ff002c 12340000 01111111 c0000201 c6336402 ${UDP}`), RAW)).to.deep.equal([INPUT4]);
  });

  it('is the same when a border strips options', () => {
    // Router Alert and No Operation options: 8 octets more of header, and of total length.
    const options = '94040000 01010100';
    expect(inputsOf(hex(`47000034 12344000 40110000 c0000201 c6336402 ${options} ${UDP}`), RAW)).to.deep.equal([
      INPUT4,
    ]);
  });

  it('differs with identification, protocol, address, length, offset, MF, and each of the 40 octets', () => {
    const whole = hex(`45000050 12340000 40fd0000 c0000201 c6336402 ${'00'.repeat(60)}`);
    const [input] = inputsOf(whole, RAW);
    const changed = [3, 4, 5, 6, 7, 9, 12, 15, 16, 19, ...Array.from({ length: 40 }, (_, i) => 20 + i)];
    for (const at of changed) {
      const other = Uint8Array.from(whole);
      other[at]! ^= at === 6 ? 0x20 : 1;
      expect(inputsOf(other, RAW), `octet ${at}`).to.not.deep.equal([input]);
    }
    const beyond = Uint8Array.from(whole);
    beyond[60]! ^= 1;
    expect(inputsOf(beyond, RAW), 'the octet after the 40th').to.deep.equal([input]);
  });

  it('keeps IPv4 fragments apart', () => {
    expect(inputsOf(hex(`4500002c 12342000 40110000 c0000201 c6336402 ${UDP}`), RAW)).to.deep.equal([
      strip(`${HEAD} 04 11 c0000201 c6336402 1234 01 0000 002c 18 ${UDP}`),
    ]);
    expect(inputsOf(hex(`4500002c 12340003 40110000 c0000201 c6336402 ${UDP}`), RAW)).to.deep.equal([
      strip(`${HEAD} 04 11 c0000201 c6336402 1234 00 0003 002c 18 ${UDP}`),
    ]);
  });

  it('writes IPv6 without traffic class, flow label, hop limit', () => {
    expect(inputsOf(hex(ETHER6, IPV6), ETHERNET)).to.deep.equal([INPUT6]);
    const remarked = hex(`6ff00000 0018 11 3f ${SOURCE6} ${DESTINATION6} ${UDP}`);
    expect(inputsOf(remarked, RAW)).to.deep.equal([INPUT6]);
  });

  it('passes over Hop-by-Hop and Destination options, AH and an atomic fragment', () => {
    const hopByHop = '3c 00 050200000000';
    const options = '33 00 010400000000';
    const authentication = '2c 04 0000 00000100 00000001 000000000000000000000000';
    const atomic = '11 00 0000 cafebabe';
    const chain = `${hopByHop} ${options} ${authentication} ${atomic}`;
    const packet = hex(`60000000 0048 00 40 ${SOURCE6} ${DESTINATION6} ${chain} ${UDP}`);
    expect(inputsOf(packet, RAW)).to.deep.equal([INPUT6]);
  });

  it('writes identification, offset and M of an IPv6 fragment', () => {
    const first = hex(`60000000 0020 2c 40 ${SOURCE6} ${DESTINATION6} 11 00 0001 cafebabe ${UDP}`);
    expect(inputsOf(first, RAW)).to.deep.equal([
      strip(`${HEAD} 2c 11 ${SOURCE6} ${DESTINATION6} cafebabe 0000 01 0018 18 ${UDP}`),
    ]);
    const later = hex(`60000000 0020 2c 40 ${SOURCE6} ${DESTINATION6} 3c 00 0ab8 cafebabe ${UDP}`);
    expect(inputsOf(later, RAW), 'what follows a later fragment is data, whatever Next Header says').to.deep.equal([
      strip(`${HEAD} 2c 3c ${SOURCE6} ${DESTINATION6} cafebabe 0157 00 0018 18 ${UDP}`),
    ]);
  });

  it('takes the last segment for the destination while segments are left', () => {
    const via = '20010db8000000000000000000000009';
    const srv6 = `11 04 04 01 01 00 0000 ${DESTINATION6} ${via}`;
    expect(inputsOf(hex(`60000000 0040 2b 40 ${SOURCE6} ${via} ${srv6} ${UDP}`), RAW)).to.deep.equal([INPUT6]);
    const arrived = `11 04 04 00 01 00 0000 ${DESTINATION6} ${via}`;
    expect(inputsOf(hex(`60000000 0040 2b 3f ${SOURCE6} ${DESTINATION6} ${arrived} ${UDP}`), RAW)).to.deep.equal([
      INPUT6,
    ]);
    const type0 = `11 04 00 02 00000000 ${via} ${DESTINATION6}`;
    expect(inputsOf(hex(`60000000 0040 2b 40 ${SOURCE6} ${via} ${type0} ${UDP}`), RAW)).to.deep.equal([INPUT6]);
    const beyond = `11 04 04 01 05 00 0000 ${DESTINATION6} ${via}`;
    expect(inputsOf(hex(`60000000 0040 2b 40 ${SOURCE6} ${via} ${beyond} ${UDP}`), RAW)).to.deep.equal(['extension']);
  });

  it('tells the outermost VLAN of a frame, and none of a tag that has only a priority or lies in a tunnel', () => {
    const inner = `00005e005301 00005e005302 8100 0064 0800 ${IPV4}`;
    const tunnel = `45000056 00010000 402f0000 cb007101 cb007102 0000 6558 ${inner}`;
    const frames: [string, number][] = [
      [`8100 e064 0800 ${IPV4}`, 100],
      [`88a8 0001 8100 0064 0800 ${IPV4}`, 1],
      [`8100 e000 0800 ${IPV4}`, -1],
      [`8100 e000 8100 0064 0800 ${IPV4}`, 100],
      [`0800 ${IPV4}`, -1],
      [`0800 ${tunnel}`, -1],
    ];
    const layers = newLayers();
    for (const [rest, vlan] of frames) {
      const bytes = hex('00005e005301 00005e005302', rest);
      findLayers(bytes, 0, bytes.length, bytes.length, ETHERNET, layers);
      expect(layers.vlan, rest).to.equal(vlan);
    }
  });

  it('is the same behind VLAN tags, MPLS labels, PPPoE, and in a cooked capture', () => {
    const macs = '00005e005301 00005e005302';
    const twins: [string, number][] = [
      [`${macs} 8100 0064 0800 ${IPV4}`, ETHERNET],
      [`${macs} 88a8 0001 8100 0064 0800 ${IPV4}`, ETHERNET],
      [`${macs} 8847 00010040 00020140 ${IPV4}`, ETHERNET],
      [`${macs} 8847 00020140 00000000 ${ETHER4} ${IPV4}`, ETHERNET],
      [`${macs} 8864 1100 0001 002e 0021 ${IPV4}`, ETHERNET],
      [`0000 0001 0006 00005e0053020000 0800 ${IPV4}`, 113],
      [`0800 0000 00000002 0001 00 06 00005e0053020000 ${IPV4}`, 276],
      [`02000000 ${IPV4}`, 0],
      [`ff03 0021 ${IPV4}`, 9],
    ];
    for (const [frame, linkType] of twins) expect(inputsOf(hex(frame), linkType), frame).to.deep.equal([INPUT4]);
  });

  it('digests each layer of a tunnel', () => {
    const length = (octets: number) => octets.toString(16).padStart(4, '0');
    const outer = (protocol: string, inside: string) =>
      `4500${length(20 + strip(inside).length / 2)} 00010000 40${protocol}0000 cb007101 cb007102 ${inside}`;
    const inUdp = (port: string, inside: string) =>
      outer('11', `c000${port} ${length(8 + strip(inside).length / 2)} 0000 ${inside}`);
    const tunnels: [string, string, string][] = [
      ['IPIP', outer('04', IPV4), INPUT4],
      ['6in4', outer('29', IPV6), INPUT6],
      ['GRE', outer('2f', `0000 0800 ${IPV4}`), INPUT4],
      ['GRE with key and sequence', outer('2f', `3000 86dd 00000001 00000002 ${IPV6}`), INPUT6],
      ['GRE, bridged', outer('2f', `0000 6558 ${ETHER4} ${IPV4}`), INPUT4],
      ['ERSPAN II', outer('2f', `1000 88be 00000001 1001000000000000 ${ETHER4} ${IPV4}`), INPUT4],
      ['MPLS in IP', outer('89', `00010140 ${IPV4}`), INPUT4],
      ['VXLAN', inUdp('12b5', `0800000000000100 ${ETHER4} ${IPV4}`), INPUT4],
      ['Geneve', inUdp('17c1', `0100655800000100 01020300 ${ETHER4} ${IPV4}`), INPUT4],
      ['GTP-U', inUdp('0868', `32ff0030 00000001 00010000 ${IPV4}`), INPUT4],
    ];
    for (const [name, packet, input] of tunnels) {
      const inputs = inputsOf(hex(packet), RAW);
      expect(inputs, name).to.have.length(2);
      expect(inputs[1], name).to.equal(input);
    }
    const fourInSix = hex(`60000000 002c 04 40 ${SOURCE6} ${DESTINATION6} ${IPV4}`);
    expect(inputsOf(fourInSix, RAW)[1]).to.equal(INPUT4);
  });

  it('follows eight layers and no more', () => {
    let packet = IPV4;
    for (let i = 0; i < 9; i++) {
      const total = (20 + strip(packet).length / 2).toString(16).padStart(4, '0');
      packet = `4500${total} 00010000 40040000 cb007101 cb007102 ${packet}`;
    }
    expect(inputsOf(hex(packet), RAW)).to.have.length(8);
  });

  it('refuses with a reason what it cannot hash whole', () => {
    const whole = hex(`45000064 12344000 40fd0000 c0000201 c6336402 ${'5a'.repeat(80)}`);
    expect(inputsOf(whole.subarray(0, 60), RAW, 100), '40 octets captured').to.deep.equal(inputsOf(whole, RAW));
    expect(inputsOf(whole.subarray(0, 59), RAW, 100)).to.deep.equal(['snaplen']);
    expect(inputsOf(whole.subarray(0, 59), RAW)).to.deep.equal(['truncated']);
    expect(inputsOf(whole.subarray(0, 12), RAW, 100)).to.deep.equal(['snaplen']);
    expect(inputsOf(hex(`45000000 12344000 40110000 c0000201 c6336402 ${UDP}`), RAW)).to.deep.equal(['length']);
    expect(inputsOf(hex(`4300002c 12344000 40110000 c0000201 c6336402 ${UDP}`), RAW)).to.deep.equal(['length']);
    const chain = hex(`60000000 0018 00 40 ${SOURCE6} ${DESTINATION6} 11 09 ${'00'.repeat(22)}`);
    expect(inputsOf(chain, RAW)).to.deep.equal(['extension']);
    expect(inputsOf(hex('00005e005301 00005e005302 0806 0001'), ETHERNET), 'ARP').to.deep.equal([]);
  });

  it('never throws, and never reads behind the frame', () => {
    const links = fc.constantFrom(0, 1, 9, 12, 101, 104, 113, 228, 229, 276, 9999);
    const seeds = [IPV4, IPV6, `${ETHER4}${IPV4}`, `${ETHER6}${IPV6}`].map(text => hex(text));
    const mutated = fc
      .tuple(fc.constantFrom(...seeds), fc.array(fc.tuple(fc.nat(90), fc.nat(255))))
      .map(([seed, edits]) => {
        const bytes = Uint8Array.from(seed);
        for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value;
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated), links, fc.nat(300), (bytes, link, wire) => {
        const inputs = inputsOf(bytes, link, wire);
        // The same octets with others behind them, outside of the frame, make no difference.
        const longer = new Uint8Array(bytes.length + 64).fill(0xee);
        longer.set(bytes);
        expect(inputsOf(longer.subarray(0, bytes.length), link, wire)).to.deep.equal(inputs);
      }),
      { numRuns: 2000 },
    );
  });
});
