/** Regular expressions that an operator configures, whose named groups tell what a line says. */

/**
 * What is wrong with an expression, in words; null when nothing is. Every named group must be one of `known`, and those of
 * `needed` must be there. An expression with a repetition inside a repeated group is not taken: it may take exponential
 * time.
 */
export function patternFault(text: string, known: readonly string[], needed: readonly string[]): string | null {
  try {
    new RegExp(text);
  } catch (error) {
    return (error as Error).message.replace(/^Invalid regular expression: /, '');
  }
  const groups = [...text.matchAll(/\(\?<([A-Za-z0-9_$]+)>/g)].map(([, name]) => name!);
  const strange = groups.find(name => !known.includes(name));
  if (strange !== undefined) return `it has a group \`${strange}\`, known are ${known.join(', ')}`;
  const missing = needed.find(name => !groups.includes(name));
  if (missing !== undefined) return `it has no group \`${missing}\``;
  return repeats(text) ? 'a repeated group has a repetition inside: it may take for ever' : null;
}

/** A group that is repeated and has a repetition of its own. */
function repeats(text: string): boolean {
  const plain = text.replace(/\\./g, 'x').replace(/\[[^\]]*\]/g, 'x');
  const open: boolean[] = [];
  for (let i = 0; i < plain.length; i++) {
    const char = plain[i]!;
    if (char === '(') open.push(false);
    else if (char === ')') {
      const inner = open.pop() ?? false;
      // So many times exactly is as bad as at least so many: each adds its own ways to part the text.
      const repeated = /^(\*|\+|\{\d+)/.test(plain.slice(i + 1));
      if (inner && repeated) return true;
      if ((inner || repeated) && open.length > 0) open[open.length - 1] = true;
    } else if (char === '*' || char === '+' || /^\{\d+,/.test(plain.slice(i))) {
      if (open.length > 0) open[open.length - 1] = true;
    }
  }
  return false;
}

/** Groups of a pattern that reads a log of translations (flow/log-pattern.ts), and those that it must have. */
export const LOG_GROUPS: readonly string[] = [
  ...['inside', 'outside', 'insideport', 'outsideport', 'first', 'last', 'destination', 'destinationport', 'protocol'],
  ...['event', 'time'],
];
export const LOG_GROUPS_NEEDED: readonly string[] = ['inside', 'outside'];
