/** What renderings know of where their lines go. A rendering never waits, so that the page which is laid out now is one. */
export interface Page {
  /** Columns it has; null: as many as a line takes, for a file or a pipe, where nothing is cut. */
  readonly columns: number | null;
  /** Lines that head a table, without the blanks around them: filled as tables are laid out. */
  readonly headings: Set<string>;
  /** Lines of documents and of what is to be entered elsewhere: they are never folded. Without the blanks around them. */
  readonly asIs: Set<string>;
}

/** A page on which nothing stands yet. */
export const newPage = (columns: number | null): Page => ({ columns, headings: new Set(), asIs: new Set() });

let now: Page = newPage(null);

/** Has a rendering lay out its lines for a page. */
export function layOut<T>(page: Page, render: () => T): T {
  const before = now;
  now = page;
  try {
    return render();
  } finally {
    now = before;
  }
}

/** The page that is laid out now. */
export const pageNow = (): Page => now;

/** Lines that somebody copies elsewhere. */
export function asIs(lines: readonly string[]): string[] {
  if (now.columns !== null) for (const line of lines) now.asIs.add(line.trim());
  return [...lines];
}
