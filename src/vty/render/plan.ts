/** Plans: what a trace would ask of whom, and where more taking part would help. */
import type { PlacementReport, TracePlan } from '../../control/plan-rows.ts';
import { count, facts, fold, table } from './text.ts';
import { percent } from './time.ts';
import { groupLines, named } from './trace-graph.ts';

/** `trace plan`. */
export function renderTracePlan(plan: TracePlan): string[] {
  const { here, ingress, groups, unasked, packets, need, digests, as, federation } = plan;
  const from = ingress === null ? 'nobody knows from where they came' : `they came in from ${named(ingress)}`;
  const began =
    here === null
      ? `If ${from}:`
      : here.source
        ? `This AS: ${here.verdict}, they began here.`
        : `This AS: ${here.verdict}${here.reason === '' ? '' : ` (${here.reason})`}; ${from}.`;
  const others = unasked.filter(one => groups.every(({ behind }) => behind !== one.as));
  const asked = new Set(groups.flatMap(({ waves }) => waves.flat().map(one => one.as)));
  const nobody = here?.source ? 'Nobody would be asked.' : 'Nobody would be asked: the trace would end here.';
  return [
    ...fold(began, 2),
    ...(groups.length === 0 ? [nobody] : groups.flatMap(groupLines)),
    ...others.flatMap(one => fold(`AS${one.as} would not be asked: ${one.verdict}, ${one.reason}`, 4, 2)),
    ...(groups.length === 0 ? [] : ['', ...costLines(plan)]),
    '',
    ...(asked.size === 0
      ? ['Nobody gets to know anything.']
      : fold(
          `${asked.size === 1 ? 'That AS' : `Those ${asked.size} ASes`}, and whom they ask onward, would get to know: that AS${as} asks, and for which purpose; ${
            packets === 0
              ? 'the digests'
              : `${count(digests, 'digest')} of 64 bits of ${count(packets, 'packet')}${packets > 1 ? `, of which ${need} are needed` : ''}`
          }${federation === '' ? '' : `, by keys of ${federation}`}; and intervals of seconds. No address, port, header or payload. What they answer only AS${as} can read.`,
          2,
        )),
    'Nothing was sent.',
  ];
}

/** How many queries, and how soon their answers are expected. */
function costLines({ groups, budget, least, most, deadline }: TracePlan): string[] {
  const times = groups.flatMap(({ waves }) => (waves[0] ?? []).flatMap(one => one.latency ?? []));
  return facts([
    ['Queries from here', `${least} at once, ${most} if nobody has seen it`],
    ['Queries in all', `${budget} at most, those of the ASes asked among them`],
    [
      'First answer',
      times.length === 0
        ? 'not known: none of them was asked of late'
        : `after about ${Math.round(Math.min(...times))} ms, the first wave within ${Math.round(Math.max(...times))} ms`,
    ],
    ['Next waves', groups.some(({ waves }) => waves.length > 1) ? 'each after 150 ms at most, unless found' : ''],
    ['All over', `within ${deadline / 1000} s`],
  ]);
}

const many = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(1));

/** `plan placement`. */
export function renderPlacement(report: PlacementReport): string[] {
  const { ases, links, victims, participants, neighbors, untapped, ambiguity, found, steps, milliseconds } = report;
  let before = ambiguity;
  const lines = table(
    [
      { head: '' },
      { head: 'Who' },
      { head: 'Cone', right: true },
      { head: 'Before', right: true },
      { head: 'After', right: true },
      { head: 'Cut', right: true },
      { head: 'Source found', right: true },
    ],
    steps.map((step, i) => {
      const cut = before === 0 ? 0 : 1 - step.ambiguity / before;
      const row = [
        `${i + 1}.`,
        step.kind === 'as' ? `AS${step.as} takes part` : `a tap towards AS${step.as}`,
        ...[step.cone, many(before), many(step.ambiguity), percent(cut), percent(step.found)],
      ];
      before = step.ambiguity;
      return row;
    }),
  );
  return [
    `On a graph of ${ases} ASes and ${links} links, when ${victims.length === 0 ? 'nobody' : named(victims)} is attacked`,
    ...facts([
      ['Take part now', `${participants}`],
      ['Our neighbors', untapped === 0 ? '' : `${neighbors}, ${untapped} of them without a tap that tells them apart`],
      ['Remain possible', `${many(ambiguity)} ASes on average, over all that have no customers`],
      ['Source found', percent(found)],
    ]).map(line => `  ${line}`),
    ...(steps.length === 0 ? ['Nobody that could be asked would make it better.'] : ['', ...lines]),
    `Reckoned in ${(milliseconds / 1000).toFixed(1)} s.`,
  ];
}
