/** The way from an intake to a sealer in another thread: a message for each part, its digests transferred, not copied. */
import type { MessagePort } from 'node:worker_threads';
import type { Span } from '../covered-time.ts';
import type { IntakeProgress, WindowPart, WindowSink } from '../window-messages.ts';

export type FromIntake =
  | { readonly type: 'part'; readonly part: WindowPart }
  | { readonly type: 'progress'; readonly progress: IntakeProgress }
  | { readonly type: 'hole'; readonly hole: Span }
  | { readonly type: 'end' };

/** Octets of digests that have been sealed, or dropped, of those that the intake has handed over. */
export interface ToIntake {
  readonly type: 'took';
  readonly octets: number;
}

export interface PortSink extends WindowSink {
  /** Octets that were handed over and still wait to be sealed. */
  readonly waiting: number;
  /**
   * Resolves when no more than `octets` wait. A file is read no faster than this allows; a live capture can't wait and
   * keeps fewer packets.
   */
  room(octets: number): Promise<void>;
}

/** The intake's end of a channel whose other end the sealer has. */
export function portSink(port: MessagePort): PortSink {
  let waiting = 0;
  let patient: { readonly octets: number; readonly resolve: () => void }[] = [];
  port.on('message', ({ octets }: ToIntake) => {
    waiting -= octets;
    const ready = patient.filter(one => waiting <= one.octets);
    patient = patient.filter(one => waiting > one.octets);
    for (const { resolve } of ready) resolve();
  });
  port.unref();
  const post = (message: FromIntake, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);
  return {
    get waiting() {
      return waiting;
    },
    part(part) {
      waiting += part.digests.byteLength;
      post({ type: 'part', part }, [part.digests.buffer]);
    },
    progress: progress => post({ type: 'progress', progress }),
    hole: hole => post({ type: 'hole', hole }),
    end: () => post({ type: 'end' }),
    room: octets => (waiting <= octets ? Promise.resolve() : new Promise(resolve => patient.push({ octets, resolve }))),
  };
}
