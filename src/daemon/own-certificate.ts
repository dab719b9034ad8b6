/** When the certificate that this AS speaks with ends: said in time, for then no other AS takes a connection any more. */
import { X509Certificate } from 'node:crypto';
import type { Identity } from '../traceback/identity.ts';
import type { Log } from './log.ts';

const DAY = 86_400_000;
/** How long before it is said, ms. */
const NOTICE = 30 * DAY;

export interface OwnCertificate {
  /** Takes the identity in force; null: there is none. */
  use(identity: Pick<Identity, 'certificate'> | null): void;
  /** In words, from 30 days before it ends. */
  problems(): readonly string[];
  close(): void;
}

export function watchOwnCertificate(log: Log, clock: () => number = Date.now): OwnCertificate {
  let ends: number | null = null;
  const problems = (): string[] => {
    if (ends === null || ends - clock() > NOTICE) return [];
    const day = new Date(ends).toISOString().slice(0, 16).replace('T', ' ');
    const days = Math.floor((ends - clock()) / DAY);
    const when = ends <= clock() ? `ended at ${day}Z` : `ends in ${days} day${days === 1 ? '' : 's'}, at ${day}Z`;
    return [
      `the certificate of this AS ${when}: renew it (\`itctl cert renew\`, or its authority), then \`itctl reload\``,
    ];
  };
  const say = () => {
    for (const problem of problems()) log('warn', `traceback: ${problem}`);
  };
  const timer = setInterval(say, DAY).unref();
  return {
    use(identity) {
      ends = identity === null ? null : new X509Certificate(identity.certificate).validToDate.getTime();
      say();
    },
    problems,
    close: () => clearInterval(timer),
  };
}
