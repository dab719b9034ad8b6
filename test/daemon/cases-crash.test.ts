import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { checkChain, readEvidence } from '../../src/hijack/evidence-chain.ts';
import { readCase } from '../../src/hijack/stored-case.ts';
import { open, scratch } from '../store/fixture.ts';

const WRITER = fileURLToPath(new URL('./case-writer.ts', import.meta.url));
/** Lives of the writer; each ends at another moment. */
const LIVES = Number(process.env.LIVES ?? 6);

/** What was said to be done is done, whenever the program is killed, and the evidence is what became of each case. */
describe('daemon/cases, killed', function () {
  this.timeout(30_000 + LIVES * 5_000);
  const directory = scratch();

  it('keeps what it said is done, in a chain that is whole', async () => {
    const promised: string[] = [];
    for (let life = 0; life < LIVES; life++) {
      mkdirSync(join(directory, 'cases'), { recursive: true });
      const child = spawn(process.execPath, [WRITER, join(directory, 'cases')], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let said = '';
      child.stdout.on('data', (chunk: Buffer) => {
        said += chunk;
      });
      await once(child.stdout, 'data');
      await wait(7 + ((life * 53) % 300));
      child.kill('SIGKILL');
      await once(child, 'close');
      promised.push(...said.split('\n').slice(0, -1));
    }
    expect(promised.length).to.be.greaterThan(LIVES * 3);

    const store = await open(join(directory, 'cases', 'state'));
    const cases = new Map((await store.read('case.all', {})).map(row => [row.id, readCase(row.body)]));
    for (const line of promised) {
      const [, what, id, words] = /^(\S+) (\S+) (.*)$/.exec(line)!;
      const one = cases.get(id!);
      expect(one, line).to.not.equal(undefined);
      if (what === 'end') expect(one!.state, line).to.equal('resolved');
      else
        expect(
          one!.timeline.some(({ what: said }) => said.endsWith(`: ${words}`)),
          line,
        ).to.equal(true);
    }
    for (const one of cases.values()) {
      const records = await store.read('evidence.of-case', { caseId: one.id });
      expect(checkChain(one.id, records).fault, one.id).to.equal(null);
      expect(readEvidence(records.at(-1)!.body), 'it ends where the case does').to.include({ state: one.state });
      const notices = await store.read('outbox.of-case', { caseId: one.id });
      expect(new Set(notices.map(({ event }) => event)), 'as told').to.include.all.keys(...one.told);
    }
    expect([...cases.values()].filter(({ state }) => state !== 'resolved').length).to.be.at.most(1);
    expect(await store.check()).to.equal('ok');
  });
});
