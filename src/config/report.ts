import { type ConfigError, errorAt, errorOf, type Place } from './source.ts';

/** Collects what is wrong with a configuration, up to a limit. */
export interface Report {
  error(place: Place, message: string): void;
  warning(place: Place, message: string): void;
  /** Says that part of the text could not be read: what seems to be missing may well stand there. */
  damage(): void;
  readonly damaged: boolean;
  /** True when no more errors are taken and checking can stop. */
  readonly full: boolean;
}

/** So many errors are told at once. */
export const MOST_ERRORS = 100;

/** A report, and what was collected in it, ordered by place. */
export function openReport(file: string): {
  report: Report;
  errors: () => ConfigError[];
  warnings: () => ConfigError[];
} {
  const errors: [Place, string][] = [];
  const warnings: [Place, string][] = [];
  let damaged = false;
  const report: Report = {
    error(place, message) {
      if (errors.length <= MOST_ERRORS) errors.push([place, message]);
    },
    warning(place, message) {
      if (warnings.length < MOST_ERRORS) warnings.push([place, message]);
    },
    damage() {
      damaged = true;
    },
    get damaged() {
      return damaged;
    },
    get full() {
      return errors.length > MOST_ERRORS;
    },
  };
  const ordered = (list: readonly [Place, string][]): ConfigError[] =>
    list
      .toSorted(([a], [b]) => a.source.order - b.source.order || a.start - b.start)
      .slice(0, MOST_ERRORS)
      .map(([place, message]) => errorAt(place, message));
  const more = (): ConfigError[] =>
    report.full ? [errorOf(file, `more than ${MOST_ERRORS} errors; what follows was not checked`)] : [];
  return { report, errors: () => [...ordered(errors), ...more()], warnings: () => ordered(warnings) };
}
