import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Notice } from '../../src/notify/notice.ts';
import { sendTest, testTargets } from '../../src/notify/test-notice.ts';
import { at, block, hook, program, settings, syslogAt } from './cases.ts';
import { relay } from './smtp.ts';
import { webServer } from './web-server.ts';

const groups = [
  { name: 'noc', mail: ['noc@example.net', 'noc@example.org'] },
  { name: 'duty', mail: ['noc@example.net', 'duty@example.net'] },
];
const still = new AbortController().signal;

describe('notify/test-notice', () => {
  const directory = mkdtempSync(join(tmpdir(), 'intertrack-test-notice-'));
  after(() => rmSync(directory, { recursive: true, force: true }));

  it('goes to the groups once each, to the sender where a block tells none, and to nobody of the registry', () => {
    const lone = { ...block, from: 'keiro@example.org', to: ['x-keiro' as const] };
    const notify = [block, lone, hook(1), syslogAt(2), program('/bin/true')];
    const names = (kind: Parameters<typeof testTargets>[1]) =>
      testTargets({ notify, groups }, kind).map(({ block: { kind: of }, recipient }) => `${of} ${recipient}`);
    expect(names('mail')).to.deep.equal([
      'mail noc@example.net',
      'mail noc@example.org',
      'mail duty@example.net',
      'mail keiro@example.org',
    ]);
    expect(names(null)).to.have.length(7);
    expect(names('exec')).to.deep.equal(['exec /bin/true']);
    expect(testTargets({ notify: [], groups }, null)).to.deep.equal([]);
  });

  it('arrives, marked as a test, and says how each attempt ended', async () => {
    const server = await relay();
    const web = await webServer();
    const broken = await webServer(response => response.writeHead(403).end('no'));
    const file = join(directory, 'pager');
    writeFileSync(file, `#!/bin/sh\ncat >'${join(directory, 'told')}'\n`);
    chmodSync(file, 0o755);
    const notify = [{ ...block, ...at(server.port) }, hook(web.port), hook(broken.port), program(file)];
    const targets = testTargets({ notify, groups: [groups[0]!] }, null);
    const results = await Promise.all(targets.map((target, i) => sendTest(target, i + 1, settings, still)));
    expect(results.map(({ channel, result, error }) => [channel, result, error])).to.deep.equal([
      ['mail', 'sent', ''],
      ['mail', 'sent', ''],
      ['webhook', 'sent', ''],
      ['webhook', 'refused', 'answers 403: no'],
      ['exec', 'sent', ''],
    ]);
    for (const { mail } of server.received) {
      expect(mail.subject).to.equal('[InterTrack] [test] test notice from collector.example.net');
      expect(mail.text).to.include('これは試験通知です').and.to.include('This is a test.');
    }
    expect(new Set(server.received.map(({ mail }) => mail.messageId)).size).to.equal(2);
    const texts = [web.received[0]!.body.toString(), readFileSync(join(directory, 'told'), 'utf8')];
    for (const text of texts) expect(JSON.parse(text) as Notice).to.include({ version: 1, event: 'test', case: null });
    for (const one of [server, web, broken]) await one.close();
  });

  it('gives up after a time, and when the asker goes away', async () => {
    const web = await webServer(() => {});
    const [target] = testTargets({ notify: [hook(web.port, { timeout: 300_000 })], groups }, null);
    expect(await sendTest(target!, 1, settings, still, 100)).to.include({ result: 'deferred' });
    const gone = new AbortController();
    const sending = sendTest(target!, 2, settings, gone.signal);
    await web.got(2);
    gone.abort();
    expect(await sending).to.include({ result: 'deferred' });
    await web.close();
  });
});
