/** The program as it was at a revision of git, built beside this one in build/upgrade, where it stays until `make clean`. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../..');

export interface Program {
  /** Where its programs are. */
  readonly bin: string;
  /** As its machines tell it: the package's, and behind it the revision where both would tell the same. */
  readonly version: string;
}

const versionOf = (directory: string): string =>
  (JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as { version: string }).version;

/** The program of this tree. */
export const thisProgram = (): Program => ({ bin: join(ROOT, 'bin'), version: versionOf(ROOT) });

/** What one who upgrades comes from: the latest tag, and where there is none the revision before this one. */
export const usualRevision = (): string => tried('describe', '--tags', '--abbrev=0') ?? 'HEAD~1';

const tried = (...words: string[]): string | null => {
  const { status, stdout } = spawnSync('git', ['-C', ROOT, ...words], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : null;
};

/** Builds it unless it is there; throws in words when it cannot be had. */
export function programAt(revision: string): Program {
  const commit = tried('rev-parse', '--verify', '--quiet', `${revision}^{commit}`);
  if (commit === null) throw new Error(`${revision} is no revision that git knows here`);
  const directory = join(ROOT, 'build/upgrade', commit);
  if (!existsSync(directory)) build(commit, directory);
  return { bin: join(directory, 'bin'), version: versionOf(directory) };
}

function build(commit: string, directory: string): void {
  const half = `${directory}.half`;
  rmSync(half, { recursive: true, force: true });
  mkdirSync(half, { recursive: true });
  const step = (what: string, command: string, ...words: string[]) => {
    const { status, stdout, stderr, error } = spawnSync(command, words, { cwd: half, encoding: 'utf8' });
    if (status === 0) return;
    const said = `${stdout}${stderr}${error ?? ''}`.trimEnd().split('\n').slice(-20).join('\n');
    throw new Error(`${commit.slice(0, 12)} cannot be ${what}:\n${said}`);
  };
  step('taken out', 'sh', '-c', 'git -C "$1" archive "$2" | tar -x', 'sh', ROOT, commit);
  const lock = (of: string) => readFileSync(join(of, 'package-lock.json'), 'utf8');
  // The same packages are the same: then nothing is fetched, nor looked at once more.
  const same = lock(half) === lock(ROOT);
  if (same) symlinkSync(join(ROOT, 'node_modules'), join(half, 'node_modules'));
  step('built', 'make', ...(same ? ['-o', 'node_modules/.installed'] : []), 'dist/.built');
  if (versionOf(half) === versionOf(ROOT)) {
    const file = join(half, 'package.json');
    const told = { ...JSON.parse(readFileSync(file, 'utf8')), version: `${versionOf(ROOT)}-${commit.slice(0, 8)}` };
    writeFileSync(file, `${JSON.stringify(told, null, 2)}\n`);
  }
  renameSync(half, directory);
}

/** The revision of this tree, with a mark where it has changes that are not committed. */
export const thisRevision = (): string => {
  const commit = execFileSync('git', ['-C', ROOT, 'describe', '--always', '--dirty'], { encoding: 'utf8' });
  return commit.trim();
};
