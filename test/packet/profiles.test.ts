import { createHash } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { loadKernel } from '../../src/packet/digest-kernel.ts';
import { LONGEST_INPUT } from '../../src/packet/invariant.ts';
import { digestPacket } from '../../src/packet/itk1.ts';
import {
  CLAMP,
  NAT,
  PACKTER_MD5,
  PAYLOAD,
  PROFILES,
  type Profile,
  profileNamed,
  QUOTED8,
  SPIE28,
  STRICT,
} from '../../src/packet/profiles.ts';
import { DESTINATION6, hex, IPV4, IPV6, inputsOf, ipv4, ipv6, RAW, SOURCE6, UDP } from './packets.ts';

const strip = (text: string) => text.replace(/\s/g, '');
const input = (profile: Profile, packet: string, captured?: number) => {
  const whole = hex(packet);
  return inputsOf(whole.subarray(0, captured), RAW, whole.length, profile)[0];
};

const ITK1 = '69746b31';
const PING = '0001020304050607 08090a0b0c0d0e0f';
/** Ports 49152 and 443, sequence and acknowledgement number, header length, flags, window, checksum, urgent pointer. */
const tcp = (words: string, flags: string, options = '', ports = 'c000 01bb', checksum = 'beef') => {
  const length = 5 + strip(options).length / 8;
  return `${ports} ${words} ${length.toString(16)}0${flags} ffff ${checksum} 0000 ${options}`;
};
const NUMBERS = '11223344 55667788';
const BODY = Array.from({ length: 48 }, (_, i) => (i + 0x30).toString(16)).join('');

