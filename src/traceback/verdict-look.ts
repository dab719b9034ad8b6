/** How verdicts look in drawings: a class for colours, a mark and words, so that nothing is said by colour alone. */
import type { TraceVerdict } from './trace.ts';

export type Look = 'seen' | 'weak' | 'no' | 'unknown' | 'declined' | 'silent' | 'conflict' | 'absent';

export interface VerdictLook {
  readonly look: Look;
  readonly mark: string;
  readonly words: string;
}

export const VERDICT_LOOKS: Readonly<Record<TraceVerdict, VerdictLook>> = {
  saw: { look: 'seen', mark: '✓', words: 'saw the packets' },
  translated: { look: 'seen', mark: '⇄', words: 'saw them on both sides of a translator' },
  'saw-weak': { look: 'weak', mark: '≈', words: 'saw only some of them' },
  clear: { look: 'no', mark: '✗', words: 'they did not pass' },
  'clear-partial': { look: 'no', mark: '∕', words: 'did not see them, but does not see everything' },
  'not-yet': { look: 'unknown', mark: '…', words: 'cannot say yet' },
  expired: { look: 'unknown', mark: '†', words: 'no longer has windows of then' },
  'cannot-know': { look: 'unknown', mark: '?', words: 'cannot know' },
  refused: { look: 'declined', mark: '⊘', words: 'refused to answer' },
  pending: { look: 'declined', mark: '◔', words: 'a person has to approve' },
  busy: { look: 'declined', mark: '◔', words: 'was busy' },
  silent: { look: 'silent', mark: '–', words: 'did not answer in time' },
  unreachable: { look: 'silent', mark: '–', words: 'could not be reached' },
  conflict: { look: 'conflict', mark: '!', words: 'contradicts what others have signed' },
  absent: { look: 'absent', mark: '○', words: 'takes no part, placed by the AS graph' },
};
