import { expect } from 'chai';
import type { RouteRow } from '../../src/collector/messages.ts';
import { claimedFor, claimOf } from '../../src/daemon/path-claims.ts';
import { renderAnswer } from '../../src/vty/render/answer.ts';
import { NOON, ROUTES, TRACE } from '../control/scripted.ts';
import { hex, RAW } from '../packet/packets.ts';

/** UDP from 192.0.2.1 to 198.51.100.2. */
const frame = hex('4500001c 00010000 40110000 c0000201 c6336402 14e9003500080000');
const packet = { linkType: RAW, frame, wire: frame.length, time: NOON };
const route = (peer: string, path: RouteRow['path']): RouteRow => ({
  ...ROUTES[0]!,
  ...{ peer, path, origin: Number(path.at(-1) ?? 64500) },
});
const held = [route('a', [64510, 64520, 64999]), route('b', [64511, 64999]), route('c', [64510, 64520, 64999])];
const none = async () => ({ rows: [], remarks: ['no table'] });

describe('daemon/path-claims', () => {
  it('asks for the routes to the source, those of most peers first', async () => {
    const asked: unknown[] = [];
    const query = async (question: unknown) => {
      asked.push(question);
      return { rows: held };
    };
    const claimed = await claimedFor([packet, packet], { query, routesAt: none }, NOON + 1000);
    expect(asked).to.deep.equal([{ about: 'route', prefix: '192.0.2.1', scope: 'match' }]);
    expect(claimed).to.deep.equal({
      of: 'now',
      paths: [
        { path: [64510, 64520, 64999], origin: 64999, peers: 2 },
        { path: [64511, 64999], origin: 64999, peers: 1 },
      ],
    });
  });

  it('asks the archive for those of an old packet, and says so where it has none', async () => {
    const query = async () => ({ rows: held });
    const routesAt = async () => ({ rows: [held[1]!], remarks: [] });
    const hours = NOON + 7_200_000;
    expect(await claimedFor([packet], { query, routesAt }, hours)).to.deep.equal({
      of: 'then',
      paths: [{ path: [64511, 64999], origin: 64999, peers: 1 }],
    });
    expect(await claimedFor([packet], { query, routesAt: none }, hours)).to.include({ of: 'now' });
    const rejects = async () => Promise.reject(new Error('there is no archive'));
    expect(await claimedFor([packet], { query, routesAt: rejects }, hours)).to.include({ of: 'now' });
    expect(await claimedFor([packet], { query: rejects, routesAt: none }, NOON)).to.equal(null);
    const cut = { ...packet, frame: frame.subarray(0, 8), wire: 28 };
    expect(await claimedFor([cut], { query, routesAt }, NOON)).to.equal(null);
  });

  it('tells whether packets came in from where BGP says', () => {
    const paths = [{ path: [64510, 64999], origin: 64999, peers: 2 }];
    const seen = (ingress: number[], of = paths) =>
      claimOf({ of: 'now', paths: of }, { tree: { ...TRACE.tree, ingress } }).verdict;
    expect(seen([64510])).to.equal('as-bgp-says');
    expect(seen([64511])).to.equal('elsewhere');
    expect(seen([64510, 64511])).to.equal('elsewhere');
    expect(seen([])).to.equal('not-seen');
    expect(seen([64510], [])).to.equal('unrouted');
    expect(seen([64510], [{ path: [], origin: 64500, peers: 1 }])).to.equal('own');
    expect(
      claimOf(
        { of: 'now', paths: [{ path: [[64512, 64510] as never], origin: null as never, peers: 1 }] },
        { tree: { ...TRACE.tree, ingress: [64510] } },
      ).verdict,
    ).to.equal('as-bgp-says');
  });

  it('is shown beside what was seen, in 80 columns', () => {
    const paths = [
      { path: [64510, 64520, 64999], origin: 64999, peers: 2 },
      { path: [64512, [64520, 64521]], origin: null, peers: 1 },
    ];
    const trace = { ...TRACE, claim: { paths, of: 'then', seen: [64501], verdict: 'elsewhere' } };
    const lines = renderAnswer('show trace TRACE-ID', [trace], NOON);
    expect(lines.slice(2, 4)).to.deep.equal([
      'BGP then, to the source address: 64510 64520 64999; 64512 {64520,64521} / seen:',
      '  came in from AS64501 (elsewhere: forged, or another way there than back)',
    ]);
  });
});
