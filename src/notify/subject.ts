import type { Case } from '../hijack/case.ts';
import type { NoticeEvent } from './compose.ts';
import { ascii } from './layout.ts';
import type { WordedKind } from './wording.ts';

/** What the subject says between the tags and the case's number; ASes in words; `asked`: the one that is to be asked. */
const SUBJECTS: Readonly<
  Record<WordedKind, (prefix: string, by: string, registered: string, asked: string) => string>
> = {
  origin: announced,
  'more-specific': announced,
  'super-prefix': (prefix, by, registered) => `${prefix} announced by ${by} covers space registered to ${registered}`,
  squatting: (prefix, by) => `${prefix} announced by ${by}, registered to nobody`,
  'rpki-invalid': (prefix, by) => `${prefix} announced by ${by}, invalid by the RPKI`,
  'roa-vanished': prefix => `ROA for ${prefix} is gone`,
  'roa-expiring': prefix => `ROA for ${prefix} expires soon`,
  'trust-anchor': prefix => `RPKI data for ${prefix} is missing`,
  upstream: (prefix, by, _, asked) => `${prefix} of ${by} by an unexpected upstream, ${asked}`,
  path: (prefix, by) => `${prefix} of ${by} by an unexpected path`,
  leak: (prefix, by, _, asked) => `${prefix} of ${by} leaked by ${asked}`,
  'private-as': (prefix, by) => `${prefix} announced by ${by} with a private AS`,
  bogon: (prefix, by) => `${prefix}, reserved space, announced by ${by}`,
  'ix-lan': (prefix, by) => `${prefix}, a peering segment, announced by ${by}`,
  visibility: prefix => `${prefix} seen by fewer peers than usual`,
  'new-prefix': (prefix, by) => `${prefix} newly announced by ${by}`,
  blackhole: (prefix, by) => `${prefix} blackholed by ${by}`,
  moas: announced,
  'exception-ended': prefix => `exception for ${prefix} has ended`,
  other: announced,
};

function announced(prefix: string, by: string, registered: string): string {
  return `${prefix} announced by ${by}, registered to ${registered}`;
}

const TAGS: Readonly<Record<NoticeEvent, string>> = {
  begin: '',
  change: ' [changed]',
  reminder: ' [reminder]',
  flapping: ' [flapping]',
  end: ' [resolved]',
};

/** The origin of the route; a case of an older version has none beside its offender. */
export const originOf = ({ origin, offender }: Case): number | null => (origin === undefined ? offender : origin);

/** The subject of a notice: printable ASCII on one line, 200 characters at most. */
export function subjectOf(of: Case, event: NoticeEvent): string {
  const name = (as: number | null) => (as === null ? 'an AS_SET' : `AS${as}`);
  const by = name(originOf(of));
  const origins = of.expected.slice(0, 3).map(as => `AS${as}`);
  const registered = `${origins.join(', ')}${of.expected.length > 3 ? ', ...' : ''}` || 'none';
  const kind = Object.hasOwn(SUBJECTS, of.kind) ? (of.kind as WordedKind) : 'other';
  const tags = `[InterTrack]${of.drill ? ' [drill]' : ''}${TAGS[event]}${of.critical ? ' [critical]' : ''}`;
  return ascii(`${tags} ${SUBJECTS[kind](of.prefix, by, registered, name(of.offender))} (${of.id})`, 200);
}
