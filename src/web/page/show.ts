/** Times, ages and numbers as a person reads them. Times are in UTC, as everywhere in InterTrack. */

export const instant = (ms: number | null): string =>
  ms === null ? '' : `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}Z`;

/** An age in its two largest units: `3d 4h`, `12s`. */
export function age(ms: number | null): string {
  if (ms === null) return '';
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ] as const;
  const first = parts.findIndex(([value]) => value > 0);
  if (first < 0) return '0s';
  return parts
    .slice(first, first + 2)
    .filter(([value], i) => i === 0 || value > 0)
    .map(([value, unit]) => `${value}${unit}`)
    .join(' ');
}

export const count = (value: number | null): string => (value === null ? '' : value.toLocaleString('en-US'));

/** An AS path; an AS_SET stands in braces. */
export const pathText = (path: readonly (number | readonly number[])[]): string =>
  path.map(step => (typeof step === 'number' ? step : `{${step.join(',')}}`)).join(' ');

export const percent = (share: number | null | undefined): string =>
  share === null || share === undefined ? '' : `${(share * 100).toFixed(share > 0.995 && share < 1 ? 2 : 0)} %`;

export const asText = (as: number | null): string => (as === null ? '' : `AS${as}`);

/** A chance as it may be said: never more sure than it is. */
export function chanceText(share: number, { over, under }: { readonly over: string; readonly under: string }): string {
  if (share > 0.9999) return over;
  if (share < 0.0001) return under;
  return `${Math.floor(share * 1e4) / 100} %`;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** Octets in the largest unit of which there is one at least. */
export function octetsText(octets: number): string {
  const unit = Math.min(UNITS.length - 1, octets < 1 ? 0 : Math.floor(Math.log2(octets) / 10));
  return `${Number((octets / 1024 ** unit).toPrecision(3))} ${UNITS[unit]}`;
}
