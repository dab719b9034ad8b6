import { expect } from 'chai';
import fc from 'fast-check';
import { loadKernel } from '../../src/packet/digest-kernel.ts';
import { digestPacket } from '../../src/packet/itk1.ts';
import { reflectionOf, triggerOf } from '../../src/packet/reflection.ts';
import { hex, RAW } from './packets.ts';

/** UDP over IPv4 to port 40000, with 8 octets of payload. */
const udp = (port: string, fragment = '0000') =>
  hex(`45000024 0001${fragment} 40110000 c0000201 c6336402 ${port}9c40 00100000 0102030405060708`);
/** An IPv4 packet with 60 octets of UDP, as it was sent. */
const SENT = Uint8Array.from([
  ...hex('45000058 abcd0000 40110000 c6336402 c0000201 9c400035 00440000'),
  ...Array.from({ length: 60 }, (_, i) => (i * 37) & 255),
]);
/** An ICMP error (type, code) that quotes octets, which had lost some of their TTL. */
const error = (type: number, quote: Uint8Array) => {
  const all = Uint8Array.from([
    ...hex('45000000 00010000 40010000 cb007105 c6336402'),
    ...Uint8Array.of(type, 0, 0, 0, 0, 0, 0, 0),
    ...quote.with(8, 1),
  ]);
  return all.with(2, all.length >> 8).with(3, all.length & 255);
};

describe('packet/reflection', () => {
  const rows: [string, Uint8Array, ReturnType<typeof reflectionOf>][] = [
    ['from port 123', udp('007b'), { kind: 'amplifier', service: 'NTP' }],
    ['from port 11211', udp('2bcb'), { kind: 'amplifier', service: 'memcached' }],
    ['to port 53 from a high one', SENT, null],
    ['from port 124', udp('007c'), null],
    ['a later fragment', udp('007b', '0010'), null],
    ['time exceeded', error(11, SENT), { kind: 'error', service: 'ICMP' }],
    ['an echo reply', error(0, SENT), { kind: 'reply', service: 'ICMP' }],
    ['an echo request', error(8, SENT), null],
    ['nothing', new Uint8Array(0), null],
  ];
  for (const [what, frame, reflection] of rows)
    it(`${what}: ${reflection === null ? 'no reply' : `${reflection.kind} of ${reflection.service}`}`, () =>
      expect(reflectionOf(frame, RAW, frame.length)).to.deep.equal(reflection));

  it('has of an ICMP error the packet that it is about, with the digest that others know it by', () => {
    const kernel = loadKernel();
    const digest = (frame: Uint8Array, wire: number) =>
      digestPacket(kernel, frame, RAW, new Uint8Array(16), wire).layers[0];
    for (const length of [SENT.length, 68]) {
      const frame = error(11, SENT.subarray(0, length));
      const trigger = triggerOf(frame, RAW, frame.length);
      if ('reason' in trigger) throw new Error(trigger.reason);
      expect(trigger.wire).to.equal(SENT.length);
      expect(digest(trigger.frame, trigger.wire)).to.deep.equal(digest(SENT, SENT.length)).and.have.property('digest');
    }
    // Octets of an extension behind the quote (RFC 4884) are none of it.
    const extended = error(11, Uint8Array.from([...SENT, ...new Uint8Array(40), 32, 0, 0, 0]));
    expect(triggerOf(extended, RAW, extended.length)).to.deep.equal({ frame: SENT.with(8, 1), wire: SENT.length });
    // 8 octets are what old routers quote: there is no digest then, and why is said.
    const short = error(11, SENT.subarray(0, 28));
    const trigger = triggerOf(short, RAW, short.length);
    if ('reason' in trigger) throw new Error(trigger.reason);
    expect(digest(trigger.frame, trigger.wire)).to.have.property('reason');
  });

  it('says why there is none', () => {
    const why = (frame: Uint8Array) => (triggerOf(frame, RAW, frame.length) as { reason?: string }).reason;
    expect(why(udp('007b'))).to.match(/not in it; the AS of the reflector can trace that/);
    expect(why(SENT)).to.match(/no reply/);
    expect(why(error(11, Uint8Array.of(0x45, 0, 0, 0, 0, 0, 0, 0, 0)))).to.match(/less than a header/);
  });

  it('takes whatever octets there are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 90 }), fc.nat(90), (octets, at) => {
        const frame = error(3, SENT);
        frame.set(octets.subarray(0, frame.length - Math.min(at, frame.length)), Math.min(at, frame.length));
        for (const one of [octets, frame, frame.subarray(0, at)]) {
          reflectionOf(one, RAW, one.length);
          triggerOf(one, RAW, one.length);
        }
      }),
    );
  });
});
