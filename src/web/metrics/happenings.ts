/** Metrics of what happens and is over again: counted as it is told, from the time on that somebody may read them. */
import { subscribe } from 'node:diagnostics_channel';
import { ENDED, type Ended } from '../../control/carry-out.ts';
import type { CaseLineRow } from '../../control/case-rows.ts';
import type { Daemon, NoticeRow } from '../../control/daemon.ts';
import { LEFT_OUT } from '../../control/live-queue.ts';
import { LOGGED, type TraceLineRow } from '../../control/live-rows.ts';
import type { Maker } from './maker.ts';

/** Seconds: from what nobody notices to what somebody has to look into. */
export const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
/** Traces that have not been heard of since so many others began are remembered no more. */
const MOST_TRACES = 1000;

/** Has the daemon tell of cases, notices, traces and commands from now on. `now` in ms. */
export function countHappenings({ counter, histogram }: Maker, daemon: Daemon, now: () => number): void {
  const changes = counter('case_changes_total', 'Changes of cases, by the state they led to', ['state']);
  const opening = histogram('case_seconds', 'From an UPDATE to the begin of its case', SECONDS);
  const notices = counter('notices_total', 'Notices that were written, and what came of attempts', [
    'channel',
    'result',
  ]);
  const delivery = histogram('notice_seconds', 'From a notice to the word that it was taken', SECONDS, ['channel']);
  const traces = counter('traces_total', 'Traces that are over, by outcome', ['outcome']);
  const answers = histogram(
    'trace_seconds',
    'From a question to its first partial answer, and to the final one',
    SECONDS,
    ['answer'],
  );
  const commands = histogram('command_seconds', 'How long commands took, by their first word', SECONDS, ['verb']);
  const failed = counter('commands_failed_total', 'Commands that could not be carried out, by their first word', [
    'verb',
  ]);

  const leftOut = counter('watch_left_out_total', 'Changes not told to who watches, for they were read too slowly', []);

  function tellCase({ state, notice, time }: CaseLineRow): void {
    changes.inc({ state });
    if (notice === 'begin') opening.observe(Math.max(0, now() - time) / 1000);
  }

  function tellNotice({ channel, state, attempts, created }: NoticeRow): void {
    const result = attempts === 0 ? 'written' : state === 'pending' ? 'deferred' : state;
    notices.inc({ channel, result });
    if (state === 'sent') delivery.observe({ channel }, Math.max(0, now() - created) / 1000);
  }

  /** Those that have given a partial answer and are not over. */
  const heard = new Set<string>();
  function tellTrace({ trace, state, milliseconds, ases, entry }: TraceLineRow): void {
    if (state === 'partial') {
      if (ases < 2 || heard.has(trace)) return;
      heard.add(trace);
      if (heard.size > MOST_TRACES) heard.delete(heard.values().next().value!);
      answers.observe({ answer: 'partial' }, milliseconds / 1000);
      return;
    }
    heard.delete(trace);
    traces.inc({ outcome: state !== 'final' ? state : entry === null ? 'not found' : 'found' });
    if (state === 'final') answers.observe({ answer: 'final' }, milliseconds / 1000);
  }

  daemon.follow(LOGGED, null, ({ about, row }) => {
    if (about === 'cases') tellCase(row as CaseLineRow);
    else if (about === 'notices') tellNotice(row as NoticeRow);
    else if (about === 'traces') tellTrace(row as TraceLineRow);
  });
  subscribe(LEFT_OUT.name, changed => leftOut.inc(changed as number));
  subscribe(ENDED.name, message => {
    const { command, how, took } = message as Ended;
    // What goes on until it is interrupted takes as long as somebody looks.
    if (command.live) return;
    const [verb] = command.syntax.split(' ');
    commands.observe({ verb: verb! }, took / 1000);
    if (how === 'failed') failed.inc({ verb: verb! });
  });
}
