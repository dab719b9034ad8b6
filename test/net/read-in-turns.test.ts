import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { readInTurns } from '../../src/net/read-in-turns.ts';

/** A connection whose far end has sent so many octets. */
async function filled(octets: number): Promise<{ near: Socket; close(): void }> {
  const server = createServer({ pauseOnConnect: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const far = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [near] = (await once(server, 'connection')) as [Socket];
  far.end(Buffer.alloc(octets, 7));
  await sleep(50);
  const close = () => {
    for (const socket of [far, near]) socket.destroy();
    server.close();
  };
  return { near, close };
}

describe('net/read-in-turns', () => {
  it('takes everything, and lets others work between two full chunks', async () => {
    const [one, other] = [await filled(1 << 20), await filled(1 << 20)];
    const order: string[] = [];
    let octets = 0;
    const read = (name: string, { near }: { near: Socket }) => {
      readInTurns(near, chunk => {
        octets += chunk.length;
        if (chunk.length === 65536) order.push(name);
      });
      near.resume();
      return once(near, 'end');
    };
    await Promise.all([read('one', one), read('other', other)]);
    expect(octets).to.equal(2 << 20);
    // None of the two is more than two chunks ahead while both have some.
    let ahead = 0;
    let most = 0;
    for (const name of order.slice(0, 20)) {
      ahead += name === 'one' ? 1 : -1;
      most = Math.max(most, Math.abs(ahead));
    }
    expect(order.length).to.be.greaterThan(20);
    expect(most).to.be.lessThan(4);
    one.close();
    other.close();
  });

  it('stays paused when it was told to, turn or no turn', async () => {
    const { near, close } = await filled(1 << 20);
    let octets = 0;
    let enough = 200_000;
    const reading = readInTurns(near, chunk => {
      octets += chunk.length;
      if (octets > enough) reading.pause();
    });
    near.resume();
    await sleep(100);
    const held = octets;
    expect(held).to.be.within(200_000, 400_000);
    await sleep(50);
    expect(octets).to.equal(held);
    enough = Number.POSITIVE_INFINITY;
    reading.resume();
    await once(near, 'end');
    expect(octets).to.equal(1 << 20);
    close();
  });
});
