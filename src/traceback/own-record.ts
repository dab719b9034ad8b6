/** The participation record of this AS, made anew when it has changed or grows old. */
import { X509Certificate } from 'node:crypto';
import type { TracebackConfig } from '../config/traceback-tree.ts';
import type { Identity } from './identity.ts';
import type { Behind } from './own-open.ts';
import { type Participation, signParticipation } from './participation.ts';

/** How long a record is good, and how old it may be before a new one is made; ms. */
const LIFE = 2 * 86_400_000;
const FRESH = 3_600_000;

export interface OwnRecordOptions {
  readonly as: number;
  readonly identity: () => Identity;
  readonly config: () => TracebackConfig;
  readonly behind: () => Behind;
  readonly methods: () => Participation['methods'];
  /** True when this AS takes part no more. */
  readonly withdrawn: () => boolean;
  readonly clock: () => number;
}

/** Tells the record, signed. */
export function createOwnRecord({
  as,
  identity,
  config,
  behind,
  methods,
  withdrawn,
  clock,
}: OwnRecordOptions): () => Uint8Array {
  let made: {
    readonly of: Identity;
    readonly by: TracebackConfig;
    readonly withdrawn: boolean;
    readonly at: number;
    readonly sequence: number;
    readonly octets: Uint8Array;
  } | null = null;
  return () => {
    const now = clock();
    const gone = withdrawn();
    const same = made !== null && made.of === identity() && made.by === config() && made.withdrawn === gone;
    if (made !== null && same && now - made.at < FRESH && now >= made.at) return made.octets;
    const { certificate, signs } = identity();
    const { announce, listen, federations } = config();
    // An address that means all addresses is none that could be dialled.
    const dialled = listen.filter(({ address, port }) => !/^(::|0\.0\.0\.0)$/.test(address) && port > 0);
    const sequence = Math.max(now, (made?.sequence ?? 0) + 1);
    const octets = signParticipation(
      {
        as,
        sequence,
        issued: now,
        expires: now + LIFE,
        withdrawn: gone,
        addresses: (announce.length > 0 ? announce : dialled)
          .slice(0, 8)
          .map(({ address, port }) => ({ address, port })),
        certificate: new Uint8Array(new X509Certificate(certificate).raw),
        ...behind(),
        methods: methods(),
        federations: federations.map(({ name }) => name).slice(0, 16),
      },
      signs,
    );
    made = { of: identity(), by: config(), withdrawn: gone, at: now, sequence, octets };
    return octets;
  };
}
