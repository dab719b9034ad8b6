/**
 * Cases that the book here has put together, put together with those of the other books that share the database: before a
 * case is written down, and told, all of them agree on its incident.
 */
import type { Case } from '../hijack/case.ts';
import type { CaseBook } from '../hijack/case-book.ts';
import { type BookPlace, placeOf } from '../hijack/case-id.ts';
import type { Linked } from '../store/postgresql/incidents.ts';
import type { IncidentAsk } from '../store/records.ts';
import type { Log } from './log.ts';

export interface IncidentLinksParts {
  readonly book: Pick<CaseBook, 'incidentAsks' | 'incidentsAre'>;
  /** Cases as they were heard of last: they are given their incidents. */
  readonly cases: Map<string, Case>;
  /** Asks the database, as long as that takes. */
  readonly ask: (asks: readonly IncidentAsk[]) => Promise<Linked>;
  readonly log: Log;
}

export interface IncidentLinks {
  /** Asks what the book wants to know. Afterwards `named` has the incident of each case that the book had opened before. */
  settle(): Promise<void>;
  /** The case as it was, with the incident that it has by now. */
  named(of: Case): Case;
  problems(): readonly string[];
}

export function createIncidentLinks({ book, cases, ask, log }: IncidentLinksParts): IncidentLinks {
  let refused = '';

  /** By the name that each had until now. */
  function namesOf(asks: readonly IncidentAsk[], linked: Linked): ReadonlyMap<string, string> {
    const words = 'refused' in linked ? linked.refused : '';
    if (words !== '' && words !== refused)
      log('error', `cases of one incident are not linked across partitions: ${words}`);
    refused = words;
    return new Map(
      asks.map(({ incident, otherwise }, i) => [incident, 'refused' in linked ? otherwise : linked.incidents[i]!]),
    );
  }

  return {
    async settle() {
      const asks = book.incidentAsks();
      if (asks.length === 0) return;
      const names = namesOf(asks, await ask(asks));
      book.incidentsAre(names);
      for (const [id, of] of cases) {
        const incident = names.get(of.incident ?? '');
        if (incident !== undefined) cases.set(id, { ...of, incident });
      }
    },
    named(of) {
      const incident = cases.get(of.id)?.incident;
      return incident === undefined || incident === of.incident ? of : { ...of, incident };
    },
    problems: () => (refused === '' ? [] : [`cases of one incident are not linked across partitions: ${refused}`]),
  };
}

/**
 * Numbers of cases that have named an incident, of these places: where a machine died before it had written the case, the
 * number is not to be given to another one.
 */
export const idsOf = (
  names: readonly { readonly incident: string }[],
  { place, books }: BookPlace,
): readonly string[] => names.map(({ incident }) => incident.slice(1)).filter(id => placeOf(id, books) === place);
