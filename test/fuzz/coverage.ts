/** Which blocks of our sources have run: V8 counts them, and is asked now and then. */
import { Session } from 'node:inspector/promises';

const SOURCES = new URL('../../src/', import.meta.url).href;

export interface Coverage {
  /** Blocks that have run since it was asked last, and never before. */
  fresh(): Promise<readonly string[]>;
  /** Blocks that have run since it was asked last. */
  ran(): Promise<ReadonlySet<string>>;
  readonly blocks: () => number;
  stop(): Promise<void>;
}

/** Starts counting. */
export async function startCoverage(): Promise<Coverage> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  const seen = new Set<string>();
  const ran = async () => {
    const { result } = await session.post('Profiler.takePreciseCoverage');
    const blocks = new Set<string>();
    for (const { url, functions } of result)
      if (url.startsWith(SOURCES))
        for (const { ranges } of functions)
          for (const { startOffset, endOffset, count } of ranges)
            if (count > 0) blocks.add(`${url.slice(SOURCES.length)} ${startOffset} ${endOffset}`);
    return blocks;
  };
  return {
    ran,
    async fresh() {
      const found = [...(await ran())].filter(block => !seen.has(block));
      for (const block of found) seen.add(block);
      return found;
    },
    blocks: () => seen.size,
    async stop() {
      await session.post('Profiler.stopPreciseCoverage');
      session.disconnect();
    },
  };
}
