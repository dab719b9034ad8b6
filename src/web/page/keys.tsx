/** Keys that lead somewhere: `g` and a letter to a view, `/` into its search, `?` to this list. They can be switched off. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { useWords } from './context.ts';
import { MENU } from './views.tsx';

const KEY = 'intertrack-keys';

/** Somebody is typing, or a question stands before the page. */
const busy = (target: EventTarget | null): boolean =>
  document.querySelector('dialog[open]') !== null ||
  (target instanceof HTMLElement && target.closest('input, textarea, select') !== null);

/** Whether single letters are keys: who speaks to the machine may not want them (WCAG 2.1.4). */
const areOn = (): boolean => localStorage.getItem(KEY) !== 'off';

/** A button that lists the keys, and the keys themselves. */
export function Keys() {
  const words = useWords();
  const dialog = useRef<HTMLDialogElement>(null);
  const [on, setOn] = useState(areOn());
  useEffect(() => {
    let going = false;
    const pressed = (event: KeyboardEvent) => {
      if (!areOn() || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || busy(event.target)) return;
      const found = going ? MENU.find(([, letter]) => letter === event.key) : undefined;
      going = false;
      if (found !== undefined) location.hash = `#/${found[0]}`;
      else if (event.key === 'g') going = true;
      else if (event.key === '?') dialog.current?.showModal();
      else if (event.key === '/') {
        const search = document.querySelector<HTMLInputElement>('main search input');
        if (search === null) return;
        search.focus();
        search.select();
      } else return;
      event.preventDefault();
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, []);
  return (
    <>
      <button type="button" class="plain" onClick={() => dialog.current?.showModal()}>
        {words.keys}
      </button>
      <dialog ref={dialog} aria-label={words.keys}>
        <h2>{words.keys}</h2>
        <dl class="keys">
          {MENU.map(([view, letter]) => (
            <div key={view}>
              <dt>
                <kbd>g</kbd> <kbd>{letter}</kbd>
              </dt>
              <dd>{words[view]}</dd>
            </div>
          ))}
          <div>
            <dt>
              <kbd>/</kbd>
            </dt>
            <dd>{words.keySearch}</dd>
          </div>
          <div>
            <dt>
              <kbd>?</kbd>
            </dt>
            <dd>{words.keyHelp}</dd>
          </div>
          <div>
            <dt>
              <kbd>← → ↑ ↓</kbd> <kbd>+</kbd> <kbd>-</kbd> <kbd>0</kbd>
            </dt>
            <dd>{words.keyTree}</dd>
          </div>
        </dl>
        <label class="beside">
          <input
            type="checkbox"
            checked={on}
            onInput={event => {
              const wanted = event.currentTarget.checked;
              localStorage.setItem(KEY, wanted ? 'on' : 'off');
              setOn(wanted);
            }}
          />
          {words.keysOn}
        </label>
        <form method="dialog">
          <button type="submit">{words.close}</button>
        </form>
      </dialog>
    </>
  );
}
