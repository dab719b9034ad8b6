/** Who may do what: commands that only look, and those that do something, change something or ask other ASes. */
import type { Command } from './commands.ts';

/** Beginnings of the commands that only look. Whatever is new does something until it is listed here. */
const LOOKING = [
  'case export',
  'case CASE-ID',
  'check',
  'config',
  'explain',
  'help',
  'mitigate plan',
  'plan',
  'retention prove',
  'show',
  'trace export',
  'trace plan',
  'watch',
  'whois',
];

/** The log tells who did and asked what: it is for those who may do something. */
const LOG = 'watch log';

/** True of a command that changes nothing and asks no other AS for anything. */
export function looksOnly({ syntax }: Pick<Command, 'syntax'>): boolean {
  if (syntax === LOG || syntax.startsWith(`${LOG} `)) return false;
  return LOOKING.some(begin => syntax === begin || syntax.startsWith(`${begin} `));
}
