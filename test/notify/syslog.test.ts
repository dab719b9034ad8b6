import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { expect } from 'chai';
import fc from 'fast-check';
import type { Notice } from '../../src/notify/notice.ts';
import { createSyslog } from '../../src/notify/syslog.ts';
import { framed, MOST_OCTETS, syslogMessage } from '../../src/notify/syslog-message.ts';
import { makeAuthority, makeCertificate } from '../traceback/certificates.ts';
import { notice, syslogAt } from './cases.ts';

/** RFC 5424 section 6, as a receiver reads it. */
const FORM =
  /^<(?<pri>\d{1,3})>1 (?<time>\S{1,32}) (?<host>[\x21-\x7e]{1,255}) (?<app>[\x21-\x7e]{1,48}) (?<proc>[\x21-\x7e]{1,128}) (?<id>[\x21-\x7e]{1,32}) \[(?<sd>[^\s="\]]+)(?<data>(?: [^\s="\]]{1,32}="(?:[^"\\\]]|\\.)*")*)\](?: (?<text>.*))?$/su;

const read = (message: Buffer) => {
  const found = FORM.exec(message.toString('utf8'));
  if (found === null) throw new Error(`no syslog message: ${message}`);
  const data = new Map(
    [...found.groups!.data!.matchAll(/ ([^=]+)="((?:[^"\\\]]|\\.)*)"/gs)].map(([, name, value]) => [
      name!,
      value!.replace(/\\(["\\\]])/g, '$1'),
    ]),
  );
  return { ...found.groups!, data };
};

