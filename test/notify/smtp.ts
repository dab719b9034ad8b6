import type { AddressInfo } from 'node:net';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

/** A real SMTP server on loopback that keeps what it accepts. */
export interface Relay {
  readonly port: number;
  readonly received: { readonly recipients: readonly string[]; readonly mail: ParsedMail; readonly raw: Buffer }[];
  /** Resolves when so many mails were accepted. */
  got(count: number): Promise<void>;
  close(): Promise<void>;
}

/** An SMTP error answer as smtp-server takes it. */
export function answer(responseCode: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode });
}

/** Listens on 127.0.0.1; `port` 0 picks one. `accepting` runs after DATA, before the 250: an error it returns is the answer. */
export async function relay(
  options: SMTPServerOptions & { readonly port?: number; readonly accepting?: () => Error | null } = {},
): Promise<Relay> {
  const received: Relay['received'] = [];
  const waiting: { readonly count: number; readonly done: () => void }[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    closeTimeout: 100,
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', async () => {
        const refusal = options.accepting?.() ?? null;
        if (refusal !== null) return callback(refusal);
        const raw = Buffer.concat(chunks);
        const mail = await simpleParser(raw);
        received.push({ recipients: session.envelope.rcptTo.map(to => to.address), mail, raw });
        callback();
        for (const one of waiting) if (received.length >= one.count) one.done();
      });
    },
    ...options,
  });
  server.on('error', () => {});
  await new Promise<void>(done => server.listen(options.port ?? 0, '127.0.0.1', done));
  return {
    port: (server.server.address() as AddressInfo).port,
    received,
    got: count =>
      new Promise(done => {
        if (received.length >= count) done();
        else waiting.push({ count, done });
      }),
    close: () => new Promise(done => server.close(done)),
  };
}
