/**
 * Hands out case ids `YYYY-MM-DD-NN`, counted within the UTC day of opening from 01 on. Ids in `used` (of all cases ever
 * stored) are never handed out again, whatever the clock does.
 */
export function caseIds(used: Iterable<string>): (time: number) => string {
  const last = new Map<string, number>();
  for (const id of used) {
    const day = id.slice(0, 10);
    const number = Number(id.slice(11));
    if (Number.isSafeInteger(number)) last.set(day, Math.max(number, last.get(day) ?? 0));
  }
  return time => {
    const day = new Date(time).toISOString().slice(0, 10);
    const number = (last.get(day) ?? 0) + 1;
    last.set(day, number);
    return `${day}-${String(number).padStart(2, '0')}`;
  };
}
