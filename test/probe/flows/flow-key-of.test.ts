import { expect } from 'chai';
import { flowKeysOf } from '../../../src/probe/flows/flow-key-of.ts';
import { DESTINATION6, hex, IPV4, IPV6, RAW, SOURCE6, UDP } from '../../packet/packets.ts';

const ENDS4 = { source: hex('c0000201'), destination: hex('c6336402') };
const PORTS = { sourcePort: 5353, destinationPort: 53 };
const NONE = { sourcePort: null, destinationPort: null };
const keysOf = (...text: string[]) => flowKeysOf(hex(...text), RAW, hex(...text).length);

describe('probe/flow-key-of', () => {
  it('names addresses, protocol and ports of every IP layer', () => {
    expect(keysOf(IPV4)).to.deep.equal([{ protocol: 17, ...ENDS4, ...PORTS }]);
    const six = { protocol: 17, source: hex(SOURCE6), destination: hex(DESTINATION6), ...PORTS };
    expect(keysOf(IPV6)).to.deep.equal([six]);
    // 6in4: protocol 41 has no ports.
    expect(keysOf('45000054 12340000 40290000 c0000201 c6336402', IPV6)).to.deep.equal([
      { protocol: 41, ...ENDS4, ...NONE },
      six,
    ]);
  });

  it('names no ports of later fragments and of ICMP', () => {
    expect(keysOf('4500002c 12340010 40110000 c0000201 c6336402', UDP)).to.deep.equal([
      { protocol: 17, ...ENDS4, ...NONE },
    ]);
    expect(keysOf('4500002c 12340000 40010000 c0000201 c6336402', UDP)).to.deep.equal([
      { protocol: 1, ...ENDS4, ...NONE },
    ]);
    expect(keysOf('')).to.deep.equal([]);
  });
});
