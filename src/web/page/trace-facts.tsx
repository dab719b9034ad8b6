/** What a trace came to, in words: the entry, what nobody could know, what BGP says beside it, and what it cost. */
import type { ComponentChildren } from 'preact';
import type { TraceDetail } from '../../control/trace-rows.ts';
import type { Trace, TraceUnknown } from '../../traceback/trace.ts';
import { useWords } from './context.ts';
import { Facts, Figures, Mark, Table } from './parts.tsx';
import { asText, chanceText, count, instant } from './show.ts';
import { type Branch, wayOf } from './tree-model.ts';
import type { Words } from './words.ts';

/** The sentence that answers what a trace asks. */
export function answerOf({ entry, state, ambiguity }: Trace, words: Words): string {
  const rest = ambiguity.length === 0 ? words.noneRemain : words.remain(ambiguity.length);
  if (entry === null) return `${state === 'partial' ? words.entryUnknown : words.entryNotFound} ${rest}`;
  const { as, via, source } = entry;
  if (source) return `${words.began(asText(as))} ${rest}`;
  if (via === null) return `${words.tracedTo(asText(as))} ${rest}`;
  return `${words.entered(asText(as), asText(via))} ${rest}`;
}

/** The short form of the entry, for lists. */
export function entryOf({ entry, state }: Pick<Trace, 'entry' | 'state'>, words: Words): string {
  if (entry === null) return state === 'partial' ? words.notYet : words.noEntry;
  const { as, via, source } = entry;
  return source ? `${asText(as)} (${words.source_})` : via === null ? asText(as) : `${asText(as)} ← ${asText(via)}`;
}

export const traceMark = (state: Trace['state']): 'warn' | 'good' | 'soft' =>
  state === 'partial' ? 'warn' : state === 'final' ? 'good' : 'soft';

export function Answer({ trace, branches }: { trace: TraceDetail; branches: readonly Branch[] }) {
  const words = useWords();
  const { state, certainty, attested, packets = 1, need = 1, runnerUp } = trace;
  const vouched = { both: words.byBoth, downstream: words.byDownstream, own: words.byOwn };
  const facts: (readonly [string, ComponentChildren])[] = [
    [words.state, <Mark of={words.states[state]} as={traceMark(state)} />],
    [words.entry, entryOf(trace, words)],
    [words.certainty, certainty == null ? '' : chanceText(certainty, words)],
    [words.vouched, trace.entry === null ? '' : attested == null ? words.byUs : vouched[attested]],
    [words.runnerUp, runnerUp == null ? '' : `${asText(runnerUp.as)}, ${chanceText(runnerUp.certainty, words)}`],
    [words.packetsAsked, words.packetsNeeded(packets, need)],
    [words.queries, trace.cost === undefined ? count(trace.queries) : words.ofBudget(trace.queries, trace.cost.budget)],
    [words.took, `${count(trace.milliseconds)} ms`],
  ];
  return (
    <>
      <p class="answer">{answerOf(trace, words)}</p>
      <Figures of={facts.filter(([, value]) => value !== '')} />
      <div role="status" class="soft">
        {state === 'partial' ? words.growing(branches.length, trace.queries) : ''}
      </div>
      <Origin trace={trace} />
    </>
  );
}

/** For whom or what it was asked. */
function Origin({ trace }: { trace: TraceDetail }) {
  const words = useWords();
  const { caseId, source, cause, requester, purpose, reference, repeats, cancelledBy, interrupted } = trace;
  const facts: (readonly [string, ComponentChildren])[] = [
    [words.asked, instant(trace.asked)],
    [words.packetTime, instant(trace.time)],
    [words.forCase, caseId === undefined ? '' : <CaseLink id={caseId} source={source ?? ''} />],
    [words.begunBy, cause === undefined ? '' : `ids ${cause.ids}: ${cause.text}`],
    [words.askedBy, requester === undefined ? '' : `${requester.by} ${requester.peer} ${requester.reference}`],
    [words.purpose, purpose === undefined ? '' : words.purposes[purpose]],
    [words.reference, reference ?? ''],
    [words.repeats, repeats === undefined ? '' : <a href={`#/trace/${repeats}`}>{repeats}</a>],
    [words.endedBy, cancelledBy ?? ''],
    [words.interruptedWhy, interrupted ?? ''],
  ];
  return <Facts of={facts} />;
}

const CaseLink = ({ id, source }: { id: string; source: string }) => (
  <>
    <a href={`#/case/${id}`}>{id}</a> {source}
  </>
);

/** Ways of BGP that are shown. */
const SHOWN_PATHS = 3;

