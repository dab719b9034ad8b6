/** Builds the page (src/web/page) into dist/page, each file beside its gzip. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const OUT = new URL('dist/page/', import.meta.url).pathname;

const compressed = {
  name: 'compressed',
  closeBundle() {
    for (const name of readdirSync(OUT, { recursive: true, encoding: 'utf8' }))
      if (/\.(html|js|css)$/.test(name)) writeFileSync(join(OUT, `${name}.gz`), gzipSync(readFileSync(join(OUT, name)), { level: 9 }));
  },
};

// biome-ignore lint/style/noDefaultExport: vite wants it so
export default {
  root: 'src/web/page',
  base: './',
  logLevel: 'warn',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: { outDir: OUT, emptyOutDir: true, target: 'es2024', modulePreload: { polyfill: false }, assetsInlineLimit: 0 },
  plugins: [compressed],
};
