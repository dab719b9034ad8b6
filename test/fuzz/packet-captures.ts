/** Captures of hostile packets: every layer in every profile, what ICMP errors quote, and fragments put together. */
import { createCaptureDigester } from '../../src/packet/capture-digests.ts';
import { loadKernel } from '../../src/packet/digest-kernel.ts';
import { entropyOf } from '../../src/packet/entropy.ts';
import { findLayers } from '../../src/packet/find-layers.ts';
import { MAX_LAYERS, newLayers } from '../../src/packet/layers.ts';
import { pcapReader, writePcap } from '../../src/packet/pcap.ts';
import { PROFILES } from '../../src/packet/profiles.ts';
import { capture, captureNames } from '../packet/captures.ts';
import { DESTINATION6, ETHER4, ETHER6, hex, IPV4, IPV6, ipv4, ipv6 } from '../packet/packets.ts';
import { mutate } from './mutate.ts';
import type { Target } from './target.ts';

/** LINKTYPE_ values of everything that is read, and one that is not. */
const LINK_TYPES = [0, 1, 9, 12, 50, 51, 101, 104, 105, 108, 113, 219, 228, 229, 276, 147] as const;

/** Octets of the begin of a capture. */
const OCTETS = 4096;

/** Written packets of every kind that is read, in files; and the begin of the captures, where they are here. */
export function packetSeeds(): Uint8Array[] {
  const outer = (protocol: number, inside: string) => ipv4(protocol, inside, 'cb007101 cb007102');
  const udp = (port: string, inside: string) => outer(17, `c000${port} 0000 0000 ${inside}`);
  const written: [number, string][] = [
    [1, `${ETHER4} ${IPV4}`],
    [1, `${ETHER6} ${IPV6}`],
    [1, `${ETHER4.slice(0, 26)} 88a8 0001 8100 0064 8864 1100 0001 002e 0021 ${IPV4}`],
    [1, `${ETHER4.slice(0, 26)} 8847 00010040 00020140 00000000 ${ETHER4} ${IPV4}`],
    [113, `0000 0001 0006 00005e0053020000 0800 ${IPV4}`],
    [105, `0801 0000 ${'00005e005301'.repeat(3)} 0010 aaaa03000000 0800 ${IPV4}`],
    [101, outer(47, `b000 6558 beef 0000 00000001 00000002 ${ETHER4} ${IPV4}`)],
    [101, outer(47, `1000 22eb 00000001 200100010000000000000001 ${'11'.repeat(8)} ${ETHER4} ${IPV4}`)],
    [101, outer(47, `3081 880b 0030 0007 00000001 00000002 0021 ${IPV4}`)],
    [101, outer(115, `00000007 deadbeefdeadbeef 40000001 ${ETHER4} ${IPV4}`)],
    [101, outer(51, `04 04 0000 00000100 00000001 ${'00'.repeat(12)} ${IPV4}`)],
    [101, udp('06a5', `4a02 0040 0001 0002 00050006 0002 eeee 0057 ${IPV6}`)],
    [101, udp('0868', `34ff003400000001 00000085 01100900 ${IPV6}`)],
    [101, udp('0dd8', `0001 02 03 aabb 112233 0102030405060708 00 0000 fffe 34fffefe ${IPV6}`)],
    [101, udp('12b5', `0800000000000100 ${ETHER4} ${IPV4}`)],
    [101, udp('17c1', `0240655800000100 0102800101020304 ${ETHER4} ${IPV4}`)],
    [101, udp('9090', `01 01 0001 00 0a01c8 2902000f 01 ${ETHER4} ${IPV4}`)],
    [101, ipv4(1, `0b00 aaaa 00000000 ${IPV4}`)],
    [101, ipv6(43, `2c 02 04 01 00 00 0000 ${DESTINATION6} 11 00 0001 cafebabe ${IPV6}`)],
    [101, ipv4(6, `c00001bb 11223344 00000000 a002ffff beef0000 020405b4 0402080a 00112233 00000000`)],
  ];
  const files = written.map(([linkType, frame]) => writePcap(linkType, [{ time: 1_000_000_000n, bytes: hex(frame) }]));
  return [...files, ...captureNames().map(name => capture(name).slice(0, OCTETS))];
}

/** The target; a seed is the begin of a capture file. What is in it is taken as frames of every link type in turn. */
export function packetCaptureTarget(seeds: readonly Uint8Array[]): Target {
  const kernel = loadKernel();
  const layers = newLayers();
  const key = new Uint8Array(16);
  let digester = createCaptureDigester({ kernel, profiles: PROFILES, keyOf: () => key, reassemble: true });
  let number = 0;
  let count = 0;

  /** What is said of a file's records, in words that few files share; the end of it is what is wrong. */
  const read = (file: Uint8Array, piece: number): string => {
    const reader = pcapReader();
    const words: string[] = [];
    for (let at = 0; at < file.length; at += piece) {
      reader.feed(file.slice(at, at + piece));
      for (;;) {
        const step = reader.next();
        if (step === 'more') break;
        if (step !== 'record') return `${words}! ${step.reason.replace(/\d+/g, '#')}`;
        const { bytes, offset, captured, wire, linkType } = reader.record;
        findLayers(bytes, offset, offset + captured, wire, linkType, layers);
        words.push(`${layers.count}${layers.stop}`);
      }
    }
    return `${words} ${reader.end()?.reason.replace(/\d+/g, '#') ?? ''}`;
  };

  return {
    name: 'packet captures',
    seeds,
    mutate: (input, other, random) => mutate(input, other, random, 4096),
    judge(file) {
      const whole = read(file, file.length + 1);
      if (++count % 4 === 0 && whole !== read(file, 1 + (count % 97)))
        throw new Error('a file in pieces reads as another');
      // The octets as a frame: behind a file header and a record header they have been mutated least.
      const linkType = LINK_TYPES[count % LINK_TYPES.length]!;
      const frame = file.subarray(Math.min(file.length, 40));
      const captured = frame.length - (count % 7 === 0 ? frame.length >> 1 : 0);
      findLayers(frame, 0, captured, frame.length, linkType, layers);
      if (layers.count > MAX_LAYERS) throw new Error('more layers than there is room for');
      for (let i = 0; i < layers.count; i++)
        if (layers.fault[i] === null && (layers.upper[i]! > layers.end[i]! || layers.end[i]! > captured))
          throw new Error(`layer ${i} ends behind what was captured`);
      const said = digester.take({
        ...{ bytes: frame, offset: 0, captured, wire: frame.length, linkType, interface: 0, outgoing: false },
        ...{ seconds: 1_000_000 + (count >> 6), nanoseconds: 0, number: ++number },
      });
      entropyOf(frame.subarray(0, 40), frame[0] ?? null);
      for (const { result, profile } of said)
        if ('digest' in result && !/^[0-9a-f]+$/.test(result.digest)) throw new Error(`${profile?.name}: no digest`);
      return `${whole} ${said.map(({ result }) => ('reason' in result ? result.reason : 'digest'))}`;
    },
    begin() {
      digester.end();
      digester = createCaptureDigester({ kernel, profiles: PROFILES, keyOf: () => key, reassemble: true });
      count = 0;
    },
  };
}
