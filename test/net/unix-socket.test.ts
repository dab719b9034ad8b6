import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { findGroup, whoAsks } from '../../src/net/unix-socket.ts';

describe('net/unix-socket', () => {
  it('finds a group by its name', () => {
    const text = 'root:x:0:\ninter:x:12:a,b\nintertrack:x:997:noc\nbroken\n';
    expect(findGroup('intertrack', text)).to.equal(997);
    expect(findGroup('broken', text)).to.equal(undefined);
    expect(findGroup('', text)).to.equal(undefined);
  });

  it('tells who is at the other end', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'unix-'));
    const server = createServer().listen(join(directory, 's'));
    try {
      await once(server, 'listening');
      const accepted = once(server, 'connection');
      const client = connect(join(directory, 's'));
      const [socket] = (await accepted) as [Socket];
      expect(whoAsks(socket)).to.equal(`uid ${process.getuid?.()} (${userInfo().username}), pid ${process.pid}`);
      socket.destroy();
      client.destroy();
    } finally {
      server.close();
      rmSync(directory, { recursive: true });
    }
  });
});
