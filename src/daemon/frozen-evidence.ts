/** The evidence of cases as it grows: each change of a case is sealed into the chain that the case has (hijack/evidence-chain.ts). */
import type { Config } from '../config/tree.ts';
import type { Case } from '../hijack/case.ts';
import { BEGIN, type ChainEnd, seal } from '../hijack/evidence-chain.ts';
import { formatArchiveName, windowOf } from '../mrt/archive-name.ts';
import type { EvidenceRecord } from '../store/records.ts';

export interface FrozenEvidence {
  /** The next record of the case's evidence; null when nothing of it has changed. */
  freeze(of: Case, why: string): EvidenceRecord | null;
  /** Nothing is sealed of the case any more. */
  isOver(id: string): void;
}

/**
 * `heads`: the last record of each case that is not over. `archive`: where messages are archived now; a record names the file in
 * which those of its time are.
 */
export function frozenEvidence(
  heads: readonly Pick<EvidenceRecord, 'caseId' | 'number' | 'hash'>[],
  archive: () => Config['archive'],
): FrozenEvidence {
  const chains = new Map<string, ChainEnd>(heads.map(({ caseId, ...end }) => [caseId, { ...BEGIN, ...end }]));

  function fileOf(time: number): string | null {
    const kept = archive();
    if (kept === null) return null;
    const [kind, start] = ['updates' as const, windowOf(time, kept.updates)];
    return formatArchiveName({ kind, start, compress: kept.compress, incomplete: false });
  }

  return {
    freeze(of, why) {
      const time = of.changed;
      const file = fileOf(time);
      const { end, record } = seal(chains.get(of.id) ?? BEGIN, of, why, time, file === null ? null : { file, time });
      chains.set(of.id, end);
      return record && { caseId: of.id, ...record };
    },
    isOver: id => void chains.delete(id),
  };
}
