import { expect } from 'chai';
import type { CaseEvent } from '../../src/bus/case-event.ts';
import type { Publisher } from '../../src/bus/publisher.ts';
import { quietTeller } from '../../src/daemon/quiet-teller.ts';
import { judgedChange } from '../bus/judged.ts';

describe('daemon/quiet-teller', () => {
  const teller = () => {
    const told: string[] = [];
    const { tell } = quietTeller({ tell: async (event: CaseEvent) => void told.push(event.what) } as Publisher);
    return { told, tell };
  };
  const peers = (...names: string[]): CaseEvent => ({ what: 'peers', names });

  it('says nothing of a machine that has judged nothing', async () => {
    const { told, tell } = teller();
    for (const event of [
      { what: 'hello' },
      peers(),
      { what: 'registry' },
      { what: 'judged', changes: [] },
      { what: 'resynced', up: [], whole: [] },
    ] as const)
      await tell(event);
    expect(told).to.deep.equal([]);
  });

  it('begins a life with the first that is judged, and says all after it', async () => {
    const { told, tell } = teller();
    await tell(peers());
    await tell({ what: 'judged', changes: [judgedChange(1)] });
    await tell({ what: 'registry' });
    expect(told).to.deep.equal(['hello', 'peers', 'judged', 'registry']);
  });

  it('says which peers it has when it is asked, for it may have been a collector', async () => {
    const { told, tell } = teller();
    await tell(peers());
    await tell({ what: 'resync' });
    await tell({ what: 'resynced', up: [], whole: [] });
    expect(told).to.deep.equal(['hello', 'peers', 'resync', 'resynced']);
  });
});
