/** What the main thread of a probe and the threads that take packets in say to each other. */
import type { MessagePort } from 'node:worker_threads';
import type { ProbeConfig } from '../../config/tree.ts';
import type { Translation } from '../../flow/translation.ts';
import type { Canary } from '../canary.ts';
import type { Mirror } from '../capture/mirror.ts';
import type { OpenRing } from '../capture/ring.ts';
import type { FlowAnswer, FlowQuestion, FlowStatus } from '../flows/flow-question.ts';
import type { FlowPort } from '../flows/flow-sockets.ts';
import type { LearnedEntry } from '../neighbors/learned.ts';
import type { HeardClaim } from '../neighbors/shared-learning.ts';
import type { KnownNeighbors } from '../neighbors/vantage.ts';
import type { VantageReport } from '../neighbors/vantage-rows.ts';
import type { KeyCheck, Question } from '../question.ts';
import type { LiveAnswer } from '../window-messages.ts';

/** Where an intake's packets come from. `-` among the files is standard input. */
export type IntakeSource =
  /** `wake`: an eventfd that is written to after every order, since an intake of rings sleeps in poll(2). */
  | { readonly kind: 'rings'; readonly wake: number }
  | { readonly kind: 'files'; readonly files: readonly string[] }
  | { readonly kind: 'flows'; readonly ports: readonly FlowPort[] };

export type IntakeOrder =
  | {
      readonly type: 'open';
      /** Its number. */
      readonly intake: number;
      readonly source: IntakeSource;
      readonly mirror: Mirror | null;
      readonly probe: ProbeConfig;
      /** Memory of the numbers of vantages (neighbors/vantage-numbers.ts). */
      readonly numbers: SharedArrayBuffer;
      /** It is one of several. */
      readonly shares: boolean;
      /** Its end of the channel to the sealer. */
      readonly sealer: MessagePort;
    }
  /** A ring to be read; it takes the place of one of the same name. */
  | { readonly type: 'ring'; readonly ring: OpenRing }
  | { readonly type: 'configure'; readonly probe: ProbeConfig }
  | { readonly type: 'know'; readonly neighbors: KnownNeighbors }
  /** What the main thread has learned of the neighbours, all of it: one of several intakes does not learn itself. */
  | { readonly type: 'learned'; readonly entries: readonly LearnedEntry[] }
  /** The answer to `key`; null: there is none. */
  | { readonly type: 'key'; readonly epoch: number; readonly key: Uint8Array | null }
  | {
      readonly type: 'ask';
      readonly id: number;
      readonly questions: readonly Question[];
      readonly keys: readonly KeyCheck[];
    }
  /** The key of an epoch is not needed any more, and is to be wiped. */
  | { readonly type: 'forget'; readonly epoch: number }
  | { readonly type: 'vantages'; readonly id: number }
  /** Asks an intake of flows by headers. */
  | { readonly type: 'flows'; readonly id: number; readonly questions: readonly FlowQuestion[] }
  /** Draw a canary of any of these neighbours; of none: stop looking for the one that was wanted before. */
  | { readonly type: 'draw'; readonly id: number; readonly neighbors: readonly number[] }
  /** Packets that never came as far as a ring. */
  | { readonly type: 'lost'; readonly second: number; readonly packets: number }
  /** Hand everything over: the probe ends. */
  | { readonly type: 'stop' };

export interface IntakeStatus {
  readonly frames: number;
  /** IP layers digested. */
  readonly digests: number;
  /** Frames and layers without a digest, by reason. */
  readonly without: ReadonlyMap<string, number>;
  /** Packets that the probe can't speak for. */
  readonly lost: number;
  /** Packets of these for which a ring had no room. */
  readonly dropped: number;
  /** Earliest and latest frame, milliseconds since the epoch; null before the first. */
  readonly span: { readonly from: number; readonly to: number } | null;
  /** Live slices, and what of time was taken in (LiveAnswer). */
  readonly live: number;
  /** Octets of the live slices, and the share of the digests that is kept. */
  readonly octets: number;
  readonly sampled: number;
  readonly held: LiveAnswer['span'];
  /** Live slices that had more digests than they were made for; nothing is lost by it. */
  readonly outgrown: number;
  /** Share of the blocks of its fullest ring that wait to be read, the most since the last report. */
  readonly fill: number;
  /** Of an intake of flows: who sends, and the share of packets that the thinnest sampling leaves. */
  readonly flows?: FlowStatus;
  readonly sampling?: number;
}

export type IntakeReport =
  /** Asks for the key of an epoch, in hours since 1970. */
  | { readonly type: 'key'; readonly epoch: number }
  | { readonly type: 'answer'; readonly id: number; readonly answer: LiveAnswer }
  | { readonly type: 'vantages'; readonly id: number; readonly report: VantageReport }
  | { readonly type: 'flows'; readonly id: number; readonly answer: FlowAnswer }
  | { readonly type: 'drawn'; readonly id: number; readonly canary: Canary | null }
  /** What frames said of neighbours, and the neighbours' link addresses that have sent frames, up to a second. */
  | {
      readonly type: 'heard';
      readonly claims: readonly HeardClaim[];
      readonly senders: readonly number[];
      readonly second: number;
    }
  /** Once a second. */
  | { readonly type: 'status'; readonly status: IntakeStatus }
  /** What exporters of flows have told of translators. */
  | { readonly type: 'translated'; readonly translations: readonly Translation[] }
  /** A line for a person. */
  | { readonly type: 'say'; readonly line: string }
  /** All files are read; `wrong` says of how many not to their end. */
  | { readonly type: 'through'; readonly wrong: number; readonly status: IntakeStatus }
  | { readonly type: 'stopped'; readonly status: IntakeStatus };