/** What BGP says of the way to the source, and the way on which the packets were seen, one below the other. */
export function Claim({ trace, branches }: { trace: TraceDetail; branches: readonly Branch[] }) {
  const words = useWords();
  const { claim } = trace;
  if (claim === undefined) return null;
  const { paths, of, verdict } = claim;
  const own = trace.tree.as;
  const way = wayOf(branches, trace.entry);
  const seen = way.length > 1 ? way : [own, ...claim.seen.slice(0, 1)];
  const claimed = paths.slice(0, SHOWN_PATHS).map(({ path, peers }) => ({ ways: [own, ...path.flat()], peers }));
  const alike = new Set(claimed.flatMap(({ ways }) => ways));
  return (
    <>
      <h2>{words.claim}</h2>
      <p class={verdict === 'as-bgp-says' ? 'good' : 'warn'}>{words.claims[verdict]}</p>
      <dl class="lanes">
        {claimed.length === 0 && <Lane name={of === 'then' ? words.claimThen : words.claimNow}>{words.noRoute}</Lane>}
        {claimed.map(({ ways, peers }, i) => (
          <Lane key={i} name={`${of === 'then' ? words.claimThen : words.claimNow}, ${words.toldBy(peers)}`}>
            <Hops of={ways} strange={() => false} />
          </Lane>
        ))}
        <Lane name={words.seenWay}>
          <Hops of={seen} strange={as => claimed.length > 0 && !alike.has(as)} />
        </Lane>
      </dl>
    </>
  );
}

const Lane = ({ name, children }: { name: string; children: ComponentChildren }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);

const Hops = ({ of, strange }: { of: readonly number[]; strange: (as: number) => boolean }) => (
  <ol class="hops">
    {of.map((as, i) => (
      <li key={i} class={strange(as) ? 'strange' : undefined}>
        {asText(as)}
      </li>
    ))}
  </ol>
);

/** Which ASes could not be ruled out, and why; what speaks against the entry. */
export function Unknowns({ trace }: { trace: TraceDetail }) {
  const words = useWords();
  const { doubts = [], loops = [], measured = [] } = trace;
  const unknown: readonly TraceUnknown[] =
    trace.unknown ?? trace.ambiguity.map(as => ({ as, verdict: 'absent', reason: '', retainedFrom: null }));
  return (
    <>
      <h2>{words.unknowns}</h2>
      {unknown.length === 0 ? (
        <p class="good">{words.allKnown}</p>
      ) : (
        <Table
          caption={words.ambiguity}
          rows={unknown}
          keyOf={({ as }) => String(as)}
          columns={[
            { title: words.as, show: ({ as }) => asText(as), kind: 'id' },
            { title: words.verdict, show: ({ verdict }) => words.verdicts[verdict] },
            { title: words.why, show: ({ reason }) => reason },
            { title: words.windowsFrom, show: ({ retainedFrom }) => instant(retainedFrom), kind: 'time' },
          ]}
        />
      )}
      <Lines head={words.doubts} of={doubts} />
      <Lines head={words.loops} of={loops.map(loop => loop.map(asText).join(' → '))} />
      <Lines head={words.measured} of={measured.map(({ as, text }) => `${asText(as)}: ${text}`)} />
    </>
  );
}

const Lines = ({ head, of }: { head: string; of: readonly string[] }) =>
  of.length === 0 ? null : (
    <>
      <h3>{head}</h3>
      <ul>
        {of.map(line => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </>
  );

export function Cost({ trace, branches }: { trace: TraceDetail; branches: readonly Branch[] }) {
  const words = useWords();
  const { cost, queries, milliseconds } = trace;
  const answered = branches.filter(({ node }) => node.signed !== 'own');
  const slowest = answered.toSorted((a, b) => b.node.after - a.node.after)[0]?.node;
  const silent = branches.filter(({ node }) => node.verdict === 'silent').map(({ node }) => asText(node.as));
  const facts: (readonly [string, string])[] = [
    [words.queries, cost === undefined ? count(queries) : words.ofBudget(queries, cost.budget)],
    [words.queriesHere, cost === undefined ? '' : `${count(cost.here)}, ${words.inWaves(cost.waves)}`],
    [words.answersHere, cost === undefined ? '' : count(cost.answers)],
    [words.took, `${count(milliseconds)} ms`],
    [words.slowest, slowest === undefined ? '' : `${asText(slowest.as)}, ${count(Math.round(slowest.after))} ms`],
    [words.silentOnes, silent.slice(0, 12).join(' ') + (silent.length > 12 ? ` (${silent.length})` : '')],
  ];
  return (
    <>
      <h2>{words.cost}</h2>
      <Figures of={facts.filter(([, value]) => value !== '')} />
    </>
  );
}

export function Contacts({ trace: { contacts = [] } }: { trace: TraceDetail }) {
  const words = useWords();
  if (contacts.length === 0) return null;
  return (
    <>
      <h2>{words.contacts}</h2>
      <Facts
        of={contacts.map(({ as, lines }) => [
          asText(as),
          lines.length === 0
            ? words.nobodyKnown
            : lines.map(({ role, name, reach, source }, i) => (
                <div key={i}>
                  {role} {name} <strong>{reach.join(', ')}</strong> <span class="soft">({source})</span>
                </div>
              )),
        ])}
      />
    </>
  );
}
