/** The part of the address that says what is looked for in a view, as a value of the view. */
import { useCallback, useEffect, useState } from 'preact/hooks';
import { hashOf, readPlace } from './place.ts';

export type Query = Readonly<Record<string, string>>;

/**
 * What stands in the address, and a way to change some of it ('' takes a name out). `step`: the change is one that the back
 * button takes back; otherwise the address just follows what is typed.
 */
export function useQuery(): readonly [Query, (change: Query, step: boolean) => void] {
  const [query, setQuery] = useState(() => readPlace(location.hash).query);
  useEffect(() => {
    const { view } = readPlace(location.hash);
    const moved = () => {
      const place = readPlace(location.hash);
      if (place.view === view) setQuery(place.query);
    };
    addEventListener('hashchange', moved);
    return () => removeEventListener('hashchange', moved);
  }, []);
  const change = useCallback((some: Query, step: boolean) => {
    const { view, id, query: old } = readPlace(location.hash);
    const next = { ...old, ...some };
    const hash = hashOf(view, { id, query: next });
    if (hash === location.hash) return;
    if (step) history.pushState(null, '', hash);
    else history.replaceState(null, '', hash);
    setQuery(readPlace(hash).query);
  }, []);
  return [query, change];
}
