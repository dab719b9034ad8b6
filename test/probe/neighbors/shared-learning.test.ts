import { expect } from 'chai';
import { parseMac } from '../../../src/packet/mac.ts';
import type { LearnedEntry } from '../../../src/probe/neighbors/learned.ts';
import { type Following, followLearning, shareLearning } from '../../../src/probe/neighbors/shared-learning.ts';
import { type VantageMap, vantageMap } from '../../../src/probe/neighbors/vantage.ts';
import { vantageNumbers } from '../../../src/probe/neighbors/vantage-numbers.ts';
import { until } from '../../interop/bgp-peers.ts';
import { probeBlock } from '../tapped.ts';

const OURS = parseMac('00:00:5e:00:53:99')!;
const MEMBER = parseMac('00:00:5e:00:53:01')!;
const LIAR = parseMac('00:00:5e:00:53:66')!;
const ADDRESS = '192.0.2.1';

describe('probe/shared-learning', () => {
  /** Two intakes of one tap, and the main thread between them; `second` is over when they have told what they heard. */
  function intakes() {
    const said: string[] = [];
    const numbers = vantageNumbers();
    const told: (readonly LearnedEntry[])[] = [];
    const learning = shareLearning(
      entries => {
        told.push(entries);
        for (const { map, following } of both) {
          following.learn(structuredClone(entries));
          map.taught();
        }
      },
      line => said.push(line),
    );
    const both: { map: VantageMap; following: Following }[] = [1, 2].map(() => {
      const following = followLearning(() => {});
      const map = vantageMap({ numbers: vantageNumbers(numbers.shared), teacher: following });
      map.configure(probeBlock({ inside: ['00:00:5e:00:53:99'], learn: ['bgp'] }));
      return { map, following };
    });
    learning.want(new Map([[ADDRESS, { as: 64501, from: 'bgp' as const }]]));
    const tell = () => {
      for (const { map, following } of both) {
        learning.sent(map.senders(map.second - 1), map.second);
        learning.hear(following.heard());
      }
    };
    const seen = (intake: number, mac: number) => {
      const { map } = both[intake]!;
      return map.list[map.ofAddresses(mac, OURS, -1, 0, false, 1)]!.neighbor;
    };
    return { both, learning, tell, seen, said, told };
  }

  it('lets an intake know what another one has heard', async () => {
    const { both, tell, seen, told } = intakes();
    both[0]!.following.hear({ mac: MEMBER, address: ADDRESS }, -1, 10);
    both[0]!.following.hear({ mac: MEMBER, address: ADDRESS }, -1, 10);
    expect(seen(1, MEMBER)).to.equal(null);
    tell();
    await until('it is told', () => told.length === 1);
    expect([seen(0, MEMBER), seen(1, MEMBER)]).to.deep.equal([64501, 64501]);
    expect(both[1]!.map.list).to.deep.equal(both[0]!.map.list);
    expect(both[1]!.map.report().rows.find(({ as }) => as === 64501)).to.include({ from: 'bgp 192.0.2.1', packets: 1 });
  });

  it('believes no claim of an address whose holder sends to another intake', async () => {
    const { both, learning, tell, seen, said, told } = intakes();
    both[0]!.following.hear({ mac: MEMBER, address: ADDRESS }, -1, 0);
    tell();
    await until('it is told', () => told.length === 1);
    for (let second = 1; second < 300; second++) {
      for (const { map } of both) map.second = second;
      both[0]!.following.hear({ mac: LIAR, address: ADDRESS }, -1, second);
      if (second < 200) seen(1, MEMBER);
      tell();
      if (second === 199) expect(learning.contested()).to.have.length(1);
    }
    // From then on it was silent for longer than a minute.
    await until('it has moved', () => told.length === 2);
    expect([seen(1, MEMBER), seen(1, LIAR)]).to.deep.equal([null, 64501]);
    expect(said.at(-1)).to.match(/has moved from 00:00:5e:00:53:01, silent for 6\d s, to 00:00:5e:00:53:66$/);
  });
});
