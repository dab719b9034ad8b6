import type { StatementSpec } from './statement-spec.ts';

/** What stands in `ids`. */
export const IDS: readonly StatementSpec[] = [
  { usage: 'eve file FILE', help: 'Follows the EVE log of Suricata', unique: ['file'] },
  {
    usage: 'eve socket SOCKET [EVESOCKET]',
    help: 'Takes the EVE log of Suricata at a Unix socket',
    defaults: { evesocket: 'stream' },
    unique: ['socket'],
    block: 'socket',
    optionalBlock: true,
    hard: true,
  },
  {
    usage: 'spool DIRECTORY',
    help: 'Traces a packet of each capture that comes into this directory',
    unique: ['directory'],
  },
  { usage: 'on alert signature SIGNATURE…', help: 'Traces alerts of these signatures', unique: [] },
  { usage: 'on alert text TEXT', help: 'Traces alerts whose signature has this text', unique: ['text'] },
  { usage: 'on alert category TEXT', help: 'Traces alerts of this category', unique: ['text'] },
  {
    usage: 'on alert severity SEVERITY',
    help: 'Traces alerts that are as grave as this; 1 is the gravest',
  },
  {
    usage: 'packets COUNT',
    help: 'Packets of one flow that are looked at for the best one to trace',
    defaults: { count: 8 },
    bounds: { min: 1, max: 64 },
  },
  { usage: 'budget BUDGET', help: 'Traces in a time', defaults: { budget: '10/1h' } },
];
