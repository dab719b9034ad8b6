/** Why a case is one: the rule, the objects and ROAs that it was applied to, and whether the evidence is whole. */
import type { CaseDetail, CaseEvidence } from '../../control/case-rows.ts';
import { useAsk, useWords } from './context.ts';
import { eventText } from './event-text.ts';
import { Facts, Mark, Read, term } from './parts.tsx';
import { hashOf } from './place.ts';
import { instant, pathText } from './show.ts';
import { VrpTable } from './vrp-table.tsx';

export function CaseWhy({ one }: { one: CaseDetail }) {
  const words = useWords();
  const { why } = one;
  return (
    <>
      <h2>{words.why}</h2>
      {why !== undefined && <Ground why={why} />}
      <h3>{words.objectsOf}</h3>
      {one.objects.length === 0 && <p>{words.noObjects}</p>}
      {one.objects.map((object, i) => (
        <figure key={i}>
          <figcaption>
            {object.source} {object.prefix} AS{object.origin} {object.maintainers.join(' ')}
          </figcaption>
          <pre>{object.text.trim()}</pre>
        </figure>
      ))}
      {one.origin !== null && (
        <p>
          <a href={hashOf('explain', { query: { prefix: one.prefix, as: `${one.origin}` } })}>
            {words.explainNow(one.prefix, `AS${one.origin}`)}
          </a>
        </p>
      )}
      <Evidence id={one.id} />
    </>
  );
}

function Ground({ why }: { why: NonNullable<CaseDetail['why']> }) {
  const words = useWords();
  const disputed = why.objects.filter(object => object.disputed !== null);
  return (
    <>
      <p class="soft">
        {words.whyJudged(instant(why.time))} <code>{pathText(why.path)}</code>
      </p>
      <Facts
        of={[
          [words.rule, eventText(words, why.rule)],
          ['IRR', <Verdict of={term(words.irrOf, why.irr)} bad={why.irr.startsWith('mismatch')} why={why.why.irr} />],
          ['RPKI (ROV)', <Verdict of={term(words.rovOf, why.rov)} bad={why.rov === 'invalid'} why={why.why.rov} />],
          ['ASPA', <Verdict of={term(words.aspaOf, why.aspa)} bad={why.aspa === 'invalid'} why={why.why.aspa} />],
        ]}
      />
      {disputed.map(object => (
        <p class="warn" key={`${object.source} ${object.prefix} ${object.origin}`}>
          {words.disputed(`${object.source} ${object.prefix} AS${object.origin}`)}
        </p>
      ))}
      <VrpTable caption={words.roas} rows={why.vrps} />
    </>
  );
}

/** A state, and its ground in the daemon's words. */
export function Verdict({ of, bad, why }: { of: string; bad: boolean; why: string }) {
  return (
    <>
      <Mark of={of} as={bad ? 'bad' : 'soft'} />: <span lang="en">{why}</span>
    </>
  );
}

/** What was frozen, and whether anybody has changed it since. */
function Evidence({ id }: { id: string }) {
  const words = useWords();
  const reading = useAsk<CaseEvidence>('show case evidence', { 'case-id': id }, 0);
  return (
    <>
      <h3>{words.evidence}</h3>
      <Read of={reading}>
        {({ check, records }) =>
          records.length === 0 ? (
            <p>{words.evidenceNone}</p>
          ) : check.fault !== null ? (
            <p class="bad">{words.evidenceBroken(check.fault.number, check.fault.why)}</p>
          ) : (
            <>
              <p>{words.evidenceWhole(records.length)}</p>
              <p class="soft">
                {words.lastHash}: <code class="long">{records.at(-1)!.hash}</code>
              </p>
            </>
          )
        }
      </Read>
    </>
  );
}
