import { expect } from 'chai';
import { readUdpDrops } from '../../src/net/udp-drops.ts';

const FILE = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  497: 0100007F:0807 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1234 2 0000000000000000 17
  497: 00000000:0807 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1235 2 0000000000000000 5
 9999: 00000000:18C7 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1236 2 0000000000000000 400
`;

describe('net/udp-drops', () => {
  it('adds up the sockets of a port', () => {
    expect(readUdpDrops(FILE, 2055)).to.equal(22);
    expect(readUdpDrops(FILE, 6343)).to.equal(400);
    expect(readUdpDrops(FILE, 53)).to.equal(0);
    expect(readUdpDrops('', 53)).to.equal(0);
  });
});