describe('notify/syslog', () => {
  describe('a message', () => {
    it('has priority, time, host, event, the facts and the subject', () => {
      const message = read(syslogMessage(notice, 'local4', 'collector.example.net', 42));
      expect(message).to.include({
        pri: String(20 * 8 + 4),
        time: '2026-11-22T04:01:15.000Z',
        host: 'collector.example.net',
        app: 'intertrackd',
        proc: '42',
        id: 'begin',
        sd: 'intertrack@32473',
        text: notice.subject,
      });
      expect(Object.fromEntries(message.data)).to.deep.equal({
        id: notice.id,
        case: '2026-11-22-01',
        kind: 'more-specific',
        prefix: '203.0.113.128/25',
        by: 'AS64666',
        registered: 'AS64496',
        via: 'AS64500',
        path: '64500 64666',
        seen: '2',
        peak: '3',
        since: '2026-11-22T04:01:10.000Z',
      });
    });

    const severities: readonly (readonly [Partial<Notice>, number])[] = [
      [{}, 4],
      [{ critical: true }, 2],
      [{ event: 'end', critical: true }, 5],
      [{ event: 'test' }, 6],
    ];
    for (const [more, severity] of severities)
      it(`has severity ${severity} for ${JSON.stringify(more)}`, () => {
        const { pri } = read(syslogMessage({ ...notice, ...more }, 'daemon', 'h', 1)) as { pri?: string };
        expect(Number(pri)).to.equal(3 * 8 + severity);
      });

    it('can be read whatever strings a case holds, and is never too long', () => {
      const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('"] x="', '\\', 'a\nb', 'é'.repeat(3000)));
      fc.assert(
        fc.property(text, text, text, text, (prefix, path, host, id) => {
          const forged = { ...notice, id, prefix, paths: [{ path, peers: [] }] };
          const message = syslogMessage(forged, 'daemon', host, 1);
          expect(message.length).to.be.at.most(MOST_OCTETS);
          const { data, text: subject } = read(message) as ReturnType<typeof read> & { text?: string };
          expect(subject).to.equal(notice.subject);
          expect([...data.keys()]).to.include.members(['case', 'kind', 'since']);
          expect(message.toString()).to.not.match(/[\n\r\0]/);
        }),
      );
    });
    it('is counted in octets', () => {
      expect(framed(Buffer.from('é')).toString()).to.equal('2 é');
    });
  });

  describe('on its way', () => {
    const closers: (() => Promise<unknown>)[] = [];
    afterEach(async () => {
      for (const close of closers.splice(0)) await close();
    });
    const still = new AbortController().signal;
    const send = (port: number, more: Parameters<typeof syslogAt>[1] = {}) =>
      createSyslog(syslogAt(port, more), 'collector.example.net').send(notice, still);

    /** A server that keeps what comes, connection by connection, and does as told with each. */
    async function listen(server: Server, each: (socket: Socket) => void = () => {}) {
      const sockets: Socket[] = [];
      const texts: string[] = [];
      server.on('tlsClientError', () => {});
      const take = (socket: Socket) => {
        const at = sockets.push(socket) - 1;
        texts[at] = '';
        socket.on('error', () => {});
        socket.on('data', chunk => {
          texts[at] = `${texts[at]}${chunk}`;
        });
        each(socket);
      };
      server.on('ours', take);
      await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
      closers.push(
        () =>
          new Promise(done => {
            server.close(done);
            for (const socket of sockets) socket.destroy();
          }),
      );
      return { port: (server.address() as AddressInfo).port, texts };
    }
    const tcp = (each?: (socket: Socket) => void) => {
      const server = createServer(socket => server.emit('ours', socket));
      return listen(server, each);
    };

    it('goes by UDP, a datagram each', async () => {
      const server = createSocket('udp4');
      closers.push(() => new Promise<void>(done => server.close(done)));
      await new Promise<void>(done => server.bind(0, '127.0.0.1', done));
      const came = new Promise<Buffer>(done => server.once('message', done));
      expect(await send(server.address().port)).to.deep.equal({ result: 'sent' });
      expect(read(await came).data.get('prefix')).to.equal('203.0.113.128/25');
    });
    it('hears by UDP that nobody listens', async () => {
      const server = createSocket('udp4');
      await new Promise<void>(done => server.bind(0, '127.0.0.1', done));
      const { port } = server.address();
      await new Promise<void>(done => server.close(done));
      const outcome = await send(port);
      expect(outcome).to.include({ result: 'deferred' });
      expect(outcome).to.have.property('error').that.includes('ECONNREFUSED');
    });

    it('goes by TCP with its length in front', async () => {
      const server = await tcp();
      expect(await send(server.port, { transport: 'tcp' })).to.deep.equal({ result: 'sent' });
      const [, length, message] = /^(\d+) (.*)$/s.exec(server.texts[0]!)!;
      expect(Buffer.byteLength(message!)).to.equal(Number(length));
      expect(read(Buffer.from(message!)).data.get('case')).to.equal('2026-11-22-01');
    });
    it('takes a server that keeps the connection open at its kernel', async () => {
      const server = createServer({ allowHalfOpen: true }, socket => server.emit('ours', socket));
      const { port, texts } = await listen(server);
      expect(await send(port, { transport: 'tcp', timeout: 1000 })).to.deep.equal({ result: 'sent' });
      expect(texts[0]).to.include('intertrack@32473');
    });
    it('defers when nobody listens, or the connection is reset', async () => {
      const gone = createServer();
      await new Promise<void>(done => gone.listen(0, '127.0.0.1', done));
      const { port } = gone.address() as AddressInfo;
      await new Promise(done => gone.close(done));
      expect(await send(port, { transport: 'tcp' })).to.include({ result: 'deferred' });
      const rude = await tcp(socket => socket.resetAndDestroy());
      expect(await send(rude.port, { transport: 'tcp' })).to.include({ result: 'deferred' });
    });

    describe('by TLS', () => {
      const directory = mkdtempSync(join(tmpdir(), 'intertrack-syslog-'));
      after(() => rmSync(directory, { recursive: true, force: true }));
      const ca = makeAuthority('Log authority');
      const authority = join(directory, 'ca.pem');
      writeFileSync(authority, ca.certificate);
      const tls = (addresses: readonly string[]) => {
        const { key, certificate } = makeCertificate(64500, { authority: ca, uris: [], addresses });
        const server = createTlsServer({ key, cert: certificate }, socket => server.emit('ours', socket));
        return listen(server);
      };

      it('goes to a server that the authority vouches for', async () => {
        const server = await tls(['127.0.0.1']);
        expect(await send(server.port, { transport: 'tls', authority })).to.deep.equal({ result: 'sent' });
        expect(server.texts[0]).to.match(/^\d+ <28>1 /);
      });
      it('says nothing to any other', async () => {
        const other = await tls(['192.0.2.1']);
        expect(await send(other.port, { transport: 'tls', authority })).to.include({ result: 'deferred' });
        const named = { transport: 'tls', authority, serverName: 'log.example.net' } as const;
        const right = await tls(['127.0.0.1']);
        expect(await send(right.port, named)).to.include({ result: 'deferred' });
        expect(await send(right.port, { transport: 'tls' })).to.include({ result: 'deferred' });
        expect([...other.texts, ...right.texts].join('')).to.equal('');
      });
    });
  });
});
