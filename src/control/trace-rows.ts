/** Rows of the commands about traces. */
import type { EntryContacts } from '../bridge/conclusion.ts';
import type { Trace } from '../traceback/trace.ts';

/** `show trace ID`: with whom to call about its entry; no lines: nobody is known. */
export interface TraceDetail extends Trace {
  readonly contacts?: readonly EntryContacts[];
}

/** `trace export` of what is no JSON: the document. */
export interface TextExport {
  /** The document as text. */
  readonly document: string;
}