describe('packet/profiles', () => {
  it('are numbered and named once, and found by name', () => {
    expect(PROFILES.map(({ number, name }) => `${number} ${name}`)).to.deep.equal([
      '1 strict',
      '2 nat',
      '3 clamp',
      '4 payload',
      '5 quoted8',
      '6 packter-md5',
      '7 spie28',
      '8 packter',
    ]);
    for (const profile of PROFILES) expect(profileNamed(profile.name)).to.equal(profile);
    expect(profileNamed('stric')).to.equal(undefined);
  });

  describe('nat', () => {
    it('of UDP is what lies behind its header', () => {
      const expected = strip(`${ITK1} 02 11 0010 10 000102030405060708090a0b0c0d0e0f`);
      expect(input(NAT, IPV4)).to.equal(expected);
      const translated = strip(IPV4)
        .replace('c0000201', 'cb007105') // source address
        .replace('1234', '9999') // identification
        .replace('14e90035', 'f0f10035') // source port
        .replace('abcd', '4321'); // checksum
      expect(input(NAT, translated), 'NAT44').to.equal(expected);
      expect(input(NAT, IPV6), 'NAT64').to.equal(expected);
    });

    it('of TCP data has no sequence number, with SYN and without data it has', () => {
      const data = strip(`${ITK1} 02 06 0030 10 28 ${BODY.slice(0, 80)}`);
      expect(input(NAT, ipv4(6, `${tcp(NUMBERS, '18')} ${BODY}`))).to.equal(data);
      expect(input(NAT, ipv4(6, `${tcp(NUMBERS, '10')} ${BODY}`)), 'without PSH').to.equal(data);
      expect(input(NAT, ipv4(6, `${tcp(NUMBERS, '10', '01010101', 'abcd 01bb')} ${BODY}`)), 'options').to.equal(data);
      expect(input(NAT, ipv6(6, `${tcp(NUMBERS, '10')} ${BODY}`)), 'NAT64').to.equal(data);
      const syn = strip(`${ITK1} 02 06 0000 02 ${NUMBERS} 00`);
      expect(input(NAT, ipv4(6, tcp(NUMBERS, '02', '020405b4')))).to.equal(syn);
      expect(input(NAT, ipv4(6, tcp(NUMBERS, 'c2', '02040584', '0f0f 01bb', '0001'))), 'clamped').to.equal(syn);
      const bare = strip(`${ITK1} 02 06 0000 10 ${NUMBERS} 00`);
      expect(input(NAT, ipv4(6, tcp(NUMBERS, '10')))).to.equal(bare);
      const short = strip(`${ITK1} 02 06 0002 10 ${NUMBERS} 02 0d0a`);
      expect(input(NAT, ipv4(6, `${tcp(NUMBERS, '18')} 0d0a`))).to.equal(short);
    });

    it('of ICMP echo has the sequence number and not the identifier, also across NAT64', () => {
      const expected = strip(`${ITK1} 02 01 0010 08 0007 10 ${PING}`);
      expect(input(NAT, ipv4(1, `0800 aaaa 1111 0007 ${PING}`))).to.equal(expected);
      expect(input(NAT, ipv4(1, `0800 bbbb 2222 0007 ${PING}`))).to.equal(expected);
      expect(input(NAT, ipv6(58, `8000 cccc 1111 0007 ${PING}`))).to.equal(expected);
      const reply = strip(`${ITK1} 02 01 0010 00 0007 10 ${PING}`);
      expect(input(NAT, ipv4(1, `0000 aaaa 1111 0007 ${PING}`))).to.equal(reply);
      expect(input(NAT, ipv6(58, `8100 cccc 1111 0007 ${PING}`))).to.equal(reply);
    });

    it('of SCTP leaves out the common header, of others nothing', () => {
      expect(input(NAT, ipv4(132, `c000 0050 01020304 beefbeef 00030010`))).to.equal(
        strip(`${ITK1} 02 84 0004 04 00030010`),
      );
      expect(input(NAT, ipv4(50, '0102030405060708'))).to.equal(strip(`${ITK1} 02 32 0008 08 0102030405060708`));
    });

    it('refuses what does not identify, with a reason', () => {
      expect(input(NAT, ipv4(17, '14e9 0035 0008 abcd'))).to.equal('empty');
      expect(input(NAT, ipv4(1, '0800 aaaa 1111 0007'))).to.equal('empty');
      expect(input(NAT, ipv4(1, `0303 aaaa 00000000 ${IPV4}`))).to.equal('icmp-error');
      expect(input(NAT, ipv6(58, `0300 aaaa 00000000 ${IPV6}`))).to.equal('icmp-error');
      const fragment = strip(IPV4).replace('12344000', '12342000');
      expect(input(NAT, fragment)).to.equal('fragment');
      expect(input(NAT, ipv6(44, `11 00 0001 cafebabe ${UDP}`))).to.equal('fragment');
      expect(input(NAT, ipv6(44, `11 00 0000 cafebabe ${UDP}`)), 'an atomic one').to.equal(input(NAT, IPV6));
      expect(input(NAT, ipv4(17, '14e9 0035'))).to.equal('transport');
      expect(input(NAT, ipv4(6, tcp(NUMBERS, '10').replace('50', 'f0')))).to.equal('transport');
      expect(input(NAT, ipv4(6, tcp(NUMBERS, '10').replace('50', '40')))).to.equal('transport');
    });

    it('needs 40 octets behind the transport header', () => {
      const packet = ipv4(6, `${tcp(NUMBERS, '10', '01010101')} ${BODY}`);
      expect(input(NAT, packet, 20 + 24 + 40)).to.equal(input(NAT, packet));
      for (const captured of [20 + 24 + 39, 20 + 12, 20 + 5, 20, 19, 1])
        expect(input(NAT, packet, captured), `${captured} octets`).to.equal('snaplen');
    });
  });

  describe('clamp', () => {
    const OPTIONS = (mss: string) => `0402 01 01 0204 ${mss} 080a 00112233 00000000`;
    const syn = (mss: string, checksum: string, flags = '02') =>
      ipv4(6, tcp('11223344 00000000', flags, `${OPTIONS(mss)} 0000`, 'c000 01bb', checksum));

    it('is strict without TCP checksum and MSS', () => {
      const expected = strip(input(STRICT, syn('0000', '0000'))!).replace(`${ITK1}01`, `${ITK1}03`);
      expect(input(CLAMP, syn('05b4', 'beef'))).to.equal(expected);
      expect(input(CLAMP, syn('0584', 'bf1f'))).to.equal(expected);
      expect(input(CLAMP, syn('05b4', 'beef', '12'))).to.not.equal(expected);
      expect(input(CLAMP, syn('05b4', 'beef', '12')), 'SYN, ACK').to.equal(input(CLAMP, syn('0584', '0001', '12')));
    });

    it('finds the MSS where it is cut by the 40th octet, and nowhere else', () => {
      const behind = (mss: string) => ipv4(6, tcp(NUMBERS, '02', `${'01'.repeat(17)} 0204 ${mss} 01 01 00`));
      expect(input(CLAMP, behind('05b4'))!.slice(-6)).to.equal('020400');
      const ended = (mss: string) => ipv4(6, tcp(NUMBERS, '02', `01 01 00 00 0204 ${mss}`));
      expect(input(CLAMP, ended('05b4')), 'behind the end of the list').to.not.equal(input(CLAMP, ended('0584')));
      const lying = ipv4(6, tcp(NUMBERS, '02', '0200 05b4'));
      expect(input(CLAMP, lying)!.endsWith('020005b4')).to.equal(true);
    });

    it('is refused for all but SYN', () => {
      expect(input(CLAMP, ipv4(6, tcp(NUMBERS, '10')))).to.equal('not-syn');
      expect(input(CLAMP, IPV4)).to.equal('not-syn');
      expect(input(CLAMP, ipv4(6, 'c00001bb1122'))).to.equal('transport');
      expect(input(CLAMP, syn('05b4', 'beef').replace('12344000', '12340002'))).to.equal('fragment');
      expect(input(CLAMP, syn('05b4', 'beef'), 50)).to.equal('snaplen');
    });
  });

  it('payload is the same whatever carries it', () => {
    const expected = strip(`${ITK1} 04 0030 28 ${BODY.slice(0, 80)}`);
    const length = (8 + 48).toString(16).padStart(4, '0');
    for (const packet of [
      ipv4(6, `${tcp(NUMBERS, '18')} ${BODY}`),
      ipv6(6, `${tcp('00000001 00000002', '10', '01010101')} ${BODY}`),
      ipv4(17, `14e9 0035 ${length} abcd ${BODY}`),
      ipv6(17, `0001 0002 ${length} 1234 ${BODY}`),
    ])
      expect(input(PAYLOAD, packet), packet).to.equal(expected);
    expect(input(PAYLOAD, ipv4(6, tcp(NUMBERS, '10')))).to.equal('empty');
    expect(input(PAYLOAD, ipv4(6, `${tcp(NUMBERS, '18')} ${BODY}`), 70)).to.equal('snaplen');
    expect(input(PAYLOAD, strip(IPV4).replace('12344000', '12340001'))).to.equal('fragment');
  });

  it('quoted8 is strict with 8 upper-layer octets', () => {
    expect(input(QUOTED8, IPV4)).to.equal(
      strip(`${ITK1} 05 04 11 c0000201 c6336402 1234 00 0000 002c 08 14e900350018abcd`),
    );
    expect(input(QUOTED8, IPV4, 28)).to.equal(input(QUOTED8, IPV4));
    expect(input(QUOTED8, IPV4, 27)).to.equal('snaplen');
    expect(input(QUOTED8, IPV6)).to.equal(
      strip(`${ITK1} 05 06 11 ${SOURCE6} ${DESTINATION6} 0018 08 14e900350018abcd`),
    );
  });

  describe('packter-md5', () => {
    it('is the header with zeroes and 8 octets', () => {
      expect(input(PACKTER_MD5, IPV4)).to.equal(strip('45000000 12340000 00110000 c0000201 c6336402 14e900350018abcd'));
      const options = `47ff0034 12344000 40110000 c0000201 c6336402 9404000001010100 ${UDP}`;
      expect(input(PACKTER_MD5, options)).to.equal(
        strip('47000000 12340000 00110000 c0000201 c6336402 0000000000000000 14e900350018abcd'),
      );
      const remarked = strip(IPV6).replace('60012345', '6ff12345');
      expect(input(PACKTER_MD5, remarked)).to.equal(
        strip(`60f12345 0018 11 00 ${SOURCE6} ${DESTINATION6} 14e900350018abcd`),
      );
      expect(input(PACKTER_MD5, ipv4(17, '14e900350008ab')), 'less than 8 octets').to.equal('short');
      expect(input(PACKTER_MD5, IPV4, 27)).to.equal('snaplen');
    });

    it('is hashed by MD5, whatever the key, to 16 octets', () => {
      const kernel = loadKernel();
      const md5 = createHash('md5')
        .update(hex(input(PACKTER_MD5, IPV4)!))
        .digest('hex');
      for (const key of [new Uint8Array(16), new Uint8Array(16).fill(1)]) {
        const { layers } = digestPacket(kernel, hex(IPV4), RAW, key, undefined, PACKTER_MD5);
        expect(layers[0]).to.deep.include({ digest: md5 });
      }
    });
  });

  it('spie28 is the 28 octets of SPIE, 48 of IPv6', () => {
    expect(input(SPIE28, strip(IPV4).replace('4500', '45ff').replace('4011', '0111'))).to.equal(
      strip(`${ITK1} 07 4500002c 12344000 00110000 c0000201 c6336402 14e900350018abcd`),
    );
    expect(input(SPIE28, `46000030 12344000 40110000 c0000201 c6336402 94040000 ${UDP}`)).to.equal(
      strip(`${ITK1} 07 46000030 12344000 00110000 c0000201 c6336402 14e900350018abcd`),
    );
    expect(input(SPIE28, strip(IPV6).replace('60012345', '6ff12345'))).to.equal(
      strip(`${ITK1} 07 60000000 0018 11 00 ${SOURCE6} ${DESTINATION6} 14e900350018abcd`),
    );
    expect(input(SPIE28, ipv6(17, '14e90035'))).to.equal('short');
  });

  it('write no more than fits, never throw, and give no digest of less than they ask for', () => {
    const seeds = [
      IPV4,
      IPV6,
      ipv4(6, `${tcp(NUMBERS, '02', '020405b4 01010402')}`),
      ipv4(6, `${tcp(NUMBERS, '18')} ${BODY}`),
      ipv4(1, `0303 aaaa 00000000 ${IPV4}`),
      ipv6(44, `06 00 0001 cafebabe ${tcp(NUMBERS, '02', '020405b4')}`),
    ].map(text => hex(text));
    const changed = fc
      .tuple(fc.constantFrom(...seeds), fc.array(fc.tuple(fc.nat(120), fc.nat(255))))
      .map(([seed, edits]) => {
        const bytes = Uint8Array.from(seed);
        for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value;
        return bytes;
      });
    fc.assert(
      fc.property(changed, fc.constantFrom(...PROFILES), fc.nat(120), (bytes, profile, captured) => {
        const whole = inputsOf(bytes, RAW, bytes.length, profile);
        for (const one of whole) expect(one.length / 2).to.be.at.most(LONGEST_INPUT);
        // Cut by the capture, a layer has the same digest or none.
        inputsOf(bytes.subarray(0, captured), RAW, bytes.length, profile).forEach((one, i) => {
          if (captured >= bytes.length || /^[0-9a-f]+$/.test(one)) expect(one).to.equal(whole[i]);
        });
      }),
      { numRuns: 2000 },
    );
  });
});
