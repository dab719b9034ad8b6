import { expect } from 'chai';
import { startCollector } from '../../src/collector/thread.ts';

describe('collector/thread', () => {
  it('says that it died, and can be stopped all the same', async () => {
    const died = Promise.withResolvers<Error>();
    const collector = startCollector({ message() {}, died: died.resolve });
    // No snapshot: a fault of the program, and the thread ends with it.
    collector.send({ type: 'registry', snapshot: new SharedArrayBuffer(4096), generation: 1 });
    expect((await died.promise).message).to.contain('Invalid typed array length');
    await collector.stop();
    const answer = await collector.query({ about: 'size' }).catch((e: Error) => e.message);
    expect(answer).to.equal('the collector thread is gone');
  });
});
