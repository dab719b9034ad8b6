import { expect } from 'chai';
import type { PcapRecord } from '../../../src/packet/capture.ts';
import { loadKernel } from '../../../src/packet/digest-kernel.ts';
import { epochKey } from '../../../src/packet/itk1.ts';
import { openTap } from '../../../src/probe/intake/tap.ts';
import { openLiveWindows } from '../../../src/probe/live/live-windows.ts';
import { vantageMap } from '../../../src/probe/neighbors/vantage.ts';
import { mergeAnswers } from '../../../src/probe/process/merge-answers.ts';
import { openSealedWindows } from '../../../src/probe/sealed/sealed-windows.ts';
import { capture, captureNames, forEachRecord } from '../../packet/captures.ts';
import { questionsAbout, SECRET } from '../tapped.ts';

const INTAKES = 3;
/** Packets of each capture: enough to fill some windows, and few enough for forty captures. */
const MOST = 80;
const HOUR = 351_564 * 3600;

/** The first packets of a capture, as far apart as they were but within three windows, the first at `second`. */
function shifted(name: string, second: number, nanoseconds: number): PcapRecord[] {
  const records: PcapRecord[] = [];
  forEachRecord(capture(name), record => {
    if (records.length < MOST) records.push({ ...record, bytes: record.bytes.slice() });
  });
  return records.map((record, i) => {
    const after = (i * 30_000_000_000) / MOST;
    const time = second * 1e9 + nanoseconds + after;
    return { ...record, seconds: Math.floor(time / 1e9), nanoseconds: Math.round(time % 1e9) };
  });
}

describe('probe/boundaries', () => {
  it('has no false negative at any boundary of windows, seconds and hours, with several intakes', function () {
    if (captureNames().length === 0) this.skip();
    const kernels = Array.from({ length: INTAKES }, () => loadKernel());
    const limits = { retention: 10 ** 12, memory: 16 * 2 ** 20 };
    let asked = 0;
    // At the beginning of an hour, just before it, and so that packets fall on the ends of windows.
    for (const [second, nanoseconds] of [
      [HOUR, 0],
      [HOUR - 10, 999_999_999],
      [HOUR + 9, 999_999_000],
    ] as const)
      for (const name of captureNames()) {
        const vantages = vantageMap();
        const sealer = openSealedWindows({ intakes: INTAKES, bits: 8, limits }, { vantages: () => vantages.list });
        const sides = kernels.map((kernel, number) => {
          const windows = openLiveWindows(kernel, limits, sealer, number);
          return { windows, tap: openTap(kernel, windows, vantages) };
        });
        const records = shifted(name, second, nanoseconds);
        const check = (state: string) => {
          for (const record of records)
            for (const question of questionsAbout(record, 0)) {
              asked++;
              const live = sides.map(({ windows }) => windows.ask([question]));
              const answer = mergeAnswers('tap1', [question], vantages.list, live, sealer.ask([question]));
              if (answer.sightings.length === 0) expect.fail(`${name}, packet ${record.number}, ${state}, ${second}`);
            }
        };
        records.forEach((record, i) => {
          const { tap } = sides[i % INTAKES]!;
          for (let epoch = tap.take(record); epoch !== null; epoch = tap.take(record))
            tap.setKey(epoch, epochKey(SECRET, epoch));
          if (i % 40 === 0) sealer.step();
        });
        check('live and waiting');
        for (const { windows } of sides) windows.handOverAll();
        check('handed over');
        while (sealer.step());
        check('sealed');
      }
    expect(asked).to.be.greaterThan(10_000);
  }).timeout(240_000);
});
