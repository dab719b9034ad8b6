/**
 * What is wrong with the ROAs of watched routes, while nobody announces anything false yet: one has vanished, one is about to
 * expire, or a trust anchor has lost so much at once that the fault is its own. Fed with how things stand now and then; says
 * what has begun and what is over. No clock, no input or output.
 */
import type { RoaKind } from '../registry/judged-change.ts';
import type { RovState } from '../registry/verdict.ts';
import type { Case } from './case.ts';
import { isOfRoa } from './kinds.ts';

/** A registered route of watched space, as the RPKI stands to it. */
export interface WatchedRoute {
  readonly prefix: string;
  readonly origin: number;
  readonly rov: RovState;
  /** When the last of what makes it valid is over, ms since the epoch; null: not known. */
  readonly expires: number | null;
  /** The trust anchors of what makes it valid, as `RoaLook.anchors` names them. */
  readonly anchors: readonly string[];
}

export interface RoaLook {
  /** Ms since the epoch. */
  readonly time: number;
  /** The RPKI's data is there and believed to be whole: what is missing in it is gone. */
  readonly rpkiWhole: boolean;
  /** `routes` are all there are: no source of the IRR is missing. */
  readonly routesWhole: boolean;
  readonly routes: readonly WatchedRoute[];
  /** VRPs of each trust anchor (`apnic of cache FILE`) in what the sources have sent last, believed or not. */
  readonly anchors: ReadonlyMap<string, number>;
  /** Sources whose data names no trust anchor any more, or that are gone: what they once had is not missing. */
  readonly isKnown: (anchor: string) => boolean;
  /** How long before its end a ROA is told of, milliseconds. */
  readonly lead: number;
}

/** Something has begun, or is over. */
export interface RoaFinding {
  readonly what: 'held' | 'gone';
  readonly kind: RoaKind;
  readonly prefix: string;
  readonly origin: number;
  readonly ground: string;
  /** It is over for the route is no longer registered or watched. */
  readonly dropped: boolean;
}

export interface RoaWatch {
  look(look: RoaLook): readonly RoaFinding[];
  /** The operator has changed where the data comes from: until `time` nothing that is missing is taken for vanished. */
  relearn(until: number): void;
  /**
   * `open`: all cases that are not over, some of which another watch told of. What still stands of them and of what was told here
   * is told once more at the next look, and what does not is over then.
   */
  takeUp(open: readonly Case[]): void;
}

/** Less than this share of what a trust anchor had is a fault of its own, where it is so many VRPs, or all. */
const LEAST_SHARE = 0.8;
const LEAST_LOST = 10;
/** A trust anchor that has been smaller for so long is as it is. */
const ACCEPTED = 24 * 3_600_000;

interface Failing {
  readonly was: number;
  readonly since: number;
  /** Key of the finding that tells of it; null: no watched route rests on it. */
  told: string | null;
}

interface Told extends Omit<RoaFinding, 'what' | 'dropped'> {
  /** Taken up, after a restart or from another machine: the book of cases waits for a word about it. */
  again: boolean;
}

