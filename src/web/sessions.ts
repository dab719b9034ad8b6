/**
 * What goes on for as long as its client likes: a token that lets somebody in is good for what it is now, so that one
 * that is taken back, or allows something else, ends what was begun with it (intertrack-api(7), Who may ask).
 */
import type { HttpRole } from '../config/http-tree.ts';
import type { Tokens } from './tokens.ts';

export interface Session {
  /** The header by which it was let in, and the role that this gave. */
  readonly authorization: string | undefined;
  readonly role: HttpRole | null;
  /** Why it may not go on for another reason than its token; null when it may. */
  readonly otherwise?: () => string | null;
  /** Ends it; `why` in words. */
  end(why: string): void;
}

export interface Sessions {
  /** Takes part in `review` until the function that it returns is called. */
  hold(session: Session): () => void;
  /** Ends those whose tokens are not what they were. To be called when tokens or the configuration have changed. */
  review(): void;
}

/** Nothing goes on yet. `tokens`: those that are good now. */
export function createSessions(tokens: () => Tokens): Sessions {
  const held = new Set<Session>();
  return {
    hold(session) {
      held.add(session);
      return () => void held.delete(session);
    },
    review() {
      for (const session of [...held]) {
        const why = doubtOf(session, tokens()) ?? session.otherwise?.() ?? null;
        if (why === null) continue;
        held.delete(session);
        session.end(why);
      }
    },
  };
}

function doubtOf({ authorization, role }: Session, tokens: Tokens): string | null {
  const asker = tokens(authorization);
  if (asker === null) return 'the token was taken back: it is none that is known here now';
  if (asker === 'nobody') return 'a token is needed now';
  if (asker.role === role) return null;
  return `${authorization === undefined ? 'who shows no token' : 'the token'} has the role of ${asker.role === 'operator' ? 'an operator' : 'a reader'} now: connect again`;
}
