/** Metrics of the registry: IRR sources and RPKI caches. */
import { type Look, looking, type Maker } from './maker.ts';

export function registryMetrics({ gauge, counted }: Maker): Look {
  const cache = ['source', 'cache'] as const;
  const metrics = {
    objects: gauge('irr_objects', 'Objects held of a registry source', ['source']),
    age: gauge('irr_age_seconds', 'Since when a source was not confirmed', ['source']),
    stale: gauge('irr_stale', '1 when a source is past its time', ['source']),
    refused: gauge('irr_refused', 'Objects of a source that could not be read', ['source']),
    operations: counted('irr_operations_total', 'Operations of NRTM taken from a source', ['source']),
    vrps: gauge('rpki_vrps', 'Validated ROA payloads in use', ['source']),
    aspas: gauge('rpki_aspas', 'ASPA records in use', ['source']),
    state: gauge('rpki_cache_state', '1 for the state that a cache is in', [...cache, 'state']),
    inUse: gauge('rpki_cache_in_use', '1 for the cache whose data is in use', cache),
    cacheAge: gauge('rpki_cache_age_seconds', 'Since when the data of a cache was not known to be current', cache),
    faults: counted('rpki_cache_faults_total', 'Faults of a cache that ended a connection', cache),
  };
  return looking(
    metrics,
    daemon => Promise.all([daemon.irrStatus(), daemon.rpkiStatus()]),
    ([sources, rpki]) => {
      for (const { source, objects, age, stale, refused, operations } of sources) {
        metrics.objects.set({ source }, objects);
        if (age !== null) metrics.age.set({ source }, age / 1000);
        metrics.stale.set({ source }, stale ? 1 : 0);
        metrics.refused.set({ source }, refused);
        metrics.operations.set({ source }, operations);
      }
      for (const { source, inUse, caches } of rpki) {
        const used = caches.find(one => one.cache === inUse);
        metrics.vrps.set({ source }, used?.vrps ?? 0);
        metrics.aspas.set({ source }, used?.aspas ?? 0);
        for (const one of caches) {
          const of = { source, cache: one.cache };
          metrics.state.set({ ...of, state: one.state }, 1);
          metrics.inUse.set(of, one.cache === inUse ? 1 : 0);
          if (one.age !== null) metrics.cacheAge.set(of, one.age / 1000);
          metrics.faults.set(of, one.faults);
        }
      }
    },
  );
}
