import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { KeptRid } from '../../src/bridge/rid-waiting.ts';
import { keepRid, ridThatWaited } from '../../src/daemon/kept-rid.ts';
import type { Log } from '../../src/daemon/log.ts';
import { openStore } from '../../src/store/store.ts';

describe('daemon/kept-rid', () => {
  const entry: KeptRid['entry'] = {
    ...{ number: 7, at: 5, way: 'in', peer: 'one', type: 'TraceRequest', incident: 'one 207-1', trace: null },
    ...{ state: 'pending', words: 'waits for a person' },
  };
  const asked: KeptRid['asked'] = {
    ...{ type: 'TraceRequest', region: 'PeerToPeer', traffic: 'Attack', incident: { name: 'one', id: '207-1' } },
    ...{ token: 'ab', digests: [] },
  };

  it('has requests again after a restart, those of an older daemon by their names alone', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'intertrack-'));
    const said: string[] = [];
    const log = ((_level: string, line: string) => void said.push(line)) as Log;
    const open = () => openStore(folder, { onProblem: text => expect.fail(text) });
    try {
      const before = await open();
      const keep = keepRid(before, log);
      const kept: KeptRid = { entry, asked };
      await keep(7, kept);
      await keep(8, { entry: { ...entry, number: 8 }, asked: null });
      await before.write([
        { op: 'rid-waiting.put', number: 9, body: JSON.stringify({ ...entry, number: 9 }) },
        { op: 'rid-waiting.put', number: 10, body: '{' },
      ]);
      await keep(8, null);
      await before.close();
      const after = await open();
      expect(await ridThatWaited(after, log)).to.deep.equal([kept, { entry: { ...entry, number: 9 }, asked: null }]);
      expect(said).to.deep.equal(['rid request 10, which waited for a person, cannot be read, and is lost']);
      await after.close();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
