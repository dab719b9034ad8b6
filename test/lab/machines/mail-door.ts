/** The mail server of one machine: it can say nothing to a mail, refuse it for now, or do something in the midst of one. */
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerDataStream } from 'smtp-server';
import { answer } from '../../notify/smtp.ts';

/** A moment of a conversation: the sender has said MAIL FROM; DATA; the mail is there whole; the sender has been told so. */
export type Moment = 'from' | 'data' | 'taken' | 'told';

export interface Taken {
  readonly mail: ParsedMail;
  /** When the server said 250 to it, or had it whole, where it could not; ms since the epoch, with fractions. */
  readonly time: number;
}

export interface MailDoor {
  readonly port: number;
  /** Done once, at the first mail that comes to that moment. */
  trap(at: Moment, act: () => void): void;
  untrap(): void;
  /** `silent`: a mail that is there whole gets no answer. `refusing`: it is told to come later. `shut`: nobody listens. */
  is(state: 'open' | 'silent' | 'refusing' | 'shut'): Promise<void>;
  close(): Promise<void>;
}

const now = (): number => performance.timeOrigin + performance.now();

/** `took` is told of each mail for which somebody is told that it was taken, or should have been. */
export async function mailDoor(took: (taken: Taken) => void): Promise<MailDoor> {
  let state: 'open' | 'silent' | 'refusing' | 'shut' = 'open';
  let trap: { readonly at: Moment; readonly act: () => void } | null = null;
  let waiting: (() => void)[] = [];
  /** True when something was done. */
  const passes = (at: Moment): boolean => {
    if (trap?.at !== at) return false;
    const { act } = trap;
    trap = null;
    act();
    return true;
  };

  async function takeIn(stream: SMTPServerDataStream, done: (error?: Error | null) => void): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    if (state === 'refusing') return done(answer(451, 'come again later'));
    while (state === 'silent') await new Promise<void>(resolve => waiting.push(resolve));
    if (passes('taken')) {
      const time = now();
      return took({ mail: await simpleParser(Buffer.concat(chunks)), time });
    }
    done();
    const time = now();
    passes('told');
    took({ mail: await simpleParser(Buffer.concat(chunks)), time });
  }

  const listen = async (port: number): Promise<SMTPServer> => {
    const made = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS', 'AUTH'],
      disableReverseLookup: true,
      closeTimeout: 100,
      onMailFrom(_, __, done) {
        passes('from');
        done();
      },
      onData(stream, _, done) {
        passes('data');
        // A sender that is gone before the end has sent no mail.
        takeIn(stream, done).catch(() => {});
      },
    });
    made.on('error', () => {});
    await new Promise<void>(done => made.listen(port, '127.0.0.1', done));
    return made;
  };
  const end = (server: SMTPServer) => new Promise<void>(done => server.close(done));
  let server = await listen(0);
  const { port } = server.server.address() as { port: number };
  return {
    port,
    trap(at, act) {
      trap = { at, act };
    },
    untrap() {
      trap = null;
    },
    async is(next) {
      const before = state;
      state = next;
      const all = waiting;
      waiting = [];
      for (const one of all) one();
      if (next === 'shut') await end(server);
      else if (before === 'shut') server = await listen(port);
    },
    close: () => end(server),
  };
}
