/** A tap whose windows are kept in a directory, in one thread. */
import type { PcapRecord } from '../../../src/packet/capture.ts';
import { loadKernel } from '../../../src/packet/digest-kernel.ts';
import { epochKey } from '../../../src/packet/itk1.ts';
import { openTap } from '../../../src/probe/intake/tap.ts';
import { openLiveWindows } from '../../../src/probe/live/live-windows.ts';
import { vantageMap } from '../../../src/probe/neighbors/vantage.ts';
import { mergeAnswers } from '../../../src/probe/process/merge-answers.ts';
import type { Question } from '../../../src/probe/question.ts';
import { openKept } from '../../../src/probe/sealed/read-back.ts';
import { openSealedWindows } from '../../../src/probe/sealed/sealed-windows.ts';
import type { WindowLimits } from '../../../src/probe/window-messages.ts';
import { SECRET } from '../tapped.ts';

const MEMORY = 64 * 1024 * 1024;

/** Opens what is in the directory at `path` and reads it back. It ends as a process that is killed does: by itself. */
export async function keptOnDisk(
  path: string,
  limits: WindowLimits = { retention: 3_600_000, memory: MEMORY },
  readLater = false,
) {
  const said: string[] = [];
  const destroyed: number[] = [];
  const kept = await openKept(
    path,
    () => 1_700_000_000_000,
    line => said.push(line),
  );
  const { keeper, fileOf, lastParts } = kept;
  const vantages = vantageMap();
  const sealer = openSealedWindows(
    { intakes: 1, bits: 16, limits },
    { vantages: () => vantages.list, keeper, fileOf, lastParts, destroyed: epoch => destroyed.push(epoch) },
  );
  const readBack = () => {
    for (const _ of kept.restore(sealer));
  };
  if (!readLater) readBack();
  const kernel = loadKernel();
  const windows = openLiveWindows(kernel, limits, sealer, 0);
  const tap = openTap(kernel, windows, vantages);
  const settle = async () => {
    while (sealer.step());
    await keeper.settled();
  };
  return {
    ...{ said, destroyed, keeper, sealer, windows, tap, settle, readBack },
    take(record: PcapRecord) {
      const epoch = tap.take(record);
      if (epoch === null) return;
      tap.setKey(epoch, epochKey(SECRET, epoch));
      tap.take(record);
    },
    ask: (...questions: Question[]) =>
      mergeAnswers('tap1', questions, vantages.list, [windows.ask(questions)], sealer.ask(questions)),
  };
}
