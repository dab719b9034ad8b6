/** Windows sealed for tests: of digests that are made up, at vantages that are numbered. */
import { randomBytes } from 'node:crypto';
import type { KeptWindow } from '../../src/probe/filters/kept-window.ts';
import { openSealer } from '../../src/probe/filters/sealer.ts';
import { storageKey } from '../../src/probe/filters/storage-key.ts';
import { sealParts } from '../../src/probe/sealed/seal-parts.ts';
import { WINDOW_SECONDS, type WindowPart } from '../../src/probe/window-messages.ts';

const sealer = openSealer();

/** Digests that nobody has chosen. */
export function digestsOf(count: number): BigUint64Array<ArrayBuffer> {
  return new BigUint64Array(Uint8Array.from(randomBytes(count * 8)).buffer);
}

/** A part of one intake in which each vantage saw so many digests, in all of the window's seconds. */
export function partOf(number: number, counts: readonly number[]): WindowPart {
  const first = number * WINDOW_SECONDS;
  return {
    intake: 0,
    number,
    vantages: counts.map((digests, vantage) => ({
      ...{ vantage, first, last: first + WINDOW_SECONDS - 1, packets: digests, lost: 0, digests },
    })),
    digests: digestsOf(counts.reduce((sum, count) => sum + count, 0)),
    sampling: 1,
    digestKey: '0123456789abcdef',
  };
}

/** The part as a window. */
export function sealed(part: WindowPart, key: Uint8Array = new Uint8Array(16)): KeptWindow {
  const first = part.number * WINDOW_SECONDS;
  const work = sealParts(sealer, [part], {
    number: part.number,
    part: 0,
    covered: [{ from: first, to: first + WINDOW_SECONDS }],
    bits: 16,
    key: storageKey(key),
    keyName: 'fedcba9876543210',
    vantages: part.vantages.map((_, i) => ({ direction: 'in', neighbor: 64_496 + i })),
    now: 1_700_000_000_000,
  });
  for (;;) {
    const { done, value } = work.next();
    if (!done) continue;
    if (value === null) throw new Error('no memory to seal a window for a test');
    return value;
  }
}
