import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Outcome } from '../../src/notify/delivery.ts';
import { signatureHolds } from '../../src/notify/signature.ts';
import { createWebhook, retryAfter } from '../../src/notify/webhook.ts';
import { makeAuthority, makeCertificate } from '../traceback/certificates.ts';
import { hook, notice } from './cases.ts';
import { type Manner, type WebServer, webServer } from './web-server.ts';

describe('notify/webhook', () => {
  const opened: { close(): Promise<unknown> }[] = [];
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close();
  });
  const keep = <T extends { close(): Promise<unknown> }>(one: T): T => {
    opened.push(one);
    return one;
  };
  const serve = async (manner?: Manner): Promise<WebServer> => keep(await webServer(manner));
  /** A server that speaks by hand. */
  async function raw(speak: (socket: Socket) => void): Promise<{ readonly port: number }> {
    const sockets: Socket[] = [];
    const server = createServer(socket => {
      sockets.push(socket);
      socket.on('error', () => {});
      speak(socket);
    });
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
    keep({
      close: () => {
        for (const socket of sockets) socket.destroy();
        return new Promise(done => server.close(done));
      },
    });
    return server.address() as AddressInfo;
  }
  const still = new AbortController().signal;
  const sent = (server: { readonly port: number }, more: Parameters<typeof hook>[1] = {}, signal = still) =>
    createWebhook(hook(server.port, more)).send(notice, signal);
  const errorOf = (outcome: Outcome) => ('error' in outcome ? `${outcome.result}: ${outcome.error}` : outcome.result);

  it('posts the facts of the mail as JSON, with a signature that a receiver can check', async () => {
    const server = await serve();
    expect(await sent(server, { secret: 'of both sides' })).to.deep.equal({ result: 'sent' });
    const [request] = server.received;
    expect(request).to.include({ method: 'POST', path: '/hook' });
    expect(request!.headers).to.include({
      'content-type': 'application/json; charset=utf-8',
      'x-intertrack-event': 'begin',
      'x-intertrack-id': notice.id,
      'idempotency-key': `"${notice.id}"`,
    });
    expect(JSON.parse(request!.body.toString())).to.deep.equal(notice);
    const given = {
      signature: String(request!.headers['x-intertrack-signature']),
      timestamp: Number(request!.headers['x-intertrack-timestamp']),
      body: request!.body,
    };
    const now = Date.now() / 1000;
    expect(signatureHolds(given, 'of both sides', now)).to.equal(true);
    expect(signatureHolds(given, 'of another', now)).to.equal(false);
    expect(signatureHolds({ ...given, timestamp: given.timestamp + 1 }, 'of both sides', now)).to.equal(false);
    expect(signatureHolds({ ...given, body: `${given.body} ` }, 'of both sides', now)).to.equal(false);
    expect(signatureHolds(given, 'of both sides', now + 3600), 'replayed an hour later').to.equal(false);
  });

  it('signs nothing without a secret', async () => {
    const server = await serve();
    await sent(server);
    expect(server.received[0]!.headers).to.not.have.property('x-intertrack-signature');
  });

  const answers: readonly (readonly [status: number, headers: Record<string, string>, outcome: string])[] = [
    [200, {}, 'sent'],
    [202, {}, 'sent'],
    [
      301,
      { Location: 'https://elsewhere.example/' },
      'refused: answers 301: redirects to https://elsewhere.example/, which is not followed',
    ],
    [
      307,
      { Location: 'http://169.254.169.254/' },
      'refused: answers 307: redirects to http://169.254.169.254/, which is not followed',
    ],
    [400, {}, 'refused: answers 400: said\\u{1b}[2J so'],
    [404, {}, 'refused: answers 404: said\\u{1b}[2J so'],
    [408, {}, 'deferred: answers 408: said\\u{1b}[2J so'],
    [410, {}, 'refused: answers 410: said\\u{1b}[2J so'],
    [429, {}, 'deferred: answers 429: said\\u{1b}[2J so'],
    [500, {}, 'deferred: answers 500: said\\u{1b}[2J so'],
    [503, {}, 'deferred: answers 503: said\\u{1b}[2J so'],
  ];
  for (const [status, headers, outcome] of answers)
    it(`takes ${status} for ${outcome.split(':')[0]}`, async () => {
      const server = await serve(response => response.writeHead(status, headers).end('said\u001b[2J  so\n'));
      expect(errorOf(await sent(server))).to.equal(outcome);
      expect(server.received).to.have.length(1);
    });

  it('leaves a server alone for as long as it asks', async () => {
    const server = await serve(response => response.writeHead(429, { 'Retry-After': '120' }).end());
    expect(await sent(server)).to.deep.equal({ result: 'deferred', error: 'answers 429', wait: 120_000 });
  });
  it('reads Retry-After in both its forms', () => {
    const now = Date.UTC(2026, 10, 22, 4, 0, 0);
    expect(retryAfter('0', now)).to.equal(0);
    expect(retryAfter(' 90 ', now)).to.equal(90_000);
    expect(retryAfter('Sun, 22 Nov 2026 04:02:00 GMT', now)).to.equal(120_000);
    expect(retryAfter('Sun, 22 Nov 2026 03:00:00 GMT', now), 'past').to.equal(0);
    for (const odd of [undefined, '', '-1', '1.5', 'soon', '99999999999999'])
      expect(retryAfter(odd, now), String(odd)).to.equal(null);
  });

  it('takes no more of an answer than it needs', async () => {
    let stopped = false;
    const server = await serve(response => {
      response.writeHead(500);
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      };
      response.on('drain', more);
      response.on('close', () => {
        stopped = true;
      });
      more();
    });
    expect(errorOf(await sent(server))).to.match(/^deferred: answers 500: x{300}$/);
    while (!stopped) await new Promise(done => setTimeout(done, 5));
  });

  it('believes the status of an answer whose body never ends', async () => {
    const server = await serve(response => response.writeHead(200).write('thank you'));
    expect(await sent(server, { timeout: 1000 })).to.deep.equal({ result: 'sent' });
  });
  it('believes the status of an answer that breaks off', async () => {
    const server = await serve(response => {
      response.writeHead(503, { 'Content-Length': '100' });
      response.write('overl', () => response.destroy());
    });
    expect(errorOf(await sent(server))).to.match(/^deferred: answers 503/);
  });

  it('defers where the server never answers, hangs up, or speaks something else', async () => {
    const silent = await serve(() => {});
    expect(errorOf(await sent(silent, { timeout: 1000 }))).to.equal('deferred: no whole answer within 1 s');
    const rude = await serve(response => response.destroy());
    expect(errorOf(await sent(rude))).to.match(/^deferred: socket hang up/);
    const other = await raw(socket => socket.end('220 mail.example.net ESMTP\r\n'));
    expect(errorOf(await sent(other))).to.match(/^deferred: Parse Error/);
    const gone = await webServer();
    await gone.close();
    expect(errorOf(await sent(gone))).to.match(/^deferred: .*ECONNREFUSED/);
  });

  it('knows that nobody knows, of a server that had it all and did not answer; and what comes again says so', async () => {
    const rude = await serve(response => response.destroy());
    expect(await sent(rude)).to.include({ result: 'deferred', doubt: true });
    const gone = await webServer();
    await gone.close();
    expect(await sent(gone))
      .to.include({ result: 'deferred' })
      .and.not.to.have.property('doubt');
    const busy = await serve(response => response.writeHead(503).end());
    expect(await sent(busy))
      .to.include({ result: 'deferred' })
      .and.not.to.have.property('doubt');
    const server = await serve();
    await createWebhook(hook(server.port)).send(notice, still, Date.UTC(2026, 10, 29, 20, 3, 4));
    const keyOf = (of: typeof server) => of.received[0]!.headers['idempotency-key'];
    expect(server.received[0]!.headers['x-intertrack-doubt']).to.equal('2026-11-29T20:03:04.000Z');
    expect(keyOf(server)).to.equal(keyOf(rude));
  });

  it('defers headers without an end', async () => {
    const endless = await raw(socket => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const more = setInterval(() => socket.write(`X-Pad: ${'y'.repeat(4096)}\r\n`), 1);
      socket.on('close', () => clearInterval(more));
    });
    expect(errorOf(await sent(endless))).to.match(/^deferred: /);
  });

  it('is cut off when the daemon ends', async () => {
    const server = await serve(() => {});
    const cut = new AbortController();
    const sending = sent(server, {}, cut.signal);
    await server.got(1);
    cut.abort();
    expect((await sending).result).to.equal('deferred');
  });

  describe('over https', () => {
    const directory = mkdtempSync(join(tmpdir(), 'intertrack-hook-'));
    after(() => rmSync(directory, { recursive: true, force: true }));
    const authority = makeAuthority('Test authority');
    const bundle = join(directory, 'ca.pem');
    writeFileSync(bundle, authority.certificate);
    const certificate = (addresses: readonly string[], more: { notAfter?: Date } = {}) => {
      const made = makeCertificate(64500, { authority, uris: [], addresses, ...more });
      return { key: made.key, cert: made.certificate };
    };
    const secured = async (tls: { key: string; cert: string }) => keep(await webServer(undefined, tls));
    const post = (server: WebServer, more: Parameters<typeof hook>[1] = {}) =>
      sent(server, { url: `https://127.0.0.1:${server.port}/hook`, authority: bundle, ...more });

    it('sends to a server that the authority vouches for', async () => {
      const server = await secured(certificate(['127.0.0.1']));
      expect(await post(server)).to.deep.equal({ result: 'sent' });
      expect(server.received).to.have.length(1);
    });
    it('sends nothing to any other', async () => {
      const right = await secured(certificate(['127.0.0.1']));
      const { authority: _, ...unknown } = hook(right.port, { url: `https://127.0.0.1:${right.port}/hook` });
      expect(errorOf(await createWebhook(unknown).send(notice, still))).to.match(/^deferred: .*certificate/);
      const elsewhere = await secured(certificate(['192.0.2.1']));
      expect(errorOf(await post(elsewhere))).to.match(/^deferred: .*altnames|does not match/);
      const old = await secured(certificate(['127.0.0.1'], { notAfter: new Date(Date.now() - 60_000) }));
      expect(errorOf(await post(old))).to.match(/^deferred: certificate has expired/);
      const plain = await serve();
      expect(errorOf(await post(plain))).to.match(/^deferred: /);
      expect(errorOf(await post(right, { authority: join(directory, 'none.pem') }))).to.match(/^deferred: ENOENT/);
      for (const server of [right, elsewhere, old, plain]) expect(server.received).to.deep.equal([]);
    });
  });
});
