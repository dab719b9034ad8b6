import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { expect } from 'chai';
import { databaseOf } from '../../../src/store/postgresql/database.ts';
import { rejection } from '../fixture.ts';

/** What a server says to who may come in: AuthenticationOk, then ReadyForQuery (PostgreSQL, 55.7 Message Formats). */
const WELCOME = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49]);

/** Lets everybody in, and hangs up at the first thing that is asked. */
async function hangingUp(): Promise<Server> {
  const server = createServer(socket => {
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.write(WELCOME);
      socket.once('data', () => socket.resetAndDestroy());
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

describe('store/postgresql/servers', () => {
  it('says that the database cannot be had where a server is gone while it is looked whether it is the primary', async () => {
    const servers = [await hangingUp(), await hangingUp()];
    const places = servers.map(one => `127.0.0.1:${(one.address() as AddressInfo).port}`);
    const database = databaseOf({
      url: `postgres://intertrack@${places.join(',')}/cases`,
      ...{ passwordFile: null, authorities: null, holder: 'a', onProblem: () => {} },
    });
    for (let i = 0; i < 3; i++)
      expect(await rejection(database.holdings())).to.match(/\/cases: (read ECONNRESET|Connection terminated)/);
    await database.close();
    for (const one of servers) one.close();
  });
});
