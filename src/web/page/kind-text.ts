/** What a kind of case is, and what a hint comes to: the sentences that mails have, in both languages. */
import type { CaseHint, CaseKind } from '../../hijack/case.ts';
import { HINTS_JA } from '../../notify/hints-ja.ts';
import { kindsInEnglish } from '../../notify/kinds-en.ts';
import { kindsInJapanese } from '../../notify/kinds-ja.ts';
import type { Language } from './words.ts';

/** `registered`: the prefix that decided. */
export const kindText = (language: Language, kind: CaseKind, registered: string): string =>
  (language === 'ja' ? kindsInJapanese : kindsInEnglish)[kind].what(registered);

/** In Japanese the meaning, and behind it what the registry found, which is in English. */
export const hintText = (language: Language, { hint, text }: CaseHint): string =>
  language === 'ja' ? `${HINTS_JA[hint]}（${text}）` : text;
