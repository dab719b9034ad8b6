/** The files that a `traceback` block names. */
import { readFileSync, statSync } from 'node:fs';
import type { TracebackConfig } from '../config/traceback-tree.ts';
import type { Config } from '../config/tree.ts';
import { SHORTEST_SECRET, secretOf } from '../packet/itk1.ts';
import { type Identity, loadIdentity } from '../traceback/identity.ts';

/** Files of a `traceback` block, read and checked. Throws an Error that names the file and what is wrong with it. */
export function readTraceFiles(config: TracebackConfig, as: number): { identity: Identity; secret: Uint8Array | null } {
  const loaded = loadIdentity(config, as, Date.now());
  if ('errors' in loaded) throw new Error(loaded.errors.map(({ file, reason }) => `${file}: ${reason}`).join('\n'));
  return { identity: loaded.identity, secret: readSecret(config) };
}

/** The secret of the first federation; null without one. Throws an Error that names the file and what is wrong with it. */
export function readSecret(config: TracebackConfig): Uint8Array | null {
  const file = config.federations[0]?.secret;
  if (file === undefined) return null;
  let octets: Uint8Array;
  try {
    octets = readFileSync(file);
  } catch (e) {
    throw new Error(`${file}: ${(e as Error).message}`);
  }
  const secret = secretOf(octets);
  if (secret === null) throw new Error(`${file}: a federation's secret has at least ${SHORTEST_SECRET} octets`);
  return secret;
}

/** In words, which secrets of a `traceback` block every user of this machine can read. */
export function openSecrets(config: TracebackConfig | null): string[] {
  const files = config === null ? [] : [config.identity, ...config.federations.map(({ secret }) => secret)];
  return [...new Set(files)]
    .filter(isOpen)
    .map(file => `every user of this machine can read the secret in ${file}: \`chmod o= ${file}\``);
}

function isOpen(file: string): boolean {
  try {
    return (statSync(file).mode & 0o004) !== 0;
  } catch {
    return false;
  }
}

/** How the probes of this AS come by sightings: from packets of their own, from samples of exporters. */
export function methodsOf({ probes }: Config): ('digest' | 'sflow')[] {
  const watching = probes.filter(probe => probe.translator === undefined);
  const samples = watching.some(probe => probe.exporters !== undefined);
  const digests = watching.some(probe => probe.exporters === undefined);
  return [...(digests || !samples ? ['digest' as const] : []), ...(samples ? ['sflow' as const] : [])];
}

/** Seconds for which every probe of this AS keeps its windows; null without a probe. */
export function retentionOf({ probes }: Config): number | null {
  const watching = probes.filter(probe => probe.translator === undefined);
  return watching.length === 0 ? null : Math.floor(Math.min(...watching.map(probe => probe.retention)) / 1000);
}
