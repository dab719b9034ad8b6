/** The page: its frame, and which view is shown in it. */
import { type ComponentType, render } from 'preact';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { token } from './api.ts';
import { ChangesContext, TokenContext, useWords, WordsContext } from './context.ts';
import { Keys } from './keys.tsx';
import { chooseLanguage, chosenLanguage } from './language.ts';
import { News } from './news.tsx';
import { type Place, readPlace } from './place.ts';
import { SignIn, signOut } from './sign-in.tsx';
import './style.css';
import { applyTheme, chooseTheme, chosenTheme, nextTheme } from './theme.ts';
import { loadView, MENU, parentOf, type ViewProps } from './views.tsx';
import { wordsOf } from './words.ts';

function App() {
  const [language, setLanguage] = useState(chosenLanguage());
  const [theme, setTheme] = useState(chosenTheme());
  const [place, setPlace] = useState(() => readPlace(location.hash));
  const [needsToken, setNeedsToken] = useState(false);
  const words = wordsOf(language);
  const main = useRef<HTMLElement>(null);
  const here = useRef(place);
  useEffect(() => {
    const moved = () => {
      const next = readPlace(location.hash);
      // A search that has changed is its view's own business.
      if (next.view === here.current.view && next.id === here.current.id) return;
      here.current = next;
      setPlace(next);
      // Who reads by ear begins at the new view's head.
      main.current?.focus();
    };
    addEventListener('hashchange', moved);
    return () => removeEventListener('hashchange', moved);
  }, []);
  const current = parentOf(place.view);
  const title = MENU.find(([view]) => view === current)?.[0] ?? 'overview';
  useEffect(() => {
    document.documentElement.lang = language;
    document.title = `${place.id === '' ? words[title] : `${words[title]} ${place.id}`} · InterTrack`;
  }, [language, place.id, title]);
  const needToken = useCallback(() => setNeedsToken(true), []);
  const [changes, setChanges] = useState(0);
  const changed = useCallback(() => setChanges(n => n + 1), []);
  return (
    <WordsContext.Provider value={words}>
      <TokenContext.Provider value={needToken}>
        <button type="button" class="skip" onClick={() => main.current?.focus()}>
          {words.skip}
        </button>
        <header>
          <strong>InterTrack</strong>
          <nav aria-label="InterTrack">
            {MENU.map(([view]) => (
              <a href={`#/${view}`} key={view} aria-current={view === title ? 'page' : undefined}>
                {words[view]}
              </a>
            ))}
          </nav>
          <Keys />
          <button
            type="button"
            class="plain"
            onClick={() => {
              const next = nextTheme(theme);
              chooseTheme(next);
              setTheme(next);
            }}
          >
            {{ system: words.themeSystem, light: words.themeLight, dark: words.themeDark }[theme]}
          </button>
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
            {needsToken ? <SignIn /> : <Shown place={place} />}
          </ChangesContext.Provider>
        </main>
        {!needsToken && <News changed={changed} />}
      </TokenContext.Provider>
    </WordsContext.Provider>
  );
}

/** The view of a place, as soon as it is loaded; until then the one before stays. */
function Shown({ place }: { place: Place }) {
  const words = useWords();
  const [loaded, setLoaded] = useState<{ place: Place; View: ComponentType<ViewProps> | null } | null>(null);
  useEffect(() => {
    let left = false;
    loadView(place.view).then(
      View => left || setLoaded({ place, View }),
      () => left || setLoaded({ place, View: null }),
    );
    return () => {
      left = true;
    };
  }, [place]);
  if (loaded === null) return <p class="soft">{words.wait}</p>;
  const { View } = loaded;
  const { view, id } = loaded.place;
  if (View !== null)
    return (
      <div data-view={view} data-id={id} aria-busy={loaded.place !== place}>
        <View key={`${view} ${id}`} id={id} />
      </div>
    );
  return (
    <p class="box" role="alert">
      {words.notLoaded}{' '}
      <button type="button" onClick={() => location.reload()}>
        {words.loadAgain}
      </button>
    </p>
  );
}

applyTheme(chosenTheme());
render(<App />, document.body);
