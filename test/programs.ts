/**
 * The environment in which tests run the programs: from the sources, so that a test by itself sees what was just written; from
 * what was built where `make test` says that it is of the sources as they are.
 */
export const PROGRAM_ENV: NodeJS.ProcessEnv = {
  ...process.env,
  INTERTRACK_SOURCE: process.env.INTERTRACK_BUILT === '1' ? '' : '1',
};
