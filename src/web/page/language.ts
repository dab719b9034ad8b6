/** In which language the page speaks. */
import type { Language } from './words.ts';

const KEY = 'intertrack-language';

/** The language that was chosen, else the browser's. */
export function chosenLanguage(): Language {
  const kept = localStorage.getItem(KEY);
  if (kept === 'en' || kept === 'ja') return kept;
  return navigator.language.startsWith('ja') ? 'ja' : 'en';
}

export function chooseLanguage(language: Language): void {
  localStorage.setItem(KEY, language);
}
