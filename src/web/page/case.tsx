/** One case: what it is, who holds it, why it is one, who was told, whom to call, and what may be done about it. */
import type { CaseDetail } from '../../control/case-rows.ts';
import { CaseActions } from './case-actions.tsx';
import { CaseContacts } from './case-contacts.tsx';
import { CaseHead, Hints } from './case-head.tsx';
import { CaseLife } from './case-life.tsx';
import { CasePaths, Witnesses } from './case-paths.tsx';
import { CaseTold } from './case-told.tsx';
import { CaseWhy } from './case-why.tsx';
import './cases.css';
import { useAsk, useWords } from './context.ts';
import { RelatedCases } from './incident.tsx';
import { useCaseChanges } from './live.ts';
import { Read, Table } from './parts.tsx';
import { hashOf } from './place.ts';
import { asText, instant, percent } from './show.ts';

export function CaseView({ id }: { id: string }) {
  const words = useWords();
  const reading = useAsk<CaseDetail>('show case', { 'case-id': id });
  useCaseChanges(reading.again);
  return (
    <>
      <h1>
        {words.case} {id}
      </h1>
      <Read of={reading}>{one => <Sheet one={one} changed={reading.again} />}</Read>
    </>
  );
}

function Sheet({ one, changed }: { one: CaseDetail; changed: () => void }) {
  return (
    <>
      <CaseHead one={one} />
      <CaseActions one={one} changed={changed} />
      <Hints one={one} />
      <CasePaths one={one} />
      <Witnesses one={one} />
      <CaseWhy one={one} />
      <CaseContacts one={one} />
      <CaseTold one={one} />
      <CaseLife one={one} />
      <RelatedCases one={one} />
      <Traces one={one} />
    </>
  );
}

function Traces({ one: { traces = [] } }: { one: CaseDetail }) {
  const words = useWords();
  if (traces.length === 0) return null;
  return (
    <>
      <h2>{words.tracesOf}</h2>
      <Table
        caption={words.tracesOf}
        rows={traces}
        keyOf={row => row.id}
        columns={[
          { title: words.trace, show: row => <a href={hashOf('trace', { id: row.id })}>{row.id}</a>, kind: 'id' },
          { title: words.asked, show: row => instant(row.asked), kind: 'time' },
          { title: words.state, show: row => row.state },
          { title: words.entry, show: row => (row.entry === null ? words.noEntry : asText(row.entry.as)) },
          { title: words.certainty, show: row => percent(row.certainty), kind: 'number' },
        ]}
      />
    </>
  );
}
