/** What a trace asks of the topology. The AS graph itself is made from the RIB, elsewhere. */

/** What a neighbour is to this AS. */
export type NeighborRelation = 'provider' | 'customer' | 'peer';

export interface AsGraph {
  /**
   * The nearest ASes of `among` that a packet may have passed before it came to this AS, or to `here`, from `from`, never
   * through an AS of `avoid`, with the sizes of their customer cones. `passed` are the ASes in between, without `from`:
   * any of them may have been the packet's way in, and `beyond` counts those off the ways to the frontier.
   */
  frontier(
    from: number,
    avoid: readonly number[],
    among: readonly number[],
    here?: number,
    /** When the packet passed, ms: the graph of then is asked where it is at hand. */
    at?: number,
  ): Promise<{
    readonly frontier: readonly { readonly as: number; readonly cone: number }[];
    readonly passed: readonly number[];
    readonly beyond: number;
    /** What `from` is to this AS: it decides who may stand behind it. Not there: nobody knows. */
    readonly relation?: NeighborRelation;
    /** Of an old packet: whether the graph is that of its time. Not there: it is not old. */
    readonly of?: 'then' | 'now';
  }>;
  /** Over which of their neighbours, ASes that take no part, the ASes of `among` are reached from here. */
  adjacency(among: readonly number[]): Promise<readonly { readonly as: number; readonly through: readonly number[] }[]>;
}