/** `open`: cases that are not over, which are taken up. */
export function createRoaWatch(open: readonly Case[] = []): RoaWatch {
  /** Routes that were valid when they were last looked at, with the trust anchors that they rested on. */
  const valid = new Map<string, { readonly prefix: string; readonly origin: number; anchors: readonly string[] }>();
  const sizes = new Map<string, number>();
  const failing = new Map<string, Failing>();
  const told = new Map<string, Told>();
  let learning = 0;
  let findings: RoaFinding[] = [];

  const routeKey = ({ prefix, origin }: Pick<WatchedRoute, 'prefix' | 'origin'>) => `${prefix} ${origin}`;
  const keyOf = (kind: RoaKind, route: Pick<WatchedRoute, 'prefix' | 'origin'>) => `${kind} ${routeKey(route)}`;

  takeUp(open);

  function takeUp(open: readonly Case[]): void {
    for (const one of told.values()) one.again = true;
    const taken = new Map<string, Told & { readonly opened: number }>();
    for (const { kind, prefix, origin, ground, opened, drill } of open) {
      if (!isOfRoa(kind) || origin === null || drill) continue;
      taken.set(keyOf(kind, { prefix, origin }), { kind, prefix, origin, ground, opened, again: true });
    }
    for (const [key, { opened, ...one }] of taken) {
      const [, anchor, was] = one.kind === 'trust-anchor' ? (ANCHOR_WORDS.exec(one.ground) ?? []) : [];
      if (anchor !== undefined) {
        // It has a case at another of the routes that rest on it than was found here.
        const found = failing.get(anchor)?.told ?? null;
        if (found !== null && !taken.has(found)) told.delete(found);
        failing.set(anchor, { was: Number(was), since: opened, told: key });
      }
      told.set(key, one);
    }
  }

  function begin(kind: RoaKind, { prefix, origin }: Pick<WatchedRoute, 'prefix' | 'origin'>, ground: string): string {
    const key = keyOf(kind, { prefix, origin });
    const before = told.get(key);
    if (before !== undefined && !before.again) return key;
    const one = { kind, prefix, origin, ground: before?.ground ?? ground };
    told.set(key, { ...one, again: false });
    findings.push({ what: 'held', ...one, dropped: false });
    return key;
  }

  function end(key: string, dropped = false): void {
    const one = told.get(key);
    if (one === undefined) return;
    told.delete(key);
    const { kind, prefix, origin, ground } = one;
    findings.push({ what: 'gone', kind, prefix, origin, ground, dropped });
  }

  function recover(anchor: string): void {
    const key = failing.get(anchor)?.told ?? null;
    failing.delete(anchor);
    sizes.delete(anchor);
    if (key !== null) end(key);
  }

  function lookAtAnchors({ time, anchors, isKnown }: RoaLook): void {
    for (const [anchor, { was, since }] of failing) {
      const now = anchors.get(anchor) ?? 0;
      if (!isKnown(anchor) || now >= was * LEAST_SHARE || time - since >= ACCEPTED) recover(anchor);
    }
    for (const [anchor, was] of sizes) {
      if (!isKnown(anchor)) sizes.delete(anchor);
      else if (!failing.has(anchor) && time >= learning && hasFailed(was, anchors.get(anchor) ?? 0))
        failing.set(anchor, { was, since: time, told: null });
    }
    for (const [anchor, now] of anchors) if (!failing.has(anchor)) sizes.set(anchor, now);
  }

  function lookAtRoute(route: WatchedRoute, { time, rpkiWhole, lead }: RoaLook): void {
    const key = routeKey(route);
    const vanished = keyOf('roa-vanished', route);
    const expiring = keyOf('roa-expiring', route);
    const before = valid.get(key);
    if (route.rov === 'valid') {
      const { prefix, origin, expires } = route;
      // Of what is only kept because it is doubted that it is gone no file says where it comes from.
      valid.set(key, { prefix, origin, anchors: route.anchors.length > 0 ? route.anchors : (before?.anchors ?? []) });
      end(vanished);
      if (expires !== null && expires - time < lead)
        begin('roa-expiring', route, `its ROA is valid until ${utc(expires)}`);
      else if (rpkiWhole) end(expiring);
      return;
    }
    if (route.rov === 'invalid') {
      // Another ROA has taken its place: who announces it is told of as RPKI invalid.
      valid.delete(key);
      end(vanished);
      end(expiring);
      return;
    }
    if (!rpkiWhole) return;
    end(expiring);
    if (told.get(vanished)?.again) begin('roa-vanished', route, '');
    if (before === undefined || before.anchors.some(anchor => failing.has(anchor))) return;
    valid.delete(key);
    if (time >= learning) begin('roa-vanished', route, 'no ROA covers it any more, and one made it valid before');
  }

  /** Tells of each trust anchor that fails and that watched routes rest on, by the first of them. */
  function tellOfAnchors({ anchors }: RoaLook): void {
    for (const [anchor, one] of failing) {
      if (one.told !== null && told.has(one.told)) {
        const { again, ...known } = told.get(one.told)!;
        if (again) begin('trust-anchor', known, known.ground);
        continue;
      }
      const resting = [...valid.values()].filter(route => route.anchors.includes(anchor));
      const first = resting.find(route => !told.has(keyOf('trust-anchor', route)));
      one.told =
        first === undefined
          ? null
          : begin(
              'trust-anchor',
              first,
              `trust anchor ${anchor}: ${anchors.get(anchor) ?? 0} VRPs where there were ${one.was}; ` +
                `${resting.length === 1 ? 'a watched route rests' : `${resting.length} watched routes rest`} on it, ` +
                'whose ROAs are not told of one by one',
            );
    }
  }

  return {
    look(look) {
      findings = [];
      lookAtAnchors(look);
      const seen = new Set(look.routes.map(routeKey));
      if (look.routesWhole) {
        for (const key of valid.keys()) if (!seen.has(key)) valid.delete(key);
        for (const [key, one] of told) if (!seen.has(routeKey(one))) end(key, true);
      }
      for (const route of look.routes) lookAtRoute(route, look);
      tellOfAnchors(look);
      return findings;
    },
    relearn(until) {
      learning = until;
      sizes.clear();
    },
    takeUp,
  };
}

/** How a trust anchor stands in the words of its case, by which it is taken up again. */
const ANCHOR_WORDS = /^trust anchor (.+): \d+ VRPs where there were (\d+);/;

const hasFailed = (was: number, now: number): boolean =>
  now < was * LEAST_SHARE && (was - now >= LEAST_LOST || (now === 0 && was > 1));

const utc = (time: number): string => `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
