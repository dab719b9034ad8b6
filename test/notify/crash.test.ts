import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { ParsedMail } from 'mailparser';
import type { NotifyConfig } from '../../src/config/tree.ts';
import { createOutbox } from '../../src/notify/outbox.ts';
import { open, scratch } from '../store/fixture.ts';
import { at, begun, block, hook, program, settings, syslogAt } from './cases.ts';
import { relay } from './smtp.ts';
import { webServer } from './web-server.ts';

/** What a mail says, but that it may have come before. */
const saidBy = ({ text, headers }: ParsedMail): string =>
  headers.has('x-intertrack-doubt') ? text!.slice(text!.indexOf('\n\n') + 2) : text!;

const FIXTURE = fileURLToPath(new URL('./deliverer.ts', import.meta.url));

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
    const notify = [{ ...block, ...at(server.port) }];
    for (let life = 1; life <= 2; life++) {
      child = spawn(process.execPath, [FIXTURE, state, JSON.stringify(notify)], {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      const [, signal] = await once(child, 'close');
      expect(signal).to.equal('SIGKILL');
    }
    kill = false;

    const store = await open(state);
    const pending = await store.read('outbox.pending', {});
    expect(pending.map(row => row.id)).to.deep.equal([1, 2, 3].map(n => `${begun.id}.begin.${n}`));
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
      expect(mail.headers.has('x-intertrack-doubt'), 'what comes again says so').to.equal(of.size > 0);
      contents.set(mail.messageId!, of.add(JSON.stringify([recipients, mail.subject, saidBy(mail), mail.date])));
    }
    expect([...contents.keys()].sort()).to.deep.equal(
      [1, 2, 3].map(n => `<${begun.id}.begin.${n}@collector.example.net>`),
    );
    for (const versions of contents.values()) expect(versions.size, 'one meaning').to.equal(1);
  });

  it('loses nothing of any channel, and sends again only what was in the air, killed at many moments', async function () {
    this.timeout(240_000);
    const CASES = 8;
    const MOST_LIVES = 60;
    let child: ChildProcess | undefined;
    /** Events of the other ends until the next kill: a life ends at any of them, whatever the channel. */
    let fuse = 1;
    let kills = 0;
    const event = () => {
      if (--fuse !== 0) return;
      kills++;
      child?.kill('SIGKILL');
    };
    const mails = await relay({
      onMailFrom: (_from, _session, done) => {
        event();
        done();
      },
      accepting: () => {
        event();
        return null;
      },
    });
    const web = await webServer(response => {
      event();
      response.writeHead(204).end();
      event();
    });
    const lines: string[] = [];
    const log = createServer(socket => {
      let text = '';
      socket.on('error', () => {});
      socket.on('data', chunk => {
        text += chunk;
      });
      socket.on('close', () => {
        if (text !== '') lines.push(text);
        event();
      });
    });
    await new Promise<void>(done => log.listen(0, '127.0.0.1', done));
    const told = join(directory, 'told');
    writeFileSync(told, '');
    const pager = join(directory, 'pager');
    writeFileSync(pager, `#!/bin/sh\nread -r line || exit 1\nprintf '%s\\n' "$line" >>'${told}'\n`);
    chmodSync(pager, 0o755);
    const notify: NotifyConfig[] = [
      { ...block, ...at(mails.port) },
      hook(web.port),
      syslogAt((log.address() as AddressInfo).port, { transport: 'tcp' }),
      program(pager),
    ];

    const state = join(directory, 'channels');
    let lives = 0;
    for (let done = false; !done; lives++) {
      // Sooner, later, then sooner again: by a fixed rule, so that a failure can be seen again.
      fuse = lives < MOST_LIVES ? 1 + ((lives * 7) % 11) : -1;
      child = spawn(process.execPath, [FIXTURE, state, JSON.stringify(notify), String(CASES), '2'], {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      const [status] = await once(child, 'close');
      done = status === 0;
    }
    await mails.close();
    await web.close();
    await new Promise(done => log.close(done));
    expect(kills, 'it was killed').to.be.at.least(10);

    const names = Array.from({ length: CASES }, (_, i) => `2026-11-22-${String(i + 1).padStart(2, '0')}`);
    const store = await open(state);
    const rows = (await Promise.all(names.map(caseId => store.read('outbox.of-case', { caseId })))).flat();
    await store.close();
    expect(rows.map(({ state: now }) => now)).to.deep.equal(Array(CASES * 6).fill('sent'));

    const came = new Map<string, string[]>();
    const add = (key: string, meaning: string) => came.set(key, [...(came.get(key) ?? []), meaning]);
    for (const { mail } of mails.received)
      add(mail.messageId!, JSON.stringify([mail.subject, saidBy(mail), mail.date]));
    for (const { body } of web.received) add(`webhook ${JSON.parse(body.toString()).id}`, body.toString());
    for (const line of lines)
      add(`syslog ${/ id="([^"]+)"/.exec(line)?.[1]}`, line.replace(/ intertrackd \d+ /, ' ').replace(/^\d+ /, ''));
    for (const line of readFileSync(told, 'utf8').trim().split('\n')) add(`exec ${JSON.parse(line).id}`, line);
    expect(came.size, 'each notice of each channel').to.equal(CASES * 6);
    for (const [id, meanings] of came) expect(new Set(meanings).size, id).to.equal(1);
    const again = [...came.values()].reduce((sum, meanings) => sum + meanings.length - 1, 0);
    // Of each of the four lanes two may be in the air when it dies.
    expect(again).to.be.at.most(kills * 8);
  });
});
