/** What a person does with a case: nothing happens by one click, and nothing is offered that the token does not allow. */
import { useRef, useState } from 'preact/hooks';
import type { CaseDetail, CaseExport, IodefExport } from '../../control/case-rows.ts';
import { ask, order } from './api.ts';
import { useWords } from './context.ts';
import { useRole } from './role.ts';
import { saveFile, saveJson } from './save.ts';

type Action = 'ack' | 'dismiss' | 'reopen' | 'note';

/** What the state of a case leaves to be done. */
function possibleIn(state: CaseDetail['state']): readonly Action[] {
  if (state === 'resolved') return ['note'];
  return state === 'dismissed' ? ['reopen', 'note'] : ['ack', 'dismiss', 'note'];
}

export function CaseActions({ one, changed }: { one: CaseDetail; changed: () => void }) {
  const words = useWords();
  const role = useRole();
  const dialog = useRef<HTMLDialogElement>(null);
  const [action, setAction] = useState<Action>('note');
  const [reason, setReason] = useState('');
  const [long, setLong] = useState('');
  const [said, setSaid] = useState<{ readonly well: boolean; readonly text: string }>({ well: true, text: '' });
  const names = { ack: words.acknowledge, dismiss: words.dismiss, reopen: words.reopen, note: words.note };
  const means = { ack: words.ackMeans, dismiss: words.dismissMeans, reopen: words.reopenMeans, note: words.noteMeans };
  const needed = action === 'dismiss' || action === 'note';
  const open = (wanted: Action) => {
    setAction(wanted);
    setReason('');
    setLong('');
    setSaid({ well: true, text: '' });
    dialog.current?.showModal();
  };
  const carryOut = async (event: Event) => {
    event.preventDefault();
    dialog.current?.close();
    const given = action === 'note' ? { text: reason } : reason === '' ? {} : { reason };
    const until = action === 'dismiss' && long.trim() !== '' ? { for: long.trim() } : {};
    const reply = await order(`case ${action}`, { 'case-id': one.id, ...given, ...until });
    setSaid(reply.ok ? { well: true, text: words.done } : { well: false, text: reply.detail });
    changed();
  };
  const exported = async (form: 'json' | 'iodef') => {
    const parameters = { 'case-id': one.id, [form]: true } as const;
    const reply = await ask<CaseExport | IodefExport>('case export', parameters);
    if (!reply.ok) return setSaid({ well: false, text: reply.detail });
    const name = `intertrack-case-${one.id}`;
    if ('iodef' in reply.value) saveFile(`${name}.xml`, 'application/xml', reply.value.iodef);
    else saveJson(name, reply.value);
    setSaid({ well: true, text: words.exported });
  };
  return (
    <section aria-label={words.actions}>
      <h2>{words.actions}</h2>
      <div class="buttons">
        {role === 'operator' &&
          possibleIn(one.state).map(name => (
            <button type="button" key={name} onClick={() => open(name)}>
              {names[name]}
            </button>
          ))}
        <button type="button" onClick={() => exported('json')}>
          {words.exportJson}
        </button>
        <button type="button" onClick={() => exported('iodef')}>
          {words.exportIodef}
        </button>
      </div>
      {role === 'reader' && <p class="soft">{words.onlyReading}</p>}
      <output class={said.well ? 'good' : 'bad'} aria-live="polite">
        {said.text}
      </output>
      <dialog ref={dialog} aria-labelledby="asked">
        <form onSubmit={carryOut}>
          <p id="asked">
            <strong>{words.sure(`${names[action]} (${one.id}, ${one.prefix})`)}</strong>
          </p>
          <p>{means[action]}</p>
          <label>
            {action === 'note' ? words.note : words.reason}
            <input
              value={reason}
              required={needed}
              maxLength={200}
              onInput={event => setReason(event.currentTarget.value)}
            />
          </label>
          {action === 'dismiss' && (
            <label>
              {words.forLong} ({words.forLongHelp})
              <input value={long} pattern="\s*\d+\s*[smhd]\s*" onInput={event => setLong(event.currentTarget.value)} />
            </label>
          )}
          <div class="buttons">
            <button type="submit">{words.yes}</button>
            <button type="button" onClick={() => dialog.current?.close()}>
              {words.no}
            </button>
          </div>
        </form>
      </dialog>
    </section>
  );
}
