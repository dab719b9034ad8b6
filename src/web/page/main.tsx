/** The page: its frame, which view is shown, and the token. */
import { render } from 'preact';
import { useCallback, useContext, useEffect, useRef, useState } from 'preact/hooks';
import type { CaseLineRow } from '../../control/case-rows.ts';
import { follow, token } from './api.ts';
import { CaseView } from './case.tsx';
import { Cases } from './cases.tsx';
import { ChangesContext, TokenContext, useWords, WordsContext } from './context.ts';
import { chooseLanguage, chosenLanguage } from './language.ts';
import { Overview } from './overview.tsx';
import { Probes } from './probes.tsx';
import { Registry } from './registry.tsx';
import { Routes } from './routes.tsx';
import './style.css';
import { TracePeers } from './trace-peers.tsx';
import { Traces, TraceView } from './traces.tsx';
import { type Words, wordsOf } from './words.ts';

const VIEWS = ['overview', 'cases', 'traces', 'routes', 'registry', 'probes', 'traceback'] as const;
type View = (typeof VIEWS)[number];

/** `#/case/2026-11-29-01` and the like. */
function readHash(): { readonly view: string; readonly id: string } {
  const [, view = '', id = ''] = location.hash.split('/');
  return { view: view === '' ? 'overview' : view, id: decodeURIComponent(id) };
}

function shown(view: string, id: string) {
  switch (view) {
    case 'case':
      return <CaseView id={id} />;
    case 'cases':
      return <Cases />;
    case 'trace':
      return <TraceView id={id} />;
    case 'traces':
      return <Traces />;
    case 'routes':
      return <Routes />;
    case 'registry':
      return <Registry />;
    case 'probes':
      return <Probes />;
    case 'traceback':
      return <TracePeers />;
    default:
      return <Overview />;
  }
}

function App() {
  const [language, setLanguage] = useState(chosenLanguage());
  const [place, setPlace] = useState(readHash());
  const [needsToken, setNeedsToken] = useState(false);
  const words = wordsOf(language);
  const main = useRef<HTMLElement>(null);
  useEffect(() => {
    const moved = () => {
      setPlace(readHash());
      // Who reads by ear begins at the new view's head.
      main.current?.focus();
    };
    addEventListener('hashchange', moved);
    return () => removeEventListener('hashchange', moved);
  }, []);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const needToken = useCallback(() => setNeedsToken(true), []);
  const [changes, setChanges] = useState(0);
  const changed = useCallback(() => setChanges(n => n + 1), []);
  const current = place.view === 'case' ? 'cases' : place.view === 'trace' ? 'traces' : place.view;
  return (
    <WordsContext.Provider value={words}>
      <TokenContext.Provider value={needToken}>
        <button type="button" class="skip" onClick={() => main.current?.focus()}>
          {words.skip}
        </button>
        <header>
          <strong>InterTrack</strong>
          <nav aria-label="InterTrack">
            {VIEWS.map(view => (
              <a href={`#/${view}`} key={view} aria-current={view === current ? 'page' : undefined}>
                {words[view satisfies View]}
              </a>
            ))}
          </nav>
          <button
            type="button"
            class="plain"
            lang={language === 'ja' ? 'en' : 'ja'}
            onClick={() => {
              const next = language === 'ja' ? 'en' : 'ja';
              chooseLanguage(next);
              setLanguage(next);
            }}
          >
            {words.language}
          </button>
          {token.read() !== null && (
            <button type="button" class="plain" onClick={signOut}>
              {words.signOut}
            </button>
          )}
        </header>
        <main id="main" ref={main} tabIndex={-1}>
          <ChangesContext.Provider value={changes}>
            {needsToken ? <SignIn words={words} /> : shown(place.view, place.id)}
          </ChangesContext.Provider>
        </main>
        {!needsToken && <News changed={changed} />}
      </TokenContext.Provider>
    </WordsContext.Provider>
  );
}

function signOut() {
  token.forget();
  location.reload();
}

function SignIn({ words }: { words: Words }) {
  const [text, setText] = useState('');
  return (
    <form
      onSubmit={event => {
        event.preventDefault();
        token.write(text.trim());
        location.reload();
      }}
    >
      <p>{words.tokenNeeded}</p>
      <label>
        {words.token}
        <input
          type="password"
          autocomplete="current-password"
          required
          value={text}
          onInput={event => setText(event.currentTarget.value)}
        />
      </label>
      <button type="submit">{words.signIn}</button>
    </form>
  );
}

/** How long it waits before it asks again for what happens, ms. */
const PAUSE = 5000;

/** Changes that come within so many ms are one: views are read anew for it. */
const GATHERED = 2000;

/** Says the latest change of a case to who does not look at it, and has the views that show cases read anew. */
function News({ changed }: { changed: () => void }) {
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

render(<App />, document.body);
