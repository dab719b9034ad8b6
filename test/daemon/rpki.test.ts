import { expect } from 'chai';
import { createRpkiAnswers } from '../../src/daemon/rpki.ts';
import type { Rpki } from '../../src/registry/rpki/rpki.ts';
import { vrpTable } from '../../src/registry/rpki/vrp-table.ts';
import { renderRpki } from '../../src/vty/render/rpki.ts';

describe('daemon/rpki', () => {
  const vrps = vrpTable();
  vrps.add(1, 0xc0000200 | 0, 0, 0, 0, 24, 24, 64496);
  const aspas = new Map([
    [64502, [64496]],
    [64501, [64496, 64497]],
    [64499, [64498]],
    [64496, [0]],
  ]);
  const rpki = { view: () => ({ vrps, aspas }), status: () => [] } as unknown as Rpki;
  const { rpkiPayloads, rpkiStatus } = createRpkiAnswers(rpki, () => [{ name: 'lab', caches: [], version: 2 }]);

  it('does not say that there is no source while one is not begun with', async () => {
    const [row] = await rpkiStatus();
    expect(row).to.include({ source: 'lab', inUse: null });
    expect(renderRpki([row!]).join('\n')).to.match(/lab: not asked for its data yet/);
  });
  it('tells of an AS its own ASPA, then those that name it as a provider, and its VRPs', async () => {
    expect(await rpkiPayloads({ as: 64496 })).to.deep.equal({
      rows: [
        { what: 'aspa', customer: 64496, providers: [0] },
        { what: 'aspa', customer: 64501, providers: [64496, 64497] },
        { what: 'aspa', customer: 64502, providers: [64496] },
        { what: 'vrp', prefix: '192.0.2.0/24', maxLength: 24, as: 64496 },
      ],
      omitted: 0,
    });
    expect(await rpkiPayloads({ as: 64500 })).to.deep.equal({ rows: [], omitted: 0 });
  });
});
