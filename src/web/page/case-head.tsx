/** What a case is, in the words that a person needs first. */
import type { CaseDetail } from '../../control/case-rows.ts';
import { useWords } from './context.ts';
import { hintText, kindText } from './kind-text.ts';
import { caseMark, Facts, Mark, severityMark, term } from './parts.tsx';
import { hashOf } from './place.ts';
import { age, asText, instant } from './show.ts';
import type { Words } from './words.ts';

/** The case in one sentence: who, and what. */
export function sentenceOf({ kind, prefix, origin, offender, ended }: CaseDetail, words: Words): string {
  if (kind === 'roa-vanished' || kind === 'roa-expiring' || kind === 'trust-anchor') return words.ofRoa(prefix);
  const says = ended === null ? words.announces : words.announced_;
  if (origin === offender) return says(prefix, offender === null ? words.asSet : asText(offender));
  return words.passesOn(prefix, asText(offender));
}

export function CaseHead({ one }: { one: CaseDetail }) {
  const words = useWords();
  const { acknowledged, dismissed, severity, rightly } = one;
  const holds = one.witnesses.filter(({ state }) => state === 'holds').length;
  const lasts = age((one.ended ?? Date.now()) - one.opened);
  const registered = one.expected.map(asText).join(', ');
  const marked = ({ time, by, reason }: { time: number; by: string; reason: string }) =>
    [instant(time), by, reason].filter(Boolean).join(', ');
  return (
    <>
      {one.drill && (
        <p class="box drill" role="note">
          {words.drillBanner}
        </p>
      )}
      <p class="headline">
        <strong>{sentenceOf(one, words)}</strong>
        <span>{kindText(words.code, one.kind, one.decidedBy)}</span>
        {one.ground !== '' && <span>{one.ground}</span>}
      </p>
      <Facts
        of={[
          [words.state, <Mark of={term(words.stateOf, one.state)} as={caseMark(one.state)} />],
          [
            words.severity,
            severity === undefined ? '' : <Mark of={term(words.severityOf, severity)} as={severityMark(severity)} />,
          ],
          [one.ended === null ? words.lasts : words.lasted, lasts],
          [words.opened, instant(one.opened)],
          [words.ended, instant(one.ended)],
          [
            words.witnesses,
            `${words.nowHolds(holds, one.peakWitnesses)}${rightly === undefined ? '' : `; ${words.rightly(rightly)}`}`,
          ],
          [words.prefix, <Look prefix={one.prefix} />],
          [words.by, one.origin === null ? words.asSet : asText(one.origin)],
          [words.toAsk, one.origin === one.offender ? '' : asText(one.offender)],
          [words.via, asText(one.upstream)],
          [words.registeredTo, registered === '' ? '' : words.registeredAs(registered, one.decidedBy)],
          [words.watches, one.watches.join(', ')],
          [words.came, one.flaps === undefined ? '' : words.times(one.flaps)],
          [words.acknowledgedBy, acknowledged === undefined ? words.notAcknowledged : marked(acknowledged)],
          [
            words.dismissedBy,
            dismissed === undefined
              ? ''
              : `${marked(dismissed)}${dismissed.until === null ? '' : `, ${words.until(instant(dismissed.until))}`}`,
          ],
        ]}
      />
    </>
  );
}

/** A prefix, and the way to the routes that are held for it. */
function Look({ prefix }: { prefix: string }) {
  return (
    <a href={hashOf('routes', { query: { q: prefix } })}>
      <code>{prefix}</code>
    </a>
  );
}

/** What would make the case a false alarm: what is looked at first. */
export function Hints({ one: { hints = [] } }: { one: CaseDetail }) {
  const words = useWords();
  if (hints.length === 0) return null;
  return (
    <>
      <h2>{words.hints}</h2>
      <ul>
        {hints.map(one => (
          <li key={one.hint}>
            <strong>{one.hint}</strong>: {hintText(words.code, one)}
            {one.object !== undefined && <pre>{one.object}</pre>}
          </li>
        ))}
      </ul>
    </>
  );
}
