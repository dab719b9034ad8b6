import { expect } from 'chai';
import { openBus } from '../../src/bus/connection.ts';
import { until } from '../interop/bgp-peers.ts';
import { natsOfSuite } from './nats.ts';

describe('bus/connection', () => {
  const suite = natsOfSuite();

  it('is known to be lost where it broke while it was asked whether all is well with it', async () => {
    const bus = openBus({
      ...{ servers: [suite.nats.url], authorities: null, certificate: null, key: null, credentials: null },
      ...{ machine: '10-0-0-1', onState: () => {} },
      async admit(connection) {
        const status = connection.status()[Symbol.asyncIterator]();
        await suite.nats.kill();
        while ((await status.next()).value.type !== 'disconnect');
        return '';
      },
    });
    suite.closing(() => bus.close());
    await bus.ready;
    await until('it is known', () => !bus.up && bus.lost === 1);
    expect(bus.trouble).to.match(/^the connection to .* is lost$/);
    await suite.nats.start();
    await until('it is back', () => bus.up);
    expect(bus.lost).to.equal(1);
  });
});
