/** What stands in `protocol bmp`. */
import type { StatementSpec } from './statement-spec.ts';

export const BMP: readonly StatementSpec[] = [
  { usage: 'description TEXT', help: 'A text for people', defaults: { text: '' } },
  {
    usage: 'listen [ADDRESS] [port PORT]',
    help: 'Accepts routers here',
    defaults: { address: '::', port: 11019 },
    hard: true,
  },
  { usage: 'allow PREFIX…', help: 'Where routers may come from', required: true },
  {
    usage: 'rib RIB…',
    help: 'Which tables of a router are taken',
    defaults: { rib: ['pre-policy'] },
    hard: true,
  },
  { usage: 'disabled [SWITCH]', help: 'Accepts no router', hard: true },
];
