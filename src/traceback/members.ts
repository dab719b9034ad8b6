/**
 * Members of federations that are no configured peers: they are known by their participation records, believed by the
 * authority of a federation, and dialled when there is something to ask them.
 */
import { X509Certificate } from 'node:crypto';
import type { TracebackConfig, TracePeerConfig } from '../config/tree.ts';
import { vouchedFor } from '../net/tls.ts';
import type { Identity } from './identity.ts';
import type { Participants } from './participants.ts';
import type { Participation } from './participation.ts';
import type { Peering } from './peering.ts';

/** How long it is believed that an authority vouches for a certificate, ms; no longer than either is valid. */
const TRUSTED = 86_400_000;

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
  /** Takes another configuration: peerings that it does not want end. */
  reconfigured(): void;
  close(): void;
}

type Policy = Pick<TracePeerConfig, 'in' | 'out' | 'rate'>;

export function createMembers(options: MembersOptions): Members {
  const { participants, config, identity, clock } = options;
  const made = new Map<number, Peering>();

  /** A signature over a certificate costs a tenth of a millisecond to check: with a thousand members, too much for each skip. */
  const vouched = new WeakMap<Participation, { readonly by: readonly X509Certificate[]; readonly until: number }[]>();
  const isVouched = (record: Participation, authorities: readonly X509Certificate[]): boolean => {
    const now = clock();
    const known = vouched.get(record) ?? [];
    if (known.some(({ by, until }) => by === authorities && now >= until - TRUSTED && now < until)) return true;
    const certificate = new X509Certificate(record.certificate);
    if (authorities.length === 0 || vouchedFor(certificate, authorities, now) !== null) return false;
    const ends = [certificate, ...authorities].map(({ validToDate }) => validToDate.getTime());
    const until = Math.min(now + TRUSTED, ...ends.filter(end => end > now));
    vouched.set(record, [...known.filter(({ by }) => by !== authorities), { by: authorities, until }]);
    return true;
  };
  /** What the federations whose authority vouches for a record's certificate say of their members; all of them together. */
  const policyOf = (record: Participation): Policy | null => {
    const of = config().federations.filter(({ name }) => isVouched(record, identity().authoritiesOf.get(name) ?? []));
    if (of.length === 0) return null;
    return {
      in: of.some(one => one.in === 'allow') ? 'allow' : 'deny',
      out: of.some(one => one.out === 'allow') ? 'allow' : 'deny',
      rate: Math.max(...of.map(({ rate }) => rate)),
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
    close() {
      for (const peering of made.values()) peering.close({ code: 'shutdown', text: 'the daemon ends' });
    },
  };
}
