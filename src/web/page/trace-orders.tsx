/** What may be done with a trace: end it, ask again, take it along as a document. */
import { useState } from 'preact/hooks';
import type { TextExport } from '../../control/trace-rows.ts';
import type { Trace } from '../../traceback/trace.ts';
import { ask, order } from './api.ts';
import { useWords } from './context.ts';
import { OrderButton } from './order-button.tsx';
import { useRole } from './role.ts';
import { saveFile } from './save.ts';

export function TraceOrders({ trace: { id, state }, changed }: { trace: Trace; changed: () => void }) {
  const words = useWords();
  const role = useRole();
  const [again, setAgain] = useState<string | null>(null);
  const name = { 'trace-id': id };
  if (role === 'reader') return <p class="soft">{words.tracesNothing}</p>;
  if (role === null) return null;
  return (
    <div class="tools">
      {state === 'partial' ? (
        <OrderButton
          name={words.cancelTrace}
          question={`${words.cancelTrace} (${id})`}
          carryOut={() => order('trace cancel', name)}
          then={changed}
        />
      ) : (
        <OrderButton
          name={words.askAgain}
          question={`${words.askAgain} (${id})`}
          carryOut={async () => {
            const reply = await order<Trace>('trace again', name);
            if (reply.ok) setAgain(reply.value.id);
            return reply;
          }}
        />
      )}
      {again !== null && <a href={`#/trace/${again}`}>{again}</a>}
    </div>
  );
}

/** Forms of a document, its file name's ending and its type. */
const FORMS = [
  ['json', 'json', 'application/json'],
  ['iodef', 'iodef.xml', 'application/xml'],
  ['rid', 'rid.xml', 'application/xml'],
  ['dot', 'dot', 'text/vnd.graphviz'],
  ['svg', 'svg', 'image/svg+xml'],
] as const;

/** Documents come by the API, which wants the token: a link alone would not do. */
export function Exports({ id }: { id: string }) {
  const words = useWords();
  const [said, setSaid] = useState('');
  const save = async ([form, ending, type]: (typeof FORMS)[number]) => {
    const reply = await ask<TextExport | object>('trace export', { 'trace-id': id, [form]: true });
    setSaid(reply.ok ? `${id}.${ending}` : reply.detail);
    if (!reply.ok) return;
    const text = 'document' in reply.value ? reply.value.document : `${JSON.stringify(reply.value, null, 2)}\n`;
    saveFile(`${id}.${ending}`, type, text);
  };
  return (
    <>
      <h2>{words.exports}</h2>
      <p class="soft">{words.exportsHelp}</p>
      <div class="tools">
        {FORMS.map(form => (
          <button type="button" key={form[0]} onClick={() => save(form)}>
            {form[0].toUpperCase()}
          </button>
        ))}
        <output aria-live="polite">{said}</output>
      </div>
    </>
  );
}
