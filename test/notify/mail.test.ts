import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { MailConfig } from '../../src/config/tree.ts';
import { DOUBT_HEADER, type Handing } from '../../src/notify/delivery.ts';
import { createMailer } from '../../src/notify/mail.ts';
import { outboxRecords, readMail } from '../../src/notify/notices.ts';
import { begun, block, settings } from './cases.ts';
import { dkimOf } from './dkim.ts';
import { answer, type Relay, relay } from './smtp.ts';

const mail = readMail(outboxRecords({ case: begun, event: 'begin' }, settings, 1_800_000_000_000).records[0]!)!;

describe('notify/mail', () => {
  const opened: { close(): Promise<unknown> }[] = [];
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close();
  });
  const keep = <T extends { close(): Promise<unknown> }>(one: T): T => {
    opened.push(one);
    return one;
  };
  const serve = async (options: Parameters<typeof relay>[0] = {}): Promise<Relay> => keep(await relay(options));
  const timeouts = { connect: 1000, greeting: 1000, silence: 2000, whole: 4000 };
  const send = (ports: readonly number[], more: Partial<MailConfig> = {}, handing?: Handing) =>
    createMailer(
      { ...block, relays: ports.map(port => ({ host: '127.0.0.1', port })), ...more },
      'h.example',
      timeouts,
    ).send('noc@example.net', mail, new AbortController().signal, handing);

  it('asks whether it may still send before the end of the mail, and else the server has none', async () => {
    let begun = 0;
    const server = await serve({
      onRcptTo(_to, _session, done) {
        begun++;
        done();
      },
    });
    const asked: number[] = [];
    const may = (yes: boolean, doubt: number | null = null): Handing => ({
      doubt,
      async begin() {
        asked.push(begun);
        return yes;
      },
    });
    expect(await send([server.port], {}, may(false))).to.include({ result: 'deferred' });
    expect(asked, 'behind RCPT').to.deep.equal([1]);
    expect(await send([server.port], {}, may(true))).to.deep.equal({ result: 'sent' });
    expect(server.received).to.have.length(1);
    const [first] = server.received;
    expect(first!.mail.headers.has(DOUBT_HEADER.toLowerCase())).to.equal(false);
    expect(await send([server.port], {}, may(true, Date.UTC(2026, 10, 29, 20, 3, 4)))).to.deep.equal({
      result: 'sent',
    });
    const again = server.received[1]!.mail;
    expect(again.messageId).to.equal(first!.mail.messageId);
    expect(again.headers.get(DOUBT_HEADER.toLowerCase())).to.equal('2026-11-29T20:03:04.000Z');
    expect(again.text).to.match(
      /二度届いている可能性[\s\S]*This may reach you a second time[\s\S]*2026-11-29\s20:03:04\sUTC/,
    );
    expect(again.text!.endsWith(first!.mail.text!), 'and all that it said').to.equal(true);
  });

  it('knows that nobody knows: only of a mail that the server had whole and did not answer', async () => {
    const mute = await serve({
      onData(stream) {
        stream.resume();
        // and not a word
      },
    });
    expect(await send([mute.port])).to.deep.include({ result: 'deferred', doubt: true });
    const refusing = await serve({ accepting: () => answer(451, '4.3.0 later') });
    expect(await send([refusing.port]))
      .to.include({ result: 'deferred' })
      .and.not.to.have.property('doubt');
    const early = await serve({ onRcptTo: (_to, session) => void session, socketTimeout: 500 });
    expect(await send([early.port]))
      .to.include({ result: 'deferred' })
      .and.not.to.have.property('doubt');
  });

  describe('with several relays', () => {
    const nobody = async () => {
      const gone = await relay();
      await gone.close();
      return gone.port;
    };

    it('takes the first that has the mail', async () => {
      const [first, second] = [await serve(), await serve()];
      expect(await send([first.port, second.port])).to.deep.equal({ result: 'sent' });
      expect([first.received.length, second.received.length]).to.deep.equal([1, 0]);
    });
    it('goes on to the next when one is not there, is silent, or cannot take mail now', async () => {
      const silent = createServer(socket => socket.on('error', () => {}));
      await new Promise<void>(done => silent.listen(0, '127.0.0.1', done));
      keep({ close: () => new Promise(done => silent.close(done)) });
      const busy = await serve({
        onMailFrom: (_from, _session, done) => done(answer(451, '4.3.2 system not accepting')),
      });
      const grey = await serve({ onRcptTo: (_to, _session, done) => done(answer(450, '4.2.0 greylisted')) });
      const last = await serve();
      const { port } = silent.address() as { port: number };
      expect(await send([await nobody(), port, busy.port, grey.port, last.port])).to.deep.equal({ result: 'sent' });
      expect(last.received).to.have.length(1);
    });
    it('tells of each of them when none has the mail', async () => {
      const busy = await serve({ onMailFrom: (_from, _session, done) => done(answer(451, '4.3.2 no')) });
      const outcome = await send([await nobody(), busy.port]);
      expect(outcome).to.include({ result: 'deferred' });
      expect(outcome)
        .to.have.property('error')
        .that.matches(/ECONNREFUSED.*; 127\.0\.0\.1: .*451/);
    });
    it('stops where the recipient is refused', async () => {
      const [first, second] = [
        await serve({ onRcptTo: (_to, _session, done) => done(answer(550, '5.1.1 no such user')) }),
        await serve(),
      ];
      expect(await send([first.port, second.port])).to.include({ result: 'refused' });
      expect(second.received).to.deep.equal([]);
    });
    it('does not send a mail elsewhere that the first may have', async () => {
      // Takes the whole mail and hangs up in place of its 250.
      const rude = createServer(socket => {
        let data = false;
        socket.on('error', () => {});
        socket.write('220 rude ESMTP\r\n');
        socket.on('data', chunk => {
          const text = chunk.toString('latin1');
          if (data) {
            if (text.includes('\r\n.\r\n')) socket.destroy();
            return;
          }
          data = /^DATA\r\n/m.test(text);
          socket.write(data ? '354 go on\r\n' : '250 ok\r\n');
        });
      });
      await new Promise<void>(done => rude.listen(0, '127.0.0.1', done));
      keep({ close: () => new Promise(done => rude.close(done)) });
      const second = await serve();
      expect(await send([(rude.address() as { port: number }).port, second.port])).to.include({ result: 'deferred' });
      expect(second.received).to.deep.equal([]);
    });
  });

  describe('with a DKIM key', () => {
    const directory = mkdtempSync(join(tmpdir(), 'intertrack-dkim-'));
    after(() => rmSync(directory, { recursive: true, force: true }));
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const key = join(directory, 'dkim.pem');
    writeFileSync(key, rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }));

    it('signs so that a receiver finds the signature right', async () => {
      const server = await serve();
      const dkim = { domain: 'example.net', selector: 's1', key };
      expect(await send([server.port], { dkim })).to.deep.equal({ result: 'sent' });
      const { raw } = server.received[0]!;
      expect(dkimOf(raw, rsa.publicKey)).to.deep.equal({ d: 'example.net', s: 's1' });
      const forged = Buffer.from(raw.toString('latin1').replace('Subject: [Inter', 'Subject: [Enter'), 'latin1');
      expect(dkimOf(forged, rsa.publicKey)).to.equal('the signature does not hold');
    });
    it('sends nothing unsigned when the key cannot be read', async () => {
      const server = await serve();
      const dkim = { domain: 'example.net', selector: 's1', key: join(directory, 'none.pem') };
      const outcome = await send([server.port], { dkim });
      expect(outcome)
        .to.include({ result: 'deferred' })
        .and.to.have.property('error')
        .that.matches(/^dkim: .*none.pem: ENOENT/);
      expect(server.received).to.deep.equal([]);
    });
    it('says so when the key is none, and sends nothing', async () => {
      const server = await serve();
      const broken = join(directory, 'broken.pem');
      writeFileSync(broken, 'no key');
      const outcome = await send([server.port], { dkim: { domain: 'example.net', selector: 's1', key: broken } });
      expect(outcome).to.include({ result: 'deferred' }).and.to.have.property('error').that.includes('dkim');
      expect(server.received).to.deep.equal([]);
    });
  });
});
