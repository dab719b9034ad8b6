/** The attack tree: a drawing and a list of the same, what is folded in both, a search, and all about one AS. */
import { useMemo, useState } from 'preact/hooks';
import type { TraceDetail } from '../../control/trace-rows.ts';
import type { TraceNode } from '../../traceback/trace.ts';
import { VERDICT_LOOKS } from '../../traceback/verdict-look.ts';
import { useWords } from './context.ts';
import { Figures } from './parts.tsx';
import { asText, chanceText, count, instant, percent } from './show.ts';
import { TraceDrawing } from './trace-drawing.tsx';
import { TraceList } from './trace-list.tsx';
import { allFolds, type Branch, type Folds, findIn, linesOf, type Shown, shownOf, unfoldedTo } from './tree-model.ts';

const NONE: Folds = new Map();

export function TraceTree({ trace, branches }: { trace: TraceDetail; branches: readonly Branch[] }) {
  const words = useWords();
  const [folds, setFolds] = useState(NONE);
  const [chosen, setChosen] = useState<string | null>(null);
  const [text, setText] = useState('');
  const [turn, setTurn] = useState(0);
  const shown = useMemo(() => shownOf(branches, folds), [branches, folds]);
  const found = useMemo(() => findIn(branches, text), [branches, text]);
  const chances = useMemo(() => new Map((trace.chances ?? []).map(({ as, chance }) => [as, chance])), [trace]);
  const possible = useMemo(() => new Set(trace.ambiguity), [trace]);
  const chance = (as: number) => chances.get(as);
  // A fold that is gone in the grown tree does no harm: names of branches are not used again.
  const fold = ({ id, folded }: Shown) => setFolds(new Map(folds).set(id, folded === false));
  const goTo = (branch: Branch | undefined) => {
    if (branch === undefined) return;
    setFolds(unfoldedTo(branch, folds));
    setChosen(branch.id);
  };
  const search = (wanted: string) => {
    setText(wanted);
    setTurn(0);
    goTo(findIn(branches, wanted)[0]);
  };
  const next = () => {
    if (found.length === 0) return;
    const to = (turn + 1) % found.length;
    setTurn(to);
    goTo(found[to]);
  };
  const one = branches.find(({ id }) => id === chosen);
  const group = one === undefined ? linesOf(shown).find(({ id }) => id === chosen) : undefined;
  const verdicts = new Map<TraceNode['verdict'], number>();
  for (const { node } of branches) verdicts.set(node.verdict, (verdicts.get(node.verdict) ?? 0) + 1);
  return (
    <>
      <h2>{words.tree}</h2>
      <p class="soft">{words.treeHelp}</p>
      <ul class="looks">
        {[...verdicts].map(([verdict, n]) => (
          <li key={verdict} class={VERDICT_LOOKS[verdict].look}>
            <span class="swatch" aria-hidden="true">
              {VERDICT_LOOKS[verdict].mark}
            </span>
            {words.verdicts[verdict]} ({n})
          </li>
        ))}
      </ul>
      <search class="tools">
        <form
          onSubmit={event => {
            event.preventDefault();
            next();
          }}
        >
          <label>
            {words.findInTree}
            <input
              type="search"
              value={text}
              placeholder={words.findHelp}
              onInput={event => search(event.currentTarget.value)}
            />
          </label>
          <button type="submit" disabled={found.length === 0}>
            {words.next}
          </button>
          <output aria-live="polite">
            {text.trim() === '' ? '' : words.found(Math.min(turn + 1, found.length), found.length)}
          </output>
        </form>
        <button type="button" onClick={() => setFolds(NONE)}>
          {words.onlyWay}
        </button>
        <button type="button" onClick={() => setFolds(allFolds(branches, true))}>
          {words.foldAll}
        </button>
        <button type="button" onClick={() => setFolds(allFolds(branches, false))}>
          {words.unfoldAll}
        </button>
      </search>
      <div class="beside-each-other">
        <div>
          <TraceDrawing
            {...{ trace, shown, chance, chosen, fold }}
            choose={setChosen}
            found={new Set(found.map(({ id }) => id))}
          />
        </div>
        <div>
          <h3>{words.treeList}</h3>
          <p class="soft">{words.treeListHelp}</p>
          <TraceList {...{ shown, chance, possible, chosen, fold }} choose={setChosen} label={words.treeList} />
        </div>
      </div>
      <div aria-live="polite">
        {one !== undefined && <About branch={one} trace={trace} chance={chance(one.node.as)} />}
        {group !== undefined && (
          <p>
            {words.verdicts[group.branches[0]!.node.verdict]}:{' '}
            {group.branches.map(({ node }) => asText(node.as)).join(' ')}
          </p>
        )}
      </div>
    </>
  );
}

const likelier = (value: number): string => {
  const short = (n: number) => (n > 1e6 ? n.toExponential(0).replace('+', '') : `${Number(n.toPrecision(2))}`);
  return value >= 1 ? `×${short(value)}` : `1/${short(1 / Math.max(value, 1e-12))}`;
};

/** All that one AS has said, and what is made of it. */
function About({ branch, trace, chance }: { branch: Branch; trace: TraceDetail; chance: number | undefined }) {
  const words = useWords();
  const { node } = branch;
  const {
    as,
    verdict,
    reason,
    ingress,
    egress = [],
    source,
    likelihood,
    falsePositive,
    coverage,
    loss,
    sampling,
  } = node;
  const signer =
    node.signed === 'own' ? words.signedUs : node.signed === 'unknown' ? words.signedUnknown : asText(node.by ?? as);
  const measured = (trace.measured ?? []).filter(one => one.as === as);
  const facts: (readonly [string, string])[] = [
    [words.verdict, `${verdict}: ${words.verdicts[verdict]}`],
    [words.certainty, chance === undefined ? '' : chanceText(chance, words)],
    [words.likelier, likelihood == null ? '' : likelier(likelihood)],
    [words.ingress, source ? words.source_ : ingress.map(asText).join(' ')],
    [words.egress, egress.map(asText).join(' ')],
    [words.seenPackets, node.windows === 0 ? '' : `${node.packets} / ${trace.packets ?? 1}`],
    [words.falseYes, percent(falsePositive)],
    [words.border, percent(coverage)],
    [words.lost, percent(loss)],
    [words.sampled, percent(sampling)],
    [words.windowsFrom, instant(node.retainedFrom)],
    [words.answeredAfter, verdict === 'absent' ? '' : `${count(Math.round(node.after))} ms`],
    [words.signedBy, verdict === 'absent' || verdict === 'silent' ? '' : signer],
  ];
  return (
    <section class="about">
      <h3>
        {words.chosen} {asText(as)}
      </h3>
      {reason !== '' && <p>{reason}</p>}
      <Figures of={facts.filter(([, value]) => value !== '')} />
      {measured.map(({ text }) => (
        <p class="warn" key={text}>
          {text}
        </p>
      ))}
    </section>
  );
}
