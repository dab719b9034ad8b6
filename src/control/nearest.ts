/**
 * The word of `words` that `text` was most likely meant to be: at most two edits away (insert, drop, change, swap of
 * neighbours: the optimal string alignment distance) and less than half of it; null when none is.
 */
export function nearestWord(text: string, words: readonly string[]): string | null {
  let best: string | null = null;
  let least = Math.min(3, Math.ceil(text.length / 2));
  for (const word of words) {
    const distance = editDistance(text, word, least);
    if (distance < least) {
      best = word;
      least = distance;
    }
  }
  return best;
}

function editDistance(a: string, b: string, limit: number): number {
  // Lengths that differ by the limit can't be nearer than it; this also bounds the work for giant words.
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let least = Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, before[j - 2]! + 1);
      row.push(least);
    }
    before = previous;
    previous = row;
  }
  return previous[b.length]!;
}
