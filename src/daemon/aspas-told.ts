/** Tells the collector the ASPAs in force, when they are others than it has; null: there are none. */
import { isDeepStrictEqual } from 'node:util';
import type { AspaTable } from '../registry/rpki/aspa.ts';

export function aspasTold(send: (aspas: AspaTable | null) => void): (aspas: AspaTable) => void {
  let told: AspaTable | null = null;
  return aspas => {
    if (aspas.size === 0 ? told === null : isDeepStrictEqual(aspas, told)) return;
    told = aspas.size === 0 ? null : new Map(aspas);
    send(told);
  };
}
