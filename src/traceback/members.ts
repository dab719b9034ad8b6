/**
 * Members of federations that are no configured peers: they are known by their participation records, believed by the
 * authority of a federation, and dialled when there is something to ask them.
 */
import type { TracebackConfig, TracePeerConfig } from '../config/traceback-tree.ts';
import type { Identity } from './identity.ts';
import type { Participants } from './participants.ts';
import type { Participation } from './participation.ts';
import type { Peering } from './peering.ts';
import { isVouched } from './vouching.ts';

export interface MembersOptions {
  readonly participants: Participants;
  readonly config: () => TracebackConfig;
  readonly identity: () => Identity;
  readonly clock: () => number;
  /** Makes a peering that dials on demand. */
  start(config: TracePeerConfig): Peering;
}

export interface Members {
  /** Members that may be asked, by AS. */
  askable(): number[];
  /** The peering with a member that may be asked; null for any other AS. */
  ask(as: number): Peering | null;
  /** The peering for a member that has dialled and proved who it is; null when its questions are not answered. */
  accept(as: number): Peering | null;
  /** Peerings that were made so far. */
  peerings(): Iterable<Peering>;
  /** True when an AS has said that it takes part no more. */
  withdrew(as: number): boolean;
  /** Ends the peerings with members that have withdrawn. */
  withdrawn(): void;
  /** Takes another configuration: peerings that it does not want end. */
  reconfigured(): void;
  /** Ends all peerings, with these words for the other ends. */
  close(text: string): void;
}

type Policy = Pick<TracePeerConfig, 'in' | 'out' | 'rate' | 'purposes'>;

export function createMembers(options: MembersOptions): Members {
  const { participants, config, identity, clock } = options;
  const made = new Map<number, Peering>();

  /** What the federations whose authority vouches for a record's certificate say of their members; all of them together. */
  const policyOf = (record: Participation): Policy | null => {
    const of = config().federations.filter(({ name }) =>
      isVouched(record, identity().authoritiesOf.get(name) ?? [], clock()),
    );
    if (of.length === 0) return null;
    return {
      in: of.some(one => one.in === 'allow') ? 'allow' : 'deny',
      out: of.some(one => one.out === 'allow') ? 'allow' : 'deny',
      rate: Math.max(...of.map(({ rate }) => rate)),
      ...(of.every(one => one.purposes !== undefined) && { purposes: of.flatMap(one => one.purposes ?? []) }),
    };
  };
  const isPeer = (as: number) => config().peers.some(peer => peer.as === as);
  const configOf = (as: number): TracePeerConfig | null => {
    const record = participants.of(as, clock());
    if (record === null || isPeer(as)) return null;
    const policy = policyOf(record);
    const [address] = record.addresses;
    return policy === null ? null : { as, ...(address ?? { address: '', port: 0 }), certificate: '', ...policy };
  };
  const peeringOf = (wanted: TracePeerConfig): Peering => {
    const there = made.get(wanted.as);
    if (there !== undefined) {
      there.configure(wanted, false);
      return there;
    }
    const peering = options.start(wanted);
    made.set(wanted.as, peering);
    return peering;
  };

  /** Remembered while neither records nor configuration change: it is asked for every skip. */
  let asked: {
    readonly version: number;
    readonly of: TracebackConfig;
    readonly at: number;
    readonly list: number[];
  } | null = null;

  return {
    askable() {
      const now = clock();
      const version = participants.version();
      if (asked?.version !== version || asked.of !== config() || now - asked.at > 60_000 || now < asked.at) {
        const list = participants
          .records(now)
          .map(({ participation }) => participation.as)
          .filter(as => {
            const wanted = configOf(as);
            return wanted !== null && wanted.out === 'allow' && wanted.port > 0;
          });
        asked = { version, of: config(), at: now, list };
      }
      return asked.list;
    },
    ask(as) {
      const wanted = configOf(as);
      return wanted === null || wanted.out === 'deny' || wanted.port === 0 ? null : peeringOf(wanted);
    },
    accept(as) {
      const wanted = configOf(as);
      return wanted === null || wanted.in === 'deny' ? null : peeringOf(wanted);
    },
    peerings: () => made.values(),
    withdrew: participants.withdrew,
    withdrawn() {
      for (const [as, peering] of made)
        if (participants.of(as, clock()) === null) {
          peering.close({ code: 'configuration', text: 'it takes part no more' });
          made.delete(as);
        }
    },
    reconfigured() {
      for (const [as, peering] of made) {
        const wanted = configOf(as);
        if (wanted !== null && (wanted.in === 'allow' || wanted.out === 'allow')) peering.configure(wanted, false);
        else {
          peering.close({ code: 'configuration', text: 'members of the federation are not spoken to any more' });
          made.delete(as);
        }
      }
    },
    close(text) {
      for (const peering of made.values()) peering.close({ code: 'shutdown', text });
      made.clear();
    },
  };
}
