/** What a trace asks of the topology. The AS graph itself is made from the RIB, elsewhere. */
export interface AsGraph {
  /**
   * The nearest ASes of `among` that a packet may have passed before it came to this AS from its neighbour `from`, never
   * through an AS of `avoid`, with the sizes of their customer cones. `passed` are the ASes in between, without `from`:
   * any of them may have been the packet's way in, and `beyond` counts those off the ways to the frontier.
   */
  frontier(
    from: number,
    avoid: readonly number[],
    among: readonly number[],
  ): Promise<{
    readonly frontier: readonly { readonly as: number; readonly cone: number }[];
    readonly passed: readonly number[];
    readonly beyond: number;
  }>;
  /** Over which of their neighbours, ASes that take no part, the ASes of `among` are reached from here. */
  adjacency(among: readonly number[]): Promise<readonly { readonly as: number; readonly through: readonly number[] }[]>;
}
