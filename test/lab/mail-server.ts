/** An SMTP server for a host of a lab: `node mail-server.ts PORT` prints each mail it takes as a line of JSON. */
import { relay } from '../notify/smtp.ts';

/** A mail, as printed. */
export interface Mail {
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
}

const { received, got } = await relay({ port: Number(process.argv[2]) });
for (let count = 1; ; count++) {
  await got(count);
  const { recipients, mail } = received[count - 1]!;
  const printed: Mail = { to: recipients, subject: mail.subject ?? '', text: mail.text ?? '' };
  process.stdout.write(`${JSON.stringify(printed)}\n`);
}
