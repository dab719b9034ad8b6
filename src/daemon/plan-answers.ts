/** Plans that people ask for: what a trace would ask of whom, and where more taking part would help. */
import { parseAsn } from '../bgp/as-path.ts';
import type { RouteRow } from '../collector/messages.ts';
import type { AskRib } from '../collector/thread.ts';
import type { Config } from '../config/tree.ts';
import type { PlanAnswers, TracePlanQuestion } from '../control/plan-rows.ts';
import type { ProbeStation } from '../probe/socket/station.ts';
import type { AsTopology } from '../rib/as-frontier.ts';
import type { BorderQuestion } from '../traceback/btm.ts';
import { BUDGET } from '../traceback/d-point.ts';
import { queriesOf } from '../traceback/foresight.ts';
import { epochsOf, intervalOf } from '../traceback/interval.ts';
import { MAX_WORK } from '../traceback/itm.ts';
import { packetsOf } from '../traceback/request.ts';
import { placeInThread } from './placement-thread.ts';
import { mustTraceback } from './traceback-answers.ts';
import type { Traces } from './traces.ts';

export interface PlanParts {
  readonly config: () => Pick<Config, 'localAs' | 'probes' | 'traceback'>;
  readonly traces: Pick<Traces, 'traceback' | 'questionOf' | 'sites'> & {
    readonly station: Pick<ProbeStation, 'vantages'>;
  };
  readonly query: AskRib;
}

/** Victims of one plan: each costs as much as the first. */
const MOST_VICTIMS = 16;

export function createPlanAnswers({ config, traces, query }: PlanParts): PlanAnswers {
  function questionOf(asked: Exclude<TracePlanQuestion, { readonly neighbor: number }>): BorderQuestion {
    if ('packets' in asked) {
      const question = traces.questionOf(asked.packets, asked.need);
      const packets = packetsOf(question);
      if (question.need < 1 || question.need > packets)
        throw new Error(`${question.need} of ${packets} packets cannot be needed`);
      return question;
    }
    const epochs = asked.epoch === null ? epochsOf(asked.time) : [asked.epoch];
    const digest = asked.digest.toLowerCase();
    return { need: 1, questions: epochs.map(epoch => ({ packet: 0, epoch, digest, ...intervalOf(asked.time) })) };
  }

  /** ASes behind what was given: themselves, or the origins of the routes that are held for a prefix. */
  async function victimsOf(given: readonly string[]) {
    if (given.length > MOST_VICTIMS) throw new Error(`a plan takes ${MOST_VICTIMS} victims at most`);
    const ases = new Set<number>();
    const unknown: string[] = [];
    for (const text of given) {
      const as = parseAsn(text);
      if (as !== null) {
        ases.add(as);
        continue;
      }
      const { rows } = await query({ about: 'route', prefix: text, scope: 'match' });
      const origins = (rows as readonly RouteRow[]).flatMap(({ origin }) => (origin === null ? [] : [origin]));
      if (origins.length === 0) unknown.push(text);
      for (const origin of origins) ases.add(origin);
    }
    return { ases: [...ases].slice(0, MOST_VICTIMS), unknown };
  }

  /** Neighbours whose packets some probe tells from others; null where no probe is configured. */
  async function tapped(): Promise<number[] | null> {
    const { probes } = config();
    if (probes.length === 0) return null;
    const told = await Promise.all(
      probes.map(({ name }) => traces.station.vantages(name).catch(() => ({ rows: [], notes: [] }))),
    );
    return told.flatMap(({ rows }) =>
      rows.flatMap(({ as, direction }) => (as !== null && (direction === 'in' || direction === 'both') ? [as] : [])),
    );
  }

  return {
    async planTrace(asked) {
      const traceback = mustTraceback(traces);
      const { localAs: as, traceback: of } = config();
      const question = 'neighbor' in asked ? null : questionOf(asked);
      const foreseen =
        'neighbor' in asked
          ? { here: null, ...(await traceback.foresee([asked.neighbor])) }
          : await traceback.foreseeTrace(question!, Date.now() + MAX_WORK / 2);
      return {
        ...foreseen,
        packets: question === null ? 0 : packetsOf(question),
        need: question?.need ?? 0,
        digests: question?.questions.length ?? 0,
        ...{ budget: BUDGET, ...queriesOf(foreseen, BUDGET), deadline: MAX_WORK },
        ...{ as, federation: of?.federations[0]?.name ?? '' },
      };
    },
    async planPlacement({ victims: given, among, most }, progress, signal) {
      const began = performance.now();
      const own = config().localAs;
      const [{ rows }, victims, taps] = await Promise.all([
        query({ about: 'topology' }),
        victimsOf(given.length === 0 ? [String(own)] : given),
        tapped(),
      ]);
      const placement = await placeInThread(
        {
          ...{ topology: rows[0] as AsTopology, own, participants: traces.traceback()?.askable() ?? [] },
          ...{ victims: victims.ases, among, tapped: taps, most },
        },
        progress,
        signal,
      );
      const missing = placement.missing.map(as => `AS${as}`);
      const milliseconds = Math.round(performance.now() - began);
      return { ...placement, unknown: [...victims.unknown, ...missing], milliseconds };
    },
  };
}
