/** How far the words of an AS are believed: never further than it states itself, and not without measure. */

/** What is believed of an AS. */
export interface Credit {
  /** The chance that it says yes of what it did not see; `stated` is what it says itself, null when it does not. */
  falseYes(as: number, stated: number | null): number;
  /** The chance that it does not see what passes it, by the one that it states. */
  misses(as: number, stated: number): number;
  /** The chance that it names other neighbours than the packet came from. */
  misnames(as: number): number;
  /** The chance that it names others, and such as bear it out. */
  colludes(as: number): number;
}

/**
 * How often an AS of which nothing was measured says what is false, whatever it states: a filter's chance is no measure of
 * those who set it up, or of those who would rather not be found.
 */
export const UNMEASURED = 0.01;
/** How often such an AS names a wrong neighbour, and one that bears it out: for that it takes two who agree to lie. */
export const UNMEASURED_PAIR = 0.002;
/** The chance of a false yes of an AS that states none. */
const UNSTATED_FALSE = 0.1;

/** What is believed of ASes of which nothing was measured. */
export const NOT_MEASURED: Credit = {
  falseYes: (_as, stated) => Math.max(UNMEASURED, stated ?? UNSTATED_FALSE),
  misses: (_as, stated) => Math.max(UNMEASURED, stated),
  misnames: () => UNMEASURED,
  colludes: () => UNMEASURED_PAIR,
};
