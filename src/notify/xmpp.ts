import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { connect as connectTcp, type Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls } from 'node:tls';
import type { XmppConfig } from '../config/tree.ts';
import type { Channel } from './channel.ts';
import { chatText } from './chat.ts';
import type { Outcome } from './delivery.ts';
import { printable } from './layout.ts';
import { createScram, SCRAM } from './scram.ts';
import { childOf, createStreamReader, type Element, escapeXml } from './xmpp-stream.ts';

const MOST_ERROR = 300;

/** The room says no to us or to what we say. */
class Refusal extends Error {}

/**
 * A `notify xmpp` block: each notice is a visit of its own to the room (RFC 6120, XEP-0045): log in, enter without history,
 * speak, and wait until the room has repeated it to all who are in it. That is `sent`; that the room does not let us in or
 * speak is refused; everything else is deferred. A password is never sent in the clear.
 */
export function createXmpp(config: XmppConfig): Channel {
  return {
    async send(notice, signal): Promise<Outcome> {
      try {
        await visit(config, notice.id, chatText(notice), signal);
        return { result: 'sent' };
      } catch (error) {
        const words = printable(error instanceof Error ? error.message : String(error)).slice(0, MOST_ERROR);
        return { result: error instanceof Refusal ? 'refused' : 'deferred', error: words };
      }
    },
  };
}

/** A connection whose elements are asked for one by one. */
interface Stream {
  write(xml: string): void;
  /** The next element for which this is true; others are passed over. */
  next(wanted: (element: Element) => boolean): Promise<Element>;
  /** Begins the stream anew, over another socket when there is one; resolves to its features. */
  restart(over?: Socket): Promise<Element>;
  /** The socket, from which nothing is read any more. */
  release(): Socket;
}

/** Elements that nobody has asked for yet: a room with many people sends a presence of each. */
const MOST_WAITING = 2000;

function openStream(first: Socket, domain: string, fail: (error: Error) => void): Stream {
  let socket = first;
  let waiting: { readonly wanted: (element: Element) => boolean; readonly done: (element: Element) => void } | null =
    null;
  let came: Element[] = [];
  let listener: (chunk: string) => void = () => {};

  function serve(): void {
    while (waiting !== null) {
      const element = came.shift();
      if (element === undefined) return;
      if (element.name === 'stream:error') {
        fail(new Error(`stream error: ${conditionOf(element)}`));
        return;
      }
      if (!waiting.wanted(element)) continue;
      const { done } = waiting;
      waiting = null;
      done(element);
    }
  }
  const stream: Stream = {
    write: xml => void socket.write(xml),
    next: wanted =>
      new Promise(done => {
        waiting = { wanted, done };
        serve();
      }),
    release() {
      socket.off('data', listener);
      return socket;
    },
    restart(over) {
      stream.release();
      socket = over ?? socket;
      came = [];
      const read = createStreamReader(element => {
        if (came.push(element) > MOST_WAITING) fail(new Error('the server sends too much'));
        serve();
      });
      listener = chunk => {
        const fault = read(chunk);
        if (fault !== null) fail(new Error(fault));
      };
      socket.setEncoding('utf8');
      socket.on('data', listener);
      stream.write(
        `<?xml version='1.0'?><stream:stream to='${escapeXml(domain)}' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`,
      );
      return stream.next(({ name }) => name === 'stream:features');
    },
  };
  return stream;
}

