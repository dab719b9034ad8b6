/** What the registry is made of. */
import type { IrrStatusRow } from '../../control/daemon.ts';
import { useAsk, useWords } from './context.ts';
import { SourceTable } from './overview.tsx';
import { Read } from './parts.tsx';

export function Registry() {
  const words = useWords();
  const sources = useAsk<IrrStatusRow[]>('show irr');
  return (
    <>
      <h1>{words.registry}</h1>
      <Read of={sources}>{rows => <SourceTable rows={rows} />}</Read>
    </>
  );
}
