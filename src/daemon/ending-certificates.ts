/**
 * When the certificates that traces depend on end: the one that this AS speaks with, those that are configured for peers, and
 * those of federations' authorities. Said in time, for then who has one is not believed any more.
 */
import { X509Certificate } from 'node:crypto';
import type { Identity } from '../traceback/identity.ts';
import type { Log } from './log.ts';

const DAY = 86_400_000;
/** How long before it is said at most, ms; of one that lasts shorter, when two thirds of its time are over. */
const NOTICE = 30 * DAY;

export interface EndingCertificates {
  /** Takes what is in force; null: there is nothing. */
  use(certificates: UsedCertificates | null): void;
  /** In words, from 30 days before one ends. */
  problems(): readonly string[];
  close(): void;
}

/** `certificate` is the own one, PEM; of a site of an AS where `site` is true. */
export interface UsedCertificates extends Partial<Pick<Identity, 'trust' | 'authoritiesOf'>> {
  readonly certificate: string;
  readonly site?: boolean;
}

interface Ending {
  readonly whose: string;
  readonly remedy: string;
  readonly from: number;
  readonly to: number;
}

export function watchEndingCertificates(log: Log, clock: () => number = Date.now): EndingCertificates {
  let watched: readonly Ending[] = [];
  const problems = () => watched.flatMap(one => problemOf(one, clock()));
  const say = () => {
    for (const problem of problems()) log('warn', `traceback: ${problem}`);
  };
  const timer = setInterval(say, DAY).unref();
  return {
    use(certificates) {
      watched = certificates === null ? [] : endingsOf(certificates);
      say();
    },
    problems,
    close: () => clearInterval(timer),
  };
}

function endingsOf({ certificate, site, trust = new Map(), authoritiesOf = new Map() }: UsedCertificates): Ending[] {
  return [
    ...last(`the certificate of this ${site ? 'site' : 'AS'}`, 'renew it (`itctl cert renew`, or its authority)', [
      new X509Certificate(certificate),
    ]),
    ...[...trust].flatMap(([as, all]) =>
      last(`the certificate configured for the peer AS${as}`, 'put its renewed one in place', all),
    ),
    ...[...authoritiesOf].flatMap(([name, all]) =>
      last(`the authority of the federation "${name}"`, 'put its renewed certificate in place', all),
    ),
  ];
}

/** Of several certificates that stand for the same, the one that ends last counts. */
function last(whose: string, remedy: string, all: readonly X509Certificate[]): Ending[] {
  const [one] = all
    .map(({ validFromDate, validToDate }) => ({ from: validFromDate.getTime(), to: validToDate.getTime() }))
    .sort((a, b) => b.to - a.to);
  return one === undefined ? [] : [{ whose, remedy, ...one }];
}

function problemOf({ whose, remedy, from, to }: Ending, now: number): string[] {
  if (to - now > Math.min(NOTICE, (to - from) / 3)) return [];
  const at = new Date(to).toISOString().slice(0, 16).replace('T', ' ');
  const days = Math.floor((to - now) / DAY);
  const when = to <= now ? `ended at ${at}Z` : `ends in ${days} day${days === 1 ? '' : 's'}, at ${at}Z`;
  return [`${whose} ${when}: ${remedy}, then \`itctl reload\``];
}
