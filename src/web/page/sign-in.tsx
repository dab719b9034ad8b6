/** Asks for the token. */
import { useState } from 'preact/hooks';
import { token } from './api.ts';
import { useWords } from './context.ts';

export function SignIn() {
  const words = useWords();
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

export function signOut(): void {
  token.forget();
  location.reload();
}
