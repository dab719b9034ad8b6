/** A case book over a registry whose answers a test sets, with a clock that a test sets. */
import type { WatchConfig, WatchException } from '../../src/config/tree.ts';
import type { GroundOf } from '../../src/hijack/assessment.ts';
import type { Case } from '../../src/hijack/case.ts';
import { createCaseBook } from '../../src/hijack/case-book.ts';
import type { CaseChange } from '../../src/hijack/case-reports.ts';
import type { Judged } from '../../src/hijack/judged.ts';
import type { WitnessRoom } from '../../src/hijack/witness-room.ts';
import { parsePrefix } from '../../src/net/prefix.ts';
import type { RouteObject } from '../../src/registry/objects.ts';
import { checkRoute } from '../../src/registry/route-check.ts';
import type { IrrState } from '../../src/registry/verdict.ts';
import { watchOf } from '../config/watch.ts';

export const T0 = Date.UTC(2026, 10, 22, 4);
export const MINUTE = 60_000;

export const OURS: RouteObject = {
  source: 'JPIRR',
  prefix: parsePrefix('192.0.2.0/24')!,
  origin: 64496,
  mntBy: ['MAINT-A'],
  holes: [],
  memberOf: [],
  keiro: ['a@example.jp'],
  notify: [],
  descr: '',
  text: 'route: 192.0.2.0/24\norigin: AS64496\nmnt-by: MAINT-A\nsource: JPIRR',
};

export interface World {
  now: number;
  state: IrrState;
  exceptions: readonly WatchException[];
  /** ASes that a VRP for 192.0.2.0/24 names. */
  roas: readonly number[];
}

export function openBook(
  options: { stored?: readonly Case[]; holdUp?: number; holdDown?: number; skewed?: boolean; room?: WitnessRoom } = {},
) {
  const { stored = [], holdUp = 0, holdDown = 5 * MINUTE, skewed = false, room } = options;
  const world: World = { now: T0, state: 'mismatch', exceptions: [], roas: [] };
  let watches: readonly WatchConfig[] = [];
  const ground: GroundOf = (prefix, origin, path) => ({
    check: checkRoute(
      {
        prefix,
        origin: origin ?? [],
        remark: null,
        path: path.length === 0 ? null : path,
        direction: 'downstream',
        neighbor: null,
      },
      {
        objects: [OURS],
        vrps: world.roas.map(asn => ({ prefix: OURS.prefix, maxLength: 24, asn })),
        aspas: null,
        authoritative: new Set(),
        ixLans: [],
        maintainersOf: () => [],
        hasCustomer: () => false,
      },
      world.now,
    ),
    serials: new Map([['JPIRR', 7]]),
  });
  const watchNow = (): readonly WatchConfig[] => {
    // Another configuration is another list, as after a reload.
    if (watches[0]?.exceptions !== world.exceptions)
      watches = [watchOf('ours', { group: 'noc', holdUp, holdDown, exceptions: world.exceptions })];
    return watches;
  };
  const book = createCaseBook({
    clock: () => world.now,
    ground,
    registry: {
      decide: prefix => ({
        state: world.state,
        decidedBy: prefix,
        origins: [64496],
        watched: true,
        rov: 'not-found',
        vrps: [],
        covers: null,
      }),
      watchesOf: () => [],
      nobodys: () => null,
      objectsFor: () => [OURS],
      watchesFor: watchNow,
      guards: watchNow,
      lacks: () => false,
    },
    settings: () => ({ watches: watchNow(), groups: [{ name: 'noc', mail: ['noc@example.net'] }], notify: [] }),
    stored,
    skewed,
    ...(room && { room }),
  });
  return { book, world };
}

export const held = (peer: string, time: number, more: Partial<Judged> = {}): Judged => ({
  peer,
  peerAs: 64500,
  peerAddress: '203.0.113.1',
  prefix: '192.0.2.0/24',
  origin: 64666,
  kind: more.state === 'mismatch-covering' ? 'more-specific' : 'origin',
  offender: more.origin === undefined ? 64666 : more.origin,
  ground: '',
  what: 'held',
  why: 'update',
  time,
  path: [64500, 64510, 64666],
  state: 'mismatch',
  decidedBy: '192.0.2.0/24',
  ...more,
});

export const gone = (peer: string, time: number, more: Partial<Judged> = {}): Judged =>
  held(peer, time, { what: 'gone', why: 'withdraw', path: [], ...more });

export const unseen = (peer: string, time: number): Judged =>
  held(peer, time, { what: 'unseen', why: 'session', path: [] });

export const told = (changes: readonly CaseChange[]) => changes.flatMap(({ notice }) => notice ?? []);
export const last = (changes: readonly CaseChange[]): Case => changes.at(-1)!.case;
