/**
 * The RPKI Signed Checklists of trace peers: verified before a session begins, at each reload and on a schedule, one at a
 * time and never while a peer waits. What cannot be verified is not believed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { CHECKLISTS_AS_DEFAULT } from '../config/traceback.ts';
import type { TracebackConfig } from '../config/traceback-tree.ts';
import { MINUTE, SECOND } from '../config/units.ts';
import type { ChecklistRow } from '../control/traceback-rows.ts';
import type { Verified } from '../registry/rpki/checklist-json.ts';
import { type RpkiClient, verifyChecklist } from '../registry/rpki/rpki-client.ts';
import { type ChecklistTrust, doubtOfSigner } from '../traceback/checklist.ts';
import type { Log } from './log.ts';

/** How long the program may take for one. */
const TIMEOUT = 30 * SECOND;
/** How soon one that is not believed, or could not be verified, is looked at again. */
const SOON = MINUTE;
/** How often it is looked whether one is to be looked at, or its time is over. */
const LOOK = 5 * SECOND;
/** How long a start or a reload waits for checklists that were never looked at. */
const PATIENCE = 2 * SECOND;

export type ChecklistTrusts = ReadonlyMap<number, ChecklistTrust>;

export interface Checklists {
  /**
   * Looks at those of a configuration that is about to be in force. Resolves when all were looked at once, or after two
   * seconds; those that were not are not believed until then. Nothing else is changed before `commit`.
   */
  prepare(next: TracebackConfig | null): Promise<{ trusts(): ChecklistTrusts; commit(): void }>;
  /** Looks now at those whose time has come; resolves when that is done. Else it is done on time. */
  look(): Promise<void>;
  rowOf(as: number): ChecklistRow | null;
  /** In words, what is wrong. */
  problems(): readonly string[];
  close(): void;
}

export interface ChecklistsOptions {
  readonly log: Log;
  readonly clock: () => number;
  /** What is believed has changed, or for how long. */
  changed(trusts: ChecklistTrusts): void;
  /** How long `prepare` waits, ms; two seconds when left out. */
  readonly patience?: number;
  readonly verify?: (client: RpkiClient, file: string, signal: AbortSignal) => Promise<Verified>;
}

interface Listed {
  readonly as: number;
  readonly file: string;
  readonly client: RpkiClient;
  readonly recheck: number;
  trust: ChecklistTrust;
  /** When it was told last whether it is valid; null: never. */
  toldAt: number | null;
  /** Why that could not be told at the last look; empty when it was. */
  trouble: string;
  /** When it is looked at next. */
  due: number;
}

