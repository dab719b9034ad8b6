import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { createOutbox } from '../../src/notify/outbox.ts';
import { open, scratch } from '../store/fixture.ts';
import { begun, block, settings } from './cases.ts';
import { relay } from './smtp.ts';

describe('notify, killed', () => {
  const directory = scratch();

  it('sends every notice after kill -9 at the worst moment, and what goes twice goes under the same Message-ID', async () => {
    const state = join(directory, 'state');
    let child: ChildProcess | undefined;
    let kill = true;
    // Killed when the server has the mail and its 250 is about to leave: accepted, but not yet recorded.
    const server = await relay({
      accepting() {
        if (kill) child?.kill('SIGKILL');
        return null;
      },
    });
    const fixture = fileURLToPath(new URL('./deliverer.ts', import.meta.url));
    for (let life = 1; life <= 2; life++) {
      child = spawn(process.execPath, [fixture, state, String(server.port)], {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      const [, signal] = await once(child, 'close');
      expect(signal).to.equal('SIGKILL');
    }
    kill = false;

    const store = await open(state);
    const pending = await store.read('outbox.pending', {});
    expect(pending.map(row => row.id)).to.deep.equal([1, 2, 3].map(n => `${begun.id}.begin.${n}`));
    const notify = [{ ...block, port: server.port }];
    const box = createOutbox({ store, notify, log: () => {}, hostname: settings.hostname });
    await box.start();
    while (box.status().sent < 3) await new Promise(done => setTimeout(done, 10));
    await box.close();
    expect(await store.read('outbox.pending', {})).to.deep.equal([]);
    await store.close();
    await server.close();

    const contents = new Map<string, Set<string>>();
    for (const { mail, recipients } of server.received) {
      const of = contents.get(mail.messageId!) ?? new Set();
      contents.set(mail.messageId!, of.add(JSON.stringify([recipients, mail.subject, mail.text, mail.date])));
    }
    expect([...contents.keys()].sort()).to.deep.equal(
      [1, 2, 3].map(n => `<${begun.id}.begin.${n}@collector.example.net>`),
    );
    for (const versions of contents.values()) expect(versions.size, 'one meaning').to.equal(1);
  });
});
