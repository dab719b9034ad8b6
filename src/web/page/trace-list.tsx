/** The tree of a trace as a nested list, in the manner of the ARIA practices for trees: the same as the drawing, by keys. */
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { VERDICT_LOOKS } from '../../traceback/verdict-look.ts';
import { useWords } from './context.ts';
import { asText, chanceText } from './show.ts';
import { type Branch, linesOf, type Shown } from './tree-model.ts';

interface List {
  readonly shown: Shown;
  readonly chance: (as: number) => number | undefined;
  readonly possible: ReadonlySet<number>;
  readonly chosen: string | null;
  readonly choose: (id: string) => void;
  readonly fold: (one: Shown) => void;
}

export function TraceList({ label, ...list }: List & { readonly label: string }) {
  const { shown, chosen, choose, fold } = list;
  const tree = useRef<HTMLUListElement>(null);
  const lines = useMemo(() => linesOf(shown), [shown]);
  const at = Math.max(
    0,
    lines.findIndex(({ id }) => id === chosen),
  );
  const moved = useRef(false);
  // The focus follows what the keys have chosen, and only that.
  useEffect(() => {
    if (!moved.current) return;
    moved.current = false;
    tree.current?.querySelector<HTMLElement>('[role=treeitem][tabindex="0"]')?.focus();
  }, [chosen, lines]);
  const go = (to: Shown | undefined) => {
    if (to === undefined) return;
    moved.current = true;
    choose(to.id);
  };
  const parent = (one: Shown) => lines.find(({ children }) => children.includes(one));
  const key = (event: KeyboardEvent) => {
    const one = lines[at]!;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'ArrowDown') go(lines[at + 1]);
    else if (event.key === 'ArrowUp') go(lines[at - 1]);
    else if (event.key === 'Home') go(lines[0]);
    else if (event.key === 'End') go(lines.at(-1));
    else if (event.key === 'ArrowRight') {
      if (one.folded === true) fold(one);
      else go(one.children[0]);
    } else if (event.key === 'ArrowLeft') {
      if (one.folded === false && one.children.length > 0) fold(one);
      else go(parent(one));
    } else if (event.key === 'Enter' || event.key === ' ') {
      choose(one.id);
      if (one.branches.length > 1) fold(one);
    } else return;
    event.preventDefault();
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a tree is a list of lists (ARIA practices)
    <ul role="tree" class="tree" aria-label={label} ref={tree} onKeyDown={key}>
      <Item one={shown} current={lines[at]!.id} {...list} />
    </ul>
  );
}

function Item({ one, current, ...list }: { one: Shown; current: string } & List) {
  const { id, level, place, of, folded, children } = one;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree has the keys of all its items
    <li
      role="treeitem"
      aria-level={level}
      aria-posinset={place}
      aria-setsize={of}
      aria-expanded={folded === null ? undefined : !folded}
      aria-selected={id === list.chosen}
      tabIndex={id === current ? 0 : -1}
      onClick={event => {
        event.stopPropagation();
        list.choose(id);
      }}
    >
      <Line one={one} {...list} />
      {children.length > 0 && (
        // biome-ignore lint/a11y/useSemanticElements: what is below an item of a tree is such a group (ARIA practices)
        <ul role="group">
          {children.map(child => (
            <Item key={child.id} one={child} current={current} {...list} />
          ))}
        </ul>
      )}
    </li>
  );
}

function Line({ one, chance, possible, fold }: { one: Shown } & List) {
  const words = useWords();
  const { branches, folded } = one;
  const [{ node, entry, below }] = branches as readonly [Branch];
  const { look, mark } = VERDICT_LOOKS[node.verdict];
  const many = branches.length > 1;
  const sure = many ? undefined : chance(node.as);
  const said = words.verdicts[node.verdict];
  return (
    <span class={`line ${look}`}>
      <span
        class="sign"
        aria-hidden="true"
        onClick={event => {
          event.stopPropagation();
          fold(one);
        }}
      >
        {folded === null ? '' : folded ? '▸' : '▾'}
      </span>
      <span class="sign" aria-hidden="true">
        {mark}
      </span>
      <span>
        <strong>{many ? words.ases(branches.length) : asText(node.as)}</strong>
        {entry && <strong class="bad"> · {words.entry}</strong>} {said}
        {sure !== undefined && `, ${chanceText(sure, words)}`}
        {branches.some(branch => possible.has(branch.node.as)) && !entry && (
          <span class="warn"> ({words.possible})</span>
        )}
        {node.reason !== '' && !many && <span class="soft"> {node.reason}</span>}
        {many && <span class="soft"> {branches.map(branch => asText(branch.node.as)).join(' ')}</span>}
        {folded === true && !many && <span class="soft"> (+{words.ases(below)})</span>}
      </span>
    </span>
  );
}
