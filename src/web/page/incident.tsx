/** An incident: cases that belong together. */
import type { CaseDetail, IncidentDetail } from '../../control/case-rows.ts';
import { CaseTable, lineOf } from './case-table.tsx';
import './cases.css';
import { useAsk, useWords } from './context.ts';
import { Facts, Mark, Read, severityMark, term } from './parts.tsx';
import { hashOf } from './place.ts';
import { age, asText, instant } from './show.ts';

export function IncidentView({ id }: { id: string }) {
  const words = useWords();
  const reading = useAsk<IncidentDetail>('show incident', { 'incident-id': id });
  return (
    <>
      <h1>
        {words.incident} {id}
      </h1>
      <Read of={reading}>
        {({ summary, cases }) => (
          <>
            <Facts
              of={[
                [words.openCases, `${summary.open} / ${summary.cases}`],
                [
                  words.severity,
                  summary.severity === null ? (
                    ''
                  ) : (
                    <Mark of={term(words.severityOf, summary.severity)} as={severityMark(summary.severity)} />
                  ),
                ],
                [words.opened, instant(summary.opened)],
                [words.ended, instant(summary.ended)],
                [words.lasts, age((summary.ended ?? Date.now()) - summary.opened)],
                [words.offenders, summary.offenders.map(as => (as === null ? words.asSet : asText(as))).join(', ')],
                [words.via, summary.upstreams.map(asText).join(', ')],
                [words.victims, summary.victims.map(asText).join(', ')],
              ]}
            />
            <CaseTable heading={2} caption={words.incidentHead} rows={cases.map(lineOf)} />
          </>
        )}
      </Read>
    </>
  );
}

/** The other cases of a case's incident. */
export function RelatedCases({ one }: { one: CaseDetail }) {
  const words = useWords();
  const { incident } = one;
  const reading = useAsk<IncidentDetail>(
    incident === undefined ? null : 'show incident',
    incident === undefined ? {} : { 'incident-id': incident },
    15_000,
  );
  if (incident === undefined) return null;
  return (
    <>
      <h2>
        <a href={hashOf('incident', { id: incident })}>
          {words.incident} {incident}
        </a>
      </h2>
      <Read of={reading}>
        {({ cases }) => {
          const others = cases.filter(({ id }) => id !== one.id);
          return others.length === 0 ? (
            <p>{words.alone}</p>
          ) : (
            <CaseTable caption={words.incidentHead} rows={others.map(lineOf)} />
          );
        }}
      </Read>
    </>
  );
}
