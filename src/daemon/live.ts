/** What is told to those who watch: the changes that parts of the daemon tell of, and tables that are read for it. */
import type { CaseLineRow } from '../control/case-rows.ts';
import type { NoticeRow } from '../control/daemon.ts';
import { type LiveAnswers, TABLES, type TableTopic, type TraceLineRow } from '../control/live-rows.ts';
import type { OutboxRecord } from '../store/records.ts';
import type { Trace, TraceNode } from '../traceback/trace.ts';
import { createChangeLog } from './change-log.ts';
import { createLiveTables, type LiveTable, type LiveTables } from './live-tables.ts';

/** What the parts of the daemon tell. */
export interface Live {
  case(line: CaseLineRow): void;
  notice(record: OutboxRecord): void;
  /** More is known of a trace than before. */
  trace(trace: Trace): void;
  /** A trace runs no more. */
  traceOver(id: string): void;
  changed(about: TableTopic): void;
  /** The answers, once the tables can be read; `runs` tells whether a trace runs. */
  answers(tables: readonly LiveTable[], runs: (id: string) => boolean): Pick<LiveAnswers, 'follow' | 'followTrace'>;
  close(): void;
}

/** Nobody watches yet. `started`: when this run of the daemon began, ms. */
export function createLive(started: number): Live {
  const log = createChangeLog(started.toString(36));
  const followed = new Map<string, Set<(over: boolean) => void>>();
  let tables: LiveTables | null = null;
  const tellOf = (id: string, over: boolean) => {
    for (const changed of followed.get(id) ?? []) changed(over);
  };
  return {
    case: line => log.tell('cases', line),
    notice: ({ body: _, ...row }) => log.tell('notices', row satisfies NoticeRow),
    trace(trace) {
      log.tell('traces', traceLine(trace, Date.now()));
      tellOf(trace.id, false);
    },
    traceOver: id => tellOf(id, true),
    changed: about => tables?.changed(about),
    answers(of, runs) {
      const read = createLiveTables(of);
      tables = read;
      return {
        follow(topics, since, take) {
          const stops = [log.follow(topics, since, take)];
          for (const topic of TABLES)
            if (topics.includes(topic))
              stops.push(
                read.follow(topic, (about, key, row) =>
                  take({ mark: log.now(), about: key === null ? null : about, key, row }),
                ),
              );
          return () => {
            for (const stop of stops) stop();
          };
        },
        followTrace(id, changed) {
          if (!runs(id)) return null;
          const all = followed.get(id) ?? new Set();
          const own = (over: boolean) => changed(over);
          followed.set(id, all.add(own));
          return () => {
            all.delete(own);
            if (all.size === 0) followed.delete(id);
          };
        },
      };
    },
    close: () => tables?.close(),
  };
}

/** The row of `watch traces`, at this time. */
export function traceLine(trace: Trace, time: number): TraceLineRow {
  const { id, state, asked, milliseconds, queries, entry, ambiguity, certainty = null, caseId, cause } = trace;
  return {
    ...{ time, trace: id, state, asked, milliseconds, queries, ases: nodesOf(trace.tree), entry, ambiguity, certainty },
    ...(caseId !== undefined && { caseId }),
    ...(cause !== undefined && { cause }),
  };
}

function nodesOf(tree: TraceNode): number {
  let count = 0;
  for (const waiting = [tree]; waiting.length > 0; count++) waiting.push(...waiting.pop()!.children);
  return count;
}
