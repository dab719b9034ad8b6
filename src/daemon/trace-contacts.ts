/** Whom to call about the entry of a trace. */
import { type EntryContacts, toBeCalled } from '../bridge/conclusion.ts';
import type { Config } from '../config/tree.ts';
import { callList } from '../notify/contacts/call-list.ts';
import type { Trace } from '../traceback/trace.ts';
import type { ContactDesk } from './contacts.ts';

/**
 * For each AS to be called the lines of whom to call: what is known at once where `signal` is null, while more is asked for
 * ahead of the next time; else with what the sources answer until they have or the signal aborts.
 */
export function createTraceContacts(config: () => Config, desk: ContactDesk) {
  return (trace: Trace, signal: AbortSignal | null): Promise<EntryContacts[]> =>
    Promise.all(
      toBeCalled(trace, config().localAs).map(async (as): Promise<EntryContacts> => {
        if (signal === null) {
          desk.ahead(as);
          return { as, lines: desk.lines(as) };
        }
        const [sheet] = await desk.contactsOf({ as }, signal);
        return { as, lines: sheet === undefined ? [] : callList(sheet, Date.now()) };
      }),
    );
}
