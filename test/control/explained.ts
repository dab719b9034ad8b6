/** What the scripted daemon says of a route, and of what has come apart: the real rules on a small registry. */
import type { DriftReport } from '../../src/control/drift-rows.ts';
import type { Explanation, RouteAnswer } from '../../src/control/verdict-rows.ts';
import { type Prefix, parsePrefix } from '../../src/net/prefix.ts';
import { verifyPath } from '../../src/registry/aspa-path.ts';
import { checkRoute, type Grounds } from '../../src/registry/route-check.ts';
import { readRouteObject } from '../../src/registry/route-object.ts';
import { readRpslObject } from '../../src/registry/rpsl.ts';
import { whatWouldChange } from '../../src/registry/what-if.ts';

const p = (text: string): Prefix => parsePrefix(text)!;
const NOW = Date.UTC(2026, 2, 1, 12);

function object(source: string, prefix: string, origin: number, more = '') {
  const text = `route: ${prefix}\norigin: AS${origin}\nmnt-by: MAINT-AS${origin}\n${more}source: ${source}\n`;
  const reading = readRouteObject(readRpslObject(Buffer.from(text))!, source);
  if (!reading.ok) throw new Error(reading.problem.why);
  return reading.object;
}

const grounds: Grounds = {
  objects: [
    object('JPIRR', '192.0.2.0/24', 64500, 'changed: noc@example.jp 20250401\n'),
    object('RADB', '192.0.2.0/24', 64666),
    object('RADB', '192.0.0.0/16', 64500, 'holes: 192.0.2.0/23\n'),
  ],
  vrps: [{ prefix: p('192.0.2.0/24'), maxLength: 24, asn: 64500 }],
  aspas: new Map([
    [64666, [64501]],
    [64496, [64510]],
  ]),
  authoritative: new Set(['JPIRR']),
  ixLans: [],
  maintainersOf: () => [],
  hasCustomer: () => false,
};
const path = [64496, 64666];
const route = {
  prefix: p('192.0.2.0/24'),
  origin: 64666,
  remark: null,
  path,
  direction: 'upstream',
  neighbor: 64496,
} as const;
const check = checkRoute(route, grounds, NOW);
const verified = verifyPath(path, grounds.aspas!, 'upstream', 64496);

export const ANSWER: RouteAnswer = {
  ...check,
  held: [{ peer: 'tyo1', peerAs: 64496, path, origin: 64666, irr: 'mismatch', rov: 'invalid' }],
  doubts: ['rpki caches has not been refreshed for two hours'],
};

export const EXPLANATION: Explanation = {
  ...check,
  time: NOW,
  sources: [
    { source: 'JPIRR', authoritative: true, serial: 1007, age: 5000, objects: 12_000, trouble: '' },
    { source: 'RADB', authoritative: false, serial: null, age: null, objects: 0, trouble: 'no such file or directory' },
  ],
  rpki: [
    {
      source: 'caches',
      inUse: 'tcp 192.0.2.9:3323',
      serial: 77,
      age: 9_000_000,
      trouble: 'tcp 192.0.2.9:3323: stale, not refreshed for more than 2 hours; it stays in use',
    },
  ],
  expiring: [{ source: 'JPIRR', prefix: '192.0.2.0/24', origin: 64500, removal: Date.UTC(2026, 5, 1) }],
  watches: [{ watch: 'ours', because: "maintainer MAINT-AS64500 of JPIRR's object 192.0.2.0/24 AS64500" }],
  holders: [
    { origin: 64500, peers: 41 },
    { origin: 64666, peers: 1 },
  ],
  paths: [
    {
      path,
      peers: ['tyo1'],
      role: 'customer',
      direction: 'upstream',
      aspa: verified.state,
      why: verified.why,
      hops: verified.hops,
      otc: '64496',
      leak: 'route leak: a customer sent ONLY_TO_CUSTOMER 64496',
    },
  ],
  morePaths: 2,
  cases: [{ id: '2026-03-01-01', state: 'ongoing' }],
  whatIf: whatWouldChange(route, grounds),
};

export const DRIFT: DriftReport = {
  time: NOW,
  since: NOW - 100 * 86_400_000,
  days: 90,
  watched: 412,
  announced: [{ prefix: '198.51.100.0/24', origin: 64500, peers: 12 }],
  silent: [
    { source: 'JPIRR', prefix: '192.0.2.0/25', origin: 64500, lastSeen: Date.UTC(2025, 10, 3) },
    { source: 'JPIRR', prefix: '192.0.2.128/25', origin: 64500, lastSeen: null },
  ],
  waiting: 3,
  expiring: [
    {
      source: 'JPIRR',
      prefix: '192.0.2.0/24',
      origin: 64500,
      notice: Date.UTC(2026, 1, 1),
      removal: Date.UTC(2026, 3, 1),
      state: 'notice',
    },
  ],
  contradicted: [
    {
      source: 'JPIRR',
      prefix: '192.0.2.0/25',
      origin: 64500,
      reason: 'length',
      why: 'AS64500 may announce up to /24, not /25',
    },
  ],
  strangers: [
    {
      kind: 'object',
      source: 'RADB',
      prefix: '192.0.2.0/24',
      origin: 64666,
      maxLength: null,
      mntBy: ['MAINT-X'],
      firstSeen: NOW - 60_000,
      earlier: false,
    },
    {
      kind: 'vrp',
      source: '',
      prefix: '192.0.2.0/24',
      origin: 64666,
      maxLength: 25,
      mntBy: [],
      firstSeen: NOW - 100 * 86_400_000,
      earlier: true,
    },
  ],
  remarks: [],
};
