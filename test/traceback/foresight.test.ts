import { expect } from 'chai';
import { queriesOf } from '../../src/traceback/foresight.ts';
import { type Ases, newAses, scripted, scriptedGraph, until } from './ases.ts';
import { makeAuthority } from './certificates.ts';

describe('traceback: what a trace would ask, before anything is sent', function () {
  this.timeout(240_000);
  let ases: Ases;
  beforeEach(() => {
    ases = newAses();
  });
  afterEach(() => ases.close());
  const authority = makeAuthority('jp-isp');

  it('plans as a search does, and sends nothing', async () => {
    const probes = scripted(null);
    const behind = Array.from({ length: 6 }, (_, i) => 64510 + i);
    await ases.start({
      as: 64500,
      peers: behind,
      probes,
      graph: scriptedGraph({ 64666: { frontier: behind, passed: [64667] } }),
    });
    for (const as of behind) await ases.start({ as, peers: [64500], probes });
    await ases.link();

    const { traceback, audit } = ases.at(64500);
    const plan = await traceback.foresee([64666]);
    const [group, ...others] = plan.groups;
    expect(others).to.deep.equal([]);
    expect(group).to.include({ behind: 64666, relation: null, beyond: 0 });
    expect(group!.waves.map(wave => wave.map(({ as }) => as))).to.deep.equal([behind.slice(0, 4), behind.slice(4)]);
    expect(group!.waves[0]![0]).to.deep.equal({
      ...{ as: 64510, kind: 'peer', latency: null, cone: 6, adjacent: false, hits: 0 },
    });
    expect(group!.passed).to.deep.equal([64667]);
    expect(queriesOf(plan, 1024)).to.deep.equal({ least: 4, most: 6 });
    expect(queriesOf(plan, 5)).to.deep.equal({ least: 4, most: 5 });

    // A neighbour that takes part is asked itself; where nobody knows the neighbour all peers are.
    expect((await traceback.foresee([64511])).groups).to.have.length(1);
    expect((await traceback.foresee([64511])).groups[0]).to.include({ behind: null });
    expect((await traceback.foresee(null)).groups[0]!.waves[0]!.map(({ as }) => as)).to.deep.equal(behind);
    const nobody = await traceback.foresee([64999]);
    expect(nobody.groups).to.deep.equal([{ behind: 64999, relation: null, waves: [], passed: [], beyond: 0 }]);
    expect(nobody.unasked[0]).to.include({ as: 64999, verdict: 'absent' });

    expect(audit.filter(({ what }) => what === 'query.sent')).to.deep.equal([]);
    for (const as of behind) expect(ases.at(as).traceback.status()[0]).to.include({ queriesIn: 0 });
    expect(traceback.status().every(({ queriesOut }) => queriesOut === 0)).to.equal(true);
  });

  it('knows members of a federation, why they are believed, and what peers said in OPEN', async () => {
    const federation = { authority };
    await ases.start({ as: 64500, peers: [64510], federation });
    await ases.start({ as: 64510, peers: [64500, 64511], federation, coverage: 0.5 });
    await ases.start({ as: 64511, peers: [64510], federation });
    await ases.link();
    const { traceback } = ases.at(64500);
    await until(() => traceback.believed().length === 2, 'records of both');

    expect(
      traceback.believed().map(({ record, believed, vouchedBy }) => [record.as, believed, vouchedBy]),
    ).to.deep.equal([
      [64510, 'configured', ['jp-isp']],
      [64511, 'authority', ['jp-isp']],
    ]);
    expect(traceback.believed()[0]!.record).not.to.have.property('certificate');
    expect(traceback.askable()).to.have.members([64510, 64511]);
    const [status] = traceback.status();
    expect(status!.open).to.include({ version: 2, coverage: 0.5, retention: 3600 });
    expect(traceback.members()).to.deep.equal([]);
    // It would be dialled, and is not for this.
    const plan = await traceback.foresee([64511]);
    expect(plan.groups[0]!.waves).to.deep.equal([
      [{ as: 64511, kind: 'member', latency: null, cone: null, adjacent: false, hits: 0 }],
    ]);
    expect(traceback.members().map(({ as, state }) => [as, state])).to.deep.equal([[64511, 'Active']]);
    expect(traceback.policyOf(64511)).to.include({ out: 'allow' });
    expect(traceback.policyOf(64999)).to.equal(null);
  });
});
