/** Who was told of a case, what became of each notice, and who was not told. */
import type { CaseDetail } from '../../control/case-rows.ts';
import { useWords } from './context.ts';
import { Mark, Table, term } from './parts.tsx';
import { instant } from './show.ts';

export function CaseTold({ one }: { one: CaseDetail }) {
  const words = useWords();
  const because = new Map(one.recipients.map(row => [row.address, row.because]));
  return (
    <>
      {one.notices.length === 0 ? (
        <>
          <h2>{words.told}</h2>
          <p>{words.nobodyTold}</p>
        </>
      ) : (
        <Table
          heading={2}
          caption={words.told}
          rows={one.notices}
          keyOf={row => row.id}
          columns={[
            { title: words.opened, show: row => instant(row.created), kind: 'time' },
            { title: words.what, show: row => term(words.eventOf, row.event) },
            { title: words.channel, show: row => row.channel },
            { title: words.recipient, show: row => row.recipient },
            { title: words.because, show: row => because.get(row.recipient) },
            {
              title: words.state,
              show: ({ state }) => (
                <Mark
                  of={term(words.noticeOf, state)}
                  as={state === 'sent' ? 'good' : state === 'failed' ? 'bad' : 'warn'}
                />
              ),
            },
            { title: words.attempts, show: row => row.attempts, kind: 'number' },
            {
              title: words.nextAttempt,
              show: row => (row.state === 'pending' ? instant(row.due) : ''),
              kind: 'time',
            },
            { title: words.inDoubt, show: row => (row.doubt === null ? '' : instant(row.doubt)), kind: 'time' },
            { title: words.lastError, show: row => row.lastError },
          ]}
        />
      )}
      {one.refused.length > 0 && (
        <>
          <h3>{words.notTold}</h3>
          <ul lang="en">
            {one.refused.map(text => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}
