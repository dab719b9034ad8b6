import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { folderOf, ROOT, sourcesOf } from './sources.ts';

const FORMATS = ['net', 'config', 'bgp', 'bmp', 'mrt', 'packet', 'flow'];
const KNOWLEDGE = [...FORMATS, 'rib', 'registry', 'probe', 'store'];

/** intertrack(7), THE HOUSE: what a folder may import besides itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  net: [],
  xml: [],
  config: ['net'],
  store: ['net'],
  bgp: ['net'],
  bmp: ['net', 'bgp'],
  mrt: ['net', 'bgp'],
  packet: ['net'],
  flow: ['net'],
  rib: FORMATS,
  registry: FORMATS,
  probe: FORMATS,
  bus: ['net', 'registry'],
  hijack: [...KNOWLEDGE, 'xml'],
  traceback: KNOWLEDGE,
  collector: KNOWLEDGE,
  bridge: [...KNOWLEDGE, 'xml', 'traceback'],
  notify: ['net', 'config', 'store', 'registry', 'hijack'],
};
/**
 * intertrack(7), THE HOUSE: what a folder of src/probe may import of the others. Each may import what stands in src/probe
 * itself, and what src/probe may.
 */
const PROBE: Readonly<Record<string, readonly string[]>> = {
  capture: [],
  filters: [],
  live: [],
  neighbors: [],
  translators: [],
  flows: ['neighbors'],
  proof: ['filters'],
  disk: ['filters', 'proof'],
  sealed: ['filters', 'proof', 'disk', 'neighbors'],
  intake: ['capture', 'live', 'neighbors', 'flows', 'sealed'],
  socket: ['neighbors', 'translators', 'flows', 'sealed'],
  process: [
    'capture',
    'live',
    'neighbors',
    'translators',
    'flows',
    'filters',
    'proof',
    'disk',
    'sealed',
    'intake',
    'socket',
  ],
};
/** They may import all; only each other and the programs import them. */
const TOP = ['control', 'vty', 'web', 'daemon'];

describe('imports', () => {
  const sources = sourcesOf('src');

  it('go downwards only', () => {
    for (const { path, imports } of sources) {
      const from = folderOf(path);
      if (from === null || TOP.includes(from)) continue;
      for (const to of imports.map(folderOf))
        if (to !== null && to !== from) expect(MAY_IMPORT[from], `${path} imports ${to}`).to.include(to);
    }
  });

  it('go downwards only in the folders of src/probe', () => {
    const within = (path: string) => /^src\/probe\/(?:([^/]+)\/)?[^/]+$/.exec(path);
    for (const { path, imports } of sources) {
      const from = within(path);
      if (from === null) continue;
      const may = from[1] === undefined ? [] : PROBE[from[1]];
      expect(may, `${path}: a folder that is not in the list`).to.be.an('array');
      for (const to of imports.map(one => within(one)?.[1]))
        if (to !== undefined && to !== from[1]) expect(may, `${path} imports ${to}`).to.include(to);
    }
  });

  it('make no circle of folders', () => {
    const below = new Map<string, Set<string>>();
    for (const { path, imports } of sources)
      for (const to of imports.map(folderOf)) {
        const from = folderOf(path);
        if (from !== null && to !== null && from !== to) below.set(from, (below.get(from) ?? new Set()).add(to));
      }
    const walk = (folder: string, way: readonly string[]): void => {
      expect(way, [...way, folder].join(' -> ')).not.to.include(folder);
      for (const next of below.get(folder) ?? []) walk(next, [...way, folder]);
    };
    for (const folder of below.keys()) walk(folder, []);
  });

  it('stay within what is compiled, except for generated files', () => {
    for (const { path, imports } of sources)
      for (const to of imports)
        expect(/^src\/|^build\/|^package\.json$/.test(to), `${path} imports ${to}`).to.equal(true);
  });
});

describe('the import rule of the linter', () => {
  const directory = mkdtempSync(join(tmpdir(), 'intertrack-boundaries-'));
  const folders = [...Object.keys(MAY_IMPORT), ...TOP];
  after(() => rmSync(directory, { recursive: true }));

  it('fires for every import that goes upwards, and for no other', () => {
    copyFileSync(join(ROOT, 'biome.json'), join(directory, 'biome.json'));
    /** A file, named from src without `.ts`, that imports another. */
    const write = (name: string, specifier: string) =>
      writeFileSync(
        join(directory, 'src', `${name}.ts`),
        `import { other } from '${specifier}';\n\nexport const same = other;\n`,
      );
    for (const from of Object.keys(MAY_IMPORT)) {
      mkdirSync(join(directory, 'src', from), { recursive: true });
      for (const to of folders) write(`${from}/${to}`, from === to ? './other.ts' : `../${to}/other.ts`);
    }
    const upwards: string[] = [];
    for (const [room, may] of Object.entries(PROBE)) {
      const from = `probe/${room}`;
      mkdirSync(join(directory, 'src', from), { recursive: true });
      write(`${from}/to-question`, '../question.ts');
      for (const to of Object.keys(PROBE)) {
        write(`${from}/to-${to}`, to === room ? './other.ts' : `../${to}/other.ts`);
        if (to !== room && !may.includes(to)) upwards.push(`${from}/to-${to}`);
      }
      for (const to of folders.filter(one => one !== 'probe')) {
        write(`${from}/out-to-${to}`, `../../${to}/other.ts`);
        if (!FORMATS.includes(to)) upwards.push(`${from}/out-to-${to}`);
      }
      write(`probe/into-${room}`, `./${room}/other.ts`);
      upwards.push(`probe/into-${room}`);
    }
    const biome = spawnSync(
      join(ROOT, 'node_modules/.bin/biome'),
      ['lint', '--reporter=github', '--max-diagnostics=none'],
      {
        cwd: directory,
        encoding: 'utf8',
      },
    );
    const lines = biome.stdout.split('\n').filter(line => line.includes('noRestrictedImports'));
    const fired = lines.map(line => /file=[^,]*\bsrc\/([^,]+)\.ts/.exec(line)?.[1] ?? line).sort();
    const forbidden = Object.entries(MAY_IMPORT)
      .flatMap(([from, allowed]) =>
        folders.filter(to => to !== from && !allowed.includes(to)).map(to => `${from}/${to}`),
      )
      .concat(upwards)
      .sort();
    expect(fired, biome.stderr).to.deep.equal(forbidden);
    expect(biome.status).to.equal(1);
  });
});
