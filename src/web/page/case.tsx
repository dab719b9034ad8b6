/** One case: what, why, since when, who was told, and what may be done about it. */
import { useRef, useState } from 'preact/hooks';
import type { CaseDetail } from '../../control/case-rows.ts';
import { order } from './api.ts';
import { holders } from './cases.tsx';
import { useAsk, useWords } from './context.ts';
import { caseMark, Figures, Mark, Read, Table } from './parts.tsx';
import { PathGraph } from './path-graph.tsx';
import { asText, instant, pathText } from './show.ts';

export function CaseView({ id }: { id: string }) {
  const words = useWords();
  const reading = useAsk<CaseDetail>('show case', { 'case-id': id });
  return (
    <>
      <h1>
        {words.case} {id}
      </h1>
      <Read of={reading}>{one => <Sheet one={one} changed={reading.again} />}</Read>
    </>
  );
}

function Sheet({ one, changed }: { one: CaseDetail; changed: () => void }) {
  const words = useWords();
  const { why, hints = [] } = one;
  return (
    <>
      <Figures
        of={[
          [words.state, <Mark of={one.state} as={caseMark(one.state)} />],
          [words.prefix, <code>{one.prefix}</code>],
          [words.what, one.kind],
          [words.by, asText(one.offender)],
          [words.via, asText(one.upstream)],
          [words.expected, one.expected.map(asText).join(', ')],
          [words.decidedBy, <code>{one.decidedBy}</code>],
          [words.witnesses, holders(one)],
          [words.opened, instant(one.opened)],
        ]}
      />
      <Actions one={one} changed={changed} />
      {hints.length > 0 && (
        <>
          <h2>{words.hints}</h2>
          <ul>
            {hints.map(({ hint, text }) => (
              <li key={hint}>
                <strong>{hint}</strong>: {text}
              </li>
            ))}
          </ul>
        </>
      )}
      {why !== undefined && (
        <>
          <h2>{words.why}</h2>
          <p>{why.rule}</p>
          <ul>
            <li>
              <strong>RPKI {why.rov}</strong>: {why.why.rov}
            </li>
            <li>
              <strong>IRR {why.irr}</strong>: {why.why.irr}
            </li>
            <li>
              <strong>ASPA {why.aspa}</strong>: {why.why.aspa}
            </li>
          </ul>
        </>
      )}
      <h2>{words.paths}</h2>
      <p class="soft">{words.pathsHelp}</p>
      <PathGraph paths={one.witnesses.map(({ path }) => path)} offender={one.offender} />
      <h2>{words.witnesses}</h2>
      <Table
        caption={words.witnesses}
        rows={one.witnesses}
        keyOf={row => `${row.peer} ${pathText(row.path)}`}
        columns={[
          { title: words.peer, show: row => row.peer, kind: 'id' },
          { title: words.state, show: row => row.state },
          { title: words.since, show: row => instant(row.since), kind: 'time' },
          { title: words.path, show: row => pathText(row.path), kind: 'code' },
        ]}
      />
      <h2>{words.timeline}</h2>
      <ol class="timeline">
        {one.timeline.map((event, i) => (
          <li key={i}>
            <time dateTime={new Date(event.time).toISOString()}>{instant(event.time)}</time>
            <Mark of={event.state} as={caseMark(event.state)} />
            <span>
              {event.what}
              {event.by !== undefined && <span class="soft"> ({event.by})</span>}
            </span>
          </li>
        ))}
      </ol>
      <h2>{words.told}</h2>
      {one.notices.length === 0 ? (
        <p>{words.nobodyTold}</p>
      ) : (
        <Table
          caption={words.told}
          rows={one.notices}
          keyOf={row => row.id}
          columns={[
            { title: words.what, show: row => `${row.channel} ${row.event}` },
            { title: words.told, show: row => row.recipient },
            { title: words.state, show: row => row.state },
            { title: words.opened, show: row => instant(row.created), kind: 'time' },
            { title: words.lastError, show: row => row.lastError },
          ]}
        />
      )}
      {one.refused.map(text => (
        <p class="soft" key={text}>
          {text}
        </p>
      ))}
    </>
  );
}

type Action = 'ack' | 'dismiss' | 'reopen' | 'note';

/** Asks for a reason and whether it is meant; nothing happens by one click. */
function Actions({ one, changed }: { one: CaseDetail; changed: () => void }) {
  const words = useWords();
  const dialog = useRef<HTMLDialogElement>(null);
  const [action, setAction] = useState<Action>('note');
  const [reason, setReason] = useState('');
  const [said, setSaid] = useState('');
  const names: Record<Action, string> = {
    ack: words.acknowledge,
    dismiss: words.dismiss,
    reopen: words.reopen,
    note: words.note,
  };
  const over = one.state === 'resolved';
  const possible: Action[] = over
    ? ['note']
    : one.state === 'dismissed'
      ? ['reopen', 'note']
      : ['ack', 'dismiss', 'note'];
  const needed = action === 'dismiss' || action === 'note';
  const open = (wanted: Action) => {
    setAction(wanted);
    setReason('');
    dialog.current?.showModal();
  };
  const carryOut = async (event: Event) => {
    event.preventDefault();
    dialog.current?.close();
    const words_ = action === 'note' ? { text: reason } : reason === '' ? {} : { reason };
    const reply = await order(`case ${action}`, { 'case-id': one.id, ...words_ });
    setSaid(reply.ok ? words.done : reply.detail);
    changed();
  };
  return (
    <>
      <h2>{words.actions}</h2>
      <form onSubmit={event => event.preventDefault()}>
        {possible.map(name => (
          <button type="button" key={name} onClick={() => open(name)}>
            {names[name]}
          </button>
        ))}
        <output aria-live="polite">{said}</output>
      </form>
      <dialog ref={dialog} aria-label={names[action]}>
        <form onSubmit={carryOut}>
          <p>{words.sure(`${names[action]} (${one.id}, ${one.prefix})`)}</p>
          <label>
            {words.reason}
            <input
              value={reason}
              required={needed}
              maxLength={200}
              onInput={event => setReason(event.currentTarget.value)}
            />
          </label>
          <button type="submit">{words.yes}</button>
          <button type="button" onClick={() => dialog.current?.close()}>
            {words.no}
          </button>
        </form>
      </dialog>
    </>
  );
}
