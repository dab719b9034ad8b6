/** What the main thread of a probe and the thread that seals say to each other. */
import type { MessagePort } from 'node:worker_threads';
import type { Question } from './question.ts';
import type { SealedStatus, SealerOptions } from './sealed-windows.ts';
import type { SealedAnswer, WindowLimits } from './window-messages.ts';

export type ToSealer =
  | { readonly type: 'open'; readonly options: SealerOptions }
  /** The sealer's end of the channel to an intake (window-port.ts). */
  | { readonly type: 'connect'; readonly intake: number; readonly port: MessagePort }
  | { readonly type: 'configure'; readonly limits: WindowLimits }
  | {
      readonly type: 'ask';
      readonly id: number;
      readonly questions: readonly Question[];
      /** Parts that each intake had handed over when it answered: there is no answer before they have come. */
      readonly parts: readonly number[];
    }
  | { readonly type: 'status'; readonly id: number };

export type FromSealer =
  | { readonly type: 'answer'; readonly id: number; readonly answer: SealedAnswer }
  | { readonly type: 'status'; readonly id: number; readonly status: SealedStatus };
