/** What tests need to run programs of ours and of others. */
import { fileURLToPath } from 'node:url';

const built = process.env.INTERTRACK_BUILT === '1';

/**
 * The environment in which tests run the programs: from the sources, so that a test by itself sees what was just written; from
 * what was built where `make test` says that it is of the sources as they are.
 */
export const PROGRAM_ENV: NodeJS.ProcessEnv = {
  ...process.env,
  INTERTRACK_SOURCE: built ? '' : '1',
};

/** The same choice for a test that gives node a program's file itself: its path. */
export const programFile = (name: 'intertrackd' | 'itctl' | 'itprobe'): string =>
  fileURLToPath(new URL(built ? `../dist/${name}.js` : `../src/${name}.ts`, import.meta.url));

/**
 * Skips a test, or from a hook those of its suite, and says why; fails where REQUIRE_PEERS=1 says that nothing may be missing.
 * Null: nothing is.
 */
export function skipFor(context: Mocha.Context, reason: string | null): void {
  if (reason === null) return;
  if (process.env.REQUIRE_PEERS === '1') throw new Error(reason);
  console.log(`      skipped: ${reason}`);
  context.skip();
}
