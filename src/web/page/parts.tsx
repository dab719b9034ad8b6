/** Small parts that every view is made of. */
import type { ComponentChildren } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { type Reading, useWords } from './context.ts';

/** What is read, when it is there; what is wrong with it, always. */
export function Read<T>({ of, children }: { of: Reading<T>; children: (value: T) => ComponentChildren }) {
  const words = useWords();
  return (
    <>
      {of.trouble !== '' && (
        <p class="box" role="alert">
          {of.trouble}
        </p>
      )}
      {of.value === null ? of.trouble === '' && <p class="soft">{words.wait}</p> : children(of.value)}
      {of.notes.map(note => (
        <p class="soft" key={note}>
          {note}
        </p>
      ))}
    </>
  );
}

/** Names with what they are, as boxes in a row. */
export function Figures({ of }: { of: readonly (readonly [name: string, value: ComponentChildren])[] }) {
  return (
    <dl class="numbers">
      {of.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export interface Column<T> {
  readonly title: string;
  readonly show: (row: T) => ComponentChildren;
  readonly kind?: 'number' | 'time' | 'id' | 'code';
}

/** Rows that are put into the document at a time: thousands would make every change slow. */
const WINDOW = 100;

/** A table, a hundred rows at first and as many more as are asked for. */
export function Table<T>({
  caption,
  columns,
  rows,
  keyOf,
}: {
  caption: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  keyOf: (row: T) => string;
}) {
  const words = useWords();
  const [most, setMost] = useState(WINDOW);
  const shown = useMemo(() => rows.slice(0, most), [rows, most]);
  return (
    <div class="scroll">
      <table>
        <caption>
          {caption} ({words.shown(shown.length, rows.length)})
        </caption>
        <thead>
          <tr>
            {columns.map(({ title, kind }) => (
              <th scope="col" class={kind} key={title}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map(row => (
            <tr key={keyOf(row)}>
              {columns.map(({ title, show, kind }) => (
                <td class={kind} key={title}>
                  {show(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > most && (
        <button type="button" onClick={() => setMost(most + 10 * WINDOW)}>
          {words.shown(Math.min(rows.length, most + 10 * WINDOW), rows.length)} …
        </button>
      )}
    </div>
  );
}

/** Words in the colour of how bad it is; the words say it too. */
export function Mark({ of, as }: { of: string; as: 'bad' | 'warn' | 'good' | 'soft' }) {
  return <span class={as}>{of}</span>;
}

export const caseMark = (state: string): 'bad' | 'warn' | 'good' | 'soft' =>
  state === 'ongoing' || state === 'flapping'
    ? 'bad'
    : state === 'suspected' || state === 'fading' || state === 'unseen'
      ? 'warn'
      : state === 'resolved'
        ? 'good'
        : 'soft';
