/** One trace with its tree, which grows while answers come. */
import { useMemo } from 'preact/hooks';
import type { TraceDetail } from '../../control/trace-rows.ts';
import { useWords } from './context.ts';
import { useTrace } from './live.ts';
import { Read } from './parts.tsx';
import './trace.css';
import { Answer, Claim, Contacts, Cost, Unknowns } from './trace-facts.tsx';
import { Exports, TraceOrders } from './trace-orders.tsx';
import { TraceTree } from './trace-tree.tsx';
import { branchesOf } from './tree-model.ts';

export function TraceView({ id }: { id: string }) {
  const words = useWords();
  const reading = useTrace(id);
  return (
    <>
      <h1>
        {words.trace} {id}
      </h1>
      <Read of={reading}>{trace => <Sheet trace={trace} changed={reading.again} />}</Read>
    </>
  );
}

function Sheet({ trace, changed }: { trace: TraceDetail; changed: () => void }) {
  const branches = useMemo(() => branchesOf(trace), [trace]);
  return (
    <>
      <Answer trace={trace} branches={branches} />
      <TraceOrders trace={trace} changed={changed} />
      <TraceTree trace={trace} branches={branches} />
      <Unknowns trace={trace} />
      <Claim trace={trace} branches={branches} />
      <Contacts trace={trace} />
      <Cost trace={trace} branches={branches} />
      <Exports id={trace.id} />
    </>
  );
}
