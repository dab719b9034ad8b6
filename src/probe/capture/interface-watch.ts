/** What becomes of an interface that is captured from: a table of what is seen of it each second, and what is to be done. */
import type { InterfaceState } from '../../net/interfaces.ts';

/** How it stood when it was last looked at. */
export type WatchState =
  /** Captured from; the index tells it from another one of its name. */
  | { readonly is: 'running'; readonly index: number }
  /** Bound to, but down or without a carrier. */
  | { readonly is: 'down'; readonly index: number }
  /** Not there, or not yet bound to since it is there. */
  | { readonly is: 'away' };

export type WatchAction =
  /** Capture from the interface with this index from now on. */
  | { readonly type: 'bind'; readonly index: number }
  /** Packets can pass unseen from now on. */
  | { readonly type: 'hole' }
  /** All is seen again. */
  | { readonly type: 'seen' }
  /** Something for a person, behind the interface's name. */
  | { readonly type: 'say'; readonly words: string };

/** The state after a look at the interface, `null` when there is none of the name, and what is to be done about it. */
export function watchStep(
  state: WatchState,
  look: Pick<InterfaceState, 'index' | 'running'> | null,
): [WatchState, readonly WatchAction[]] {
  const missing: readonly WatchAction[] = state.is === 'running' ? [{ type: 'hole' }] : [];
  if (look === null) {
    if (state.is === 'away') return [state, []];
    return [
      { is: 'away' },
      [...missing, { type: 'say', words: 'is gone; it is captured from when it is there again' }],
    ];
  }
  const same = state.is !== 'away' && state.index === look.index;
  // A group of threads can be joined at a running interface only, so that all wait until it is one.
  if (!look.running) {
    if (state.is === 'down' && same) return [state, []];
    const next: WatchState = same ? { is: 'down', index: look.index } : { is: 'away' };
    if (state.is === 'away') return [state, []];
    return [next, [...missing, { type: 'say', words: 'is down, or has no carrier: nothing is seen there' }]];
  }
  const next: WatchState = { is: 'running', index: look.index };
  if (same)
    return state.is === 'running' ? [next, []] : [next, [{ type: 'seen' }, { type: 'say', words: 'is up again' }]];
  return [next, [...missing, { type: 'bind', index: look.index }, { type: 'seen' }]];
}
