import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { folderOf, ROOT, sourcesOf } from './sources.ts';

/** Folders of src, each one subject (intertrack(7)); those that are not there yet come with what they are for. */
const FOLDERS = [
  ...[
    'bgp',
    'bmp',
    'bridge',
    'bus',
    'collector',
    'config',
    'control',
    'daemon',
    'flow',
    'hijack',
    'mrt',
    'net',
    'notify',
    'packet',
  ],
  ...['probe', 'registry', 'rib', 'store', 'traceback', 'vty', 'web', 'xml'],
];
/** Folders of test that mirror none of src: real peers, network namespaces, benchmarks, fuzzing, and this one. */
const BESIDE = ['interop', 'lab', 'bench', 'fuzz', 'house'];
const LONGEST = 400;

const foldersIn = (path: string): string[] =>
  readdirSync(join(ROOT, path), { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(({ name }) => name);

describe('the house', () => {
  const sources = sourcesOf('src');
  /** The paths of those whose code has what is not wanted. */
  const having = (unwanted: RegExp): string[] =>
    sources.filter(({ code }) => unwanted.test(code)).map(({ path }) => path);

  it('has the folders of its plan and no others', () => {
    expect(FOLDERS).to.include.members(foldersIn('src'));
  });
  it('has three programs and nothing else beside the folders', () => {
    const beside = sources.filter(({ path }) => folderOf(path) === null).map(({ path }) => path);
    expect(beside.sort()).to.deep.equal(['src/intertrackd.ts', 'src/itctl.ts', 'src/itprobe.ts']);
  });
  it('is mirrored by its tests', () => {
    for (const folder of foldersIn('test'))
      if (!BESIDE.includes(folder)) expect(foldersIn('src'), `test/${folder}`).to.include(folder);
  });
  it('has no room for odds and ends', () => {
    const odds = /(^|\/)(utils?|helpers?|common|types|misc|shared|manager)(\/|\.ts$)/i;
    expect(sources.filter(({ path }) => odds.test(path)).map(({ path }) => path)).to.deep.equal([]);
  });
  it('has an index only where it is the face of a folder', () => {
    const indexes = sources.filter(({ path }) => path.endsWith('/index.ts'));
    for (const { path, code } of indexes)
      expect(code.replace(/export (type )?\{[^}]*\} from '[^']+';|\s/g, ''), path).to.equal('');
  });
  it('has short files', () => {
    const long = sources.filter(({ text }) => text.split('\n').length > LONGEST);
    expect(long.map(({ path }) => path)).to.deep.equal([]);
  });
  it('has a word for what it exports: no default', () => expect(having(/\bexport default\b/)).to.deep.equal([]));
  it('has no any', () => expect(having(/[:<,|&]\s*any\b|\bas any\b/)).to.deep.equal([]));
  it('inherits nothing', () => expect(having(/\bclass \w+(<[^{]*>)? extends (?!Error\b)/)).to.deep.equal([]));
  it('leaves nothing for later', () => {
    const later = sources.filter(({ text }) => /\b(TODO|FIXME|XXX|HACK)\b/.test(text)).map(({ path }) => path);
    expect(later).to.deep.equal([]);
  });
  it('starts every program by the one launcher', () => {
    for (const program of ['intertrackd', 'itctl', 'itprobe'])
      expect(existsSync(join(ROOT, 'bin', program)), program).to.equal(true);
  });
});
