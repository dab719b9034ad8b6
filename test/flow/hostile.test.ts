import { expect } from 'chai';
import fc from 'fast-check';
import { MOST_DOMAINS } from '../../src/flow/exporter.ts';
import { encodeIpfix, type IpfixSet } from '../../src/flow/ipfix.ts';
import { newSequence, noteSequence } from '../../src/flow/sequence.ts';
import { compileTemplate, encodeDataRecord, MOST_FIELDS, VARIABLE } from '../../src/flow/template.ts';
import { MOST_TEMPLATES, TEMPLATE_LIFE, templateCache } from '../../src/flow/template-cache.ts';
import { hex } from '../packet/packets.ts';
import { collect, NOW } from './collected.ts';
import { flowDatagrams } from './datagrams.ts';

const field = (element: number, octets: number) => ({ element, enterprise: 0, octets });
const HEADER = { seconds: NOW / 1000, sequence: 0, domain: 5 };
const ENDS = [field(8, 4), field(12, 4)];

function compiled(id: number, fields: Parameters<typeof compileTemplate>[1], scope = 0) {
  const template = compileTemplate(id, fields, scope);
  if (typeof template === 'string') throw new Error(template);
  return template;
}

describe('flow/templates', () => {
  it('refuses what would never end, or is too wide', () => {
    expect(compileTemplate(256, [], 0)).to.equal('a template whose records are empty');
    expect(compileTemplate(256, Array(MOST_FIELDS + 1).fill(field(8, 4)), 0)).to.match(/^a template of 513 fields/);
    expect(compileTemplate(256, Array(300).fill(field(8, 1000)), 0)).to.match(/300000 octets at least/);
    expect(compileTemplate(256, [field(82, VARIABLE)], 0)).to.not.be.a('string');
  });

  it('passes over a field whose length its element cannot have', () => {
    const { exporter, flows } = collect();
    const fields = [field(8, 5), field(8, 4), field(12, 4), field(7, 9)];
    const values = [new Uint8Array(5).fill(9), hex('c0000201'), hex('c6336402'), new Uint8Array(9).fill(9)];
    exporter.take(
      encodeIpfix(HEADER, [
        { template: 256, fields },
        { data: 256, records: [encodeDataRecord(fields, values)] },
      ]),
      NOW,
    );
    expect(flows[0]).to.match(/^192\.0\.2\.1 > 198\.51\.100\.2 /);
  });

  it('holds a bounded number of templates, and lets those go that were not repeated for longest', () => {
    const cache = templateCache();
    let gone = 0;
    for (let id = 256; id < 256 + MOST_TEMPLATES + 10; id++) gone += cache.put(compiled(id, ENDS), NOW);
    expect({ count: cache.count, gone }).to.deep.equal({ count: MOST_TEMPLATES, gone: 10 });
    expect(cache.get(256, NOW)).to.equal(undefined);
    expect(cache.get(266, NOW)).to.not.equal(undefined);
    const wide = Array(MOST_FIELDS).fill(field(8, 4));
    for (let id = 2000; id < 2100; id++) cache.put(compiled(id, wide), NOW);
    expect(cache.count, 'wide ones').to.equal(32);
  });

  it('forgets what is old, replaced or withdrawn', () => {
    const cache = templateCache();
    cache.put(compiled(256, ENDS), NOW);
    expect(cache.get(256, NOW + TEMPLATE_LIFE)).to.not.equal(undefined);
    expect(cache.get(256, NOW + TEMPLATE_LIFE + 1)).to.equal(undefined);
    cache.put(compiled(256, ENDS), NOW);
    cache.put(compiled(256, [field(4, 1)]), NOW);
    expect(cache.get(256, NOW)?.least).to.equal(1);
    cache.put(compiled(257, ENDS, 1), NOW);
    cache.withdrawAll(true);
    expect([256, 257].map(id => cache.get(id, NOW) !== undefined)).to.deep.equal([true, false]);
    cache.withdraw(256);
    expect(cache.count).to.equal(0);
  });
});

describe('flow/sequence', () => {
  it('counts what is missing, takes back what comes late, and knows a new start', () => {
    const sequence = newSequence();
    const note = (number: number, units = 1) => {
      noteSequence(sequence, number, units);
      return sequence.lost;
    };
    expect([note(0xfffffffe), note(0xffffffff), note(0), note(3), note(1), note(2)]).to.deep.equal([0, 0, 0, 2, 1, 0]);
    expect(note(1_000_000)).to.equal(999_996);
    note(5);
    expect(sequence).to.include({ restarts: 1, next: 6 });
  });
});

describe('flow/hostile datagrams', () => {
  it('hold no more domains than a chassis has', () => {
    const { exporter } = collect();
    for (let domain = 0; domain < MOST_DOMAINS + 50; domain++)
      exporter.take(encodeIpfix({ ...HEADER, domain }, [{ template: 256, fields: ENDS }]), NOW);
    expect(exporter.status()).to.include({ domains: MOST_DOMAINS, otherDomains: 50, templatesHeld: MOST_DOMAINS });
  });

  it('of one octet a record end', () => {
    const { exporter, flows } = collect();
    const sets: IpfixSet[] = [
      { template: 256, fields: [field(4, 1)] },
      { data: 256, records: [new Uint8Array(60_000)] },
    ];
    expect(exporter.take(encodeIpfix(HEADER, sets), NOW)).to.equal(null);
    expect(flows, 'no addresses, no flow').to.deep.equal([]);
    expect(exporter.status().records).to.equal(60_000);
  });

  const seeds = flowDatagrams();

  it('never throw, and every offset found lies in them', () => {
    const edits = fc.array(fc.tuple(fc.nat(200), fc.integer({ min: 0, max: 255 })), { maxLength: 8 });
    const { exporter, sections } = collect();
    fc.assert(
      fc.property(fc.constantFrom(...seeds), edits, fc.nat(220), (seed, changes, cut) => {
        const datagram = seed.slice(0, Math.max(cut, 12));
        for (const [at, octet] of changes) if (at < datagram.length) datagram[at] = octet;
        const wrong = exporter.take(datagram, NOW);
        if (wrong !== null) expect(wrong.offset).to.be.within(0, datagram.length);
        for (const { record } of sections.splice(0)) {
          expect(record.section).to.be.within(0, datagram.length);
          expect(record.section + record.sectionOctets).to.be.at.most(datagram.length);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('of any octets never throw', () => {
    const { exporter } = collect();
    const version = fc.constantFrom([0, 5], [0, 9], [0, 10], [0, 0, 0, 5]);
    fc.assert(
      fc.property(version, fc.uint8Array({ maxLength: 300 }), (head, rest) => {
        exporter.take(Uint8Array.from([...head, ...rest]), NOW);
      }),
      { numRuns: 1000 },
    );
  });
});
