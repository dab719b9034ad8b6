/** The sentence that answers what a trace asks: where did it enter, how sure is that, and what is not known? */
import type { Trace, TraceUnknown, TraceVerdict } from '../../traceback/trace.ts';
import { plural } from './text.ts';

/** How ASes that were not ruled out are counted, by their verdict: one of them, several. */
const WORDS: Readonly<Record<Exclude<TraceVerdict, 'clear'>, readonly [one: string, several: string]>> = {
  'cannot-know': ['cannot know', 'cannot know'],
  expired: ['expired', 'expired'],
  'not-yet': ['cannot say yet', 'cannot say yet'],
  'saw-weak': ['saw some of it', 'saw some of it'],
  saw: ['saw it elsewhere', 'saw it elsewhere'],
  translated: ['saw it elsewhere', 'saw it elsewhere'],
  'clear-partial': ['saw nothing but not all', 'saw nothing but not all'],
  refused: ['refused', 'refused'],
  pending: ['waits for approval', 'wait for approval'],
  busy: ['was busy', 'were busy'],
  silent: ['did not answer', 'did not answer'],
  unreachable: ['was not reached', 'were not reached'],
  conflict: ['contradicts others', 'contradict others'],
  absent: ['remains possible', 'remain possible'],
};

/** A chance as it may be said: never more sure than it is. */
export function chance(share: number): string {
  if (share > 0.9999) return 'over 99.99 %';
  if (share < 0.0001) return 'under 0.01 %';
  // Rounded down: 99.996 % is no 100.
  return `${(Math.floor(share * 1e4) / 100).toString()} %`;
}

function unknownWords(unknown: readonly TraceUnknown[], from: number): string {
  const groups = new Map<TraceVerdict, TraceUnknown[]>();
  for (const one of unknown) groups.set(one.verdict, [...(groups.get(one.verdict) ?? []), one]);
  const parts = Object.entries(WORDS).flatMap(([verdict, words]) => {
    const those = groups.get(verdict as TraceVerdict);
    if (those === undefined) return [];
    const what = verdict === 'absent' ? 'non-participant' : 'AS';
    const kept = those.flatMap(({ retainedFrom }) => (retainedFrom === null ? [] : [retainedFrom - from]));
    const ago = verdict === 'expired' && kept.length > 0 ? ` ${howLong(Math.min(...kept))} ago` : '';
    return [
      `${those.length} ${plural(those.length, what, verdict === 'absent' ? `${what}s` : 'ASes')} ${words[those.length === 1 ? 0 : 1]}${ago}`,
    ];
  });
  return parts.join(', ');
}

const howLong = (ms: number): string => {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return seconds < 120
    ? `${seconds} s`
    : seconds < 7200
      ? `${Math.round(seconds / 60)} min`
      : `${Math.round(seconds / 3600)} h`;
};

/** The sentence of a trace. */
export function entrySentence(trace: Trace): string {
  const { entry, unknown, certainty, ambiguity } = trace;
  const how = trace.attested === 'own' ? ', by its own word alone' : '';
  const sure = certainty == null ? how : ` (${chance(certainty)}${how})`;
  const beyond = entry === null || entry.source ? '' : 'beyond it ';
  const remain =
    ambiguity.length === 0
      ? 'no other AS remains possible'
      : unknown === undefined
        ? `${ambiguity.length === 1 ? '1 AS remains' : `${ambiguity.length} ASes remain`} possible: ${ambiguity.map(as => `AS${as}`).join(' ')}`
        : `${beyond}${unknownWords(unknown, trace.from)}`;
  if (entry === null)
    return `Entry ${['partial', 'interrupted'].includes(trace.state) ? 'not yet known' : 'not found'}; ${remain}.`;
  const { as, via, source } = entry;
  if (source) return `Began inside AS${as}${sure}; ${remain}.`;
  // It may not tell, not know, or have seen the packet leave only.
  if (via === null && ambiguity.length === 0)
    return `Traced to AS${as}${sure}, which does not say from where it came, so that each neighbor of it remains possible.`;
  if (via === null) return `Traced to AS${as}${sure}, which does not say from where it came; ${remain}.`;
  return `Entered at AS${as} via AS${via}${sure}; ${remain}.`;
}
