import { expect } from 'chai';
import { findGroup } from '../../src/net/unix-socket.ts';

describe('net/unix-socket', () => {
  it('finds a group by its name', () => {
    const text = 'root:x:0:\ninter:x:12:a,b\nintertrack:x:997:noc\nbroken\n';
    expect(findGroup('intertrack', text)).to.equal(997);
    expect(findGroup('broken', text)).to.equal(undefined);
    expect(findGroup('', text)).to.equal(undefined);
  });
});
