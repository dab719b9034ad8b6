/** How many partitions are each machine's: as even as can be, so that of those who share none has none while another has two more. */

/**
 * The share of each of those who share; whoever has more already keeps what is over, so that no partition changes hands for
 * nothing. All who know the same come to the same.
 *
 * @param has how many partitions each holder has now, those that do not share any more among them
 */
export function sharesOf(
  count: number,
  sharers: readonly string[],
  has: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const [least, over] = [Math.floor(count / sharers.length), count % sharers.length];
  const most = least + (over > 0 ? 1 : 0);
  const counted = (name: string) => Math.min(has.get(name) ?? 0, most);
  const order = [...sharers].sort((a, b) => counted(b) - counted(a) || (a < b ? -1 : 1));
  return new Map(order.map((name, i) => [name, i < over ? most : least]));
}
