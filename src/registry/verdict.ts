/**
 * State of a route against the IRR's route objects (shared words of registry, collector and hijack).
 * There is no maxLength in the IRR. `unknown`: neither an object for the prefix nor one that covers it.
 */
export type IrrState = 'match' | 'match-covering' | 'mismatch' | 'mismatch-covering' | 'unknown';

/** The states by their number in snapshots and verdict memos. */
export const IRR_STATES: readonly IrrState[] = ['unknown', 'match', 'match-covering', 'mismatch', 'mismatch-covering'];
