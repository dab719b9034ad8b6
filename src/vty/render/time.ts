/** A duration in milliseconds as operators read it: `01:02:03` below a day, `3d04h` from then on. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (number: number) => String(number).padStart(2, '0');
  const days = Math.floor(seconds / 86400);
  const hours = Math.floor(seconds / 3600) % 24;
  if (days > 0) return `${days}d${two(hours)}h`;
  return `${two(hours)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** An instant, ms since the epoch, in UTC to the second: `2026-03-01 12:00:03Z`. */
export function instant(time: number): string {
  return Math.abs(time) > 8.64e15 ? String(time) : `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')}Z`;
}

/** Octets in the largest binary unit that leaves a whole number before the point: `93.4M`. */
export function octets(size: number): string {
  let rest = size;
  let unit = 0;
  for (; rest >= 1024 && unit < 4; unit++) rest /= 1024;
  return unit === 0 ? `${size}` : `${rest.toFixed(1)}${'KMGT'[unit - 1]}`;
}

/** A share from 0 to 1 as per cent, with two significant digits: `0.4%`. */
export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(2))}%`;
}

/** A share in a table, which may not be known. */
export const percentCell = (share: number | null | undefined): string => (share == null ? '-' : percent(share));
