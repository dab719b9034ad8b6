import { expect } from 'chai';
import { createDropWatch, type Guarded } from '../../src/collector/drop-watch.ts';

const MINUTE = 60_000;

describe('collector/drop-watch', () => {
  let counters: Record<string, number>;
  let peers: Guarded[];
  let said: string[];
  const read = () =>
    `TcpExt: ${Object.keys(counters).join(' ')}\nTcpExt: ${Object.values(counters).join(' ')}\nIpExt: a\nIpExt: 1\n`;
  const watch = () =>
    createDropWatch(
      read,
      () => peers,
      words => said.push(words),
    );
  const peer = (name: string, more: Partial<Guarded>): Guarded => ({
    name,
    password: false,
    ttlSecurity: false,
    up: false,
    ...more,
  });

  beforeEach(() => {
    counters = { TCPMD5NotFound: 5, TCPMD5Unexpected: 0, TCPMD5Failure: 7, TCPMinTTLDrop: 0 };
    peers = [
      peer('tyo1', { password: true }),
      peer('osa1', { ttlSecurity: true }),
      peer('up', { password: true, up: true }),
    ];
    said = [];
  });

  it('says nothing of what was dropped before it looked', () => {
    const drops = watch();
    drops.look(0);
    expect([said, drops.problems(0)]).to.deep.equal([[], []]);
  });

  it('tells of each growth, and who may be meant', () => {
    const drops = watch();
    counters.TCPMD5Failure = 9;
    counters.TCPMinTTLDrop = 1;
    drops.look(1000);
    const lines = [
      'the kernel dropped TCP segments signed with another password (2); peers that are not up: tyo1',
      'the kernel dropped packets with a lower TTL than `ttl security` demands (1); peers that are not up: osa1',
    ];
    expect([said, drops.problems(2000)]).to.deep.equal([lines, lines]);
    expect(drops.problemsOf(peers[0]!, 2000)).to.deep.equal([
      'the kernel dropped TCP segments signed with another password (2), of this peer or of another',
    ]);
    expect(drops.problemsOf(peers[2]!, 2000), 'one that is up').to.deep.equal([]);
    expect(drops.problems(6 * MINUTE), 'long ago').to.deep.equal([]);
  });

  it('says it once a minute while it goes on', () => {
    const drops = watch();
    for (let i = 1; i <= 12; i++) {
      counters.TCPMD5NotFound! += 1;
      drops.look(i * 10_000);
    }
    expect(said.map(words => /\((\d+)\)/.exec(words)?.[1])).to.deep.equal(['1', '6']);
  });

  it('leaves out what cannot concern a peer of ours', () => {
    peers = [peer('plain', {})];
    const drops = watch();
    counters = { TCPMD5NotFound: 9, TCPMD5Unexpected: 3, TCPMD5Failure: 9, TCPMinTTLDrop: 9 };
    drops.look(1000);
    expect(said).to.deep.equal([
      'the kernel dropped TCP segments signed with a password where none is configured (3); peers that are not up: plain',
    ]);
  });

  it('lives without counters, and with counters that begin anew', () => {
    counters = {};
    const drops = watch();
    counters = { TCPMD5Failure: 4 };
    drops.look(1000);
    counters = { TCPMD5Failure: 1 };
    drops.look(2000);
    expect(said).to.have.length(1);
  });
});
