import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { MailConfig } from '../config/tree.ts';
import { instant, wordingsOf } from './compose.ts';
import { DOUBT_HEADER, FREELY, type Handing, type Outcome } from './delivery.ts';
import { hang, printable } from './layout.ts';
import type { StoredMail } from './notices.ts';

/** Bounds of one SMTP conversation, ms. RFC 5321 section 4.5.3.2 asks for patience, above all after the final dot. */
export interface MailTimeouts {
  /** Name look-up, TCP and STARTTLS. */
  readonly connect: number;
  /** The 220 greeting. */
  readonly greeting: number;
  /** Silence at any later point. */
  readonly silence: number;
  /** The whole conversation, whatever the server dribbles. */
  readonly whole: number;
}

export const MAIL_TIMEOUTS: MailTimeouts = { connect: 30_000, greeting: 60_000, silence: 300_000, whole: 900_000 };

/** Longest server answer kept as a row's last error. */
const MOST_ERROR = 500;

/** The relays of a block. `send` never rejects: how it ended is a value. */
export interface Mailer {
  /** Makes ready what the first mail needs, so that it need not wait for it. */
  warm(): void;
  /**
   * `handing` is asked when the server has all of the mail but the line that ends it: where it says no, or dies, the server
   * has no mail. A mail that may have been taken before says so.
   */
  send(recipient: string, mail: StoredMail, signal: AbortSignal, handing?: Handing): Promise<Outcome>;
}

/** How a conversation with one relay ended. `elsewhere`: no octet of the mail can have reached it, so another may have it. */
type Conversation = Outcome & { readonly elsewhere?: boolean };

/**
 * The relays of a `notify mail` block, tried in their order until one has the mail or has refused it. The next one is tried
 * only where the mail cannot have reached the one before: not after a connection that broke in the middle.
 */
export function createMailer(config: MailConfig, hostname: string, timeouts: MailTimeouts = MAIL_TIMEOUTS): Mailer {
  const { dkim } = config;
  const key = dkim && once(() => signingKey(dkim.key));
  const relays = config.relays.map(relay => createRelay(relay, config, hostname, timeouts, key));
  return {
    warm: () => void warm(config.from).catch(() => {}),
    async send(recipient, mail, signal, handing = FREELY) {
      const errors: string[] = [];
      const said = handing.doubt === null ? mail : doubted(mail, handing.doubt, config.languages);
      for (const [i, relay] of relays.entries()) {
        const ended = await relay(recipient, said, signal, handing);
        if (ended.result === 'sent') return ended;
        errors.push(relays.length === 1 ? ended.error : `${config.relays[i]!.host}: ${ended.error}`);
        if (!ended.elsewhere || signal.aborted)
          return { result: ended.result, error: words(errors), ...(ended.doubt && { doubt: true }) };
      }
      return { result: 'deferred', error: words(errors) };
    },
  };
}

/** Makes a mail that goes nowhere: what is loaded and compiled for it need not be when it matters. */
async function warm(from: string): Promise<void> {
  const nodemailer = (await import('nodemailer')).default;
  const text = 'これは試験です。'.repeat(100);
  await nodemailer.createTransport({ streamTransport: true, buffer: true }).sendMail({ from, to: from, text });
}

const words = (errors: readonly string[]): string => errors.join('; ').slice(0, 2 * MOST_ERROR);

/** The private key in a file, PEM. Rejects, in words, when it is none that signs mail: RSA is what every receiver knows. */
async function signingKey(file: string): Promise<string> {
  try {
    const pem = await readFile(file, 'utf8');
    const { asymmetricKeyType } = createPrivateKey(pem);
    if (asymmetricKeyType !== 'rsa') throw new Error(`an RSA key is needed, this one is ${asymmetricKeyType}`);
    return pem;
  } catch (error) {
    throw new Error(`dkim: ${file}: ${(error as Error).message}`);
  }
}

/** Reads it with the first call, and again after a failure. */
function once<T>(read: () => Promise<T>): () => Promise<T> {
  let reading: Promise<T> | null = null;
  return () => {
    reading ??= read().catch((error: unknown) => {
      reading = null;
      throw error;
    });
    return reading;
  };
}

/**
 * One relay. `tls none`: never; `starttls`: when offered, and always, with a certificate that holds, when there is a password
 * to protect; `required`: always, with a certificate that holds (port 465: from the first octet, RFC 8314).
 */
