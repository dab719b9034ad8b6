/** A `translator` block: its statements, and the way to the tree and back. */
import { endpointOf } from './endpoint.ts';
import { all, type Entry, entry, first, headOf, list, must, number, optional, placed, text } from './entry.ts';
import type { Report } from './report.ts';
import type { LogLines, TranslatorConfig } from './translator-tree.ts';

/** The tree of a block in which nothing is wrong. */
export function translatorOf({ block }: Entry): TranslatorConfig {
  return {
    conntrack: first(block, 'conntrack') !== undefined,
    files: all(block, 'log file').map(one => ({ file: must(text(one, 'file')), ...linesOf(one) })),
    udp: all(block, 'log udp').map(one => ({
      ...endpointOf(one),
      allow: list(one, 'prefix').map(String),
      ...linesOf(one),
    })),
    pools: all(block, 'deterministic inside').map(one => ({
      inside: must(text(one, 'inside')),
      outside: must(text(one, 'outside')),
      reserved: must(number(one, 'reserved')),
      dynamic: must(number(one, 'dynamic')),
    })),
  };
}

function linesOf(log: Entry): LogLines {
  return {
    ...optional('format', text(log, 'logformat') as LogLines['format']),
    ...optional('pattern', text(log, 'logpattern')),
  };
}

/** The block as it is printed. */
export function translatorEntry({ conntrack, files, udp, pools }: TranslatorConfig): Entry {
  return entry('probe', 'translator', {}, [
    ...(conntrack ? [entry('translator', 'conntrack')] : []),
    ...files.map(({ file, format, pattern }) =>
      entry('translator', 'log file', { file, logformat: format, logpattern: pattern }),
    ),
    ...udp.map(({ address, port, allow, format, pattern }) =>
      entry('translator', 'log udp', { address, port, prefix: allow, logformat: format, logpattern: pattern }),
    ),
    ...pools.map(pool => entry('translator', 'deterministic inside', pool)),
  ]);
}

/** A log needs one way to be read, and what follows a translator follows nothing else. */
export function checkTranslator(probe: Entry, report: Report): void {
  const translator = first(probe.block, 'translator');
  if (translator === undefined || !translator.whole) return;
  for (const log of [...all(translator.block, 'log file'), ...all(translator.block, 'log udp')]) {
    const both = text(log, 'logformat') !== undefined && text(log, 'logpattern') !== undefined;
    const none = text(log, 'logformat') === undefined && text(log, 'logpattern') === undefined;
    if (log.whole && (both || none))
      report.error(
        placed(log),
        `how its lines are read is told ${both ? 'twice' : 'not'}, expected \`format\` or \`pattern\``,
      );
  }
  if (translator.block.every(one => one.whole) && translator.block.length === 0)
    report.error(
      placed(translator),
      '`translator` has nothing to read, expected `conntrack`, `log file` or another statement in it',
    );
  for (const one of probe.block)
    if (!['translator', 'retention', 'memory', 'certificate'].includes(headOf(one)))
      report.error(placed(one), `\`${headOf(one)}\` does not go with \`translator\`: such a probe takes no packets`);
}
