/** What every part of the page needs: its words, and values that are read again and again. */
import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import { ask, type Parameters, type Reply } from './api.ts';
import { type Words, wordsOf } from './words.ts';

export const WordsContext = createContext<Words>(wordsOf('en'));
export const useWords = (): Words => useContext(WordsContext);

/** Called when a token is needed. */
export const TokenContext = createContext<() => void>(() => {});

/** How often something of a case has changed, in steps of some seconds. */
export const ChangesContext = createContext(0);

export interface Reading<T> {
  /** The latest answer; null before the first. */
  readonly value: T | null;
  readonly notes: readonly string[];
  /** Why there is no newer one; '' while there is. */
  readonly trouble: string;
  /** Reads it now. */
  again(): void;
}

/**
 * Reads a command's answer at once and every `every` ms, not while the tab is hidden and not before the last one has
 * come; 0: not again. It may depend on the latest answer; null: there was none. A null command is none.
 */
export function useAsk<T>(
  command: string | null,
  parameters: Parameters = {},
  every: number | ((latest: T | null) => number) = 5000,
): Reading<T> {
  const key = JSON.stringify([command, parameters]);
  const [state, setState] = useState<{ key: string; value: T | null; notes: readonly string[]; trouble: string }>({
    ...{ key, value: null, notes: [], trouble: '' },
  });
  const [turn, setTurn] = useState(0);
  const needToken = useContext(TokenContext);
  // The key stands for command and parameters, the turn for a wish to read it now.
  useEffect(() => {
    if (command === null) return;
    const gone = new AbortController();
    let timer = 0;
    const read = async () => {
      const reply: Reply<T> = document.hidden
        ? { ok: false, status: -1, detail: '' }
        : await ask<T>(command, parameters, { signal: gone.signal });
      if (gone.signal.aborted) return;
      if (reply.ok) setState({ key, value: reply.value, notes: reply.notes, trouble: '' });
      else if (reply.status === 401) needToken();
      else if (reply.status >= 0)
        setState(old => ({ ...(old.key === key ? old : { key, value: null, notes: [] }), trouble: reply.detail }));
      const wait = typeof every === 'number' ? every : every(reply.ok ? reply.value : null);
      if (wait > 0) timer = window.setTimeout(read, wait);
    };
    void read();
    return () => {
      gone.abort();
      window.clearTimeout(timer);
    };
  }, [key, every, turn]);
  const current = state.key === key ? state : { value: null, notes: [], trouble: '' };
  return { ...current, again: () => setTurn(n => n + 1) };
}
