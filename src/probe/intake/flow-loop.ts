/** The life of an intake of flows: sockets, a look at the clock every second, answers by headers. */
import type { ProbeConfig } from '../../config/tree.ts';
import type { Translation } from '../../flow/translation.ts';
import { epochOf } from '../../packet/itk1.ts';
import type { FlowAnswer, FlowQuestion } from '../flows/flow-question.ts';
import { type FlowPort, type FlowSockets, openFlowSockets } from '../flows/flow-sockets.ts';
import type { FlowVantages } from '../flows/flow-vantage.ts';
import { openFlowIntake } from './flow-intake.ts';
import type { Intake } from './intake.ts';

const TICK = 1000;
/** Translations that are handed over at once. */
const BATCH = 256;
/** The key of the next hour is asked for so long before it begins. */
const KEY_AHEAD = 5 * 60_000;

export interface FlowLoop {
  configure(probe: ProbeConfig): void;
  ask(questions: readonly FlowQuestion[]): FlowAnswer;
  stop(): void;
}

/** Begins to listen. An address that cannot be had ends the thread, with words that say which. */
export function startFlowLoop(
  intake: Intake,
  seen: FlowVantages,
  ports: readonly FlowPort[],
  probe: ProbeConfig,
): FlowLoop {
  const { report, windows } = intake;
  const say = (line: string) => report({ type: 'say', line });
  let sockets: FlowSockets | null = null;
  let ahead = -1;
  let translations: Translation[] = [];
  const handOver = () => {
    if (translations.length > 0) report({ type: 'translated', translations });
    translations = [];
  };
  const flows = openFlowIntake({
    ...{ intake, seen, say },
    translation(one) {
      translations.push(one);
      if (translations.length >= BATCH) handOver();
    },
    dropped: () => sockets?.dropped() ?? 0,
  });
  flows.configure(probe);

  const status = () => ({ ...intake.status(), flows: flows.status(), sampling: flows.sampling() });
  const tick = () => {
    const now = Date.now();
    const next = epochOf(now + KEY_AHEAD);
    if (next !== ahead) void intake.needKey(next);
    if (ahead < 0 && next !== epochOf(now)) void intake.needKey(epochOf(now));
    ahead = next;
    flows.tick(now);
    handOver();
    report({ type: 'status', status: status() });
  };
  const ticks = setInterval(tick, TICK);

  openFlowSockets(ports, (datagram, from) => flows.take(datagram, from, Date.now()), say).then(opened => {
    sockets = opened;
    say(`flows are taken at ${opened.bound.join(', ')}`);
    tick();
  });

  return {
    configure: flows.configure,
    ask: flows.ask,
    stop() {
      clearInterval(ticks);
      sockets?.close();
      windows.handOverAll();
      report({ type: 'stopped', status: status() });
    },
  };
}
