/** What the page says, in English and Japanese: the words of each part lie in a file of their own. */
import * as cases from './words/cases.ts';
import * as frame from './words/frame.ts';
import * as machines from './words/machines.ts';
import * as overview from './words/overview.ts';
import * as peers from './words/peers.ts';
import * as probes from './words/probes.ts';
import * as registry from './words/registry.ts';
import * as routes from './words/routes.ts';
import * as terms from './words/terms.ts';
import * as traces from './words/traces.ts';

const ENGLISH = {
  ...frame.ENGLISH,
  ...machines.ENGLISH,
  ...overview.ENGLISH,
  ...cases.ENGLISH,
  ...traces.ENGLISH,
  ...routes.ENGLISH,
  ...registry.ENGLISH,
  ...probes.ENGLISH,
  ...peers.ENGLISH,
  ...terms.ENGLISH,
};

export type Words = typeof ENGLISH;

const JAPANESE: Words = {
  ...frame.JAPANESE,
  ...machines.JAPANESE,
  ...overview.JAPANESE,
  ...cases.JAPANESE,
  ...traces.JAPANESE,
  ...routes.JAPANESE,
  ...registry.JAPANESE,
  ...probes.JAPANESE,
  ...peers.JAPANESE,
  ...terms.JAPANESE,
};

export type Language = 'en' | 'ja';

export const wordsOf = (language: Language): Words => (language === 'ja' ? JAPANESE : ENGLISH);
