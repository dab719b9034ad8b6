/** Cases as a table. */
import type { Case } from '../../hijack/case.ts';
import { useWords } from './context.ts';
import { caseMark, Mark, severityMark, Table, term } from './parts.tsx';
import { hashOf } from './place.ts';
import { age, asText, instant } from './show.ts';

/** What a list needs of a case: of ten thousand the rest would be most of the memory. */
export type CaseLine = Pick<
  Case,
  | 'id'
  | 'state'
  | 'severity'
  | 'prefix'
  | 'kind'
  | 'offender'
  | 'upstream'
  | 'opened'
  | 'ended'
  | 'drill'
  | 'peakWitnesses'
> & { readonly holds: number };

export const lineOf = (one: Case): CaseLine => ({
  ...{ id: one.id, state: one.state, prefix: one.prefix, kind: one.kind, offender: one.offender },
  ...{ upstream: one.upstream, opened: one.opened, ended: one.ended, peakWitnesses: one.peakWitnesses },
  ...(one.severity !== undefined && { severity: one.severity }),
  ...(one.drill && { drill: one.drill }),
  holds: one.witnesses.filter(({ state }) => state === 'holds').length,
});

export function CaseTable({ caption, rows, heading }: { caption: string; rows: readonly CaseLine[]; heading?: 2 | 3 }) {
  const words = useWords();
  const now = Date.now();
  return (
    <Table
      caption={caption}
      {...(heading !== undefined && { heading })}
      rows={rows}
      keyOf={one => one.id}
      columns={[
        { title: words.case, show: one => <a href={hashOf('case', { id: one.id })}>{one.id}</a>, kind: 'id' },
        { title: words.state, show: one => <Mark of={term(words.stateOf, one.state)} as={caseMark(one.state)} /> },
        {
          title: words.severity,
          show: ({ severity }) =>
            severity === undefined ? '' : <Mark of={term(words.severityOf, severity)} as={severityMark(severity)} />,
        },
        { title: words.prefix, show: one => <code>{one.prefix}</code> },
        { title: words.what, show: one => `${term(words.kindOf, one.kind)}${one.drill ? ` (${words.drill})` : ''}` },
        { title: words.by, show: one => asText(one.offender), kind: 'id' },
        { title: words.via, show: one => asText(one.upstream), kind: 'id' },
        { title: words.holdsOfPeak, show: one => `${one.holds} / ${one.peakWitnesses}`, kind: 'number' },
        { title: words.opened, show: one => instant(one.opened), kind: 'time' },
        { title: words.lasts, show: one => age((one.ended ?? now) - one.opened), kind: 'time' },
      ]}
    />
  );
}
