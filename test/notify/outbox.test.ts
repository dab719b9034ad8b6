import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import type { MailConfig } from '../../src/config/tree.ts';
import { outboxRecords } from '../../src/notify/notices.ts';
import { createOutbox, type Outbox, type OutboxClock, type OutboxOptions } from '../../src/notify/outbox.ts';
import type { OutboxRecord } from '../../src/store/records.ts';
import type { OpenStore } from '../../src/store/store.ts';
import { caseRecord } from '../store/batches.ts';
import { open, scratch } from '../store/fixture.ts';
import { at, begun, block, ended, settings } from './cases.ts';
import { answer, type Relay, relay } from './smtp.ts';

const CREATED = 1_800_000_000_000;

/** Time that passes when somebody waits: each wait takes 2 ms and moves the clock by all of it. */
function hurried(): OutboxClock & { at: number } {
  const clock = {
    at: CREATED,
    now: () => clock.at,
    after(wait: number, call: () => void) {
      const timer = setTimeout(() => {
        clock.at += wait;
        call();
      }, 2);
      return () => clearTimeout(timer);
    },
  };
  return clock;
}

describe('notify/outbox', () => {
  const directory = scratch();
  const opened: { close(): Promise<unknown> }[] = [];
  const timeouts = { connect: 2000, greeting: 2000, silence: 2000, whole: 4000 };
  let number = 0;
  let store: OpenStore;
  let logged: { level: string; text: string; fields: Readonly<Record<string, unknown>> }[];

  beforeEach(async () => {
    store = await open(join(directory, String(number++)));
    logged = [];
  });
  afterEach(async () => {
    for (const one of opened.splice(0).reverse()) await one.close();
    await store.close();
  });

  const keep = <T extends { close(): Promise<unknown> }>(one: T): T => {
    opened.push(one);
    return one;
  };
  const serve = async (options: Parameters<typeof relay>[0] = {}): Promise<Relay> => keep(await relay(options));
  const outbox = (port: number, options: Partial<OutboxOptions> = {}, config: Partial<MailConfig> = {}): Outbox =>
    keep(
      createOutbox({
        store,
        notify: [{ ...block, ...at(port), ...config }],
        log: (level, text, fields = {}) => logged.push({ level, text, fields }),
        clock: hurried(),
        hostname: settings.hostname,
        timeouts,
        ...options,
      }),
    );
  /** Stores the notices of the case's begin (or end) as the daemon does: case and rows in one transaction. */
  const stored = async (event: 'begin' | 'end' = 'begin', many = 3): Promise<readonly OutboxRecord[]> => {
    const of = { ...(event === 'begin' ? begun : ended), recipients: begun.recipients.slice(0, many) };
    const { records } = outboxRecords({ case: of, event }, settings, CREATED);
    const rows = records.map(record => ({ op: 'outbox.add', record }) as const);
    await store.write([{ op: 'case.put', record: caseRecord(of.id) }, ...rows]);
    return records;
  };
  const rows = () => store.read('outbox.of-case', { caseId: begun.id });
  const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
    while (!(await holds())) await new Promise(done => setTimeout(done, 5));
  };
  const settled = (count: number) =>
    until(async () => (await rows()).filter(row => row.state !== 'pending').length === count);

  it('delivers begin and end, threaded, to each address by itself, and marks them sent', async () => {
    const server = await serve();
    const box = outbox(server.port);
    await box.start();
    box.added(await stored('begin'));
    await server.got(3);
    box.added(await stored('end'));
    await server.got(6);
    await settled(6);

    const mailsTo = (address: string) => server.received.filter(({ recipients }) => recipients.includes(address));
    for (const { address } of begun.recipients) {
      const [begin, end] = mailsTo(address).map(({ mail }) => mail);
      expect(mailsTo(address)).to.have.length(2);
      expect(begin?.subject).to.match(/^\[InterTrack\] 203\.0\.113\.128\/25 announced by AS64666/);
      expect(begin?.to?.text).to.equal(address);
      expect(begin?.from?.text).to.equal('"InterTrack" <keiro@example.net>');
      expect(begin?.text).to.contain('広告元AS       AS64666').and.to.contain('descr:      株式会社例');
      expect(begin?.date?.getTime()).to.equal(CREATED);
      expect(begin?.headers.get('auto-submitted')).to.equal('auto-generated');
      expect(end?.subject).to.contain('[resolved]');
      expect([end?.inReplyTo, end?.references]).to.deep.equal([begin?.messageId, begin?.messageId]);
      expect(end?.text).to.contain('3 hours 4 minutes 20 seconds');
    }
    expect((await rows()).map(row => [row.state, row.attempts])).to.deep.equal(Array(6).fill(['sent', 1]));
    expect(box.status()).to.deep.include({ waiting: 0, sending: 0, sent: 6, failed: 0, oldest: null });
  });

  it('refers to the incident in all of its mails, and answers a mail by what follows it', async () => {
    const of = { ...begun, incident: 'I2026-11-22-01' };
    const server = await serve();
    const box = outbox(server.port);
    await box.start();
    const rowsOf = (event: 'begin' | 'end') =>
      outboxRecords(
        { case: event === 'begin' ? of : { ...ended, incident: of.incident }, event },
        settings,
        CREATED,
      ).records.slice(0, 1);
    for (const event of ['begin', 'end'] as const) {
      const rows = rowsOf(event);
      await store.write([
        { op: 'case.put', record: caseRecord(of.id) },
        ...rows.map(record => ({ op: 'outbox.add', record }) as const),
      ]);
      box.added(rows);
      await server.got(event === 'begin' ? 1 : 2);
    }
    const [begin, end] = server.received.map(({ mail }) => mail);
    const root = '<I2026-11-22-01.incident@collector.example.net>';
    expect([begin?.references, begin?.inReplyTo]).to.deep.equal([root, undefined]);
    expect([end?.references, end?.inReplyTo]).to.deep.equal([[root, begin?.messageId], begin?.messageId]);
  });

  it('keeps mail while nothing listens, and delivers it once when the server is there', async () => {
    const gone = await relay();
    await gone.close();
    const box = outbox(gone.port);
    await box.start();
    box.added(await stored());
    await until(() => box.status().deferred >= 6);
    expect((await rows()).map(row => row.state)).to.deep.equal(['pending', 'pending', 'pending']);
    expect(box.status().lastError).to.match(/ECONNREFUSED/);
    const server = await serve({ port: gone.port });
    await settled(3);
    expect(box.status().lastError, 'all is well again').to.equal('');
    expect(server.received.map(({ recipients }) => recipients[0]).sort()).to.deep.equal(
      begun.recipients.map(({ address }) => address).sort(),
    );
  });

  it('comes back after a greylisting', async () => {
    const seen = new Map<string, number>();
    const server = await serve({
      onRcptTo({ address }, _session, callback) {
        const times = (seen.get(address) ?? 0) + 1;
        seen.set(address, times);
        callback(times < 3 ? answer(450, '4.2.0 greylisted, come back') : null);
      },
    });
    const box = outbox(server.port);
    box.added(await stored());
    await settled(3);
    expect((await rows()).map(row => [row.state, row.attempts, row.lastError])).to.deep.equal(
      Array(3).fill(['sent', 3, '']),
    );
    expect(server.received).to.have.length(3);
    expect(logged.filter(({ text }) => text === 'mail deferred')).to.have.length(6);
  });

  it('waits no longer for another attempt when the clock is set back meanwhile', async () => {
    const HOUR = 3_600_000;
    let tries = 0;
    const server = await serve({ accepting: () => (++tries > 1 ? null : answer(451, 'come again later')) });
    await stored('begin', 1);
    const hurry = hurried();
    const waits: number[] = [];
    const clock: OutboxClock = {
      now: hurry.now,
      after: (wait, call) =>
        hurry.after(wait, () => {
          if (waits.push(wait) === 1) hurry.at -= HOUR;
          call();
        }),
    };
    await outbox(server.port, { clock }).start();
    await settled(1);
    expect(server.received).to.have.length(1);
    expect(waits).to.have.length(2);
    expect(waits[1]).to.equal(waits[0]);
  });

  it('reaches one recipient while the other is refused, asks again for five days, then says that it failed', async () => {
    const server = await serve({
      onRcptTo: ({ address }, _session, callback) =>
        callback(address === 'alert@example.jp' ? answer(550, '5.1.1 no such user') : null),
    });
    const clock = hurried();
    const box = outbox(server.port, { clock });
    box.added(await stored('begin', 2));
    await settled(2);
    expect(server.received.map(({ recipients }) => recipients)).to.deep.equal([['second@example.net']]);
    const [first, second] = await rows();
    expect([first?.state, second?.state]).to.deep.equal(['failed', 'sent']);
    // Every four hours and once at the end of the fifth day.
    expect(first?.attempts).to.equal(31);
    expect(first?.lastError).to.contain('550').and.to.contain('no such user');
    expect(logged.filter(({ level }) => level === 'error').map(({ text }) => text)).to.deep.equal([
      'mail given up after 5 days',
    ]);
    expect(box.status()).to.include({ failed: 1, sent: 1 });
  });

  it('repeats the same Message-ID when the server closes in the middle of DATA', async () => {
    // A server that hangs up after the first octets of the mail, written by hand; then a whole one on the same port.
    const ids: string[] = [];
    const rude = createServer(socket => {
      let data = false;
      socket.on('error', () => {});
      socket.write('220 rude ESMTP\r\n');
      socket.on('data', chunk => {
        const text = chunk.toString();
        if (data) {
          ids.push(/^Message-ID: (.*)\r$/m.exec(text)?.[1] ?? '');
          socket.destroy();
          return;
        }
        data = /^DATA\r\n/m.test(text);
        socket.write(data ? '354 go on\r\n' : '250 ok\r\n');
      });
    });
    await new Promise<void>(done => rude.listen(0, '127.0.0.1', done));
    const { port } = rude.address() as { port: number };
    const box = outbox(port);
    box.added(await stored('begin', 1));
    await until(() => ids.length >= 2);
    await new Promise(done => rude.close(done));
    const whole = await serve({ port });
    await settled(1);
    expect(new Set(ids)).to.deep.equal(new Set(['<2026-11-22-01.begin.1@collector.example.net>']));
    expect(whole.received.map(({ mail }) => mail.messageId)).to.deep.equal([ids[0]]);
  });

  it('is not held by a server that says nothing, and counts it as deferred', async () => {
    const sockets: Socket[] = [];
    const silent = createServer(socket => {
      socket.on('error', () => {});
      sockets.push(socket);
    });
    await new Promise<void>(done => silent.listen(0, '127.0.0.1', done));
    keep({
      close: () => {
        for (const socket of sockets) socket.destroy();
        return new Promise(done => silent.close(done));
      },
    });
    const port = (silent.address() as { port: number }).port;
    const box = outbox(port, { timeouts: { connect: 500, greeting: 250, silence: 500, whole: 2000 }, parallel: 1 });
    box.added(await stored());
    await until(() => box.status().deferred >= 4);
    expect(sockets.length).to.be.at.least(4);
    expect((await rows()).every(row => row.state === 'pending')).to.equal(true);
    const server = await serve();
    box.configure([{ ...block, ...at(server.port) }]);
    await settled(3);
  });

  it('cuts a server that dribbles within the time for the whole conversation', async () => {
    const dribble = createServer(socket => {
      socket.on('error', () => {});
      const timer = setInterval(() => socket.write('220-still here\r\n'), 10);
      socket.on('close', () => clearInterval(timer));
    });
    await new Promise<void>(done => dribble.listen(0, '127.0.0.1', done));
    keep({ close: () => new Promise(done => dribble.close(done)) });
    const port = (dribble.address() as { port: number }).port;
    const box = outbox(port, { timeouts: { connect: 60_000, greeting: 60_000, silence: 60_000, whole: 100 } });
    box.added(await stored('begin', 1));
    await until(() => box.status().deferred >= 2);
  });

  it('holds no more conversations than allowed', async () => {
    let now = 0;
    let most = 0;
    const server = await serve({
      onConnect(_session, callback) {
        most = Math.max(most, ++now);
        callback();
      },
      onClose() {
        now--;
      },
    });
    const recipients = Array.from({ length: 20 }, (_, i) => ({ address: `m${i}@example.jp`, because: 'x-keiro' }));
    const { records } = outboxRecords({ case: { ...begun, recipients }, event: 'begin' }, settings, CREATED);
    await store.write([
      { op: 'case.put', record: caseRecord(begun.id) },
      ...records.map(record => ({ op: 'outbox.add', record }) as const),
    ]);
    // Five in memory at most: the others come from the store as room is made.
    const box = outbox(server.port, { parallel: 2, most: 5 });
    box.added(records);
    expect(box.status()).to.include({ more: true });
    await settled(20);
    expect(server.received).to.have.length(20);
    expect(most).to.be.within(1, 3);
  });

  it('takes up what an earlier life left, and does not send what was sent', async () => {
    const server = await serve();
    const records = await stored();
    await store.write([
      { op: 'outbox.update', id: records[0]!.id, state: 'sent', attempts: 1, due: 0, lastError: '', doubt: null },
    ]);
    const box = outbox(server.port);
    await box.start();
    await settled(3);
    expect(server.received.map(({ mail }) => mail.messageId).sort()).to.deep.equal([
      '<2026-11-22-01.begin.2@collector.example.net>',
      '<2026-11-22-01.begin.3@collector.example.net>',
    ]);
  });

  it('asks the store again, and not the server, when a sent mail cannot be recorded', async () => {
    const server = await serve();
    let failures = 0;
    const flaky: OutboxOptions['store'] = {
      read: (what, args) => store.read(what, args),
      write: batch => (failures++ < 3 ? Promise.reject(new Error('database or disk is full')) : store.write(batch)),
    };
    const box = outbox(server.port, { store: flaky });
    box.added(await stored('begin', 1));
    await settled(1);
    expect(server.received).to.have.length(1);
    expect(logged.filter(({ level }) => level === 'error')).to.have.length(3);
  });

  it('loses no row when a reload takes the mail block away and another brings one back', async () => {
    const server = await serve();
    const box = outbox(1);
    box.configure([]);
    box.added(await stored());
    await until(() => box.status().deferred >= 3);
    expect(box.status().lastError).to.contain('no notify mail block');
    box.configure([{ ...block, ...at(server.port), to: ['notify'] }]);
    await settled(3);
  });

  it('leaves pending what it could not finish when it is closed', async () => {
    let connected = 0;
    const server = await serve({
      onMailFrom() {
        connected++;
      },
    });
    const box = outbox(server.port, { grace: 1 });
    box.added(await stored());
    await until(() => connected === 3);
    await box.close();
    expect((await rows()).map(row => [row.state, row.attempts])).to.deep.equal(Array(3).fill(['pending', 0]));
  });

  it('demands TLS where the configuration does, and sends no password without it', async () => {
    const plain = await serve();
    const box = outbox(plain.port, {}, { tls: 'required' });
    box.added(await stored('begin', 1));
    await until(() => box.status().deferred >= 1);
    expect(box.status().lastError).to.match(/STARTTLS/);
    box.configure([{ ...block, ...at(plain.port), tls: 'starttls', user: 'keiro', password: 'secret' }]);
    await until(() => box.status().deferred >= 3);
    expect(plain.received).to.have.length(0);
    const server = await serve({
      disabledCommands: [],
      hideSTARTTLS: false,
      authOptional: true,
    });
    // Without a demand an unknown certificate is taken: smtp-server's own.
    box.configure([{ ...block, ...at(server.port), tls: 'starttls' }]);
    await settled(1);
    expect(server.received).to.have.length(1);
  });
});
