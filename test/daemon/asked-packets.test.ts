import { expect } from 'chai';
import { askedFor, chosenOf, type PacketToTrace } from '../../src/daemon/asked-packets.ts';
import { loadKernel } from '../../src/packet/digest-kernel.ts';
import { inSample } from '../../src/probe/sampling.ts';
import { newLeaf } from '../../src/traceback/branch.ts';
import type { Participation } from '../../src/traceback/participation.ts';
import { createSamplers } from '../../src/traceback/samplers.ts';
import type { TraceNode } from '../../src/traceback/trace.ts';
import { seeded } from '../lab/internet/graph.ts';

const LINKTYPE_RAW = 101;
const NOON = Date.UTC(2026, 10, 29, 12, 30);
const secret = new Uint8Array(32).fill(7);

/** An UDP packet of 60 octets over IPv4 whose payload is random, or all zeroes. */
function packet(random: (() => number) | null, time = NOON): PacketToTrace {
  const frame = new Uint8Array(60);
  frame.set([
    0x45, 0, 0, 60, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 198, 51, 100, 2, 0x12, 0x34, 0x56, 0x78, 0, 40, 0, 0,
  ]);
  if (random !== null) for (let i = 28; i < 60; i++) frame[i] = Math.floor(random() * 256);
  return { linkType: LINKTYPE_RAW, frame, wire: 60, time };
}

describe('daemon/asked-packets', () => {
  const kernel = loadKernel();
  const random = seeded(5);
  const many = Array.from({ length: 128 }, () => packet(random));
  const digestOf = (one: PacketToTrace) => askedFor([one], kernel, secret).questions[0]!.digest;
  const kept = (one: PacketToTrace, share: number) => inSample(Buffer.from(digestOf(one), 'hex'), share);

  it('asks for those that whoever leaves out packets keeps', () => {
    const chosen = chosenOf(many, { most: 8, enough: 8 }, kernel, secret);
    expect(chosen).to.have.length(8);
    // The lowest 8 of 128 digests are below one in eight, but for chance.
    expect(chosen.filter(one => kept(one, 1 / 8)).length).to.equal(8);
    const highest = Math.max(...chosen.map(one => Number.parseInt(digestOf(one).slice(0, 8), 16)));
    for (const one of many)
      if (!chosen.includes(one)) expect(Number.parseInt(digestOf(one).slice(0, 8), 16)).to.be.at.least(highest);
    expect(chosen, 'in their order').to.deep.equal(many.filter(one => chosen.includes(one)));
  });

  it('asks for more only of those that are hard to guess, and for all where there are few', () => {
    const easy = Array.from({ length: 40 }, () => packet(null));
    const chosen = chosenOf([...easy, ...many.slice(0, 12)], { most: 64, enough: 8 }, kernel, secret);
    expect(chosen).to.have.length(12);
    for (const one of chosen) expect(easy).to.not.include(one);
    expect(chosenOf([...easy, many[0]!], { most: 64, enough: 8 }, kernel, secret))
      .to.have.length(8)
      .and.include(many[0]);
    expect(chosenOf(easy.slice(0, 8), { most: 64, enough: 8 }, kernel, secret)).to.have.length(8);
    expect(chosenOf(many, { most: 64, enough: 8 }, kernel, secret)).to.have.length(64);
  });

  it('asks no more questions than a request takes, whole packets of them', () => {
    const near = Date.UTC(2026, 10, 29, 12, 1);
    const all = Array.from({ length: 64 }, () => packet(random, near));
    const asked = askedFor(all, kernel, secret);
    expect([asked.packets.length, asked.questions.length]).to.deep.equal([32, 64]);
  });
});

describe('traceback/samplers', () => {
  const node = (as: number, sampling: number | null, children: TraceNode[] = []): TraceNode => ({
    ...{ ...newLeaf(as, 'clear', '', 0), sampling, signed: 'good', children },
  });
  const record = (methods: Participation['methods'], withdrawn = false): Participation => ({
    ...{ as: 64500, sequence: 1, issued: 0, expires: 1, withdrawn, addresses: [], certificate: new Uint8Array(1) },
    ...{ roles: [], methods, federations: [], retention: null, coverage: null },
  });

  it('knows of shares by what was said in the last day, and by who has nothing but samples', () => {
    const samplers = createSamplers();
    expect(samplers.known([record(['digest']), record(['digest', 'sflow']), record(['sflow'], true)], 0)).to.equal(
      false,
    );
    expect(samplers.known([record(['sflow'])], 0)).to.equal(true);
    samplers.note(node(1, 1, [node(2, null, [node(3, 1 / 64)])]), 1000);
    expect(samplers.known([], 1000)).to.equal(true);
    expect(samplers.known([], 86_401_001), 'a day later').to.equal(false);
    samplers.note(node(3, 0.5), 1000);
    samplers.note(node(3, 1), 2000);
    expect(samplers.known([], 2000), 'it keeps all again').to.equal(false);
  });
});
