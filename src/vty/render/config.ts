import type { ConfigError } from '../../config/index.ts';
import type { ConfigCheck, ConfigDiff } from '../../control/config-rows.ts';
import { count } from './text.ts';

/** `FILE:LINE:COL: what`, the line and the caret. */
function placed(kind: string, { file, line, column, message, excerpt }: ConfigError): string[] {
  const place = line === 0 ? file : `${file}:${line}:${column}`;
  return [`${place}: ${kind}${message}`, ...(excerpt === '' ? [] : excerpt.split('\n'))];
}

/** `config check`. */
export function renderConfigCheck({ file, errors, warnings, risks }: ConfigCheck): string[] {
  const found = [
    ...errors.flatMap(one => placed('', one)),
    ...warnings.flatMap(one => placed('warning: ', one)),
    ...risks.flatMap(one => placed(`risk ${one.risk}: `, one)),
  ];
  if (found.length === 0) return [`${file}: nothing is wrong`];
  return [
    ...found,
    [count(errors.length, 'error'), count(warnings.length, 'warning'), count(risks.length, 'risk')].join(', '),
  ];
}

/** `config diff`. */
export function renderConfigDiff({ errors, changes }: ConfigDiff): string[] {
  if (errors.length > 0) return ['a reload would change nothing:', ...errors.flatMap(one => placed('', one))];
  if (changes.length === 0) return ['a reload would change nothing'];
  return changes.map(({ words, hard }) => `${words}${hard ? ' (closes or opens what it is about)' : ''}`);
}
