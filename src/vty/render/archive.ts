import type { ArchiveRow } from '../../control/daemon.ts';
import { count, facts } from './text.ts';
import { duration, instant, octets } from './time.ts';

/** `show archive`. */
export function renderArchive(row: ArchiveRow, now: number): string[] {
  const { directory, updates, rib, retain, compress, failure, alarms, held, state } = row;
  const tables = rib === 0 ? 'no tables' : `tables each ${duration(rib)}`;
  const kept = retain === 0 ? 'kept for ever' : `kept for ${duration(retain)}`;
  const told = alarms.map(({ time, text }) => `  ${instant(time)} ${text}`);
  return [
    ...facts([
      ['Directory', directory],
      [
        'Files',
        `updates of ${duration(updates)}, ${tables}, ${kept}, ${compress === 'none' ? 'not packed' : compress}`,
      ],
      ['Failure', failure],
      [
        'Holds',
        `${count(held.files, 'file')}, ${octets(held.octets)}${held.oldest === null ? '' : `, since ${instant(held.oldest)}`}`,
      ],
      ...(state === null ? [] : written(state, now)),
    ]),
    ...(told.length === 0 ? ['No alarms.'] : ['Alarms:', ...told]),
  ];
}

function written(state: NonNullable<ArchiveRow['state']>, now: number): [string, string][] {
  const differing = state.differing === 0 ? 'none differs' : `${count(state.differing, 'file')} differ`;
  return [
    ['Open', state.current],
    ['Written', `${count(state.records, 'record')}, ${state.lost} lost, ${count(state.gaps, 'gap')}`],
    ['Lag', `${duration(now - state.synced)}, ${octets(state.waiting)} octets wait for the disk`],
    ['Verified', state.verified === '' ? 'nothing yet' : `${state.verified}, ${differing}`],
    ['Last table', state.lastTable === 0 ? 'none yet' : instant(state.lastTable)],
    ['Disk', state.trouble],
  ];
}
