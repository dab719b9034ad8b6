/** A button that does something: nothing happens until it is said twice, and what came of it is told. */
import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { Reply } from './api.ts';
import { useWords } from './context.ts';

interface Order {
  readonly name: string;
  /** What is asked before; the name and whether it is meant where nothing is given. */
  readonly question?: string;
  readonly disabled?: boolean;
  readonly carryOut: () => Promise<Reply<unknown>>;
  /** It is done. */
  readonly then?: () => void;
  readonly children?: ComponentChildren;
}

export function OrderButton({ name, question, disabled = false, carryOut, then, children }: Order) {
  const words = useWords();
  const dialog = useRef<HTMLDialogElement>(null);
  const [said, setSaid] = useState('');
  const confirmed = async (event: Event) => {
    event.preventDefault();
    dialog.current?.close();
    setSaid(words.wait);
    const reply = await carryOut();
    setSaid(reply.ok ? words.done : reply.detail);
    if (reply.ok) then?.();
  };
  return (
    <>
      <button type="button" disabled={disabled} onClick={() => dialog.current?.showModal()}>
        {name}
      </button>
      <output aria-live="polite">{said}</output>
      <dialog ref={dialog} aria-label={name}>
        <form onSubmit={confirmed}>
          <p>{words.sure(question ?? name)}</p>
          {children}
          <button type="submit">{words.yes}</button>
          <button type="button" onClick={() => dialog.current?.close()}>
            {words.no}
          </button>
        </form>
      </dialog>
    </>
  );
}
