import { expect } from 'chai';
import fc from 'fast-check';
import { findLayers } from '../../src/packet/find-layers.ts';
import { newLayers } from '../../src/packet/layers.ts';
import { formatMac, macAt, parseMac } from '../../src/packet/mac.ts';
import { mayClaim, readNeighborClaim } from '../../src/packet/neighbor-claim.ts';
import { hex } from './packets.ts';

/** What a frame claims, in words. */
function claimed(bytes: Uint8Array, end = bytes.length): string {
  const layers = newLayers();
  findLayers(bytes, 0, end, bytes.length, 1, layers);
  const claim = mayClaim(bytes, layers) ? readNeighborClaim(bytes, layers, end) : null;
  return claim === null || claim === 'forged' ? `${claim}` : `${formatMac(claim.mac)} ${claim.address}`;
}

const US = '00005e005301';
/** Sender, IP address, target. */
const arp = (operation: string, sender: string, ip: string) =>
  `0806 0001 0800 0604 ${operation} ${sender} ${ip} 000000000000 c0000209`;

/** An ICMPv6 message with its checksum right, in a frame of `US`. */
function icmp6(message: string, { hops = 'ff', from = `fe80${'00'.repeat(13)}01`, next = '3a' } = {}): Uint8Array {
  const body = hex(message);
  const length = body.length.toString(16).padStart(4, '0');
  const to = 'ff020000000000000000000000000001';
  const frame = hex(`333300000001 ${US} 86dd 60000000 ${length} ${next} ${hops} ${from} ${to}`, message);
  let sum = body.length + 58;
  for (let at = 22; at < frame.length; at += 2) sum += (frame[at]! << 8) | (frame[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  frame[56] = (~sum >> 8) & 255;
  frame[57] = ~sum & 255;
  return frame;
}

const TARGET = '20010db8000000000000000000000007';
const SOURCE_OPTION = `0101 ${US}`;
const TARGET_OPTION = `0201 ${US}`;

describe('packet/neighbor-claim', () => {
  it('reads ARP requests, replies and gratuitous ones, in a VLAN too', () => {
    const is = `${formatMac(parseMac(US)!)} 192.0.2.1`;
    expect(claimed(hex(`ffffffffffff ${US}`, arp('0001', US, 'c0000201')))).to.equal(is);
    expect(claimed(hex(`00005e005302 ${US}`, arp('0002', US, 'c0000201'), '00'.repeat(18)))).to.equal(is);
    expect(claimed(hex(`ffffffffffff ${US} 8100 0064`, arp('0001', US, 'c0000201')))).to.equal(is);
    expect(claimed(hex(`ffffffffffff ${US} 88a8 0064 8100 0001`, arp('0001', US, 'c0000201')))).to.equal(is);
  });

  it('reads no ARP that is forged, of another kind, about no host, or cut', () => {
    const wrong: [string, string][] = [
      [`ffffffffffff 00005e005302 ${arp('0002', US, 'c0000201')}`, 'forged'],
      [`ffffffffffff ${US} ${arp('0003', US, 'c0000201')}`, 'null'],
      [`ffffffffffff ${US} ${arp('0001', US, '00000000')}`, 'null'],
      [`ffffffffffff ${US} ${arp('0001', US, 'e0000001')}`, 'null'],
      [`ffffffffffff ${US} ${arp('0001', US, '7f000001')}`, 'null'],
      [`ffffffffffff 01005e005301 ${arp('0001', '01005e005301', 'c0000201')}`, 'null'],
      [`ffffffffffff ${US} ${arp('0001', US, 'c0000201').replace('0604', '0804')}`, 'null'],
      [`ffffffffffff ${US} ${arp('0001', US, 'c0000201').replace('0800', '86dd')}`, 'null'],
    ];
    for (const [frame, expected] of wrong) expect(claimed(hex(frame)), frame).to.equal(expected);
    const whole = hex(`ffffffffffff ${US}`, arp('0001', US, 'c0000201'));
    for (let end = 0; end < 42; end++) expect(claimed(whole, end), `${end} octets`).to.equal('null');
    expect(claimed(whole, 42)).to.not.equal('null');
  });

  it('reads the link-layer options of Neighbor Discovery', () => {
    const mac = formatMac(parseMac(US)!);
    expect(claimed(icmp6(`87000000 00000000 ${TARGET} ${SOURCE_OPTION}`)), 'solicitation').to.equal(`${mac} fe80::1`);
    expect(claimed(icmp6(`88000000 60000000 ${TARGET} ${TARGET_OPTION}`)), 'advertisement').to.equal(
      `${mac} 2001:db8::7`,
    );
    expect(claimed(icmp6(`85000000 00000000 ${SOURCE_OPTION}`)), 'router solicitation').to.equal(`${mac} fe80::1`);
    const mtu = '05010000000005dc';
    expect(claimed(icmp6(`86000000 40000708 00000000 00000000 ${mtu} ${SOURCE_OPTION}`)), 'router').to.equal(
      `${mac} fe80::1`,
    );
  });

  it('reads none that a router has forwarded, that is not whole, or that has no such option', () => {
    const solicitation = `87000000 00000000 ${TARGET} ${SOURCE_OPTION}`;
    const sum = icmp6(solicitation);
    sum[57]! ^= 1;
    const wrong: [string, Uint8Array][] = [
      ['hop limit', icmp6(solicitation, { hops: 'fe' })],
      ['checksum', sum],
      ['code', icmp6(`87010000 00000000 ${TARGET} ${SOURCE_OPTION}`)],
      ['duplicate address detection', icmp6(solicitation, { from: '00'.repeat(16) })],
      ['no option', icmp6(`87000000 00000000 ${TARGET}`)],
      ['the other option', icmp6(`87000000 00000000 ${TARGET} ${TARGET_OPTION}`)],
      ['an option of length 0', icmp6(`87000000 00000000 ${TARGET} 0100 ${US}`)],
      ['an option beyond the end', icmp6(`87000000 00000000 ${TARGET} 0102 ${US}`)],
      ['a group as target', icmp6(`88000000 60000000 ff02${'00'.repeat(13)}01 ${TARGET_OPTION}`)],
      ['an echo', icmp6(`80000000 00000000 ${TARGET} ${SOURCE_OPTION}`)],
      ['no ICMPv6', icmp6(solicitation, { next: '11' })],
    ];
    for (const [what, frame] of wrong) expect(claimed(frame), what).to.equal('null');
    expect(claimed(icmp6(`88000000 60000000 ${TARGET} 0201 00005e005302`))).to.equal('forged');
  });

  it('never throws nor reads beyond the end, whatever the octets', () => {
    const starts = [
      hex(`ffffffffffff ${US}`, arp('0001', US, 'c0000201')),
      icmp6(`88000000 60000000 ${TARGET} ${TARGET_OPTION}`),
      icmp6(`86000000 40000708 00000000 00000000 0501000000000000 ${SOURCE_OPTION}`),
    ];
    const change = fc.record({ at: fc.nat(110), octet: fc.nat(255) });
    fc.assert(
      fc.property(
        fc.constantFrom(...starts),
        fc.array(change, { maxLength: 6 }),
        fc.nat(120),
        (start, changes, end) => {
          const bytes = Uint8Array.from(start);
          for (const { at, octet } of changes) if (at < bytes.length) bytes[at] = octet;
          const cut = Math.min(end, bytes.length);
          // What lies behind the end is of another frame: it must not be seen.
          const behind = Uint8Array.from(bytes);
          behind.fill(0xee, cut);
          expect(claimed(behind, cut)).to.equal(claimed(bytes, cut));
        },
      ),
    );
  });

  it('reads link addresses in the usual spellings', () => {
    for (const text of [
      '00:00:5e:00:53:0a',
      '00-00-5E-00-53-0A',
      '0000.5e00.530a',
      '00005E00530a',
      '0:0:5e:0:53:a',
      '0000:5e00:530a',
    ])
      expect(parseMac(text), text).to.equal(0x00005e00530a);
    for (const text of [
      '',
      '00:00:5e:00:53',
      '00:00:5e:00:53:0a:00',
      'g0:00:5e:00:53:0a',
      '00005e00530',
      ' 00005e00530a',
      '00:00:5e:00:53:100',
    ])
      expect(parseMac(text), text).to.equal(null);
    const six = fc.uint8Array({ minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(six, bytes => {
        expect(parseMac(formatMac(macAt(bytes, 0)))).to.equal(macAt(bytes, 0));
      }),
    );
  });
});
