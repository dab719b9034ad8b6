import { expect } from 'chai';
import { createAdmission } from '../../src/bgp/admission.ts';

describe('bgp/admission', () => {
  const times = (count: number, ask: (i: number) => unknown) => Array.from({ length: count }, (_, i) => ask(i));

  it('takes 20 connections of a source at once, and then two a second', () => {
    const { ask } = createAdmission();
    expect(times(21, () => ask('192.0.2.1', true, 0)).indexOf('source')).to.equal(20);
    expect(ask('192.0.2.1', true, 499)).to.equal('source');
    expect(ask('192.0.2.1', true, 500)).to.equal(null);
    expect(ask('192.0.2.1', true, 501)).to.equal('source');
    expect(ask('192.0.2.2', true, 501), 'another source').to.equal(null);
  });

  it('counts an IPv6 network as one source', () => {
    const { ask } = createAdmission();
    const answers = times(25, i => ask(`2001:db8:0:1::${(i + 1).toString(16)}`, true, 0));
    expect(answers.filter(answer => answer === 'source')).to.have.length(5);
    expect(ask('2001:db8:0:2::1', true, 0)).to.equal(null);
  });

  it('takes 200 of strangers at once, and then 100 a second; peers do not suffer from them', () => {
    const { ask } = createAdmission();
    const stranger = (i: number) => `10.1.${i >> 8}.${i & 255}`;
    expect(times(1000, i => ask(stranger(i), false, 0)).filter(answer => answer === null)).to.have.length(200);
    expect(ask('192.0.2.1', true, 0)).to.equal(null);
    expect(times(1000, i => ask(stranger(i), false, 1000)).filter(answer => answer === null)).to.have.length(100);
  });

  it('remembers so many sources and no more, and those longest that come often', () => {
    const { ask } = createAdmission();
    times(20, () => ask('192.0.2.1', true, 0));
    for (let i = 0; i < 20_000; i++) {
      ask(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, true, 0);
      if (i % 1000 === 0) expect(ask('192.0.2.1', true, 0)).to.equal('source');
    }
  });
});
