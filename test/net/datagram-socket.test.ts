import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { connectUnixDatagrams, netlink, openDatagramSocket, unixDatagrams } from '../../src/net/datagram-socket.ts';
import { until } from '../interop/bgp-peers.ts';

describe('net/datagram-socket', () => {
  it('takes datagrams at a Unix socket, each whole or marked as cut', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'intertrack-datagram-'));
    const path = join(directory, 'socket');
    const taken: string[] = [];
    const socket = openDatagramSocket({
      ...unixDatagrams(path),
      longest: 8,
      take: (octets, cut) => void taken.push(`${Buffer.from(octets)}${cut ? '…' : ''}`),
      failed: error => taken.push(error.message),
    });
    const sender = openDatagramSocket({
      ...unixDatagrams(join(directory, 'other')),
      longest: 1,
      take() {},
      failed() {},
    });
    sender.connect(unixDatagrams(path).address);
    for (const text of ['one', 'two', 'much too long']) sender.send(Buffer.from(text));
    await until('all are taken', async () => taken.length === 3);
    expect(taken).to.deep.equal(['one', 'two', 'much too…']);
    for (const one of [sender, socket]) one.close();
    socket.close();
    expect(() => openDatagramSocket({ ...unixDatagrams(path), longest: 1, take() {}, failed() {} })).to.throw(
      'EADDRINUSE',
    );
    rmSync(directory, { recursive: true });
  });

  it('sends to a name without a file', async () => {
    const name = `@intertrack-datagram-${process.pid}`;
    const taken: string[] = [];
    expect(() => connectUnixDatagrams(name)).to.throw('ECONNREFUSED');
    const socket = openDatagramSocket({
      ...unixDatagrams(name),
      longest: 8,
      take: octets => void taken.push(`${Buffer.from(octets)}`),
      failed: error => taken.push(error.message),
    });
    const sender = connectUnixDatagrams(name);
    sender.send(Buffer.from('one'));
    await until('it is taken', async () => taken.length === 1);
    expect(taken).to.deep.equal(['one']);
    for (const one of [sender, socket]) one.close();
  });

  it('asks the kernel by netlink', async () => {
    const NETLINK_ROUTE = 0;
    let heard = 0;
    const socket = openDatagramSocket({
      ...netlink(NETLINK_ROUTE, 0),
      longest: 65_536,
      take(octets) {
        heard += octets.length;
      },
      failed: error => expect.fail(error.message),
    });
    // RTM_GETLINK, NLM_F_REQUEST|NLM_F_DUMP, a struct ifinfomsg of zeros
    const request = Buffer.alloc(32);
    request.writeUInt32LE(32, 0);
    request.writeUInt16LE(18, 4);
    request.writeUInt16LE(0x301, 6);
    socket.send(request);
    await until('it answers', async () => heard > 0);
    socket.close();
  });
});
