/** What the command set asks about counter-measures: plans, orders, and what is announced. */
import type { SafetyReport } from '../collector/safety.ts';
import type { CollectorThread } from '../collector/thread.ts';
import type { Config } from '../config/tree.ts';
import type { Daemon } from '../control/daemon.ts';
import type { MitigationRow } from '../control/mitigation-rows.ts';
import type { Case } from '../hijack/case.ts';
import { isOver } from '../hijack/life-cycle.ts';
import { type MitigationPlan, planMitigation } from '../hijack/mitigation-plan.ts';
import type { Mitigations } from './mitigations.ts';

export interface MitigationAnswerParts {
  readonly config: () => Config;
  readonly collector: Pick<CollectorThread, 'query'>;
  readonly cases: { get(id: string): Promise<Case | null> };
  readonly mitigations: Mitigations;
  readonly checkRoute: Daemon['checkRoute'];
}

type Answers = Pick<Daemon, 'planMitigation' | 'announceMitigation' | 'stopMitigation' | 'mitigations'>;

export function createMitigationAnswers(parts: MitigationAnswerParts): Answers {
  const { config, collector, cases, mitigations, checkRoute } = parts;

  async function caseOf(id: string): Promise<Case> {
    const found = await cases.get(id);
    if (found === null) throw new Error(`there is no case ${id}`);
    return found;
  }

  async function plan(id: string, length: number | null): Promise<MitigationPlan> {
    const of = await caseOf(id);
    const check = (prefix: string, as: number) => checkRoute({ prefix, as, path: null, from: 'provider' });
    // Of the very prefix: what is asked about the offender's route tells who else holds it.
    const { held, vrps } = await check(of.prefix, of.offender ?? of.expected[0] ?? config().localAs);
    return planMitigation(of, {
      localAs: config().localAs,
      check,
      held,
      authorised: vrps.map(({ asn }) => asn),
      length,
      waysFor: (prefixes, origin) => mitigations.waysFor(id, prefixes, origin),
    });
  }

  return {
    planMitigation: plan,
    async announceMitigation({ caseId, peer, length, confirmed, force }, by) {
      const of = await caseOf(caseId);
      if (isOver(of)) throw new Error(`case ${caseId} is ${of.state}`);
      if (of.drill) throw new Error(`case ${caseId} is a drill: there is nothing to announce against`);
      const { announce, origin, why, ways } = await plan(caseId, length);
      if (announce.length === 0 || origin === null) throw new Error(why);
      const way = ways.find(one => one.peer === peer);
      if (way === undefined) throw new Error(`no peer ${peer} has a \`mitigate\` block`);
      if (way.why !== '') throw new Error(way.why);
      const prefixes = announce.map(({ prefix }) => prefix);
      const invalid = announce.filter(one => one.roa !== null);
      if (invalid.length > 0 && !force)
        throw new Error(
          `${invalid.map(one => one.prefix).join(', ')} would be RPKI invalid: make the ROAs of \`mitigate plan\` first, or say \`force\``,
        );
      if (confirmed === null) return { caseId, peer, prefixes, announced: false };
      if (confirmed !== caseId) throw new Error(`\`confirm ${confirmed}\` is not the number of the case, ${caseId}`);
      await mitigations.announce({ caseId, peer, prefixes, by }, origin);
      const now = mitigations.all().find(one => one.caseId === caseId && one.peer === peer);
      if (now?.until !== null) throw new Error(`it has ended at once: ${now?.ended ?? ''}`);
      return { caseId, peer, prefixes, announced: true };
    },
    async stopMitigation(caseId, by) {
      const stopped = await mitigations.stop(caseId, `stopped by ${by}`);
      if (stopped.length === 0) throw new Error(`nothing is announced against case ${caseId}`);
      return stopped.map(one => ({ ...one, told: 0 }));
    },
    async mitigations() {
      const { peers } = (await collector.query({ about: 'safety' })).rows[0] as SafetyReport;
      return mitigations
        .all()
        .map((one): MitigationRow => {
          const told = peers.find(({ peer }) => peer === one.peer)?.told ?? [];
          const held = one.prefixes.filter(prefix => told.some(route => route.prefix === prefix));
          return { ...one, told: one.until === null ? held.length : 0 };
        })
        .sort((a, b) => b.since - a.since);
    },
  };
}
