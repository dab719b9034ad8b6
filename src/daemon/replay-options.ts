import { parseArgs } from 'node:util';

/** A file of routes, `-` for the standard input, and the collector it is of; '' when none was named. */
export interface ReplayedFile {
  readonly file: string;
  readonly collector: string;
}

/** What `intertrackd replay` was asked to do. */
export interface ReplayOptions {
  readonly config: string;
  readonly files: readonly ReplayedFile[];
  readonly quiet: boolean;
  /** Only the summary is printed. */
  readonly summary: boolean;
}

const OPTIONS = {
  collector: { type: 'string', short: 'C', multiple: true },
  config: { type: 'string', short: 'c' },
  help: { type: 'boolean', short: 'h' },
  quiet: { type: 'boolean', short: 'q' },
  summary: { type: 'boolean', short: 's' },
} as const;

export const REPLAY_USAGE =
  'usage: intertrackd replay [-qs] [-c file] [-C collector] mrt ...\n\n' +
  'Judges recorded routes by the rules of today; prints a JSON object a line. See intertrackd(8).';

/** Reads the words behind `replay`; the answer is the options, null for the usage, or what is wrong with them. */
export function replayOptions(words: readonly string[]): ReplayOptions | null | string {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(words);
  } catch (error) {
    return (error as Error).message.split('. ')[0]!;
  }
  const { values, tokens } = parsed;
  if (values.help === true) return null;
  const files: ReplayedFile[] = [];
  let collector = '';
  for (const token of tokens)
    if (token.kind === 'positional') files.push({ file: token.value, collector });
    else if (token.kind === 'option' && token.name === 'collector') collector = token.value ?? '';
  if (files.length === 0) return 'a file is missing';
  if (files.filter(({ file }) => file === '-').length > 1) return 'the standard input can be read once';
  const { config = '/etc/intertrack/intertrackd.conf', quiet = false, summary = false } = values;
  return { config, files, quiet, summary };
}

const parse = (words: readonly string[]) =>
  parseArgs({ args: [...words], options: OPTIONS, allowPositionals: true, tokens: true });
