/** What the token that was typed in may do. */
import { useEffect, useState } from 'preact/hooks';
import { whoAsks } from './api.ts';

export type Role = 'operator' | 'reader' | null;

/** Asked until it is answered: with another token the page begins anew. */
let asked: Promise<Role> | null = null;

/** Null as long as it is not known, and of who may not even look. */
export function useRole(): Role {
  const [role, setRole] = useState<Role>(null);
  useEffect(() => {
    asked ??= whoAsks();
    void asked.then(role => {
      // Whom nobody answered asks again with the next part that wants to know.
      if (role === null) asked = null;
      setRole(role);
    });
  }, []);
  return role;
}
