import { expect } from 'chai';
import { findLayers } from '../../src/packet/find-layers.ts';
import { newLayers } from '../../src/packet/layers.ts';
import { parseMac, vantageMap } from '../../src/probe/vantage.ts';
import { hex, IPV4 } from '../packet/packets.ts';

const NEIGHBORS = [
  { as: 64496, mac: '00:00:5e:00:53:01' },
  { as: 64497, mac: '00-00-5E-00-53-02' },
  { as: 64496, mac: '00:00:5e:00:53:03' },
];

describe('probe/vantage', () => {
  const map = vantageMap();
  expect(map.configure(NEIGHBORS)).to.deep.equal([]);

  const at = (frame: string, linkType = 1) => {
    const bytes = hex(frame);
    const layers = newLayers();
    findLayers(bytes, 0, bytes.length, bytes.length, linkType, layers);
    const { direction, neighbor } = map.list[map.of(bytes, layers, 0, false)]!;
    return `${direction} ${neighbor}`;
  };
  const ours = '00005e005399';

  it('names the neighbour by the source address, else by the destination address', () => {
    const frames: [string, string][] = [
      [`${ours} 00005e005301`, 'in 64496'],
      [`${ours} 00005e005302`, 'in 64497'],
      [`${ours} 00005e005303`, 'in 64496'],
      [`00005e005302 ${ours}`, 'out 64497'],
      [`00005e005301 00005e005302`, 'in 64497'],
      [`${ours} 00005e00539a`, 'inside null'],
      [`${ours} 01005e005301`, 'inside null'],
    ];
    for (const [addresses, vantage] of frames) expect(at(`${addresses} 0800 ${IPV4}`), addresses).to.equal(vantage);
  });

  it('reads the source address of a cooked capture, and none of a raw one', () => {
    expect(at(`0000 0001 0006 00005e0053010000 0800 ${IPV4}`, 113)).to.equal('in 64496');
    expect(at(IPV4, 101)).to.equal('inside null');
  });

  it('looks at the outermost frame only', () => {
    const inner = `${ours} 00005e005302 0800 ${IPV4}`;
    const outer = `45000056 00010000 402f0000 cb007101 cb007102 0000 6558 ${inner}`;
    expect(at(`${ours} 00005e005301 0800 ${outer}`)).to.equal('in 64496');
  });

  it('keeps its numbers when the neighbours change', () => {
    const before = [...map.list];
    expect(
      map.configure([
        { as: 64511, mac: '00:00:5e:00:53:01' },
        { as: 1, mac: 'nonsense' },
      ]),
    ).to.deep.equal(['nonsense']);
    expect(map.list.slice(0, before.length)).to.deep.equal(before);
    expect(at(`${ours} 00005e005301 0800 ${IPV4}`)).to.equal('in 64511');
    map.configure(NEIGHBORS);
    expect(at(`${ours} 00005e005301 0800 ${IPV4}`)).to.equal('in 64496');
  });

  it('takes many addresses', () => {
    const many = vantageMap();
    const neighbors = Array.from({ length: 1000 }, (_, i) => ({
      as: i + 1,
      mac: `02:00:00:00:${(i >> 8).toString(16).padStart(2, '0')}:${(i & 255).toString(16).padStart(2, '0')}`,
    }));
    many.configure(neighbors);
    const layers = newLayers();
    layers.sourceMac = 0;
    for (const { as, mac } of neighbors)
      expect(many.list[many.of(parseMac(mac)!, layers, 0, false)]!.neighbor).to.equal(as);
  });
});
