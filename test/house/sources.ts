/** The sources of the project, as the tests of the house read them: by text, without a compiler. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface Source {
  /** From the root of the project: `src/bgp/fsm.ts`. */
  readonly path: string;
  readonly text: string;
  /** The text without its comments. */
  readonly code: string;
  /** Files of the project that it imports, or starts as a thread, from the root. */
  readonly imports: readonly string[];
}

/** What is compiled by AssemblyScript is another language, with rules of its own. */
const KERNEL = /^src\/[^/]+\/kernel\//;

/** Every TypeScript file below a folder of the project. */
export function sourcesOf(folder: string): Source[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map(name => join(folder, name))
    .filter(path => path.endsWith('.ts') && !KERNEL.test(path))
    .map(path => {
      const text = readFileSync(join(ROOT, path), 'utf8');
      const code = text.replace(/\/\*[\s\S]*?\*\/|(^|\s)\/\/.*$/gm, '');
      const imports = [...code.matchAll(/\b(?:from|import|import\(|URL\()\s*['`](\.[^'`]+)['`]/g)].map(([, to]) =>
        normalize(join(path, '..', to!)),
      );
      return { path, text, code, imports };
    });
}

/** The folder of `src` that a path lies in; null for the programs and for what is elsewhere. */
export const folderOf = (path: string): string | null => /^src\/([^/]+)\//.exec(path)?.[1] ?? null;
