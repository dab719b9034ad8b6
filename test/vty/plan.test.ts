import { expect } from 'chai';
import { COMMANDS, commandName, resolveCommand } from '../../src/control/commands.ts';
import { renderAnswer } from '../../src/vty/render/answer.ts';
import { width } from '../../src/vty/render/width.ts';
import { NOON } from '../control/scripted.ts';
import { PLACEMENT, TRACE_PLAN } from '../control/scripted-plans.ts';

const shown = (command: string, row: unknown) => {
  const lines = renderAnswer(command, [row], NOON);
  for (const line of lines) expect(width(line), line).to.be.at.most(80);
  return lines.join('\n');
};

describe('vty: plans', () => {
  it('tells whom a trace would ask, what that costs, and who gets to know what', () => {
    expect(shown('trace plan packet FILE', TRACE_PLAN)).to.equal(
      `
This AS: saw (seen coming in from AS 64501); they came in from AS64501.
AS64501 takes no part; it is a provider of ours: the packet may have come to it
  from anybody.
  Wave 1, at once: 2 ASes
    AS64510       cone 312, told of its way here, 2 hits of late, 12 ms
    AS4200000001  cone 1, member, dialled when asked
  Not ruled out by any answer: AS64502 and 40 more

Queries from here: 2 at once, 2 if nobody has seen it
Queries in all:    64 at most, those of the ASes asked among them
First answer:      after about 12 ms, the first wave within 12 ms
All over:          within 2 s

Those 2 ASes, and whom they ask onward, would get to know: that AS64500 asks,
  and for which purpose; 16 digests of 64 bits of 8 packets, of which 4 are
  needed, by keys of jp-isp; and intervals of seconds. No address, port, header
  or payload. What they answer only AS64500 can read.
Nothing was sent.`.slice(1),
    );
  });
  it('says so when nobody would be asked, or nobody knows from where packets came', () => {
    const inside = { ...TRACE_PLAN, groups: [], unasked: [], here: { ...TRACE_PLAN.here!, source: true } };
    expect(shown('trace plan digest DIGEST TIME', inside)).to.equal(
      'This AS: saw, they began here.\nNobody would be asked.\n\nNobody gets to know anything.\nNothing was sent.',
    );
    const blind = { ...TRACE_PLAN, here: null, ingress: null, packets: 0, digests: 0 };
    expect(shown('trace plan AS', blind)).to.match(/^If nobody knows from where they came:\n/);
  });
  it('tells which ASes or taps would cut most, each beside those before', () => {
    expect(shown('plan placement', PLACEMENT)).to.equal(
      `
On a graph of 80012 ASes and 512345 links, when AS64500 is attacked
  Take part now:   12
  Our neighbors:   4, 1 of them without a tap that tells them apart
  Remain possible: 11205 ASes on average, over all that have no customers
  Source found:    12%

   Who                    Cone Before After Cut Source found
1. AS64510 takes part    31200  11205  2103 81%          19%
2. a tap towards AS64502     3   2103  88.3 96%          20%
Reckoned in 4.3 s.`.slice(1),
    );
    expect(shown('plan placement', { ...PLACEMENT, steps: [], untapped: 0 })).to.contain(
      'Nobody that could be asked would make it better.',
    );
  });
  it('takes lists of ASes and prefixes, and refuses others in words', () => {
    const named = (line: string) => {
      const found = resolveCommand(line.split(' '));
      return 'error' in found ? found.error : commandName(found.entry);
    };
    expect(named('plan placement --victim 192.0.2.0/24,AS64500 --peers 64510,64511 -n 3')).to.equal('plan placement');
    expect(named('plan placement --victim 192.0.2.0/24,x')).to.contain('list of prefixes and AS numbers');
    expect(named('plan placement --peers 192.0.2.0/24')).to.contain('list of AS numbers');
    expect(named('trace plan AS64510')).to.equal('trace plan AS');
    expect(named('trace plan set attack.pcap --need 4')).to.equal('trace plan set FILE');
    expect(COMMANDS.filter(({ syntax }) => /\bplan\b/.test(syntax) && !/mitigate/.test(syntax))).to.have.length(5);
  });
});
