/** What `!j`, `!J` and `-q sources` tell of the sources. */
import type { WhoisSource } from './answer.ts';

/** `!j`: name, whether a journal is kept (never here), the serials from 0 to that of the mirror. */
export function serialLines(sources: readonly WhoisSource[], unknown: readonly string[]): string {
  const known = sources.map(({ name, state }) => {
    const { serial } = state();
    return `${name}:N:${serial === null ? '-' : `0-${serial}`}`;
  });
  return [...known, ...unknown.map(name => `${name}:X:Database unknown`)].map(line => `${line}\n`).join('');
}

/** `-q sources` in RIPE's manner: name, version of NRTM that is served, mirrorable or not, serials. */
export function sourceLines(sources: readonly WhoisSource[]): string {
  return sources.map(({ name, state }) => `${name}:3:X:0-${state().serial ?? 0}\n`).join('');
}

/** `!J`: the keys of IRRd. Nothing is authoritative here in its sense, which is where objects are changed. */
export function statusJson(sources: readonly WhoisSource[], unknown: readonly string[]): string {
  const rows = sources.map(({ name, state }) => {
    const { serial, updated } = state();
    const row = {
      authoritative: false,
      object_class_filter: null,
      rpki_rov_filter: false,
      scopefilter_enabled: false,
      route_preference: null,
      local_journal_kept: false,
      serial_oldest_journal: null,
      serial_newest_journal: null,
      serial_last_export: null,
      serial_newest_mirror: serial,
      last_update: updated === null ? null : new Date(updated).toISOString(),
      synchronised_serials: false,
    };
    return [name, row];
  });
  const missing = unknown.map(name => [name, { error: 'Unknown source' }]);
  return `${JSON.stringify(Object.fromEntries([...rows, ...missing]), null, 4)}\n`;
}
