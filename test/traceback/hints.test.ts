import { expect } from 'chai';
import { createHints, type Hint } from '../../src/traceback/hints.ts';
import { type Ases, newAses, until } from './ases.ts';
import { makeAuthority } from './certificates.ts';

const hint = (as: number, port = 4954): Hint => ({ as, address: '127.0.0.1', port, prefix: '9.8.7.0/24' });

describe('traceback/hints', () => {
  it('dials each once an hour, sixteen at a time, and nobody who is known', () => {
    let now = 0;
    const known = new Set<number>();
    const dialled: number[] = [];
    const hints = createHints({
      as: 64500,
      participants: { of: as => (known.has(as) ? ({ as } as never) : null) },
      members: {
        introduce: ({ as }) => {
          dialled.push(as);
          return true;
        },
        errorOf: as => (as === 1 ? 'nobody is there' : ''),
      },
      isPeer: as => as === 64501,
      clock: () => now,
    });
    known.add(64502);
    const all = [
      hint(64500),
      hint(64501),
      hint(64502),
      ...Array.from({ length: 20 }, (_, i) => hint(i + 1)),
      hint(1, 5),
    ];
    hints.take(all);
    expect(dialled).to.deep.equal(Array.from({ length: 16 }, (_, i) => i + 1));
    expect(hints.rows().map(({ state }) => state)).to.deep.equal([
      ...['own', 'peer', 'known'],
      ...Array.from({ length: 16 }, () => 'asked'),
      ...Array.from({ length: 4 }, () => 'waiting'),
      'waiting',
    ]);
    expect(hints.rows()[3]).to.include({ at: 0, error: 'nobody is there' });
    hints.take(all);
    expect(dialled.slice(16), 'the rest, and the other address of the first').to.deep.equal([17, 18, 19, 20, 1]);
    hints.take(all);
    expect(dialled).to.have.length(21);
    now = 3_600_001;
    hints.take([hint(3), hint(3, 7)]);
    expect(dialled.slice(21), 'one address of an AS at a time').to.deep.equal([3]);
    expect(hints.rows()).to.have.length(2);
  });
});

describe('traceback: hints in BGP', function () {
  this.timeout(240_000);
  let ases: Ases;
  beforeEach(() => {
    ases = newAses();
  });
  afterEach(() => ases.close());

  const known = (as: number) =>
    ases
      .at(as)
      .traceback.participants()
      .map(({ as: other }) => other);
  const follow = (as: number, to: number) =>
    ases.at(as).traceback.hints.take([{ ...hint(to), port: ases.at(to).port }]);
  const rowOf = (as: number) => ases.at(as).traceback.hints.rows()[0]!;

  it('lead to the record of an AS of the federation, at both ends, and to its answers', async () => {
    const federation = { authority: makeAuthority('jp') };
    await ases.start({ as: 64500, peers: [], federation });
    await ases.start({ as: 64501, peers: [], federation });
    follow(64500, 64501);
    expect(rowOf(64500).state).to.equal('asked');
    await until(() => known(64500).includes(64501) && known(64501).includes(64500), 'both records');
    expect(rowOf(64500)).to.include({ state: 'known', error: '' });
    expect(ases.at(64500).traceback.askable()).to.deep.equal([64501]);
    expect(ases.at(64501).traceback.askable()).to.deep.equal([64500]);
  });

  it('are nothing when no authority that is trusted vouches for who answers', async () => {
    await ases.start({ as: 64500, peers: [], federation: { authority: makeAuthority('jp') } });
    await ases.start({ as: 64501, peers: [], federation: { authority: makeAuthority('mallory') } });
    follow(64500, 64501);
    await until(() => rowOf(64500).error !== '', 'the refusal');
    expect(rowOf(64500)).to.include({ state: 'asked' });
    expect(rowOf(64500).error).to.match(/^AS 64501: /);
    expect(known(64500)).to.deep.equal([]);
    expect(known(64501)).to.deep.equal([]);
  });

  it('are nothing when another AS answers there', async () => {
    const federation = { authority: makeAuthority('jp') };
    await ases.start({ as: 64500, peers: [], federation });
    await ases.start({ as: 64501, peers: [], federation });
    ases.at(64500).traceback.hints.take([{ ...hint(64502), port: ases.at(64501).port }]);
    await until(() => rowOf(64500).error !== '', 'the refusal');
    expect(rowOf(64500).error).to.equal('the certificate is of AS 64501, not of AS 64502');
    expect(known(64500)).to.deep.equal([]);
  });

  it('lead to nobody whose members are not to be asked, or who lets no members in', async () => {
    const authority = makeAuthority('jp');
    await ases.start({ as: 64500, peers: [], federation: { authority, out: 'deny' } });
    await ases.start({ as: 64501, peers: [], federation: { authority, in: 'deny' } });
    follow(64500, 64501);
    expect(rowOf(64500).state).to.equal('waiting');
    await ases.start({ as: 64502, peers: [], federation: { authority } });
    follow(64502, 64501);
    await until(() => rowOf(64502).error !== '', 'the refusal');
    expect(known(64502)).to.deep.equal([]);
    expect(known(64501)).to.deep.equal([]);
  });
});
