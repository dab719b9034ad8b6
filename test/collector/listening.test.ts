import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { expect } from 'chai';
import { createCollector } from '../../src/collector/collector.ts';
import type { FromCollector, RibSize } from '../../src/collector/messages.ts';
import { until } from '../interop/bgp-peers.ts';

describe('collector/listening', () => {
  function collector(port: number) {
    const said: FromCollector[] = [];
    const send = createCollector(message => said.push(message));
    const listen = [{ address: '127.0.0.1', port }];
    send({ type: 'configure', config: { routerId: '192.0.2.1', localAs: 64500, listen, peers: [], bmp: [] } });
    const all = <T extends FromCollector['type']>(type: T) =>
      said.filter((one): one is Extract<FromCollector, { type: T }> => one.type === type);
    let asked = 0;
    return {
      all,
      async problems(): Promise<readonly string[]> {
        const id = ++asked;
        send({ type: 'query', id, query: { about: 'size' } });
        const answer = all('answer').find(one => one.id === id);
        return ((answer?.rows[0] ?? { problems: [] }) as RibSize).problems;
      },
      async stop() {
        send({ type: 'stop' });
        await until('the collector has stopped', () => all('stopped').length > 0);
      },
    };
  }

  async function freePort(): Promise<number> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    return port;
  }

  it('says at which addresses it cannot listen', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { all, problems, stop } = collector(port);
    await until('it is ready', () => all('ready').length > 0);
    expect(await problems()).to.have.length(1);
    expect((await problems())[0]).to.match(/^cannot listen for BGP on 127.0.0.1 port \d+: .*EADDRINUSE/);
    await stop();
    server.close();
  });

  it('writes no line for each stranger that knocks', async () => {
    const port = await freePort();
    const { all, problems, stop } = collector(port);
    await until('it is ready', () => all('ready').length > 0);
    expect(await problems()).to.deep.equal([]);
    for (let i = 0; i < 50; i++) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => {});
      await once(socket, 'close');
    }
    const lines = all('log').filter(({ text }) => text.includes('no peer has this address'));
    expect(lines).to.have.length.within(1, 25);
    await stop();
  });
});
