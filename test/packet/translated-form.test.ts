import { expect } from 'chai';
import fc from 'fast-check';
import { loadKernel } from '../../src/packet/digest-kernel.ts';
import { findLayers } from '../../src/packet/find-layers.ts';
import { digestPacket } from '../../src/packet/itk1.ts';
import { newLayers } from '../../src/packet/layers.ts';
import { NAT } from '../../src/packet/profiles.ts';
import { type OtherForm, translatedForm } from '../../src/packet/translated-form.ts';
import { hex, RAW } from './packets.ts';

/** One's complement sum over 16-bit words (RFC 1071). */
function checksum(...parts: Uint8Array[]): number {
  const octets = Buffer.concat(parts);
  let sum = 0;
  for (let i = 0; i < octets.length; i += 2) sum += (octets[i]! << 8) | (octets[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

const CHECKSUM: Readonly<Record<number, number>> = { 1: 2, 6: 16, 17: 6, 58: 2 };
const number16 = (value: number) => Uint8Array.of(value >> 8, value & 0xff);

/** A whole packet with right checksums. */
function build(protocol: number, form: Required<OtherForm>, payload: Uint8Array, id = 7, flags = 0x4000): Uint8Array {
  const { source, destination } = form as { source: Uint8Array; destination: Uint8Array };
  const six = source.length === 16;
  const icmp = protocol === 1 || protocol === 58;
  const ports = [number16(form.sourcePort!), number16(form.destinationPort!)];
  const head = icmp
    ? Uint8Array.from([protocol === 1 ? 8 : 128, 0, 0, 0, ...ports[0]!, 0, 9])
    : protocol === 17
      ? Uint8Array.from([...ports[0]!, ...ports[1]!, ...number16(8 + payload.length), 0, 0])
      : Uint8Array.from([...ports[0]!, ...ports[1]!, 1, 2, 3, 4, 5, 6, 7, 8, 0x50, 0x18, 1, 0, 0, 0, 0, 0]);
  const upper = Buffer.concat([head, payload]);
  const pseudo = [source, destination, number16(0), number16(upper.length), number16(protocol)];
  let sum = checksum(...(protocol === 1 ? [] : pseudo), upper);
  if (protocol === 17 && sum === 0) sum = 0xffff;
  upper.writeUInt16BE(sum, CHECKSUM[protocol]!);
  if (six)
    return Buffer.concat([
      hex('60000000'),
      number16(upper.length),
      Uint8Array.of(protocol, 63),
      source,
      destination,
      upper,
    ]);
  const ip = Buffer.concat([
    ...[hex('4500'), number16(20 + upper.length), number16(id), number16(flags)],
    ...[Uint8Array.of(63, protocol), hex('0000'), source, destination],
  ]);
  ip.writeUInt16BE(checksum(ip), 10);
  return Buffer.concat([ip, upper]);
}

function rewritten(packet: Uint8Array, form: OtherForm, linkType = RAW) {
  const layers = newLayers();
  findLayers(packet, 0, packet.length, packet.length, linkType, layers);
  return translatedForm(packet, layers, layers.count - 1, form);
}

const four = (text: string) => Uint8Array.from(text.split('.').map(Number));
const address4 = fc.uint8Array({ minLength: 4, maxLength: 4 });
const address6 = fc.uint8Array({ minLength: 16, maxLength: 16 });
const port = fc.integer({ min: 0, max: 65535 });
const formOf = (address: fc.Arbitrary<Uint8Array>) =>
  fc.record({ source: address, destination: address, sourcePort: port, destinationPort: port });

describe('packet/translated-form', () => {
  it('is the packet with other addresses, ports and checksums, octet by octet', () => {
    // UDP 192.168.7.10:5353 > 198.51.100.2:53, checksums as they are
    const inside = build(
      17,
      { source: four('192.168.7.10'), destination: four('198.51.100.2'), sourcePort: 5353, destinationPort: 53 },
      hex('000102030405060708'),
    );
    const form = {
      source: four('192.0.2.1'),
      destination: four('198.51.100.2'),
      sourcePort: 1024,
      destinationPort: 53,
    };
    const outside = rewritten(inside, form) as Uint8Array;
    expect(Buffer.from(outside).toString('hex')).to.equal(
      `45000025000740003f11${Buffer.from(outside.subarray(10, 12)).toString('hex')}c0000201c6336402` +
        `040000350011${Buffer.from(outside.subarray(26, 28)).toString('hex')}000102030405060708`,
    );
    expect(checksum(outside.subarray(0, 20))).to.equal(0);
  });

  for (const [what, protocols, address] of [
    ['IPv4', [1, 6, 17], address4],
    ['IPv6', [58, 6, 17], address6],
  ] as const)
    it(`has the checksums that a packet with those addresses would have: ${what}`, () => {
      fc.assert(
        fc.property(
          fc.constantFrom(...protocols),
          formOf(address),
          formOf(address),
          fc.uint8Array({ maxLength: 90 }),
          (protocol, before, after, payload) => {
            const found = rewritten(build(protocol, before, payload), after) as Uint8Array;
            const wanted = build(protocol, after, payload);
            // 0 and 0xffff are the same number to one's complement: the rest must be equal.
            const at = wanted.length - payload.length - (protocol === 6 ? 20 : 8) + CHECKSUM[protocol]!;
            const alike = (packet: Uint8Array, where: number) => {
              const copy = Uint8Array.from(packet);
              if (copy[where] === 0xff && copy[where + 1] === 0xff) copy.set([0, 0], where);
              return Buffer.from(copy).toString('hex');
            };
            const both = [found, wanted].map(packet =>
              what === 'IPv4' ? alike(hex(alike(packet, at)), 10) : alike(packet, at),
            );
            expect(both[0]).to.equal(both[1]);
          },
        ),
      );
    });

  it('becomes an IPv6 packet, as NAT64 makes one of the answers', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(6, 17),
        formOf(address4),
        formOf(address6),
        fc.uint8Array({ maxLength: 90 }),
        (protocol, before, after, payload) => {
          const packet = build(protocol, before, payload);
          if (protocol === 17 && packet[26] === 0 && packet[27] === 0) return;
          const found = rewritten(packet, after) as Uint8Array;
          const upper = found.subarray(40);
          const pseudo = [after.source, after.destination, number16(upper.length), number16(protocol)];
          expect(checksum(...pseudo, upper)).to.be.oneOf([0, 0xffff]);
          expect(found.subarray(8, 24)).to.deep.equal(after.source);
        },
      ),
    );
    const echo = build(
      1,
      { source: four('192.0.2.1'), destination: four('198.51.100.1'), sourcePort: 5, destinationPort: 5 },
      hex('0102'),
    );
    const [source, destination] = [new Uint8Array(16).fill(2), new Uint8Array(16).fill(3)];
    const found = rewritten(echo, { source, destination, sourcePort: 9, destinationPort: 9 }) as Uint8Array;
    expect([found[6], found[40], found[45]]).to.deep.equal([58, 128, 9]);
    expect(checksum(source, destination, number16(10), number16(58), found.subarray(40))).to.equal(0);
  });

  it('has the same digest in profile nat', () => {
    const kernel = loadKernel();
    const digest = (packet: Uint8Array) =>
      digestPacket(kernel, packet, RAW, new Uint8Array(16), packet.length, NAT).layers[0];
    fc.assert(
      fc.property(
        fc.constantFrom(1, 6, 17),
        formOf(address4),
        fc.oneof(formOf(address4), formOf(address6)),
        fc.uint8Array({ minLength: 1, maxLength: 90 }),
        (protocol, before, after, payload) => {
          const packet = build(protocol, before, payload);
          const other = rewritten(packet, after);
          if (typeof other !== 'string')
            expect((digest(other) as { digest: string }).digest).to.equal(
              (digest(packet) as { digest: string }).digest,
            );
        },
      ),
    );
  });

  const A = { source: four('192.0.2.1'), destination: four('198.51.100.1'), sourcePort: 1, destinationPort: 2 };
  const B = { ...A, source: four('192.0.2.9') };
  const SIX = { ...A, source: new Uint8Array(16).fill(1), destination: new Uint8Array(16).fill(2) };
  const UNCHECKED = Uint8Array.from(build(17, A, hex('01')));
  UNCHECKED.set([0, 0], 26);
  const ICMP_ERROR = Uint8Array.from(build(1, A, new Uint8Array(28)));
  ICMP_ERROR[20] = 3;
  for (const [what, packet, form, wrong] of [
    ['an address is not told', build(17, A, hex('01')), { ...B, source: null }, 'not-told'],
    ['a port is not told', build(17, A, hex('01')), { ...B, sourcePort: null }, 'not-told'],
    ['of two families', build(17, A, hex('01')), { ...B, source: new Uint8Array(16) }, 'not-told'],
    ['IPv6 to IPv4', build(17, SIX, hex('01')), B, 'identification'],
    ['a fragment to IPv6', build(17, A, hex('01'), 7, 0x2000), SIX, 'fragment'],
    ['without a checksum to IPv6', UNCHECKED, SIX, 'checksum'],
    ['an ICMP error', ICMP_ERROR, B, 'icmp-error'],
    ['cut before the checksum', build(6, A, hex('01')).subarray(0, 30), B, 'short'],
  ] as const)
    it(`is not reckoned: ${what}`, () => expect(rewritten(packet, form)).to.equal(wrong));

  it('leaves a UDP packet without a checksum without one', () => {
    const found = rewritten(UNCHECKED, B) as Uint8Array;
    expect([...found.subarray(26, 28)]).to.deep.equal([0, 0]);
  });

  it('takes no ports of a later fragment', () => {
    const packet = build(17, A, new Uint8Array(16).fill(5), 7, 0x0010);
    const found = rewritten(packet, { ...B, sourcePort: 77 }) as Uint8Array;
    expect(found.subarray(20)).to.deep.equal(packet.subarray(20));
    expect(checksum(found.subarray(0, 20))).to.equal(0);
  });

  it('never throws, whatever the octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.constantFrom(0x45, 0x60, 0x46), (octets, first) => {
        const packet = Uint8Array.from([first, ...octets]);
        const layers = newLayers();
        findLayers(packet, 0, packet.length, packet.length, RAW, layers);
        for (let i = 0; i < layers.count; i++) for (const form of [B, SIX]) translatedForm(packet, layers, i, form);
      }),
    );
  });
});
