/** The registry: where it comes from, what is registered, and where announcements have come apart from it. */
import type { IrrStatusRow, RpkiSourceStatus } from '../../control/daemon.ts';
import { useAsk, useWords } from './context.ts';
import { Drift } from './drift.tsx';
import { Read } from './parts.tsx';
import { Registered } from './registered.tsx';
import { CacheTable, SourceTable } from './sources.tsx';

export function Registry() {
  const words = useWords();
  const sources = useAsk<IrrStatusRow[]>('show irr');
  const caches = useAsk<RpkiSourceStatus[]>('show rpki');
  return (
    <>
      <h1>{words.registry}</h1>
      <Read of={sources}>{rows => <SourceTable rows={rows} />}</Read>
      <Read of={caches}>{rows => <CacheTable rows={rows} />}</Read>
      <Registered />
      <Drift />
    </>
  );
}
