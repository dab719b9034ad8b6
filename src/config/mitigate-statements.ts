import type { StatementSpec } from './statement-spec.ts';

/** What stands in `mitigate` of a session. */
export const MITIGATE: readonly StatementSpec[] = [
  {
    usage: 'prefix PREFIX [community COMMUNITY…] [large community LARGE…] next hop ADDRESS',
    help: 'A prefix that may be announced, and all inside it',
    unique: ['prefix'],
  },
  {
    usage: 'maximum prefixes COUNT',
    help: 'How many prefixes at a time',
    defaults: { count: 16 },
    bounds: { min: 1, max: 256 },
  },
];
