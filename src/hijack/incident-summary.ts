/** An incident in one row: what its cases have in common, and where it stands. */
import { SEVERITIES, type Severity } from '../registry/verdict.ts';
import type { Case } from './case.ts';
import { incidentOf } from './incident.ts';

export interface IncidentSummary {
  /** Its name: `I` and the id of its first case. */
  readonly incident: string;
  /** Its first case. */
  readonly opened: number;
  /** When its last case ended; null while one is not over. */
  readonly ended: number | null;
  /** How many of its cases are not over, and all of them. */
  readonly open: number;
  /** All of its cases. */
  readonly cases: number;
  /** The gravest of those that are not over, or else of all; null of cases of older versions. */
  readonly severity: Severity | null;
  /** In the order in which they came; null stands for an AS_SET. */
  readonly offenders: readonly (number | null)[];
  /** The ASes one up the path from the offenders, in the order in which they came. */
  readonly upstreams: readonly number[];
  /** Origins that are registered for what was announced. */
  readonly victims: readonly number[];
  readonly prefixes: readonly string[];
}

const each = <T>(values: readonly T[]): T[] => [...new Set(values)];

/** Of the cases of one incident, one at least, in the order of their opening. */
export function incidentSummary(cases: readonly Case[]): IncidentSummary {
  const running = cases.filter(({ state }) => state !== 'resolved');
  const grave = (running.length > 0 ? running : cases).flatMap(({ severity }) => severity ?? []);
  return {
    incident: incidentOf(cases[0]!),
    opened: Math.min(...cases.map(({ opened }) => opened)),
    ended: running.length > 0 ? null : Math.max(...cases.map(({ ended, changed }) => ended ?? changed)),
    open: running.length,
    cases: cases.length,
    severity: SEVERITIES.find(one => grave.includes(one)) ?? null,
    offenders: each(cases.map(({ offender }) => offender)),
    upstreams: each(cases.flatMap(({ upstream }) => upstream ?? [])),
    victims: each(cases.flatMap(({ expected }) => expected)),
    prefixes: each(cases.map(({ prefix }) => prefix)),
  };
}
