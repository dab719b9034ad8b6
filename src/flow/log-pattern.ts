/**
 * The log of a translator in a format of its own: a regular expression with named groups tells what stands where.
 *
 *     inside outside                  addresses; both are needed
 *     insideport outsideport          ports of one session
 *     first last                      the outside ports of a block
 *     destination destinationport     the other end, where it is logged
 *     protocol                        a name such as tcp, or a number
 *     event                           what begins with d, r, w or f (delete, destroy, release, withdraw, free) ends it
 *     time                            ISO 8601 with a zone, or seconds since the epoch
 */
import { LOG_GROUPS, LOG_GROUPS_NEEDED, patternFault } from '../net/named-groups.ts';
import { addressOf, type LogFormat, lineTime, portOf, protocolOf } from './translation-log.ts';

/** Characters of a line that an expression is tried on: one that backtracks must not take long. */
const LONGEST = 1024;

/** The format of an expression, or what is wrong with it, in words. */
export function logPattern(text: string): LogFormat | string {
  const fault = patternFault(text, LOG_GROUPS, LOG_GROUPS_NEEDED);
  if (fault !== null) return fault;
  const expression = new RegExp(text);
  return line => {
    const found = expression.exec(line.slice(0, LONGEST))?.groups;
    if (found === undefined) return [];
    const [inside, outside] = [addressOf(found.inside), addressOf(found.outside)];
    if (inside === null || outside === null) return [];
    const ends = /^[drwf]/i.test(found.event ?? '');
    const far = { destination: addressOf(found.destination), destinationPort: portOf(found.destinationport) };
    const [first, last] = [portOf(found.first), portOf(found.last)];
    const block = first === null || last === null || last < first ? null : { first, last, step: 1 };
    return [
      {
        time: timeOf(found.time) ?? lineTime(line),
        event: block === null ? (ends ? 'delete' : 'create') : ends ? 'block-delete' : 'block-create',
        protocol: protocolOf(found.protocol),
        inside: { source: inside, sourcePort: portOf(found.insideport), ...far },
        outside: { source: outside, sourcePort: portOf(found.outsideport), ...far },
        block,
      },
    ];
  };
}

function timeOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const time = /^\d{9,12}(\.\d{1,9})?$/.test(text) ? Number(text) * 1000 : zoned(text);
  return Number.isFinite(time) && time >= 0 ? Math.floor(time) : null;
}

const zoned = (text: string): number => (/(Z|[+-]\d\d:?\d\d)$/.test(text) ? Date.parse(text) : Number.NaN);
