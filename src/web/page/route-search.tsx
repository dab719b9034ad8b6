/** What a person looks for among the routes held: the words of `show route`, one field each. */
import { useEffect, useState } from 'preact/hooks';
import type { SummaryRow } from '../../collector/messages.ts';
import { useAsk, useWords } from './context.ts';
import type { Query } from './query.ts';

const IRR = ['match', 'match-covering', 'mismatch', 'mismatch-covering', 'unknown'] as const;
const ROV = ['valid', 'invalid', 'not-found'] as const;

/** Fields of the address that are asked for. */
const FIELDS = ['q', 'scope', 'peer', 'origin', 'path', 'community', 'validity'] as const;
type Field = (typeof FIELDS)[number];
type Typed = Readonly<Record<Field, string>>;

const typedOf = (query: Query): Typed =>
  Object.fromEntries(FIELDS.map(field => [field, query[field] ?? ''])) as Record<Field, string>;

export function RouteSearch({ query, search }: { query: Query; search: (typed: Query) => void }) {
  const words = useWords();
  const peers = useAsk<SummaryRow[]>('show bgp summary', {}, 0);
  const [typed, setTyped] = useState(typedOf(query));
  // Whoever comes back by the button of the browser sees what was asked then.
  useEffect(() => setTyped(typedOf(query)), [query]);
  const set = (field: Field) => (event: { currentTarget: { value: string } }) =>
    setTyped({ ...typed, [field]: event.currentTarget.value });
  return (
    <search>
      <form
        onSubmit={event => {
          event.preventDefault();
          search(Object.fromEntries(FIELDS.map(field => [field, typed[field].trim()])));
        }}
      >
        <label>
          {words.address}
          <input value={typed.q} required placeholder="192.0.2.0/24" onInput={set('q')} />
        </label>
        <label>
          {words.scope}
          <select value={typed.scope} onInput={set('scope')}>
            <option value="">{words.scopeMatch}</option>
            <option value="exact">{words.scopeExact}</option>
            <option value="longer">{words.scopeLonger}</option>
            <option value="shorter">{words.scopeShorter}</option>
          </select>
        </label>
        <label>
          {words.peer}
          <select value={typed.peer} onInput={set('peer')}>
            <option value="">{words.anyPeer}</option>
            {(peers.value ?? []).map(({ peer }) => (
              <option value={peer} key={peer}>
                {peer}
              </option>
            ))}
          </select>
        </label>
        <label>
          {words.originAs}
          <input value={typed.origin} size={8} placeholder="64500" onInput={set('origin')} />
        </label>
        <label>
          {words.pathPattern}
          <input value={typed.path} size={12} placeholder="_64500_" onInput={set('path')} />
        </label>
        <label>
          {words.community}
          <input value={typed.community} size={10} placeholder="64500:120" onInput={set('community')} />
        </label>
        <label>
          {words.validity}
          <select value={typed.validity} onInput={set('validity')}>
            <option value="">{words.anyState}</option>
            {IRR.map(state => (
              <option value={state} key={state}>
                IRR {words.irrOf[state]}
              </option>
            ))}
            {ROV.map(state => (
              <option value={state} key={state}>
                RPKI {words.rovOf[state]}
              </option>
            ))}
          </select>
        </label>
        <button type="submit">{words.search}</button>
      </form>
    </search>
  );
}
