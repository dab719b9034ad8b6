/** What happens to cases while one looks: said aloud, and told to the views that show cases. */
import { useContext, useEffect, useState } from 'preact/hooks';
import type { CaseLineRow } from '../../control/case-rows.ts';
import { follow } from './api.ts';
import { TokenContext, useWords } from './context.ts';

/** How long it waits before it asks again for what happens, ms. */
const PAUSE = 5000;

/** Changes that come within so many ms are one: views are read anew for it. */
const GATHERED = 2000;

/** Says the latest change of a case to who does not look at it, and has the views that show cases read anew. */
export function News({ changed }: { changed: () => void }) {
  const words = useWords();
  const needToken = useContext(TokenContext);
  const [line, setLine] = useState('');
  useEffect(() => {
    const gone = new AbortController();
    let timer = 0;
    let gathering = 0;
    const gather = () => {
      gathering ||= window.setTimeout(() => {
        gathering = 0;
        changed();
      }, GATHERED);
    };
    const listen = async () => {
      const ended = await follow(
        'watch cases',
        row => {
          const { case: id, state, prefix, what } = row as CaseLineRow;
          gather();
          if (id !== undefined) setLine(`${id} ${prefix} ${state}: ${what}`);
        },
        gone.signal,
      );
      if (gone.signal.aborted) return;
      if (!ended.ok && ended.status === 401) needToken();
      else timer = window.setTimeout(listen, PAUSE);
    };
    void listen();
    return () => {
      gone.abort();
      window.clearTimeout(timer);
      window.clearTimeout(gathering);
    };
  }, [needToken, changed]);
  return (
    <div role="status" class="visually-hidden">
      {line === '' ? '' : words.announced(line)}
    </div>
  );
}
