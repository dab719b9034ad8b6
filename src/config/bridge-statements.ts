/** What stands in the blocks of bridges, `rid`, `packter` and `intertrack2010`. */
import type { StatementSpec } from './statement-spec.ts';

const MESSAGE_RATE: StatementSpec = {
  usage: 'message rate RATE',
  help: 'Requests taken from each of those who ask',
  defaults: { rate: 1 },
  bounds: { min: 1, max: 1000 },
};

export const RID: readonly StatementSpec[] = [
  {
    usage: 'listen ADDRESS [port PORT]',
    help: 'Accepts RID messages here',
    defaults: { port: 4590 },
    unique: ['address', 'port'],
    hard: true,
  },
  {
    usage: 'identity FILE certificate CERTIFICATE',
    help: 'Own key and certificate; default: those of traceback',
    hard: true,
  },
  { usage: 'peer NAME', help: 'A system that speaks RID', unique: ['name'], block: 'ridpeer' },
];

export const RID_PEER: readonly StatementSpec[] = [
  { usage: 'url URL', help: 'Where it takes messages' },
  { usage: 'certificate FILE', help: 'Its certificate', required: true, hard: true },
  { usage: 'in RIDPOLICY', help: 'Whether its requests are traced', defaults: { ridpolicy: 'deny' } },
  { usage: 'raw packets [SWITCH]', help: 'It is of our own organisation and may give packets as they are' },
  MESSAGE_RATE,
];

/** Of those who know no certificates: where they come from is all that is known of them. */
const clients = (port: number): readonly StatementSpec[] => [
  {
    usage: 'listen [ADDRESS] [port PORT]',
    help: 'Accepts requests here',
    defaults: { address: '127.0.0.1', port },
    unique: ['address', 'port'],
    hard: true,
  },
  {
    usage: 'allow PREFIX…',
    help: 'Where requests may come from',
    defaults: { prefix: ['127.0.0.0/8', '::1/128'] },
  },
  MESSAGE_RATE,
];

export const PACKTER: readonly StatementSpec[] = clients(11301);
export const INTERTRACK_2010: readonly StatementSpec[] = clients(9005);
