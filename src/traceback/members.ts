/**
 * Members of federations that are no configured peers: they are known by their participation records, believed by the
 * authority of a federation, and dialled when there is something to ask them.
 */
import type { X509Certificate } from 'node:crypto';
import type { TracebackConfig, TracePeerConfig } from '../config/traceback-tree.ts';
import { vouchedFor } from '../net/tls.ts';
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
  /** True while this AS takes no part: it speaks to none of them first. */
  readonly isOut: () => boolean;
  /** Makes a peering that dials on demand. */
  start(config: TracePeerConfig): Peering;
}

export interface Members {
  /** Members that may be asked, by AS. */
  askable(): number[];
  /** The peering with a member that may be asked; null for any other AS, and while this AS takes no part. */
  ask(as: number): Peering | null;
  /**
   * The peering for a member that has dialled and proved who it is by this certificate; null when its questions are not
   * answered. One whose record nobody has told yet is let in by an authority's word alone, and tells it then.
   */
  accept(as: number, certificate?: X509Certificate): Peering | null;
  /** Dials an AS of which nothing is known but where it may listen; false when no federation has members to be asked. */
  introduce(where: { readonly as: number; readonly address: string; readonly port: number }): boolean;
  /** Why an AS that was dialled so has told nothing; empty when nothing is known of that. */
  errorOf(as: number): string;
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

/** What several federations say of one member: the most of it. */
function joined(of: TracebackConfig['federations']): Policy {
  return {
    in: of.some(one => one.in === 'allow') ? 'allow' : 'deny',
    out: of.some(one => one.out === 'allow') ? 'allow' : 'deny',
    rate: Math.max(...of.map(({ rate }) => rate)),
    ...(of.every(one => one.purposes !== undefined) && { purposes: of.flatMap(one => one.purposes ?? []) }),
  };
}

export function createMembers(options: MembersOptions): Members {
  const { participants, config, identity, clock, isOut } = options;
  const made = new Map<number, Peering>();

  /** What the federations whose authority vouches for a record's certificate say of their members; all of them together. */
  const policyOf = (record: Participation): Policy | null => {
    const of = config().federations.filter(({ name }) =>
      isVouched(record, identity().authoritiesOf.get(name) ?? [], clock()),
    );
    return of.length === 0 ? null : joined(of);
  };
  /** The same of all federations that have members, of which one may be any. */
  const anyPolicy = (certificate?: X509Certificate): Policy | null => {
    const of = config().federations.filter(({ name }) => {
      const authorities = identity().authoritiesOf.get(name) ?? [];
      return (
        authorities.length > 0 && (certificate === undefined || vouchedFor(certificate, authorities, clock()) === null)
      );
    });
    return of.length === 0 ? null : joined(of);
  };
  /** Spoken to without a record. */
  const introduced = new Set<number>();
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
      if (isOut() || wanted === null || wanted.out === 'deny' || wanted.port === 0) return null;
      return peeringOf(wanted);
    },
    accept(as, certificate) {
      const wanted = configOf(as);
      if (wanted !== null) return wanted.in === 'deny' ? null : peeringOf(wanted);
      const policy =
        certificate === undefined || isPeer(as) || participants.withdrew(as) ? null : anyPolicy(certificate);
      if (policy === null || policy.in === 'deny') return null;
      introduced.add(as);
      // Who was dialled where a route says that it listens is there still: another address would end what is up.
      const { address, port } = made.get(as)?.config() ?? { address: '', port: 0 };
      return peeringOf({ as, address, port, certificate: '', ...policy });
    },
    introduce({ as, address, port }) {
      const policy = anyPolicy();
      if (isOut() || policy === null || policy.out === 'deny' || isPeer(as)) return false;
      introduced.add(as);
      peeringOf({ as, address, port, certificate: '', ...policy }).reach();
      return true;
    },
    errorOf: as => made.get(as)?.status().lastError ?? '',
    peerings: () => made.values(),
    withdrew: participants.withdrew,
    withdrawn() {
      for (const [as, peering] of made)
        if (participants.of(as, clock()) === null && (participants.withdrew(as) || !introduced.has(as))) {
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
