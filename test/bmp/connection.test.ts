import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect } from 'chai';
import { openRouter } from '../../src/bmp/connection.ts';
import { encodeMessage, INITIATION } from '../../src/bmp/framer.ts';
import { until } from '../interop/bgp-peers.ts';

/** Both ends of a connection over loopback. */
async function pair(): Promise<{ near: Socket; far: Socket }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const far = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [near] = (await once(server, 'connection')) as [Socket];
  server.close();
  far.on('error', () => {});
  return { near, far };
}

describe('bmp/connection', () => {
  it('does not wait for ever for the first word, and takes its time after it', async () => {
    const lost: string[] = [];
    const quiet = await pair();
    const talks = await pair();
    const events = { message: () => true, lost: (reason: string) => lost.push(reason) };
    openRouter(quiet.near, events, 100);
    const connection = openRouter(talks.near, { ...events, lost: reason => lost.push(`talks: ${reason}`) }, 100);
    talks.far.write(encodeMessage(INITIATION));
    await until('the quiet one is closed', () => lost.length > 0 && quiet.near.destroyed);
    expect(lost).to.deep.equal(['no message within 0.1 s']);
    connection.close();
    quiet.far.destroy();
    await until('closed', () => talks.near.destroyed);
    expect(lost).to.have.length(1);
  });

  it('leaves what comes with the router while it is paused', async () => {
    const { near, far } = await pair();
    let messages = 0;
    const connection = openRouter(near, { message: () => ++messages > 0, lost: () => {} });
    connection.pause();
    // More than two kernels hold between them.
    const told = 40_000;
    far.write(Buffer.concat(Array.from({ length: told }, () => encodeMessage(INITIATION, new Uint8Array(1000)))));
    await new Promise(resolve => setTimeout(resolve, 50));
    expect(far.writableLength).to.be.greaterThan(0);
    expect(messages).to.equal(0);
    connection.resume();
    await until('all is taken', () => messages === told);
    connection.close();
    far.destroy();
  });
});
