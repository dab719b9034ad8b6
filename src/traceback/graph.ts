/** What a trace asks of the topology. The AS graph itself is made from the RIB, elsewhere. */
export interface AsGraph {
  /**
   * The nearest ASes of `among` behind `from`, going where routes were announced, never through an AS of `avoid`.
   * `passed` are the ASes in between, without `from`: any of them may have been the packet's way in.
   */
  frontier(
    from: number,
    avoid: readonly number[],
    among: readonly number[],
  ): Promise<{ readonly frontier: readonly number[]; readonly passed: readonly number[] }>;
}