/** One visit to the room, within the time limit, after which nothing of it is left open. */
async function visit(config: XmppConfig, id: string, text: string, signal: AbortSignal): Promise<void> {
  const domain = domainOf(config.user);
  const sockets: Socket[] = [];
  const trouble = Promise.withResolvers<never>();
  // It may come when nobody waits for it any more.
  trouble.promise.catch(() => {});
  const timer = setTimeout(
    () => trouble.reject(new Error(`not done within ${config.timeout / 1000} s`)),
    config.timeout,
  );
  const cut = () => trouble.reject(new Error('it was cut off'));
  signal.addEventListener('abort', cut, { once: true });
  if (signal.aborted) cut();
  const watched = <T extends Socket>(socket: T): T => {
    sockets.push(socket);
    socket.on('error', trouble.reject);
    socket.on('close', () => trouble.reject(new Error('the server has closed the connection')));
    return socket;
  };
  const secure = async (plain: Socket): Promise<Socket> => {
    const ca = config.authority === undefined ? undefined : await readFile(config.authority);
    const tls = watched(
      connectTls({
        socket: plain,
        servername: domain,
        ALPNProtocols: ['xmpp-client'],
        ...(ca === undefined ? {} : { ca }),
        // The certificate is for the domain of the account, whatever host serves it (RFC 6120 section 13.7.2).
        checkServerIdentity: (_, certificate) => checkServerIdentity(domain, certificate),
      }),
    );
    await new Promise<void>(done => tls.once('secureConnect', done));
    return tls;
  };
  try {
    const socket = watched(connectTcp({ host: config.host ?? domain, port: config.port }));
    const connected = new Promise<void>(done => socket.once('connect', done));
    await Promise.race([connected, trouble.promise]);
    const stream = openStream(socket, domain, trouble.reject);
    await Promise.race([converse(stream, config, { id, text }, secure), trouble.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', cut);
    for (const one of sockets) one.destroy();
  }
}

const domainOf = (address: string): string => address.slice(address.indexOf('@') + 1);

const MUC = 'http://jabber.org/protocol/muc';

/** The conversation, from the first octet to the room's echo. */
async function converse(
  stream: Stream,
  config: XmppConfig,
  { id, text }: { readonly id: string; readonly text: string },
  secure: (plain: Socket) => Promise<Socket>,
): Promise<void> {
  let features = await stream.restart();
  const offered = childOf(features, 'starttls') !== undefined;
  if (config.tls === 'required' && !offered) throw new Error('the server offers no TLS');
  const encrypted = config.tls !== 'none' && offered;
  if (encrypted) {
    stream.write("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    const { name } = await stream.next(element => element.name === 'proceed' || element.name === 'failure');
    if (name === 'failure') throw new Error('the server refuses TLS');
    features = await stream.restart(await secure(stream.release()));
  }
  await logIn(stream, config, features, encrypted);
  await stream.restart();
  await bind(stream);

  const room = `${config.room}/${config.nick}-${randomBytes(2).toString('hex')}`;
  stream.write(`<presence to='${escapeXml(room)}'><x xmlns='${MUC}'><history maxstanzas='0'/></x></presence>`);
  const entered = await stream.next(({ name, attributes }) => name === 'presence' && attributes.from === room);
  if (entered.attributes.type === 'error') throw new Refusal(`the room lets nobody in: ${conditionOf(entered)}`);
  stream.write(
    `<message to='${escapeXml(config.room)}' type='groupchat' id='${escapeXml(id)}'><body>${escapeXml(text)}</body></message>`,
  );
  const heard = await stream.next(
    ({ name, attributes }) =>
      name === 'message' && attributes.id === id && (attributes.from === room || attributes.type === 'error'),
  );
  if (heard.attributes.type === 'error') throw new Refusal(`the room does not let it be said: ${conditionOf(heard)}`);
  stream.write(`<presence to='${escapeXml(room)}' type='unavailable'/></stream:stream>`);
}

/** SASL (RFC 6120 section 6): SCRAM where it is offered; PLAIN under TLS alone. */
async function logIn(stream: Stream, config: XmppConfig, features: Element, encrypted: boolean): Promise<void> {
  const offered = childOf(features, 'mechanisms')?.children.map(({ text }) => text.trim()) ?? [];
  const user = config.user.slice(0, config.user.indexOf('@'));
  const auth = (mechanism: string, first: string) =>
    stream.write(
      `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='${mechanism}'>${Buffer.from(first).toString('base64')}</auth>`,
    );
  const answer = async (): Promise<Element> => {
    const element = await stream.next(({ name }) => ['success', 'failure', 'challenge'].includes(name));
    if (element.name === 'failure')
      throw new Error(`the server refuses the login: ${element.children[0]?.name ?? '?'}`);
    return element;
  };
  const plainText = ({ text }: Element) => Buffer.from(text, 'base64').toString('utf8');
  const scram = (Object.keys(SCRAM) as (keyof typeof SCRAM)[]).find(name => offered.includes(name));
  if (scram !== undefined) {
    const login = createScram(SCRAM[scram], user, config.password);
    auth(scram, login.first);
    const response = await login.respond(plainText(await answer()));
    stream.write(
      `<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>${Buffer.from(response).toString('base64')}</response>`,
    );
    if (!login.proves(plainText(await answer()))) throw new Error('the server does not know the password');
    return;
  }
  if (!offered.includes('PLAIN') || !encrypted)
    throw new Error('the server offers no login that keeps the password secret');
  auth('PLAIN', `\0${user}\0${config.password}`);
  if ((await answer()).name !== 'success') throw new Error('the server asks for more than PLAIN');
}

async function bind(stream: Stream): Promise<void> {
  stream.write("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>");
  const { attributes } = await stream.next(({ name, attributes: given }) => name === 'iq' && given.id === 'bind');
  if (attributes.type !== 'result') throw new Error('the server binds no resource');
}

/** The condition of an error, with its words when there are any. */
function conditionOf(element: Element): string {
  const error = childOf(element, 'error') ?? element;
  const condition = error.children.find(({ name }) => name !== 'text')?.name ?? 'unknown';
  const words = childOf(error, 'text')?.text ?? '';
  return words === '' ? condition : `${condition}: ${words}`;
}
