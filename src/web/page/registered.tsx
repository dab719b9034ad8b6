/** What is registered for a prefix, an AS or a name: objects of the IRR, and VRPs. */
import { useEffect, useState } from 'preact/hooks';
import type { IrrNamedRow, IrrObjectRow, RpkiPayloadRow } from '../../control/daemon.ts';
import { useAsk, useWords } from './context.ts';
import { Read, Table } from './parts.tsx';
import { useQuery } from './query.ts';
import { asNumber } from './route-questions.ts';
import { age, asText } from './show.ts';

/** An address or a prefix; everything else is a name. */
const isPrefix = (text: string): boolean => /^[\d.]+(\/\d+)?$/.test(text) || (text.includes(':') && !/^as/i.test(text));

export function Registered() {
  const words = useWords();
  const [query, change] = useQuery();
  const { q = '' } = query;
  const [typed, setTyped] = useState(q);
  useEffect(() => setTyped(q), [q]);
  const as = asNumber(q);
  return (
    <>
      <h2>{words.registered}</h2>
      <search>
        <form
          onSubmit={event => {
            event.preventDefault();
            change({ q: typed.trim() }, true);
          }}
        >
          <label>
            {words.registeredHelp}
            <input value={typed} placeholder="192.0.2.0/24" onInput={event => setTyped(event.currentTarget.value)} />
          </label>
          <button type="submit">{words.show}</button>
        </form>
      </search>
      {q !== '' && (as === null && isPrefix(q) ? <OfPrefix prefix={q} /> : <OfName name={q} as={as} />)}
    </>
  );
}

interface Shown {
  readonly source: string;
  readonly what: string;
  readonly age: number | null;
  readonly text: string;
}

function OfPrefix({ prefix }: { prefix: string }) {
  const objects = useAsk<IrrObjectRow[]>('show irr', { prefix }, 0);
  const vrps = useAsk<RpkiPayloadRow[]>('show rpki', { prefix }, 0);
  return (
    <>
      <Read of={objects}>
        {rows => (
          <Objects
            rows={rows.map(row => ({
              ...{ source: row.source, age: row.age, text: row.text },
              what: `${row.prefix} ${asText(row.origin)}`,
            }))}
          />
        )}
      </Read>
      <Read of={vrps}>{rows => <Payloads rows={rows} />}</Read>
    </>
  );
}

function OfName({ name, as }: { name: string; as: string | null }) {
  const objects = useAsk<IrrNamedRow[]>('show irr', { name: as === null ? name : `AS${as}` }, 0);
  const payloads = useAsk<RpkiPayloadRow[]>(as === null ? null : 'show rpki', as === null ? {} : { as }, 0);
  return (
    <>
      <Read of={objects}>
        {rows => (
          <Objects
            rows={rows.flatMap(row =>
              row.what === 'object'
                ? [{ source: row.source, age: row.age, text: row.text, what: `${row.class} ${row.key}` }]
                : [],
            )}
          />
        )}
      </Read>
      {as !== null && <Read of={payloads}>{rows => <Payloads rows={rows} />}</Read>}
    </>
  );
}

function Objects({ rows }: { rows: readonly Shown[] }) {
  const words = useWords();
  if (rows.length === 0) return <p role="status">{words.nothingRegistered}</p>;
  return (
    <Table
      caption={words.registered}
      rows={rows.map((row, i) => ({ ...row, key: `${i}` }))}
      keyOf={row => row.key}
      columns={[
        { title: words.source, show: row => row.source, kind: 'id' },
        { title: words.what, show: row => row.what, kind: 'id' },
        { title: words.age, show: row => age(row.age), kind: 'time' },
        { title: words.objectText, show: row => <pre>{row.text.trim()}</pre> },
      ]}
    />
  );
}

function Payloads({ rows }: { rows: readonly RpkiPayloadRow[] }) {
  const words = useWords();
  const shown = rows.map(row =>
    row.what === 'vrp'
      ? { what: 'VRP', subject: row.prefix, rest: `${words.maxLength} /${row.maxLength}, ${asText(row.as)}` }
      : { what: 'ASPA', subject: asText(row.customer), rest: row.providers.map(asText).join(', ') },
  );
  if (shown.length === 0) return null;
  return (
    <Table
      caption="RPKI"
      rows={shown}
      keyOf={row => `${row.what} ${row.subject} ${row.rest}`}
      columns={[
        { title: words.what, show: row => row.what, kind: 'id' },
        { title: `${words.prefix} / ${words.as}`, show: row => row.subject, kind: 'code' },
        { title: '', show: row => row.rest },
      ]}
    />
  );
}
