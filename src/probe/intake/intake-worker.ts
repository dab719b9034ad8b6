/** Entry of a thread that takes packets in. */
import { parentPort } from 'node:worker_threads';
import { loadKernel } from '../../packet/digest-kernel.ts';
import { flowVantages } from '../flows/flow-vantage.ts';
import { vantageNumbers } from '../neighbors/vantage-numbers.ts';
import { type FileLoop, startFileLoop } from './file-loop.ts';
import { type FlowLoop, startFlowLoop } from './flow-loop.ts';
import { type Intake, openIntake } from './intake.ts';
import type { IntakeOrder } from './intake-messages.ts';
import { type RingLoop, startRingLoop } from './ring-loop.ts';

if (parentPort === null) throw new Error('probe/intake-worker is the entry of a worker thread');
const main = parentPort;

interface Opened {
  readonly intake: Intake;
  readonly loop: RingLoop | FileLoop | FlowLoop;
}
let opened: Opened | null = null;

function open(order: Extract<IntakeOrder, { type: 'open' }>): Opened {
  const { source, mirror } = order;
  if (source.kind === 'flows') {
    const flows = flowVantages(vantageNumbers(order.numbers));
    const intake = openIntake(loadKernel(), order, main, flows.over);
    return { intake, loop: startFlowLoop(intake, flows, source.ports, order.probe) };
  }
  const intake = openIntake(loadKernel(), order, main);
  const loop =
    source.kind === 'rings' ? startRingLoop(intake, source.wake, mirror) : startFileLoop(intake, source.files, mirror);
  return { intake, loop };
}

main.on('message', (order: IntakeOrder) => {
  if (order.type === 'open') {
    opened = open(order);
    return;
  }
  if (opened === null) throw new Error(`an intake was told to ${order.type} before it was opened`);
  const { intake, loop } = opened;
  switch (order.type) {
    case 'ring':
      if (!('add' in loop)) throw new Error('a ring for an intake that reads files');
      loop.add(order.ring);
      return;
    case 'configure':
      if ('configure' in loop) loop.configure(order.probe);
      else intake.configure(order.probe);
      if ('askKey' in loop) loop.askKey();
      return;
    case 'know':
      intake.vantages.know(order.neighbors);
      return;
    case 'learned':
      intake.learn(order.entries);
      return;
    case 'vantages':
      intake.report({ type: 'vantages', id: order.id, report: intake.vantages.report() });
      return;
    case 'flows':
      if (!('ask' in loop)) throw new Error('a question by headers for an intake of packets');
      intake.report({ type: 'flows', id: order.id, answer: loop.ask(order.questions) });
      return;
    case 'key':
      intake.setKey(order.epoch, order.key);
      return;
    case 'forget':
      intake.tap.forget(order.epoch);
      return;
    case 'ask':
      if ('countLosses' in loop) loop.countLosses();
      intake.answer(order);
      return;
    case 'draw':
      intake.draw(order);
      return;
    case 'lost':
      intake.lose('card', order.second, order.packets);
      return;
    case 'stop':
      loop.stop();
  }
});
