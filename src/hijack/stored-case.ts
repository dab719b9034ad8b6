import type { Case } from './case.ts';

/** A case as it was stored, by whatever version: one that knew no other kinds blamed the origin, by the registry's word. */
export function readCase(body: string): Case {
  const stored = JSON.parse(body) as Omit<Case, 'origin' | 'ground'> & Partial<Pick<Case, 'origin' | 'ground'>>;
  const { origin = stored.offender, ground = '' } = stored;
  return { ...stored, origin, ground };
}
