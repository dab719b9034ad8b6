import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect } from 'chai';
import fc from 'fast-check';
import type { XmppConfig } from '../../src/config/tree.ts';
import type { Outcome } from '../../src/notify/delivery.ts';
import { createScram } from '../../src/notify/scram.ts';
import { createXmpp } from '../../src/notify/xmpp.ts';
import { createStreamReader, type Element, escapeXml } from '../../src/notify/xmpp-stream.ts';
import { skipFor } from '../programs.ts';
import { notice } from './cases.ts';
import { type Prosody, startProsody, whyNoProsody } from './prosody.ts';

const still = new AbortController().signal;
const room = (port: number, more: Partial<XmppConfig> = {}): XmppConfig => ({
  kind: 'xmpp',
  room: 'noc@rooms.example.net',
  user: 'keiro@example.net',
  password: 'secret',
  host: '127.0.0.1',
  port,
  tls: 'required',
  nick: 'InterTrack',
  group: null,
  languages: ['en'],
  timeout: 10_000,
  retry: 1000,
  ...more,
});
const errorOf = (outcome: Outcome) => ('error' in outcome ? `${outcome.result}: ${outcome.error}` : outcome.result);

describe('notify/xmpp', () => {
  describe('with prosody', function () {
    this.timeout(240_000);
    let secured: Prosody | undefined;
    let clear: Prosody | undefined;
    before(async function () {
      skipFor(this, whyNoProsody());
      secured = await startProsody({ tls: true });
      clear = await startProsody({ tls: false });
    });
    after(async () => {
      await secured?.close();
      await clear?.close();
    });
    const say = async (server: Prosody, more: Partial<XmppConfig> = {}) =>
      errorOf(await createXmpp(room(server.port, { authority: server.certificate, ...more })).send(notice, still));

    it('speaks in the room, over TLS, and hears it repeated', async () => {
      expect(await say(secured!)).to.equal('sent');
      expect(await say(secured!), 'and again').to.equal('sent');
      expect(secured!.log()).to.include(notice.id);
    });
    it('speaks without TLS where that is allowed, by SCRAM alone', async () => {
      expect(await say(clear!, { tls: 'starttls' })).to.equal('sent');
      expect(await say(clear!, { tls: 'none' })).to.equal('sent');
    });
    it('says nothing to a server without TLS where that is required, nor to one whose certificate does not hold', async () => {
      expect(await say(clear!)).to.equal('deferred: the server offers no TLS');
      const { authority: _, ...unknown } = room(secured!.port);
      expect(errorOf(await createXmpp(unknown).send(notice, still))).to.match(/^deferred: .*certificate/);
      const elsewhere = await say(secured!, { user: 'keiro@other.example' });
      expect(elsewhere).to.match(/^deferred: /);
    });
    it('tells of a wrong password, and of a room that lets nobody in', async () => {
      expect(await say(secured!, { password: 'wrong' })).to.equal(
        'deferred: the server refuses the login: not-authorized',
      );
      expect(await say(secured!, { room: 'noc@closed.example.net' })).to.match(
        /^refused: the room lets nobody in: not-allowed/,
      );
      expect(await say(secured!, { room: 'noc@nowhere.example' })).to.match(/^refused: the room lets nobody in: /);
    });
  });

  describe('with servers that misbehave', () => {
    const closers: (() => Promise<unknown>)[] = [];
    afterEach(async () => {
      for (const close of closers.splice(0)) await close();
    });
    const serve = async (speak: (socket: Socket) => void): Promise<number> => {
      const sockets: Socket[] = [];
      const server = createServer(socket => {
        sockets.push(socket);
        socket.on('error', () => {});
        speak(socket);
      });
      await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
      closers.push(() => {
        for (const socket of sockets) socket.destroy();
        return new Promise(done => server.close(done));
      });
      return (server.address() as AddressInfo).port;
    };
    const head = "<?xml version='1.0'?><stream:stream xmlns='jabber:client' version='1.0'>";
    const say = async (speak: (socket: Socket) => void, more: Partial<XmppConfig> = {}) =>
      errorOf(await createXmpp(room(await serve(speak), { tls: 'none', timeout: 1500, ...more })).send(notice, still));

    const manners: readonly (readonly [what: string, sends: string, error: RegExp])[] = [
      ['is silent', '', /not done within 1.5 s/],
      ['speaks SMTP', '220 mail ESMTP\r\n', /not done within|not XML/],
      ['sends a document type', '<!DOCTYPE x [<!ENTITY a "b">]>', /not restricted XML/],
      ['sends no end', `${head}<stream:features a='${'x'.repeat(70_000)}`, /a tag is too long/],
      ['goes too deep', `${head}${'<a>'.repeat(40)}`, /too deep/],
      ['crosses its elements', `${head}<a><b></a>`, /not nested/],
      ['closes the stream', `${head}</stream:stream>`, /closed the stream/],
      ['sends an error', `${head}<stream:error><host-unknown/></stream:error>`, /stream error: host-unknown/],
      [
        'offers PLAIN in the clear alone',
        `${head}<stream:features><mechanisms><mechanism>PLAIN</mechanism></mechanisms></stream:features>`,
        /keeps the password secret/,
      ],
    ];
    for (const [what, sends, error] of manners)
      it(`defers where one ${what}`, async () => {
        const said = await say(socket => void socket.write(sends));
        expect(said)
          .to.match(/^deferred: /)
          .and.to.match(error);
      });
    it('defers where one hangs up, floods, or does not prove that it knows the password', async () => {
      expect(await say(socket => socket.end())).to.match(/^deferred: /);
      const flood = `${head}${'<presence/>'.repeat(3000)}`;
      expect(await say(socket => void socket.write(flood), { timeout: 5000 })).to.match(/^deferred: /);
      const liar = (socket: Socket) =>
        socket.on('data', chunk => {
          const text = chunk.toString();
          const first = />([A-Za-z0-9+/=]+)<\/auth>/.exec(text)?.[1];
          if (text.includes('<stream:stream'))
            socket.write(
              `${head}<stream:features><mechanisms><mechanism>SCRAM-SHA-1</mechanism></mechanisms></stream:features>`,
            );
          else if (first !== undefined) {
            const nonce = /r=(.*)$/.exec(Buffer.from(first, 'base64').toString())![1];
            socket.write(
              `<challenge>${Buffer.from(`r=${nonce}x,s=QSXCR+Q6sek8bf92,i=4096`).toString('base64')}</challenge>`,
            );
          } else socket.write(`<success>${Buffer.from('v=AAAAAAAAAAAAAAAAAAAAAAAAAAA=').toString('base64')}</success>`);
        });
      expect(await say(liar)).to.equal('deferred: the server does not know the password');
    });
  });

  it('answers the challenges of RFC 5802 and RFC 7677 as they do', async () => {
    const old = createScram('sha1', 'user', 'pencil', 'fyko+d2lbbFgONRv9qkxdawL');
    expect(old.first).to.equal('n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL');
    const challenge = 'r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096';
    expect(await old.respond(challenge)).to.equal(
      'c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=',
    );
    expect(old.proves('v=rmF9pqV8S7suAoZWja4dJRkFsKQ=')).to.equal(true);
    expect(old.proves('v=AAAApqV8S7suAoZWja4dJRkFsKQ=')).to.equal(false);
    const later = createScram('sha256', 'user', 'pencil', 'rOprNGfwEbeRWgbNEkqO');
    const asked = 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096';
    expect(await later.respond(asked)).to.include('p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=');
    expect(later.proves('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')).to.equal(true);
    for (const odd of ['', 'r=x,s=QQ==,i=1', 'r=fyko+d2lbbFgONRv9qkxdawL,s=QQ==,i=1', `${challenge}9999999`]) {
      const words = await old.respond(odd).catch((error: Error) => error.message);
      expect(words, odd).to.match(/^its SCRAM challenge/);
    }
  });

  it('reads a stream in any pieces, and what it has escaped as it was', () => {
    const text = fc.string({ unit: 'grapheme' }).filter(one => one.isWellFormed() && !/\p{Cc}/u.test(one));
    fc.assert(
      fc.property(text, text, fc.array(fc.nat(20), { minLength: 1 }), (attribute, body, cuts) => {
        const all: Element[] = [];
        const read = createStreamReader(element => all.push(element));
        const xml = `<s:s><a b='${escapeXml(attribute)}'><c/>${escapeXml(body)}</a>`;
        for (let at = 0, i = 0; at < xml.length; i++) {
          const length = cuts[i % cuts.length]! + 1;
          expect(read(xml.slice(at, at + length))).to.equal(null);
          at += length;
        }
        const clean = (one: string) => one.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '');
        expect(all).to.deep.equal([
          {
            name: 'a',
            attributes: { b: clean(attribute) },
            children: [{ name: 'c', attributes: {}, children: [], text: '' }],
            text: clean(body),
          },
        ]);
      }),
    );
  });
});
