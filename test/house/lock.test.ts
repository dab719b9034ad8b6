import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ROOT } from './sources.ts';

interface Package {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const read = (name: string): unknown => JSON.parse(readFileSync(join(ROOT, name), 'utf8'));
const project = read('package.json') as Package;
const { packages } = read('package-lock.json') as { packages: Readonly<Record<string, Package>> };

/** Where Node.js would find a package that the one at `path` asks for: beside it, or beside one that contains it. */
function found(path: string, name: string): boolean {
  for (let at = path; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    if (packages[`${at}${at === '' ? '' : '/'}node_modules/${name}`] !== undefined) return true;
    if (at === '') return false;
  }
}

describe('package-lock.json', () => {
  it('holds every package that another one asks for, also those for other machines: else npm ci refuses it', () => {
    for (const [path, { dependencies, optionalDependencies }] of Object.entries(packages))
      for (const name of Object.keys({ ...dependencies, ...optionalDependencies }))
        expect(found(path, name), `${path || 'the project'} asks for ${name}`).to.equal(true);
  });
  it('pins the same Node.js for both architectures', () => {
    const versions = ['x64', 'arm64'].map(arch => packages[`node_modules/node-linux-${arch}`]?.version);
    expect(versions[0]).to.match(/^24\./);
    expect(versions[1]).to.equal(versions[0]);
  });
  it('names no host, and a hash for each package', () => {
    for (const [path, { resolved, integrity }] of Object.entries(packages)) {
      expect(resolved, path).to.equal(undefined);
      if (path !== '') expect(integrity, path).to.match(/^sha512-/);
    }
  });
  it('goes with exact versions in package.json', () => {
    const { dependencies, devDependencies, optionalDependencies } = project;
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })) {
      expect(version, name).to.match(/^\d+\.\d+\.\d+$/);
      expect(packages[`node_modules/${name}`]?.version, name).to.equal(version);
    }
  });
});
