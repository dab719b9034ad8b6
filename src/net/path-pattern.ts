/**
 * AS-path regular expressions as operators know them from Cisco's IOS, Quagga and FRR: characters are matched on the
 * path's text (`64496 64497 {64500,64501}`), unanchored; `_` is the place between two ASes: a blank, a brace, a comma, or
 * either end. Understood are literals, `.`, `[…]` and `[^…]` with ranges, `*`, `+`, `?`, `|`, `(…)`, `^`, `$`, `_` and `\`.
 *
 * The pattern becomes a nondeterministic automaton that is run over the text once (Thompson, CACM 11(6), 1968): time grows
 * with pattern times path and never explodes, since it runs in the thread that keeps the sessions alive.
 */

/** Longest pattern; it bounds the automaton. */
export const LONGEST_PATTERN = 256;

/** A step of the automaton: to one or two others, on a character it takes, or without one. */
interface State {
  readonly takes: ((code: number) => boolean) | null;
  /** Only here, without a character: at the start, at the end, or (`_`) at either. */
  readonly only: 'start' | 'end' | 'ends' | null;
  readonly next: number[];
}

/** A part of the automaton: where it begins, and the lists its loose ends are to be entered in. */
interface Part {
  readonly start: number;
  readonly loose: number[][];
}

export type PathPattern =
  | { readonly matches: (text: string) => boolean }
  | { readonly error: string; readonly at: number };

const BETWEEN = new Set([...' {},'].map(character => character.charCodeAt(0)));

/** Compiles a pattern, or says what is wrong with it and at which character, from 0. */
export const compilePath = (pattern: string): PathPattern => compile(pattern, true);

/** The same for text that is no path: `_` is a character like others. */
export const compileText = (pattern: string): PathPattern => compile(pattern, false);

/** `between`: `_` is the place between two ASes. */
function compile(pattern: string, between: boolean): PathPattern {
  if (pattern.length > LONGEST_PATTERN)
    return { error: `longer than ${LONGEST_PATTERN} characters`, at: LONGEST_PATTERN };
  const states: State[] = [];
  let at = 0;
  let wrong: { error: string; at: number } | null = null;
  const fail = (error: string, place = at): Part => {
    wrong ??= { error, at: place };
    return empty();
  };

  const state = (takes: State['takes'], only: State['only'] = null): Part => {
    const next: number[] = [];
    states.push({ takes, only, next });
    return { start: states.length - 1, loose: [next] };
  };
  const empty = () => state(null);
  const enter = ({ loose }: Part, target: number) => {
    for (const next of loose) next.push(target);
  };

  function either(): Part {
    let part = sequence();
    while (pattern[at] === '|') {
      at++;
      const other = sequence();
      const fork = empty();
      enter(fork, part.start);
      enter(fork, other.start);
      part = { start: fork.start, loose: [...part.loose, ...other.loose] };
    }
    return part;
  }

  function sequence(): Part {
    let part: Part | null = null;
    while (at < pattern.length && pattern[at] !== '|' && pattern[at] !== ')' && wrong === null) {
      const following = repeated();
      if (part) enter(part, following.start);
      part = part ? { start: part.start, loose: following.loose } : following;
    }
    return part ?? empty();
  }

  function repeated(): Part {
    let part = single();
    for (let sign = pattern[at]; sign === '*' || sign === '+' || sign === '?'; sign = pattern[++at]) {
      const fork = empty();
      const skip = fork.loose[0]!;
      enter(fork, part.start);
      if (sign !== '?') enter(part, fork.start);
      const loose = sign === '?' ? [...part.loose, skip] : [skip];
      part = { start: sign === '+' ? part.start : fork.start, loose };
    }
    return part;
  }

  function single(): Part {
    const character = pattern[at++]!;
    switch (character) {
      case '.':
        return state(() => true);
      case '^':
        return state(null, 'start');
      case '$':
        return state(null, 'end');
      case '_': {
        if (!between) return literal(character);
        const place = state(code => BETWEEN.has(code));
        const edge = state(null, 'ends');
        const fork = empty();
        enter(fork, place.start);
        enter(fork, edge.start);
        return { start: fork.start, loose: [...place.loose, ...edge.loose] };
      }
      case '(': {
        const open = at - 1;
        const inner = either();
        if (pattern[at] !== ')') return fail('the parenthesis is not closed', open);
        at++;
        return inner;
      }
      case '[':
        return oneOf();
      case '*':
      case '+':
      case '?':
        return fail(`nothing stands before \`${character}\``, at - 1);
      case '\\':
        if (at === pattern.length) return fail('nothing stands behind the backslash', at - 1);
        return literal(pattern[at++]!);
      default:
        return literal(character);
    }
  }

  const literal = (character: string): Part => {
    const wanted = character.charCodeAt(0);
    return state(code => code === wanted);
  };

  function oneOf(): Part {
    const open = at - 1;
    const negative = pattern[at] === '^';
    if (negative) at++;
    const ranges: [number, number][] = [];
    while (at < pattern.length && (pattern[at] !== ']' || ranges.length === 0)) {
      const from = pattern.charCodeAt(at++);
      const isRange = pattern[at] === '-' && at + 1 < pattern.length && pattern[at + 1] !== ']';
      const to = isRange ? pattern.charCodeAt(at + 1) : from;
      if (isRange) at += 2;
      if (to < from) return fail('the range runs backwards', at - 3);
      ranges.push([from, to]);
    }
    if (pattern[at] !== ']') return fail('the bracket is not closed', open);
    at++;
    return state(code => ranges.some(([from, to]) => from <= code && code <= to) !== negative);
  }

  const whole = either();
  if (wrong === null && at < pattern.length) fail('no parenthesis is open');
  if (wrong !== null) return wrong;
  const accept = empty();
  enter(whole, accept.start);
  return { matches: text => run(states, whole.start, accept.start, text) };
}

/** Runs the automaton over the text, begun anew at every character, since a pattern is not anchored. */
function run(states: readonly State[], start: number, accept: number, text: string): boolean {
  // Where a state was last entered: its generation is the position, so nothing has to be cleared.
  const entered = new Int32Array(states.length).fill(-1);
  let current: number[] = [];
  let at = 0;
  /** Adds a state and all that are reached from it without a character. */
  const add = (list: number[], first: number): boolean => {
    const pending = [first];
    for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
      if (entered[id] === at) continue;
      entered[id] = at;
      if (id === accept) return true;
      const { takes, only, next } = states[id]!;
      if (takes !== null) list.push(id);
      else if (only === null || (only !== 'end' && at === 0) || (only !== 'start' && at === text.length))
        pending.push(...next);
    }
    return false;
  };
  if (add(current, start)) return true;
  for (; at < text.length; ) {
    const code = text.charCodeAt(at);
    const taking = current;
    current = [];
    at++;
    for (const id of taking)
      if (states[id]!.takes!(code)) for (const next of states[id]!.next) if (add(current, next)) return true;
    if (add(current, start)) return true;
  }
  return false;
}
