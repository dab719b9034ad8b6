/** How a probe keeps its windows, put together from what its threads tell. */
import { holesIn, type Span } from '../covered-time.ts';
import type { IntakeStatus } from '../intake/intake-messages.ts';
import { type KeptStatus, MOST_HOLES } from '../sealed/kept-messages.ts';
import type { SealerStatus } from '../sealed/sealer-messages.ts';
import { WINDOW_SECONDS } from '../window-messages.ts';

/** `total` is what all intakes tell together, `held` the seconds that can be spoken for. */
export function keptStatusOf(
  sealed: SealerStatus,
  total: IntakeStatus,
  held: readonly Span[],
  onDisk: boolean,
): KeptStatus {
  const { latest } = sealed;
  const [first] = held;
  const holes = first === undefined ? [] : holesIn(held, { from: first.from, to: held.at(-1)!.to });
  return {
    memory: sealed.octets + total.octets,
    disk: onDisk ? sealed.diskOctets : null,
    unread: sealed.unread,
    unsaved: sealed.unsaved,
    dropped: sealed.droppedForRoom,
    unsealed: sealed.unsealed,
    trouble: sealed.trouble,
    sampling: total.sampled,
    fill: total.fill,
    holes: holes.slice(-MOST_HOLES).map(({ from, to }) => ({ from: from * 1000, to: to * 1000 })),
    latest: latest && {
      from: latest.number * WINDOW_SECONDS * 1000,
      vantages: latest.vantages,
      packets: latest.packets,
      octets: latest.octets,
      kind: latest.kind,
      bits: latest.bits,
      sampling: latest.sampling,
      root: latest.root,
    },
    head: sealed.head,
  };
}
