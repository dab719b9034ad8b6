import type { StoreWrite } from '../store/records.ts';
import type { Case } from './case.ts';

/** A case as it was stored, by whatever version: one that knew no other kinds blamed the origin, by the registry's word. */
export function readCase(body: string): Case {
  const stored = JSON.parse(body) as Omit<Case, 'origin' | 'ground'> & Partial<Pick<Case, 'origin' | 'ground'>>;
  const { origin = stored.offender, ground = '' } = stored;
  return { ...stored, origin, ground };
}

/** Writes a case. `shared`: the cases of several books are linked by their offenders. */
export function storedCase(of: Case, shared: boolean): StoreWrite {
  const { id, state, prefix, opened, changed, incident = '' } = of;
  return {
    op: 'case.put',
    record: { id, state, prefix, opened, changed, incident, body: JSON.stringify(of) },
    ...(shared && { offender: of.offender }),
  };
}
