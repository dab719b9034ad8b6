/** The registry as far as it lies on this machine, read once: what a replay judges by. */
import { join } from 'node:path';
import type { Config, IrrConfig } from '../config/tree.ts';
import type { Layers } from '../registry/compile.ts';
import { isLocal } from '../registry/irr/open-feed.ts';
import { openRegistry, type Registry } from '../registry/registry.ts';
import type { AspaTable } from '../registry/rpki/aspa.ts';
import { readPayloadsOnce } from '../registry/rpki/payloads-once.ts';
import type { Rpki } from '../registry/rpki/rpki.ts';

/** What was judged by, for the summary. */
export interface ReplayedSource {
  readonly source: string;
  /** Route objects; VRPs of an `rpki` block. */
  readonly objects: number;
  /** What is not in it, in words; empty when it is all there. */
  readonly leftOut: string;
}

export interface ReplayRegistry {
  readonly registry: Registry;
  readonly layers: Layers;
  /** Null: there are none. */
  readonly aspas: AspaTable | null;
  readonly rpki: Pick<Rpki, 'view'>;
  readonly sources: readonly ReplayedSource[];
  /** What should be on this machine and cannot be read, each in words. */
  readonly unreadable: readonly string[];
}

/** Reads it. `remark` is told of what cannot be read in what could be. */
export async function openReplayRegistry(config: Config, remark: (text: string) => void): Promise<ReplayRegistry> {
  const payloads = await readPayloadsOnce(config.rpki);
  const unreadable: string[] = [];
  const sources: ReplayedSource[] = [];
  const registry = await openRegistry(
    {
      onRefresh() {},
      onTrouble() {}, // the report has it
      onAlarm: (source, why) => remark(`irr ${source}: ${why}`),
      onWhole() {},
    },
    { directory: join(config.state, 'irr'), vrps: () => payloads.vrps, offline: true },
  );
  for (const { name, originated } of config.watches)
    if (originated !== null) remark(`watch ${name}: what our own routers originate is not known here`);
  const { layers, report } = await registry.reload(config.irr, config.watches);
  for (const { source, what, objects, why } of report.sources) {
    const irr = config.irr.find(({ name }) => name === source)!;
    const held = what === 'loaded';
    if (why !== '') (held || !isLocal(irr) ? remark : (text: string) => unreadable.push(text))(`irr ${source}: ${why}`);
    sources.push({ source, objects, leftOut: leftOutOf(irr, held) });
  }
  for (const { source, file, firstProblems, problems } of registry.status()) {
    for (const { line, why } of firstProblems) remark(`irr ${source}: ${file}:${line}: ${why}`);
    if (problems > firstProblems.length) remark(`irr ${source}: ${problems - firstProblems.length} more of these`);
  }
  for (const { source, file, vrps, leftOut, problems } of payloads.sources) {
    for (const problem of problems)
      (file === null ? (text: string) => unreadable.push(text) : remark)(`rpki ${source}: ${problem}`);
    const unasked = leftOut.length === 0 ? '' : `not asked: ${leftOut.join(', ')}`;
    sources.push({ source: `rpki ${source}`, objects: vrps, leftOut: unasked });
  }
  return {
    ...{ registry, sources, unreadable, rpki: { view: () => payloads } },
    layers,
    aspas: payloads.aspas.size === 0 ? null : payloads.aspas,
  };
}

/** What of a source is not there because it would have to be asked for. */
function leftOutOf(irr: IrrConfig, held: boolean): string {
  const { dump, nrtm, nrtm4, whois } = irr;
  if (isLocal(irr)) return '';
  if (dump === undefined && nrtm4 === undefined)
    return whois === undefined ? 'nothing is mirrored' : `not asked: whois ${whois.host}`;
  const news = nrtm === undefined ? (dump ?? nrtm4!.url) : `nrtm ${nrtm.host}`;
  return held ? `not asked: ${news}; what was kept of it is used` : `not asked: ${news}; nothing is kept of it`;
}
