/** Metrics of sessions and of the routes that they brought. */
import { type Look, looking, type Maker } from './maker.ts';

export function routeMetrics({ gauge, counted }: Maker): Look {
  const peer = ['peer', 'as'] as const;
  const metrics = {
    sessions: gauge('bgp_sessions', 'BGP sessions by state', ['state']),
    up: gauge('bgp_peer_up', '1 when the session is up', peer),
    held: gauge('bgp_peer_routes', 'Routes held from a peer', peer),
    updates: counted('bgp_peer_updates_total', 'UPDATE messages taken from a peer', peer),
    malformed: counted('bgp_peer_malformed_total', 'What was done about malformed UPDATEs of a session', [
      ...peer,
      'action',
    ]),
    passedOver: counted('bgp_peer_passed_over_total', 'Sound routes of a session that are not held', [
      ...peer,
      'reason',
    ]),
    routes: gauge('rib_routes', 'Routes held, one for each prefix and peer'),
    prefixes: gauge('rib_prefixes', 'Distinct prefixes held', ['family']),
    sets: gauge('rib_attribute_sets', 'Distinct sets of path attributes held'),
    octets: gauge('rib_attribute_bytes', 'Octets of the sets of path attributes'),
    wrong: gauge('rib_contradictions', 'Routes held that contradict the registry where it is watched'),
    verdicts: gauge('rib_verdicts', 'Prefixes by the verdict that is remembered of them', ['irr', 'rov']),
  };
  return looking(
    metrics,
    daemon =>
      Promise.all([
        daemon.ribQuery({ about: 'neighbor' }),
        daemon.ribQuery({ about: 'size' }),
        daemon.ribQuery({ about: 'verdicts' }),
      ]),
    ([peers, [size], verdicts]) => {
      const states = new Map<string, number>();
      for (const { peer: name, as, state, prefixes, messagesReceived, malformed } of peers) {
        const of = { peer: name, as };
        states.set(state, (states.get(state) ?? 0) + 1);
        metrics.up.set(of, state === 'Established' ? 1 : 0);
        metrics.held.set(of, prefixes);
        metrics.updates.set(of, messagesReceived.update ?? 0);
        if (malformed === null) continue;
        metrics.malformed.set({ ...of, action: 'treat-as-withdraw' }, malformed.treatAsWithdraw);
        metrics.malformed.set({ ...of, action: 'attribute-discard' }, malformed.attributeDiscard);
        metrics.malformed.set({ ...of, action: 'ignore' }, malformed.ignored);
        metrics.passedOver.set({ ...of, reason: 'path identifier' }, malformed.unagreedPathIds);
        metrics.passedOver.set({ ...of, reason: 'paths' }, malformed.excessPaths);
        metrics.passedOver.set({ ...of, reason: 'other families' }, malformed.excessOthers);
      }
      for (const [state, count] of states) metrics.sessions.set({ state }, count);
      for (const { irr, rov, verdicts: count } of verdicts) metrics.verdicts.set({ irr, rov }, count);
      if (size === undefined) return;
      metrics.routes.set({}, size.routes);
      metrics.prefixes.set({ family: 'ipv4' }, size.prefixes4);
      metrics.prefixes.set({ family: 'ipv6' }, size.prefixes6);
      metrics.sets.set({}, size.attributeSets);
      metrics.octets.set({}, size.attributeOctets);
      metrics.wrong.set({}, size.contradictions);
    },
  );
}
