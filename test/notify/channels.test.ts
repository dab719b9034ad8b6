import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { NotifyConfig } from '../../src/config/tree.ts';
import type { Notice } from '../../src/notify/notice.ts';
import { channelsFor, outboxRecords } from '../../src/notify/notices.ts';
import { createOutbox, type Outbox, type OutboxOptions } from '../../src/notify/outbox.ts';
import type { OpenStore } from '../../src/store/store.ts';
import { caseRecord } from '../store/batches.ts';
import { open, scratch } from '../store/fixture.ts';
import { at, begun, block, ended, hook, program, settings, syslogAt } from './cases.ts';
import { relay } from './smtp.ts';
import { webServer } from './web-server.ts';

describe('notify, through several channels', () => {
  const directory = scratch();
  const opened: { close(): Promise<unknown> }[] = [];
  let number = 0;
  let store: OpenStore;
  beforeEach(async () => {
    store = await open(join(directory, String(number++)));
  });
  afterEach(async () => {
    for (const one of opened.splice(0).reverse()) await one.close();
    await store.close();
  });
  const keep = <T extends { close(): Promise<unknown> }>(one: T): T => {
    opened.push(one);
    return one;
  };
  const outbox = (notify: readonly NotifyConfig[], more: Partial<OutboxOptions> = {}): Outbox =>
    keep(createOutbox({ store, notify, log: () => {}, hostname: settings.hostname, grace: 0, ...more }));
  const stored = async (notify: readonly NotifyConfig[], event: 'begin' | 'end' = 'begin') => {
    const of = event === 'begin' ? begun : ended;
    const { records } = outboxRecords({ case: of, event }, { ...settings, notify }, Date.now());
    const rows = records.map(record => ({ op: 'outbox.add', record }) as const);
    await store.write([{ op: 'case.put', record: caseRecord(of.id) }, ...rows]);
    return records;
  };
  const rows = () => store.read('outbox.of-case', { caseId: begun.id });
  const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
    while (!(await holds())) await new Promise(done => setTimeout(done, 5));
  };
  const stateOf = async (channel: string) =>
    (await rows()).filter(row => row.channel === channel).map(row => row.state);

  it('tells the channels for everybody, and those for the group of a watch', () => {
    const all = hook(1);
    const noc = hook(2, { group: 'noc' });
    const other = hook(3, { group: 'other' });
    const told = (watches: readonly string[]) =>
      channelsFor({ ...begun, watches }, { ...settings, notify: [block, all, noc, other] });
    expect(told(['ours'])).to.deep.equal([all, noc]);
    expect(told(['of somebody'])).to.deep.equal([all]);
  });

  it('has one row for each, under ids of their own, with no URL that could be misused', () => {
    const notify = [block, hook(1), syslogAt(2), program('/bin/true')];
    const { records } = outboxRecords({ case: begun, event: 'begin' }, { ...settings, notify }, 1000);
    expect(records.map(({ channel }) => channel)).to.deep.equal(['mail', 'mail', 'mail', 'webhook', 'syslog', 'exec']);
    expect(new Set(records.map(({ id }) => id)).size).to.equal(6);
    for (const { id } of records) expect(id).to.match(/^2026-11-22-01\.begin\.(\d+|[a-z]+-[0-9a-f]{8})$/);
    expect(JSON.stringify(records)).to.not.include('/hook');
    expect(records[3]!.recipient).to.match(/^127\.0\.0\.1:1 #[0-9a-f]{8}$/);
    const [again] = outboxRecords({ case: ended, event: 'end' }, { ...settings, notify: [hook(1)] }, 2000).records;
    expect(again!.id).to.equal(records[3]!.id.replace('begin', 'end'));
  });

  it('brings begin and end to every channel', async () => {
    const mails = keep(await relay());
    const web = keep(await webServer());
    const told = join(directory, 'told');
    const pager = join(directory, 'pager');
    writeFileSync(pager, `#!/bin/sh\ncat >>'${told}'\n`);
    chmodSync(pager, 0o755);
    const notify = [{ ...block, ...at(mails.port) }, hook(web.port), program(pager)];
    const box = outbox(notify);
    box.added(await stored(notify, 'begin'));
    await until(async () => (await rows()).every(({ state }) => state === 'sent'));
    box.added(await stored(notify, 'end'));
    await until(async () => (await rows()).length === 10 && (await rows()).every(({ state }) => state === 'sent'));
    const events = (texts: readonly string[]) => texts.map(text => (JSON.parse(text) as Notice).event);
    expect(events(web.received.map(({ body }) => body.toString()))).to.deep.equal(['begin', 'end']);
    expect(events(readFileSync(told, 'utf8').trim().split('\n'))).to.deep.equal(['begin', 'end']);
    expect(mails.received).to.have.length(6);
    const end = JSON.parse(web.received[1]!.body.toString()) as Notice;
    expect(end).to.include({ lasted: 11_060, ended: '2026-11-22T07:05:30.000Z', state: 'resolved' });
    expect(box.status()).to.include({ waiting: 0, sending: 0, sent: 10 });
  });

  it('lets no channel wait for another that hangs', async () => {
    const mails = keep(await relay());
    const web = keep(await webServer(() => {}));
    const notify = [hook(web.port, { timeout: 60_000 }), { ...block, ...at(mails.port) }];
    const box = outbox(notify, { parallel: 1, most: 1 });
    box.added(await stored(notify));
    await until(async () => (await stateOf('mail')).every(state => state === 'sent'));
    expect(await stateOf('webhook')).to.deep.equal(['pending']);
    expect(box.status().sending).to.equal(1);
  });

  it('keeps each channel to itself: one fails and is tried again, the others are done', async () => {
    let up = false;
    const web = keep(await webServer(response => response.writeHead(up ? 200 : 503).end()));
    const fine = keep(await webServer());
    const notify = [hook(web.port, { retry: 1 }), hook(fine.port)];
    const box = outbox(notify);
    box.added(await stored(notify));
    await until(() => web.received.length >= 2);
    expect(box.status().lastError).to.match(/^127\.0\.0\.1:\d+ #[0-9a-f]{8}: answers 503$/);
    up = true;
    await until(async () => (await stateOf('webhook')).every(state => state === 'sent'));
    expect(fine.received).to.have.length(1);
    expect(new Set(web.received.map(({ body }) => body.toString())).size, 'each time the same').to.equal(1);
  });

  it('takes up what an earlier life left, of every channel', async () => {
    const mails = keep(await relay());
    const web = keep(await webServer());
    const notify = [{ ...block, ...at(mails.port) }, hook(web.port)];
    await stored(notify);
    await outbox(notify).start();
    await until(async () => (await rows()).every(({ state }) => state === 'sent'));
    expect([mails.received.length, web.received.length]).to.deep.equal([3, 1]);
  });

  it('keeps the rows of a channel that the configuration has lost, and sends them when it is back', async () => {
    const web = keep(await webServer());
    const notify = [hook(web.port)];
    const box = outbox([]);
    box.added(await stored(notify));
    await until(() => box.status().deferred >= 1);
    expect(box.status().lastError).to.include('no notify webhook block of this name');
    box.configure(notify);
    await until(async () => (await stateOf('webhook'))[0] === 'sent');
    expect(web.received).to.have.length(1);
  });
});
