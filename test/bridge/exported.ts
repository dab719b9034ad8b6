/** Traces as they are exported in tests, and programs that look at what was written. */
import { spawnSync } from 'node:child_process';
import type { TraceIncidentOptions } from '../../src/bridge/trace-incident.ts';
import type { Trace, TraceNode } from '../../src/traceback/trace.ts';
import { ENTRY_CONTACTS, NOON, TRACE } from '../control/scripted.ts';

export const OPTIONS: TraceIncidentOptions = {
  creator: { name: 'it.example.net', contact: 'keiro@example.net' },
  as: 64500,
  contacts: ENTRY_CONTACTS,
  internal: false,
  now: NOON,
  federation: 'jp-isp',
  incident: null,
};

/** A trace with all that stays at home: addresses of flow records, what a translator made of it, which rule began it. */
export const SECRETIVE: Trace = {
  ...TRACE,
  certainty: 0.99996,
  flows: [
    {
      probe: 'secret-probe',
      places: [
        {
          vantage: { tap: 'secret-tap', direction: 'in', neighbor: 64501 },
          ...{ exporter: '203.0.113.99', input: 3, output: 4, records: 1, packets: 2, sampling: 1000 },
          ...{ first: NOON, last: NOON },
        },
      ],
      retained: null,
    },
  ] as unknown as NonNullable<Trace['flows']>,
  translation: {
    ...{ by: ['secret-nat'], way: 'outward', unreckoned: [], both: false },
    linked: [{ epoch: 1, digest: '5ec2e75ec2e75ec2', profile: 'nat' }],
    seen: [{ probe: 'secret-probe', direction: 'inside', neighbor: null, profile: 'nat' }],
  },
  cause: { ids: 'secret-ids', signature: 1, text: 'secret rule', at: NOON, packets: 1 },
};

/** A trace whose tree has `size` nodes, deep and wide, with every verdict in it. */
export function grown(size: number): Trace {
  const verdicts = [
    ...['saw', 'absent', 'clear', 'silent', 'cannot-know', 'clear-partial', 'expired', 'conflict'],
  ] as const;
  const nodes = Array.from({ length: size }, (_, i) => ({
    ...{ ...TRACE.tree, as: 64512 + i, children: [] as TraceNode[] },
    verdict: i % 7 === 0 ? 'saw' : (verdicts[i % verdicts.length] as TraceNode['verdict']),
  }));
  for (const [i, node] of nodes.entries()) if (i > 0) nodes[Math.floor((i - 1) / 9)]!.children.push(node);
  return { ...TRACE, tree: nodes[0]!, entry: { as: 64512, via: null, source: false } };
}

/** True when the program is there; false, or a failure where it has to be. */
export function installed(program: string, ...options: string[]): boolean {
  if (spawnSync(program, options).error === undefined) return true;
  if (process.env.REQUIRE_PEERS === '1') throw new Error(`${program} is not installed`);
  return false;
}

/** What xmllint finds wrong with a document, by one of the schemas beside this file or by none; empty: nothing. */
export function lint(xml: string, schema?: 'iodef-1' | 'iodef-2' | 'rid-2'): string {
  const by = schema === undefined ? [] : ['--schema', new URL(`${schema}.xsd`, import.meta.url).pathname];
  const found = spawnSync('xmllint', ['--nonet', '--noout', ...by, '-'], { input: xml, encoding: 'utf8' });
  return found.status === 0 ? '' : `${found.stderr}`;
}
