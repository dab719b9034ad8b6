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

/** Names with what they are, line by line; what has no value is left out. */
export function Facts({ of }: { of: readonly (readonly [name: string, value: ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {of.map(([name, value]) =>
        value === '' || value === null ? null : (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
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

/** Nothing to be seen. */
const isEmpty = (cell: ComponentChildren): boolean =>
  cell === '' || cell === null || cell === undefined || cell === false || (Array.isArray(cell) && cell.length === 0);

/**
 * A table, a hundred rows at first and as many more as are asked for. A column of which no row shown has anything is left out.
 * `heading`: its caption is a heading of this rank.
 */
export function Table<T>({
  caption,
  columns,
  rows,
  keyOf,
  heading,
}: {
  caption: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  keyOf: (row: T) => string;
  heading?: 2 | 3;
}) {
  const words = useWords();
  const [most, setMost] = useState(WINDOW);
  const shown = useMemo(() => rows.slice(0, most), [rows, most]);
  const cells = shown.map(row => columns.map(({ show }) => show(row)));
  const kept = columns
    .map((column, at) => ({ ...column, at }))
    .filter(({ at }) => cells.some(row => !isEmpty(row[at])));
  const title = (
    <>
      {caption} <span class="count">({words.shown(shown.length, rows.length)})</span>
    </>
  );
  return (
    <div class="scroll">
      <table>
        <caption>{heading === 2 ? <h2>{title}</h2> : heading === 3 ? <h3>{title}</h3> : title}</caption>
        <thead>
          <tr>
            {kept.map(({ title: name, kind }) => (
              <th scope="col" class={kind} key={name}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((row, i) => (
            <tr key={keyOf(row)}>
              {kept.map(({ title: name, kind, at }) => (
                <td class={kind} key={name} data-title={name}>
                  {cells[i]![at]}
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

/** A word of the daemon in the language of the page; one that has no other stays as it is. */
export const term = (terms: Readonly<Record<string, string>>, word: string): string =>
  Object.hasOwn(terms, word) ? terms[word]! : word;

export const severityMark = (severity: string | null | undefined): 'bad' | 'warn' | 'good' | 'soft' =>
  severity === 'critical' || severity === 'major'
    ? 'bad'
    : severity === 'minor'
      ? 'warn'
      : severity === 'ok'
        ? 'good'
        : 'soft';

export const caseMark = (state: string): 'bad' | 'warn' | 'good' | 'soft' =>
  state === 'ongoing' || state === 'flapping'
    ? 'bad'
    : state === 'suspected' || state === 'fading' || state === 'unseen'
      ? 'warn'
      : state === 'resolved'
        ? 'good'
        : 'soft';
