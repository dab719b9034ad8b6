/** Proof that a collector without an `announce` block has no means to announce: the module is not in its thread. */
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import type { FromCollector } from '../../src/collector/messages.ts';
import type { SafetyReport } from '../../src/collector/safety.ts';
import { formatErrors, parseConfig } from '../../src/config/index.ts';
import { sourcesOf } from '../house/sources.ts';
import { loopbackAddress, until } from '../interop/bgp-peers.ts';
import { startSpeaker } from '../interop/speaker.ts';

const PORT = 17_179;
const ENCODER = 'src/bgp/announce.ts';

/** Runs in the thread before anything else, and reports each module that is loaded there. */
const WATCH = `
  import { registerHooks } from 'node:module';
  import { parentPort } from 'node:worker_threads';
  registerHooks({
    load(url, context, next) {
      parentPort.postMessage({ type: 'loaded', url });
      return next(url, context);
    },
  });`;

/** What a program has when it starts: what it imports, and what that imports; not what it may import later, nor types. */
function atStart(program: string): ReadonlySet<string> {
  const sources = new Map([...sourcesOf('src'), ...sourcesOf('test')].map(source => [source.path, source]));
  const found = new Set<string>();
  const visit = (path: string): void => {
    const source = sources.get(path);
    if (source === undefined || found.has(path)) return;
    found.add(path);
    const later = [...source.code.matchAll(/\bimport\('([^']+)'\)/g)].map(([, to]) => to!);
    const types = [...source.code.matchAll(/\bimport type [^;]*? from '([^']+)'/g)].map(([, to]) => to!);
    const named = [...source.code.matchAll(/\bfrom '([^']+)'|\bimport '([^']+)'/g)].map(([, a, b]) => a ?? b!);
    for (const to of source.imports) {
      const is = (name: string) => to.endsWith(name.replace(/^(\.\.?\/)+/, ''));
      const only = (list: readonly string[]) => list.some(is);
      const written = named.filter(is).length - types.filter(is).length;
      if ((only(later) || only(types)) && written <= 0) continue;
      visit(to);
    }
  };
  visit(program);
  return found;
}

describe('the encoder of announcements', function () {
  this.timeout(240_000);

  it('is in no program when it starts', () => {
    for (const program of ['src/intertrackd.ts', 'src/collector/worker.ts', 'src/itprobe.ts', 'src/itctl.ts'])
      expect([...atStart(program)], program).not.to.include(ENCODER);
    expect([...atStart('src/collector/worker.ts')]).to.include('src/bgp/encoder-loaded.ts');
    expect([...atStart('test/interop/speaker.ts')], 'the check sees what is imported').to.include(ENCODER);
  });

  it('is loaded at one place only', () => {
    const loaders = sourcesOf('src').filter(({ code }) => /await import\('[^']*announce\.ts'\)/.test(code));
    expect(loaders.map(({ path }) => path)).to.deep.equal(['src/collector/collector.ts']);
  });

  it('comes into a collector with the first `announce` block, and not before, whatever its peers ask for', async () => {
    const [host, from] = [loopbackAddress(), loopbackAddress()];
    const worker = new Worker(new URL('../../src/collector/worker.ts', import.meta.url), {
      execArgv: ['--import', `data:text/javascript,${encodeURIComponent(WATCH)}`],
    });
    const modules: string[] = [];
    const heard: FromCollector[] = [];
    worker.on('message', (message: FromCollector | { type: 'loaded'; url: string }) =>
      message.type === 'loaded' ? modules.push(message.url) : heard.push(message),
    );
    const loaded = () => modules.filter(url => url.endsWith('/bgp/announce.ts')).length;
    const configure = async (announce: string) => {
      const text = `router id 192.0.2.9; local as 64500; bgp listen ${host} port ${PORT}; protocol bgp a { neighbor ${from} as 64496; passive; ${announce} }`;
      const parsed = parseConfig(text, 'c');
      if (!parsed.ok) throw new Error(formatErrors(parsed.errors));
      const { routerId, localAs, bgpListen: listen, peers, bmp } = parsed.config;
      const before = heard.filter(({ type }) => type === 'ready').length;
      worker.postMessage({ type: 'configure', config: { routerId, localAs, listen, peers, bmp } });
      await until('configured', () => heard.filter(({ type }) => type === 'ready').length > before);
    };
    let id = 0;
    const safety = async () => {
      const mine = ++id;
      worker.postMessage({ type: 'query', id: mine, query: { about: 'safety' } });
      const find = () => heard.find(one => one.type === 'answer' && one.id === mine);
      await until('an answer', () => find() !== undefined);
      const found = find();
      return (found?.type === 'answer' ? found.rows[0] : undefined) as SafetyReport;
    };
    try {
      await configure('');
      const speaker = await startSpeaker({ from, to: host, port: PORT, as: 64496 });
      await until('the peer is up', async () => (await safety()).peers[0]?.state === 'Established');
      speaker.send(Buffer.from(`${'ff'.repeat(16)}00170500010001`, 'hex')); // ROUTE-REFRESH, IPv4 unicast
      speaker.announce(['192.0.2.0/24'], 64496);
      await configure('description "x";');
      expect(
        modules.some(url => url.endsWith('/collector/collector.ts')),
        'the hook sees modules',
      ).to.equal(true);
      expect(loaded()).to.equal(0);
      expect(await safety()).to.deep.include({ encoder: null });
      expect((await safety()).peers[0]).to.include({ updates: 0 });
      expect(speaker.heard).not.to.include('UPDATE');

      await configure('announce { prefix 192.0.2.1/32 community blackhole; }');
      await speaker.hears('UPDATE');
      expect(loaded()).to.equal(1);
      expect((await safety()).encoder).to.be.a('number');
      expect((await safety()).peers[0]!.told.map(({ prefix }) => prefix)).to.deep.equal(['192.0.2.1/32']);
      speaker.close();
    } finally {
      worker.postMessage({ type: 'stop' });
      await until('the collector has stopped', () => heard.some(({ type }) => type === 'stopped'));
      await worker.terminate();
    }
  });
});
