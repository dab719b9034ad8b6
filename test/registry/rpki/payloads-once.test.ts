import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { RpkiConfig } from '../../../src/config/tree.ts';
import { formatVrp } from '../../../src/registry/rpki/payloads.ts';
import { readPayloadsOnce } from '../../../src/registry/rpki/payloads-once.ts';

describe('registry/rpki/payloads-once', () => {
  let directory = '';
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'payloads-'));
  });
  after(() => rmSync(directory, { recursive: true }));

  const write = (name: string, value: unknown): string => {
    const file = join(directory, name);
    writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
    return file;
  };
  const block = (name: string, ...caches: RpkiConfig['caches'][number][]): RpkiConfig => ({ name, caches, version: 2 });

  async function read(...configs: RpkiConfig[]) {
    const { vrps, aspas, sources } = await readPayloadsOnce(configs);
    const words: string[] = [];
    vrps.forEach((...vrp) => {
      words.push(formatVrp(...vrp));
    });
    return { vrps: words.sort(), aspas: [...aspas], sources };
  }

  it('makes one set of all blocks, after their exceptions, though payloads be over by now', async () => {
    const one = write('one.json', {
      roas: [
        { prefix: '192.0.2.0/24', maxLength: 24, asn: 64496, expires: 1 },
        { prefix: '198.51.100.0/24', maxLength: 24, asn: 64497 },
      ],
      aspas: [{ customer_asid: 64496, providers: [64500] }],
    });
    const two = write('two.json', { roas: [{ prefix: '2001:db8::/32', maxLength: 48, asn: 'AS64498' }] });
    const slurm = write('slurm.json', {
      slurmVersion: 1,
      validationOutputFilters: { prefixFilters: [{ asn: 64497 }], bgpsecFilters: [] },
      locallyAddedAssertions: { prefixAssertions: [{ asn: 64499, prefix: '203.0.113.0/24' }], bgpsecAssertions: [] },
    });
    const found = await read({ ...block('a', { file: one }), slurm }, block('b', { file: two }));
    expect(found.vrps).to.deep.equal([
      '192.0.2.0/24-24 AS64496',
      '2001:db8::/32-48 AS64498',
      '203.0.113.0/24-24 AS64499',
    ]);
    expect(found.aspas).to.deep.equal([[64496, [64500]]]);
    expect(found.sources).to.deep.equal([
      { source: 'a', file: one, vrps: 2, leftOut: [], problems: [] },
      { source: 'b', file: two, vrps: 1, leftOut: [], problems: [] },
    ]);
  });
  it('asks no server, takes the first file that can be read, and says what cannot', async () => {
    const good = write('good.json', {
      roas: [
        { prefix: '192.0.2.0/24', asn: 64496 },
        { prefix: 'x', asn: 1 },
      ],
    });
    const bad = write('bad.json', 'oops');
    const server = { host: '127.0.0.1', port: 1 };
    const none = join(directory, 'none.json');
    const found = await read(block('a', server, { file: none }, { file: bad }, { file: good }), block('b', server));
    expect(found.vrps).to.deep.equal(['192.0.2.0/24-24 AS64496']);
    const [a, b] = found.sources;
    expect(a).to.deep.include({ file: good, vrps: 1, leftOut: ['tcp 127.0.0.1:1'] });
    expect(a!.problems).to.have.length(3);
    expect(a!.problems[0]).to.equal(`${none}: no such file`);
    expect(b).to.deep.equal({ source: 'b', file: null, vrps: 0, leftOut: ['tcp 127.0.0.1:1'], problems: [] });
  });
});
