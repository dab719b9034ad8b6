import type { Readable } from 'node:stream';
import { readLines } from '../control/lines.ts';
import type { ControlClient } from './client.ts';
import { notInShell } from './offline.ts';
import { EXIT, type Screen } from './run.ts';
import { runLine } from './watch.ts';
import { splitWords } from './words.ts';

/** Longest line of commands, octets. */
const MAX_LINE_OCTETS = 64 * 1024;

/**
 * Carries out commands, one a line, from a file or pipe. Empty lines and those that begin with `#` are skipped, `exit`
 * and `quit` end. Each error names its line. Returns the exit code of the last command that failed, or 0.
 */
export async function runBatch(client: ControlClient, input: Readable, screen: Screen): Promise<number> {
  let code: number = EXIT.ok;
  let number = 0;
  for await (const line of readLines(input, MAX_LINE_OCTETS)) {
    number++;
    const numbered: Screen = { ...screen, stdin: null, err: text => screen.err(`line ${number}: ${text}`) };
    if ('tooLong' in line) {
      numbered.err(`longer than ${MAX_LINE_OCTETS} octets`);
      code = EXIT.usage;
      continue;
    }
    const { words, open } = splitWords(line.text);
    if (words.length === 0 || words[0]!.startsWith('#')) continue;
    if (words.length === 1 && (words[0] === 'exit' || words[0] === 'quit')) break;
    if (open) {
      numbered.err('a double quote is not closed');
      code = EXIT.usage;
      continue;
    }
    const elsewhere = notInShell(words);
    if (elsewhere !== null) {
      numbered.err(elsewhere);
      code = EXIT.usage;
      continue;
    }
    const one = await runLine(client, words, numbered);
    if (one !== EXIT.ok) code = one;
  }
  return code;
}
