/** What the main thread of a probe and the thread that seals say to each other. */
import type { MessagePort } from 'node:worker_threads';
import type { Span } from '../covered-time.ts';
import type { EpochRecord } from '../proof/epoch-records.ts';
import type { KeyCheck, Question } from '../question.ts';
import type { SealedAnswer, WindowLimits } from '../window-messages.ts';
import type { CommittedWindow, ProvenQuestion } from './prove-sealed.ts';
import type { SealedStatus, SealerOptions } from './sealed-windows.ts';

export interface SealerThreadOptions extends SealerOptions {
  /** Where windows are kept; null: in memory only. */
  readonly directory: string | null;
  /** Memory of the numbers of vantages (neighbors/vantage-numbers.ts). */
  readonly numbers: SharedArrayBuffer;
}

export type ToSealer =
  | { readonly type: 'open'; readonly options: SealerThreadOptions }
  /** The sealer's end of the channel to an intake (window-port.ts). */
  | { readonly type: 'connect'; readonly intake: number; readonly port: MessagePort }
  | { readonly type: 'configure'; readonly limits: WindowLimits }
  /** Seconds in which packets may go by unseen. */
  | { readonly type: 'missed'; readonly hole: Span }
  | {
      readonly type: 'ask';
      readonly id: number;
      readonly questions: readonly Question[];
      readonly keys: readonly KeyCheck[];
      /** Parts that each intake had handed over when it answered: there is no answer before they have come. */
      readonly parts: readonly number[];
    }
  | { readonly type: 'prove'; readonly id: number; readonly questions: readonly Question[] }
  | { readonly type: 'status'; readonly id: number }
  | { readonly type: 'epochs'; readonly id: number }
  /** Seals what has come and writes it, within the time that is left. */
  | { readonly type: 'close'; readonly id: number };

export type FromSealer =
  | { readonly type: 'opened'; readonly id: 0 }
  | { readonly type: 'answer'; readonly id: number; readonly answer: SealedAnswer }
  | { readonly type: 'proofs'; readonly id: number; readonly proofs: readonly ProvenQuestion[] }
  | { readonly type: 'status'; readonly id: number; readonly status: SealerStatus }
  | { readonly type: 'epochs'; readonly id: number; readonly epochs: readonly EpochRecord[]; readonly head: string }
  | { readonly type: 'closed'; readonly id: number }
  /** The storage key of an hour was destroyed. */
  | { readonly type: 'destroyed'; readonly id: 0; readonly epoch: number }
  | { readonly type: 'committed'; readonly id: 0; readonly window: CommittedWindow }
  /** A line for a person. */
  | { readonly type: 'note'; readonly id: 0; readonly line: string };

export interface SealerStatus extends SealedStatus {
  /** Files of windows that are still to be read back. */
  readonly unread: number;
}
