import { readDuration } from '../config/units.ts';

const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?([Zz]|[+-]\d{2}:\d{2})$/;
const DAY = 86_400_000;

/**
 * Reads a time as commands take it: RFC 3339 (seconds may be left out), `HH:MM[:SS]` of today in UTC, or so long ago
 * (`-2h`). Milliseconds since the epoch; null when the text is no time.
 */
export function parseInstant(text: string, now: number): number | null {
  if (RFC3339.test(text)) {
    const time = Date.parse(text.replace(' ', 'T').toUpperCase());
    return Number.isNaN(time) ? null : time;
  }
  const [, hour, minute, second = '0'] = /^(\d{2}):(\d{2})(?::(\d{2}))?$/.exec(text) ?? [];
  if (hour !== undefined) {
    const [h, m, s] = [Number(hour), Number(minute), Number(second)];
    return h > 23 || m > 59 || s > 59 ? null : Math.floor(now / DAY) * DAY + ((h * 60 + m) * 60 + s) * 1000;
  }
  const ago = text.startsWith('-') ? readDuration(text.slice(1)) : null;
  return ago === null ? null : now - ago;
}
