/** What mandoc(1) finds wrong in a page. */
import { spawnSync } from 'node:child_process';

/** Complaints about a page, one a line; null when mandoc is not installed, which REQUIRE_PEERS=1 makes an error. */
export function complaintsAbout(page: string): string[] | null {
  const { stdout, error } = spawnSync('mandoc', ['-T', 'lint', page], { encoding: 'utf8' });
  if (error !== undefined) {
    if (process.env.REQUIRE_PEERS === '1') throw new Error('mandoc is not installed');
    return null;
  }
  // Pages refer to each other before they are installed, and may have sections that mandoc does not know.
  const passed = /referenced manual not found|possible typo in section name/;
  return stdout.split('\n').filter(line => line !== '' && !passed.test(line));
}
