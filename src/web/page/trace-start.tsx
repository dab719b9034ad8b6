/**
 * Begins a trace: of a packet of which the digest is known, and then what it would ask can be seen before; or of the packets
 * of a capture, which the daemon makes digests of and does not keep.
 */
import { useState } from 'preact/hooks';
import type { TracePlan } from '../../control/plan-rows.ts';
import type { Trace } from '../../traceback/trace.ts';
import { ask, order, type Reply } from './api.ts';
import { useWords } from './context.ts';
import { OrderButton } from './order-button.tsx';
import { useRole } from './role.ts';

const PURPOSES = ['attack', 'misuse', 'fault', 'test'] as const;

const EMPTY = { digest: '', time: '', epoch: '', purpose: 'attack', reference: '' };

/** How a capture is handed in: intertrack-api(7), Packets. */
const CAPTURE = 'application/vnd.tcpdump.pcap';

export function TraceStart() {
  const words = useWords();
  const role = useRole();
  const [typed, setTyped] = useState(EMPTY);
  const [plan, setPlan] = useState<Reply<TracePlan> | null>(null);
  const [capture, setCapture] = useState<File | null>(null);
  const { digest, time, epoch, purpose, reference } = typed;
  const type = (name: keyof typeof EMPTY) => (event: { readonly currentTarget: { readonly value: string } }) => {
    setTyped({ ...typed, [name]: event.currentTarget.value });
    setPlan(null);
  };
  const what = { digest: digest.trim(), time: time.trim(), epoch: epoch.trim() === '' ? undefined : epoch.trim() };
  const ready = what.digest !== '' && what.time !== '';
  const terms = { purpose, reference: reference.trim() === '' ? undefined : reference.trim() };
  const purposeName = words.purposes[purpose as (typeof PURPOSES)[number]];
  const goTo = async (asked: Promise<Reply<Trace>>) => {
    const reply = await asked;
    if (reply.ok) location.hash = `#/trace/${reply.value.id}`;
    return reply;
  };
  const text = (name: 'digest' | 'time' | 'epoch' | 'reference', label: string, help: string) => (
    <label>
      {label}
      <input value={typed[name]} placeholder={help} onInput={type(name)} spellcheck={false} />
    </label>
  );
  if (role !== 'operator') return null;
  return (
    <details>
      <summary>{words.startTrace}</summary>
      <p class="soft">{words.startHelp}</p>
      <form onSubmit={event => event.preventDefault()}>
        {text('digest', words.digest, words.digestHelp)}
        {text('time', words.packetTime, words.packetTimeHelp)}
        {text('epoch', words.epoch, words.epochHelp)}
        <label>
          {words.purpose}
          <select value={purpose} onInput={type('purpose')}>
            {PURPOSES.map(one => (
              <option key={one} value={one}>
                {words.purposes[one]}
              </option>
            ))}
          </select>
        </label>
        {text('reference', words.reference, '')}
        <button
          type="button"
          disabled={!ready}
          onClick={async () => setPlan(await ask<TracePlan>('trace plan digest', what))}
        >
          {words.planIt}
        </button>
        <OrderButton
          name={words.startIt}
          question={`${words.startIt} (${what.digest}, ${purposeName})`}
          disabled={!ready}
          carryOut={() => goTo(order<Trace>('trace digest', { ...what, ...terms }))}
        />
        <label>
          {words.orCapture}
          <input type="file" onInput={event => setCapture(event.currentTarget.files?.[0] ?? null)} />
        </label>
        <OrderButton
          name={words.startCapture}
          question={`${words.startCapture} (${capture?.name}, ${purposeName})`}
          disabled={capture === null}
          carryOut={() =>
            goTo(
              ask<Trace>('trace set', terms, { method: 'POST', body: capture, headers: { 'Content-Type': CAPTURE } }),
            )
          }
        />
      </form>
      {plan !== null && (
        <p class={plan.ok ? undefined : 'box'} role="status">
          {plan.ok ? words.plan(plan.value.least, plan.value.most, plan.value.budget) : plan.detail}
        </p>
      )}
    </details>
  );
}
