import { expect } from 'chai';
import { ETHER4, ETHER6, ETHERNET, hex, IPV4, IPV6, inputsOf, ipv6, RAW, SOURCE6 } from './packets.ts';
import { FRAME4, four, GRE, IN_IP, IN_UDP, INPUT4, INPUT6, inIp, inUdp, L2TP } from './tunnel-rows.ts';

describe('packet/tunnels', () => {
  for (const [group, rows] of Object.entries({ GRE, 'IP in IP': IN_IP, UDP: IN_UDP, L2TP }))
    it(`digests both layers of every kind of tunnel in ${group}`, () => {
      for (const [name, packet, input] of rows) {
        const inputs = inputsOf(hex(packet), RAW);
        expect(inputs, name).to.have.length(2);
        expect(inputs[1], name).to.equal(input);
      }
    });

  it('keeps the outer digest, and never throws, however a tunnel is cut', () => {
    for (const [name, packet] of [...GRE, ...IN_IP, ...IN_UDP, ...L2TP]) {
      const whole = hex(packet);
      const inputs = inputsOf(whole, RAW);
      for (let captured = 0; captured < whole.length; captured++)
        inputsOf(whole.subarray(0, captured), RAW, whole.length).forEach((input, i) => {
          expect(input, `${name}, ${captured} octets`).to.be.oneOf([inputs[i], 'snaplen']);
        });
    }
  });

  it('sees none where there is none', () => {
    const others: [string, string][] = [
      ['GRE with routing', inIp(47, `4000 0800 ${IPV4}`)],
      ['GRE of version 2', inIp(47, `0002 0800 ${IPV4}`)],
      ['PPTP without a key', inIp(47, `1001 880b 00000001 0021 ${IPV4}`)],
      ['ERSPAN III of another kind', inIp(47, `1000 22eb 00000001 200100010000000000000400 ${FRAME4}`)],
      ['VXLAN without an identifier', inUdp(4789, `0000000000000100 ${FRAME4}`)],
      ['Geneve of version 1', inUdp(6081, `4000655800000100 ${FRAME4}`)],
      ['GTP echo', inUdp(2152, `3001002c00000001 ${IPV4}`)],
      ['Teredo of no IPv6', inUdp(3544, IPV4)],
      ['TZSP of another kind', inUdp(37008, `01 04 0001 01 ${FRAME4}`)],
      ['TZSP without an end', inUdp(37008, `01 00 0001 00 0a`)],
      ['L2TP control', inUdp(1701, `c802 0014 0001 0000 00000000`)],
      ['L2TPv3 control', inIp(115, `00000000 c8030014 00000000 00000000`)],
      ['L2TPv3 of noise', inIp(115, `00000007 ${'ab'.repeat(60)}`)],
      ['EtherIP of another version', inIp(97, `2000 ${FRAME4}`)],
      ['AH in AH', inIp(51, `33 04 0000 00000100 00000001 ${'00'.repeat(12)} ${IPV4}`)],
    ];
    for (const [name, packet] of others) expect(inputsOf(hex(packet), RAW), name).to.have.length(1);
  });

  it('reads what stands before the first IP header', () => {
    const macs = '00005e005301 00005e005302';
    const twins: [string, string, number][] = [
      ['802.1Q', `${macs} 8100 0064 0800 ${IPV4}`, ETHERNET],
      ['802.1ad', `${macs} 88a8 0001 8100 0064 0800 ${IPV4}`, ETHERNET],
      ['QinQ of old', `${macs} 9100 0001 8100 0064 0800 ${IPV4}`, ETHERNET],
      ['QinQ of older', `${macs} 9200 0001 8100 0064 0800 ${IPV4}`, ETHERNET],
      ['802.1ah', `${macs} 88a8 0001 88e7 00000001 ${ETHER4} ${IPV4}`, ETHERNET],
      ['LLC/SNAP', `${macs} 0034 aaaa03 000000 0800 ${IPV4}`, ETHERNET],
      ['MPLS', `${macs} 8847 00010040 00020140 ${IPV4}`, ETHERNET],
      ['MPLS multicast', `${macs} 8848 00010140 ${IPV4}`, ETHERNET],
      ['MPLS by itself', `00010140 ${IPV4}`, 219],
      ['pseudowire with a control word', `${macs} 8847 00020140 00000000 ${ETHER4} ${IPV4}`, ETHERNET],
      ['pseudowire without', `${macs} 8847 00020140 ${ETHER4} ${IPV4}`, ETHERNET],
      ['pseudowire to another kind of address', `${macs} 8847 00020140 b4${ETHER4.slice(2)} ${IPV4}`, ETHERNET],
      ['PPPoE', `${macs} 8864 1100 0001 002e 0021 ${IPV4}`, ETHERNET],
      ['PPPoE in QinQ', `${macs} 88a8 0001 8100 0064 8864 1100 0001 002e 0021 ${IPV4}`, ETHERNET],
      ['PPPoE by itself', `1100 0001 002e 0021 ${IPV4}`, 51],
      ['PPP', `0021 ${IPV4}`, 9],
      ['PPP, compressed', `21 ${IPV4}`, 9],
      ['PPP in HDLC', `ff03 0021 ${IPV4}`, 50],
      ['PPP with MPLS', `ff03 0281 00010140 ${IPV4}`, 9],
      ['Cisco HDLC', `0f00 0800 ${IPV4}`, 104],
      ['Linux cooked', `0000 0001 0006 00005e0053020000 0800 ${IPV4}`, 113],
      ['Linux cooked, tagged', `0000 0001 0006 00005e0053020000 8100 0064 0800 ${IPV4}`, 113],
      ['Linux cooked 2', `0800 0000 00000002 0001 00 06 00005e0053020000 ${IPV4}`, 276],
      ['loopback', `02000000 ${IPV4}`, 0],
      ['802.11', `0801 0000 ${'00005e005301'.repeat(3)} 0010 aaaa03000000 0800 ${IPV4}`, 105],
      [
        '802.11 with QoS, between two',
        `8803 0000 ${'00005e005301'.repeat(3)} 0010 00005e005304 0000 aaaa03000000 0800 ${IPV4}`,
        105,
      ],
      ['raw', IPV4, 101],
      ['raw of old', IPV4, 12],
      ['IPv4 alone', IPV4, 228],
    ];
    for (const [name, frame, linkType] of twins) expect(inputsOf(hex(frame), linkType), name).to.deep.equal([INPUT4]);
    expect(inputsOf(hex(IPV6), 229)).to.deep.equal([INPUT6]);
    expect(inputsOf(hex(`1c000000 ${IPV6}`), 0), 'AF_INET6 of FreeBSD').to.deep.equal([INPUT6]);
    expect(
      inputsOf(hex(`0841 0000 ${'00005e005301'.repeat(3)} 0010 aaaa03000000 0800 ${IPV4}`), 105),
      'WEP',
    ).to.deep.equal([]);
  });

  it('follows tunnels of different kinds in one another', () => {
    const packet = inUdp(
      4789,
      `0800000000000100 ${ETHER6} ${ipv6(47, `2000 0800 00000001 ${inIp(41, ipv6(17, `c000 0868 ${four(60)} 0000 30ff002c00000001 ${IPV4}`))}`)}`,
    );
    const inputs = inputsOf(hex(packet), RAW);
    expect(inputs).to.have.length(5);
    expect(inputs[4]).to.equal(INPUT4);
    expect(inputs[1]).to.contain(SOURCE6.replace(/\s/g, ''));
  });
});
