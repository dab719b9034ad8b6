import type { NotifyConfig } from '../config/tree.ts';
import type { Outcome } from './delivery.ts';
import { printable } from './layout.ts';
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

/** One relay. `send` never rejects: how it ended is a value. */
export interface Mailer {
  send(recipient: string, mail: StoredMail, signal: AbortSignal): Promise<Outcome>;
}

/**
 * The relay of a `notify mail` block. `tls none`: never; `starttls`: when offered, and always, with a certificate that
 * holds, when there is a password to protect; `required`: always, with a certificate that holds (port 465: from the
 * first octet, RFC 8314).
 */
export function createMailer(config: NotifyConfig, hostname: string, timeouts: MailTimeouts = MAIL_TIMEOUTS): Mailer {
  const required = config.tls === 'required' || (config.tls === 'starttls' && config.user !== undefined);
  const implicit = config.tls === 'required' && config.port === 465;
  const options = {
    host: config.host,
    port: config.port,
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
  // Loaded with the first mail: a tenth of the memory of a daemon that has no table yet.
  const transport = async () => (await import('nodemailer')).default.createTransport(options);
  let opened: ReturnType<typeof transport> | null = null;
  return {
    async send(recipient, mail, signal) {
      // Not AbortSignal.timeout: its timer would keep the conversation in memory until the time is up.
      const whole = new AbortController();
      const cut = () => whole.abort(signal.reason);
      const timer = setTimeout(() => whole.abort(new Error('the conversation took too long')), timeouts.whole);
      if (signal.aborted) cut();
      signal.addEventListener('abort', cut);
      try {
        opened ??= transport();
        await (await opened).sendMail({
          from: config.from,
          to: { name: '', address: recipient },
          subject: mail.subject,
          text: mail.text,
          messageId: mail.messageId,
          date: new Date(mail.date),
          // Keeps vacation programs quiet (RFC 3834 section 5.1).
          headers: { 'Auto-Submitted': 'auto-generated' },
          ...(mail.references === null ? {} : { references: mail.references, inReplyTo: mail.references }),
          signal: whole.signal,
        });
        return { result: 'sent' };
      } catch (error) {
        return outcomeOf(error);
      } finally {
        clearTimeout(timer);
        signal.removeEventListener('abort', cut);
      }
    },
  };
}

/** A 5xx to RCPT or to the mail itself speaks of this recipient; any other failure, a refused login too, of the relay. */
function outcomeOf(error: unknown): Outcome {
  const words = printable(error instanceof Error ? error.message : String(error)).slice(0, MOST_ERROR);
  const { responseCode, command } = (error ?? {}) as { responseCode?: unknown; command?: unknown };
  const permanent = typeof responseCode === 'number' && responseCode >= 500;
  return { result: permanent && (command === 'RCPT TO' || command === 'DATA') ? 'refused' : 'deferred', error: words };
}
