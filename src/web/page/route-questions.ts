/** What is asked of the daemon for what a person typed into the search for routes. No drawing here. */
import type { Parameters } from './api.ts';

/** An AS, as a person writes it; null when the text is none. */
export function asNumber(text: string): string | null {
  const [, plain, high, low] = /^(?:as\s*)?(?:(\d{1,10})|(\d{1,5})\.(\d{1,5}))$/i.exec(text.trim()) ?? [];
  if (plain !== undefined) return plain;
  return high === undefined ? null : `${high}.${low}`;
}

/** The questions, one after the other: of an AS all that it originates, in both families. */
export function routeQuestions(query: Readonly<Record<string, string>>): Parameters[] {
  const { q = '', scope, peer, origin, path, community, validity } = query;
  if (q === '') return [];
  const filters: Record<string, string> = {};
  const given = { peer, 'origin-as': origin, path, community, validity };
  for (const [name, value] of Object.entries(given)) if (value !== undefined && value !== '') filters[name] = value;
  const as = asNumber(q);
  if (as !== null)
    return ['0.0.0.0/0', '::/0'].map(prefix => ({ ...filters, prefix, longer: true as const, 'origin-as': as }));
  const word = ['exact', 'longer', 'shorter'].find(one => one === scope);
  return [{ ...filters, prefix: q, ...(word !== undefined && { [word]: true as const }) }];
}
