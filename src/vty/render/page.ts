/** What renderings know of where their lines go. A rendering never waits, so that the page which is laid out now is one. */
export interface Page {
  /** Lines that head a table, without the blanks around them: filled as tables are laid out. */
  readonly headings: Set<string>;
}

let now: Page = { headings: new Set() };

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
