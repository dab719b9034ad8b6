/**
 * Where the page is: `#/VIEW/ID?NAME=VALUE`. Everything that a person could want to send to somebody else or to come back to
 * stands in it. No drawing here, and nothing of the browser.
 */

export interface Place {
  readonly view: string;
  readonly id: string;
  /** What is looked for in the view; a name stands once. */
  readonly query: Readonly<Record<string, string>>;
}

/** Whoever writes an address by hand may write half of an escape. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The place of a fragment, `#` in front or not; anything at all is some place. */
export function readPlace(hash: string): Place {
  const [path = '', ...rest] = hash.replace(/^#/, '').split('?');
  const [, view = '', ...id] = path.split('/');
  return {
    view: view === '' ? 'overview' : decoded(view),
    id: decoded(id.join('/')),
    query: Object.fromEntries(new URLSearchParams(rest.join('?'))),
  };
}

/** The fragment of a place, `#` in front; names without a value are left out. */
export function hashOf(
  view: string,
  { id = '', query = {} }: { readonly id?: string; readonly query?: Readonly<Record<string, string | undefined>> } = {},
): string {
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== '') asked.set(name, value);
  const path = `#/${encodeURIComponent(view)}${id === '' ? '' : `/${encodeURIComponent(id)}`}`;
  return asked.size === 0 ? path : `${path}?${asked}`;
}
