/** All that is configured as `ids`. */
import type { IdsConfig } from '../../config/tree.ts';
import type { IdsRow } from '../../control/ids-rows.ts';
import type { PacketToTrace } from '../asked-packets.ts';
import type { Log } from '../log.ts';
import type { Traces } from '../traces.ts';
import { type Detector, openDetector } from './detector.ts';

export interface Ids {
  /** Takes another configuration; what did not change is not touched. */
  configure(config: readonly IdsConfig[]): Promise<void>;
  rows(): IdsRow[];
  problems(): string[];
  close(): Promise<void>;
}

/** Opens nothing before it is configured. */
export function openIds(
  traces: Pick<Traces, 'startTrace' | 'guessingOf'>,
  log: Log,
  offer: (packet: PacketToTrace, source: string) => void = () => {},
): Ids {
  const detectors = new Map<string, Detector>();
  const list = () => [...detectors.values()];
  return {
    async configure(config) {
      const names = new Set(config.map(({ name }) => name));
      const gone = [...detectors].filter(([name]) => !names.has(name));
      for (const [name] of gone) detectors.delete(name);
      await Promise.all(gone.map(([, detector]) => detector.close()));
      for (const one of config) {
        const detector = detectors.get(one.name);
        if (detector !== undefined) await detector.configure(one);
        else detectors.set(one.name, openDetector({ config: one, traces, log, offer }));
      }
    },
    rows: () => list().map(detector => detector.row()),
    problems: () => list().flatMap(detector => detector.problems()),
    close: async () => {
      await Promise.all(list().map(detector => detector.close()));
    },
  };
}
