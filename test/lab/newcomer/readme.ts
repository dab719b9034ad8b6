/** What README tells a newcomer to type, taken from its own blocks. `node readme.ts`: prints it. */
import { readFileSync } from 'node:fs';

/** A fenced block: its language, its text without indentation, the section it stands in. */
interface Block {
  readonly section: string;
  readonly language: string;
  readonly lines: readonly string[];
}

/** The sections whose commands a newcomer types, in this order. */
export const TYPED = ['Install', 'The first hour'];

/** All fenced blocks of a page in Markdown. */
export function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let section = '';
  let open: { language: string; indent: number; lines: string[] } | null = null;
  for (const line of text.split('\n')) {
    const fence = /^( *)```(\S*)$/.exec(line);
    if (fence === null) {
      if (open === null) section = /^## (.*)$/.exec(line)?.[1] ?? section;
      else open.lines.push(line.slice(open.indent));
    } else if (open === null) open = { language: fence[2]!, indent: fence[1]!.length, lines: [] };
    else {
      blocks.push({ section, language: open.language, lines: open.lines });
      open = null;
    }
  }
  return blocks;
}

/** What follows a prompt, `# ` or `$ `, in the sections that a newcomer works through. */
export function commandsOf(text: string): string[] {
  const blocks = blocksOf(text);
  return TYPED.flatMap(section =>
    blocks
      .filter(block => block.section === section && block.language === '')
      .flatMap(({ lines }) => lines.filter(line => /^[#$] \S/.test(line)).map(line => line.slice(2))),
  );
}

/** The first block of a section in a language: a configuration, or the snippet for a router. */
export const snippetOf = (text: string, language: string, section: string): string =>
  `${blocksOf(text)
    .find(block => block.language === language && block.section === section)!
    .lines.join('\n')}\n`;

if (process.argv[1] === import.meta.filename) {
  const [, , file, language, section] = process.argv;
  const text = readFileSync(file!, 'utf8');
  process.stdout.write(
    section === undefined ? `${commandsOf(text).join('\n')}\n` : snippetOf(text, language!, section),
  );
}
