/** The main thread's side of a thread that takes packets in. */
import { writeSync } from 'node:fs';
import { type MessagePort, Worker } from 'node:worker_threads';
import type { Translation } from '../../flow/translation.ts';
import type { Canary } from '../canary.ts';
import type { FlowAnswer, FlowQuestion } from '../flows/flow-question.ts';
import type { VantageReport } from '../neighbors/vantage-rows.ts';
import type { AskedIntake } from '../window-messages.ts';
import type { IntakeOrder, IntakeReport, IntakeStatus } from './intake-messages.ts';

export interface IntakeThread extends AskedIntake {
  order(order: Exclude<IntakeOrder, { type: 'open' | 'ask' | 'vantages' | 'flows' | 'draw' | 'stop' }>): void;
  /** What it knows of its vantages. */
  vantages(): Promise<VantageReport>;
  /** Asks one of flows by headers. */
  flows(questions: readonly FlowQuestion[]): Promise<FlowAnswer>;
  /**
   * Draws a canary of any of these neighbours. Resolves when there is one, when too many frames were none (null), or when
   * it is asked for another, or for none.
   */
  draw(neighbors: readonly number[]): Promise<Canary | null>;
  /** Its last status; null before the first. */
  readonly status: IntakeStatus | null;
  /** Resolves when it has handed everything over, or is gone. */
  stop(): Promise<void>;
}

export interface IntakeEvents {
  /** It asks for the key of an epoch. */
  key(epoch: number): void;
  say(line: string): void;
  /** It has heard of neighbours. */
  heard(report: Extract<IntakeReport, { type: 'heard' }>): void;
  /** All files are read; of `wrong` not all. */
  through(wrong: number): void;
  /** Exporters of flows have told of translations. */
  translated(translations: readonly Translation[]): void;
  /** It has ended by itself, which it does for no reason that is known. */
  died(error: Error): void;
}

/** What is written to an eventfd to make it readable. */
const ONE = Buffer.from(BigUint64Array.of(1n).buffer);

/** Starts the thread. `order` opens it; its source tells whether it has to be woken. */
export function startIntake(order: Extract<IntakeOrder, { type: 'open' }>, events: IntakeEvents): IntakeThread {
  // Sources in development, compiled files when installed.
  const entry = import.meta.url.endsWith('.ts') ? './intake-worker.ts' : './intake-worker.js';
  // The name is that of the thread for top(1) and its like.
  const worker = new Worker(new URL(entry, import.meta.url), { name: `intake ${order.intake}` });
  const asked = new Map<number, { resolve(report: IntakeReport): void; reject(error: Error): void }>();
  const stopped = Promise.withResolvers<void>();
  let lastId = 0;
  let status: IntakeStatus | null = null;
  let stopping = false;
  let gone: Error | null = null;

  const post = (message: IntakeOrder, transfer: MessagePort[] = []) => {
    worker.postMessage(message, transfer);
    if (order.source.kind === 'rings') writeSync(order.source.wake, ONE);
  };
  const receive = (report: IntakeReport) => {
    switch (report.type) {
      case 'key':
        events.key(report.epoch);
        return;
      case 'answer':
      case 'vantages':
      case 'flows':
      case 'drawn':
        asked.get(report.id)?.resolve(report);
        asked.delete(report.id);
        return;
      case 'status':
        status = report.status;
        return;
      case 'say':
        events.say(report.line);
        return;
      case 'heard':
        events.heard(report);
        return;
      case 'translated':
        events.translated(report.translations);
        return;
      case 'through':
        status = report.status;
        events.through(report.wrong);
        return;
      case 'stopped':
        status = report.status;
        stopped.resolve();
    }
  };
  worker.on('message', receive);
  worker.on('error', error => {
    gone = error as Error;
  });
  worker.on('exit', code => {
    gone ??= new Error(`a thread that takes packets in ended with status ${code}`);
    for (const { reject } of asked.values()) reject(gone);
    asked.clear();
    stopped.resolve();
    if (!stopping) events.died(gone);
  });
  const request = (orderOf: (id: number) => IntakeOrder) =>
    new Promise<IntakeReport>((resolve, reject) => {
      if (gone !== null) return reject(gone);
      asked.set(++lastId, { resolve, reject });
      post(orderOf(lastId));
    });
  post(order, [order.sealer]);

  return {
    order: post,
    get status() {
      return status;
    },
    async ask(questions, keys) {
      const report = await request(id => ({ type: 'ask', id, questions, keys }));
      if (report.type !== 'answer') throw new Error(`an intake answered a question with ${report.type}`);
      return report.answer;
    },
    async vantages() {
      const report = await request(id => ({ type: 'vantages', id }));
      if (report.type !== 'vantages') throw new Error(`an intake answered with ${report.type}`);
      return report.report;
    },
    async flows(questions) {
      const report = await request(id => ({ type: 'flows', id, questions }));
      if (report.type !== 'flows') throw new Error(`an intake answered with ${report.type}`);
      return report.answer;
    },
    async draw(neighbors) {
      const report = await request(id => ({ type: 'draw', id, neighbors }));
      if (report.type !== 'drawn') throw new Error(`an intake answered with ${report.type}`);
      return report.canary;
    },
    stop() {
      stopping = true;
      if (gone === null) post({ type: 'stop' });
      return stopped.promise;
    },
  };
}
