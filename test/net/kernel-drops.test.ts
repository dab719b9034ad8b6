import { expect } from 'chai';
import { readKernelDrops } from '../../src/net/kernel-drops.ts';

describe('net/kernel-drops', () => {
  it('finds the counters by their names, wherever they stand', () => {
    const text = [
      'TcpExt: SyncookiesSent TCPMD5NotFound TCPMD5Unexpected TCPMD5Failure TCPMinTTLDrop Last',
      'TcpExt: 1 2 3 4 5 6',
      'IpExt: InNoRoutes TCPMinTTLDrop',
      'IpExt: 7 8',
      '',
    ].join('\n');
    expect(readKernelDrops(text)).to.deep.equal({ md5NotFound: 2, md5Unexpected: 3, md5Failure: 4, minTtl: 5 });
  });

  it('takes what is not there, or no number, for none', () => {
    const none = { md5NotFound: 0, md5Unexpected: 0, md5Failure: 0, minTtl: 0 };
    expect(readKernelDrops('')).to.deep.equal(none);
    expect(readKernelDrops('TcpExt: TCPMinTTLDrop TCPMD5Failure\nTcpExt: x')).to.deep.equal(none);
  });
});
