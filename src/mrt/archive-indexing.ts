/** Puts indexes (archive-index.ts) beside the files of an archive. */
import { access, open, writeFile } from 'node:fs/promises';
import { findBlocks } from './archive-blocks.ts';
import { INDEX, type IndexBuilder, indexBuilder } from './archive-index.ts';
import { inventory } from './archive-inventory.ts';
import type { Compression } from './archive-name.ts';
import { openMrt, readMrt } from './source.ts';
import { createWalker } from './walk.ts';

/**
 * Makes the index of a file that `builder` has seen all records of, and puts it beside where the file will be. Rejects when
 * the disk does not take it; the file is then read without.
 */
export async function writeIndex(
  builder: IndexBuilder,
  from: string,
  name: string,
  compress: Compression,
): Promise<void> {
  const file = await open(from);
  try {
    const { size } = await file.stat();
    const blocks = await findBlocks(file, size, compress);
    const index = blocks === null ? null : builder.encode(blocks, size);
    if (index !== null) await writeFile(`${name}${INDEX}`, index, { flush: true });
  } finally {
    await file.close();
  }
}

/** Makes the index of a file that has none. */
export async function indexAnew(path: string, compress: Compression): Promise<void> {
  const builder = indexBuilder();
  const walker = createWalker(builder.visitor);
  await readMrt(openMrt(path), { record: record => void walker.walk(record), gap() {} });
  await writeIndex(builder, path, path, compress);
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/**
 * Makes the indexes that are missing, one after the other, until `stopped`: of files that an older program wrote, or whose
 * index was lost. A file that cannot be indexed is told by `note`, and read without.
 */
export async function indexMissing(
  directory: string,
  stopped: () => boolean,
  note: (text: string) => void,
): Promise<void> {
  for (const { path, name, open: isOpen } of await inventory(directory)) {
    if (stopped()) return;
    if (isOpen || (await exists(`${path}${INDEX}`))) continue;
    try {
      await indexAnew(path, name.compress);
    } catch (error) {
      // One that grew too old meanwhile is gone, and misses no index.
      if (await exists(path)) note(`${path} cannot be indexed: ${(error as Error).message}`);
    }
  }
}
