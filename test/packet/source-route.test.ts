import { expect } from 'chai';
import { findLayers } from '../../src/packet/find-layers.ts';
import { newLayers } from '../../src/packet/layers.ts';
import { isSourceRouted } from '../../src/packet/source-route.ts';
import { DESTINATION6, hex, IPV4, ipv6, RAW, SOURCE6, UDP } from './packets.ts';

const layers = newLayers();
const routed = (packet: string) => {
  const frame = hex(packet);
  findLayers(frame, 0, frame.length, frame.length, RAW, layers);
  return isSourceRouted(frame, layers, 0);
};
/** A UDP packet with 8 octets of options. */
const withOptions = (options: string) => `47000034 12344000 40110000 c0000201 c6336402 ${options} ${UDP}`;

describe('packet/source-route', () => {
  it('finds the options that make the destination a next stop, and no others', () => {
    expect(routed(withOptions('83070c c0000205 00')), 'loose').to.equal(true);
    expect(routed(withOptions('01 890704 c0000205')), 'strict, behind No Operation').to.equal(true);
    expect(routed(withOptions('94040000 00 830704'))).to.equal(false);
    expect(routed(withOptions('070704 00000000 00')), 'record route').to.equal(false);
    expect(routed(withOptions('44080d00 00000083')), 'the octet is inside another option').to.equal(false);
    expect(routed(withOptions('9401 83070400 0000')), 'behind one that contradicts itself').to.equal(false);
    expect(routed(IPV4)).to.equal(false);
    expect(routed(ipv6(17, UDP)), `${SOURCE6} ${DESTINATION6}`).to.equal(false);
  });

  it('never reads behind the header', () => {
    for (const option of ['94', '83', '01', '44ff'])
      expect(() => routed(withOptions(`01010101010101${option}`.slice(0, 16)))).to.not.throw();
  });
});