export function createChecklists(options: ChecklistsOptions): Checklists {
  const { log, clock, verify = verifyChecklist, patience = PATIENCE } = options;
  const ending = new AbortController();
  let listed: ReadonlyMap<number, Listed> = new Map();

  const trustsOf = (all: ReadonlyMap<number, Listed>): ChecklistTrusts =>
    new Map([...all].map(([as, { trust }]) => [as, trust]));
  const inForce = (one: Listed) => listed.get(one.as) === one;
  const say = (one: Listed, before: string) => {
    const [now, problem] = [wordsOf(one), problemOf(one)];
    if (now !== before) log(problem === null ? 'info' : 'warn', `traceback: ${problem ?? now}`);
  };

  /** Takes what was found of one; null: nothing new was, and its time may be over. */
  const judge = (one: Listed, found: Verified | null) => {
    const now = clock();
    const before = wordsOf(one);
    const { trust } = one;
    if (found !== null) {
      one.trouble = 'unknown' in found ? found.unknown : '';
      if (!('unknown' in found)) one.toldAt = now;
      one.trust = trustIn(found, one, now);
      one.due = now + (one.trouble === '' && 'list' in one.trust ? one.recheck : Math.min(SOON, one.recheck));
    } else if (!holds(one, now)) one.trust = { doubt: one.trouble || 'it was verified too long ago' };
    if (!inForce(one)) return;
    say(one, before);
    if (one.trust !== trust) options.changed(trustsOf(listed));
  };

  /** One after the other: the machine has other things to do. */
  let turn = Promise.resolve();
  const waiting = new Set<Listed>();
  const lookAt = (some: readonly Listed[]): Promise<void> => {
    for (const one of some) waiting.add(one);
    turn = turn.then(async () => {
      for (const one of some) {
        const found = ending.signal.aborted ? null : await verify(one.client, one.file, ending.signal);
        waiting.delete(one);
        if (found !== null && !ending.signal.aborted) judge(one, found);
      }
    });
    return turn;
  };

  const look = () => {
    for (const one of listed.values()) if ('list' in one.trust) judge(one, null);
    const now = clock();
    // A clock that was set back must not keep one from being looked at.
    const isDue = (one: Listed) => one.due <= now || one.due > now + one.recheck;
    return lookAt([...listed.values()].filter(one => isDue(one) && !waiting.has(one)));
  };
  let timer: NodeJS.Timeout | undefined;

  return {
    async prepare(next) {
      const staged = new Map<number, Listed>();
      for (const [as, file] of filesOf(next)) {
        const { program, cache, tals, recheck } = next?.checklists ?? CHECKLISTS_AS_DEFAULT;
        const fresh: Listed = {
          ...{ as, file, client: { program, cache, tals, timeout: TIMEOUT }, recheck },
          ...{ trust: { doubt: 'it was not looked at yet' }, toldAt: null, trouble: '', due: 0 },
        };
        const known = listed.get(as);
        staged.set(as, known !== undefined && sameQuestion(known, fresh) ? known : fresh);
      }
      const fresh = [...staged.values()].filter(one => !inForce(one));
      if (fresh.length > 0) {
        const enough = new AbortController();
        const waited = sleep(patience, undefined, { signal: enough.signal }).catch(() => {});
        await Promise.race([lookAt(fresh), waited]);
        enough.abort();
      }
      return {
        trusts: () => trustsOf(staged),
        commit() {
          listed = staged;
          for (const one of fresh) say(one, '');
          options.changed(trustsOf(listed));
          clearInterval(timer);
          if (listed.size === 0 || ending.signal.aborted) return;
          // The file, or what is in the cache, may be another than before.
          for (const one of listed.values()) if (!fresh.includes(one)) one.due = 0;
          timer = setInterval(look, LOOK).unref();
          void look();
        },
      };
    },
    look,
    rowOf(as) {
      const one = listed.get(as);
      if (one === undefined) return null;
      const { file, trust, toldAt, trouble } = one;
      const believed = 'list' in trust && clock() < trust.until;
      const until = 'list' in trust ? trust.until : null;
      return { file, believed, toldAt, until, problem: 'doubt' in trust ? trust.doubt : trouble };
    },
    problems: () => [...listed.values()].flatMap(one => problemOf(one) ?? []),
    close() {
      clearInterval(timer);
      ending.abort();
    },
  };
}

/** By AS, the files of checklists. */
function filesOf(config: TracebackConfig | null): [number, string][] {
  return (config?.peers ?? []).flatMap(({ as, checklist }): [number, string][] =>
    checklist === undefined ? [] : [[as, checklist]],
  );
}

function sameQuestion(one: Listed, other: Listed): boolean {
  const of = ({ file, client, recheck }: Listed) => JSON.stringify([file, client, recheck]);
  return of(one) === of(other);
}

/** True while what was found before is believed: a clock that was set back does not make that longer. */
function holds({ trust, recheck }: Listed, now: number): boolean {
  return 'list' in trust && now < trust.until && trust.until <= now + 2 * recheck;
}

/** What is believed after a look. Where nothing was found out, what was believed before holds to its end. */
function trustIn(found: Verified, one: Listed, now: number): ChecklistTrust {
  const { as, trust, recheck } = one;
  if ('unknown' in found) return holds(one, now) ? trust : { doubt: found.unknown };
  if ('invalid' in found) return { doubt: found.invalid };
  const { checklist: list } = found;
  const wrong = doubtOfSigner(list, as);
  if (wrong !== null) return { doubt: wrong };
  return { list, until: Math.min(list.until, now + 2 * recheck) };
}

/** What is wrong with one, in words; null when nothing is. */
function problemOf({ as, file, trust, trouble }: Listed): string | null {
  if ('doubt' in trust) return `the checklist of AS ${as}, ${file}, is not believed: ${trust.doubt}`;
  if (trouble === '') return null;
  const end = new Date(trust.until).toISOString();
  return `the checklist of AS ${as}, ${file}, could not be verified again, and is believed until ${end}: ${trouble}`;
}

/** How one stands, in words that stay the same while it does. */
function wordsOf(one: Listed): string {
  return problemOf(one) ?? `the checklist of AS ${one.as}, ${one.file}, is valid`;
}
