import type { StatementSpec } from './statement-spec.ts';
import { DAY, HOUR, MINUTE } from './units.ts';

/** What stands in `archive mrt`. */
export const ARCHIVE: readonly StatementSpec[] = [
  {
    usage: 'directory FOLDER',
    help: 'Where the files are; a relative name starts at the state directory',
    defaults: { folder: 'mrt' },
  },
  {
    usage: 'updates DURATION',
    help: 'How long a file of updates is',
    defaults: { duration: 5 * MINUTE },
    bounds: { min: MINUTE, max: DAY, step: MINUTE },
  },
  {
    usage: 'rib DURATION',
    help: 'How often the tables are written; 0s for never',
    defaults: { duration: 8 * HOUR },
    bounds: { min: MINUTE, max: 7 * DAY, zero: true, step: MINUTE },
  },
  {
    usage: 'retain DURATION',
    help: 'How long files are kept; 0s for ever',
    defaults: { duration: 30 * DAY },
    bounds: { min: HOUR, max: 36_500 * DAY, zero: true },
  },
  { usage: 'compress COMPRESSION', help: 'How files are packed', defaults: { compression: 'gzip' } },
];