function createRelay(
  relay: MailConfig['relays'][number],
  config: MailConfig,
  hostname: string,
  timeouts: MailTimeouts,
  key: (() => Promise<string>) | undefined,
): (recipient: string, mail: StoredMail & Doubted, signal: AbortSignal, handing: Handing) => Promise<Conversation> {
  const required = config.tls === 'required' || (config.tls === 'starttls' && config.user !== undefined);
  const implicit = config.tls === 'required' && relay.port === 465;
  const options = {
    host: relay.host,
    port: relay.port,
    name: hostname,
    secure: implicit,
    requireTLS: required && !implicit,
    ignoreTLS: config.tls === 'none',
    opportunisticTLS: !required,
    // Without a demand for TLS an unknown certificate still beats clear text (RFC 7435).
    tls: { rejectUnauthorized: required },
    ...(config.user === undefined ? {} : { auth: { user: config.user, pass: config.password ?? '' }, forceAuth: true }),
    connectionTimeout: timeouts.connect,
    dnsTimeout: timeouts.connect,
    greetingTimeout: timeouts.greeting,
    socketTimeout: timeouts.silence,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
  const dkim = async () =>
    config.dkim === undefined || key === undefined
      ? {}
      : {
          dkim: {
            domainName: config.dkim.domain,
            keySelector: config.dkim.selector,
            privateKey: await key(),
          },
        };
  // Loaded when there is a mail block: a tenth of the memory of a daemon that has no table yet.
  const transport = once(async () => {
    const made = (await import('nodemailer')).default.createTransport({ ...options, ...(await dkim()) });
    // The message is read once the server has said 354 to DATA, and not a moment before.
    made.use('stream', (mail, done) => {
      const { begin } = mail.data as Guarded;
      const create = mail.message.createReadStream.bind(mail.message);
      mail.message.createReadStream = of => Readable.from(guarded(create(of), begin), { objectMode: false });
      done();
    });
    return made;
  });
  return async (recipient, mail, signal, handing) => {
    let begun = false;
    const begin = async () => {
      begun = await handing.begin();
      return begun;
    };
    // Not AbortSignal.timeout: its timer would keep the conversation in memory until the time is up.
    const whole = new AbortController();
    const cut = () => whole.abort(signal.reason);
    const timer = setTimeout(() => whole.abort(new Error('the conversation took too long')), timeouts.whole);
    if (signal.aborted) cut();
    signal.addEventListener('abort', cut);
    const { follows = mail.references } = mail;
    try {
      await (await transport()).sendMail({
        from: config.from,
        to: { name: '', address: recipient },
        subject: mail.subject,
        text: mail.text,
        messageId: mail.messageId,
        date: new Date(mail.date),
        // Keeps vacation programs quiet (RFC 3834 section 5.1).
        headers: {
          'Auto-Submitted': 'auto-generated',
          ...(mail.doubt !== undefined && { [DOUBT_HEADER]: new Date(mail.doubt).toISOString() }),
        },
        ...(mail.references === null ? {} : { references: mail.references }),
        ...(follows === null ? {} : { inReplyTo: follows }),
        signal: whole.signal,
        ...({ begin } satisfies Guarded),
      });
      return { result: 'sent' };
    } catch (error) {
      return outcomeOf(error, begun);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', cut);
    }
  };
}

interface Guarded {
  readonly begin: Handing['begin'];
}

/** The octets of a mail, whose end comes only if it may still be sent then: without it a server has none (RFC 5321 4.1.1.4). */
async function* guarded(mail: Readable, begin: Handing['begin']): AsyncGenerator<Buffer> {
  yield* mail;
  if (!(await begin())) throw new Error('it is another machine that sends it now');
}

/** When it may have been taken before, ms since the epoch. */
interface Doubted {
  readonly doubt?: number;
}

/** A mail that may have been taken before, and says so above all else. */
function doubted(mail: StoredMail, doubt: number, languages: MailConfig['languages']): StoredMail & Doubted {
  const lines = wordingsOf(languages).flatMap(say => hang('', say.doubt(instant(doubt, say))));
  return { ...mail, doubt, text: `${lines.join('\n')}\n\n${mail.text}` };
}

/** A 5xx to RCPT or to the mail itself speaks of this recipient; any other failure, a refused login too, of the relay. */
function outcomeOf(error: unknown, begun: boolean): Conversation {
  const text = printable(error instanceof Error ? error.message : String(error)).slice(0, MOST_ERROR);
  const { responseCode, command, code, syscall } = (error ?? {}) as Readonly<Record<string, unknown>>;
  const answered = typeof responseCode === 'number';
  const permanent = answered && responseCode >= 500;
  if (permanent && (command === 'RCPT TO' || command === 'DATA')) return { result: 'refused', error: text };
  const unreached = syscall === 'connect' || ['EDNS', 'ETLS', 'EAUTH'].includes(String(code)) || UNHEARD.test(text);
  if (begun && !answered) return { result: 'deferred', error: text, doubt: true };
  return { result: 'deferred', error: text, elsewhere: unreached || (answered && code !== 'EMESSAGE') };
}

/** Nodemailer's words for a server that was silent from the beginning. */
const UNHEARD = /^(Connection timeout|Greeting never received)/;
