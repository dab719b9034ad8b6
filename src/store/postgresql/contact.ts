/** Whether a database is reached: when it answered last, and since when it does not. Times in ms since the epoch. */
export interface Away {
  /** When it was found away first. */
  readonly since: number;
  /** When it had answered last; null: never since the start. */
  readonly answered: number | null;
  /** One line; it has no secret in it. */
  readonly why: string;
}

export interface Contact {
  answered(): void;
  failed(why: string): void;
  /** Null: it is reached, or was never asked. */
  away(): Away | null;
}

export function openContact(now: () => number = Date.now): Contact {
  let last: number | null = null;
  let since: number | null = null;
  let trouble = '';
  return {
    answered() {
      last = now();
      since = null;
    },
    failed(why) {
      since ??= now();
      trouble = why;
    },
    away: () => (since === null ? null : { since, answered: last, why: trouble }),
  };
}
