import type { StatementSpec } from './statement-spec.ts';
import { HOUR, SECOND } from './units.ts';

/** What stands in `whois`. */
export const WHOIS: readonly StatementSpec[] = [
  {
    usage: 'listen [ADDRESS] [port PORT]',
    help: 'Answers whois queries here',
    defaults: { address: '::', port: 43 },
    unique: ['address', 'port'],
    hard: true,
  },
  {
    usage: 'allow PREFIX…',
    help: 'Where clients may come from',
    defaults: { prefix: ['127.0.0.0/8', '::1/128'] },
  },
  {
    usage: 'maximum connections COUNT',
    help: 'Connections at a time',
    defaults: { count: 64 },
    bounds: { min: 1, max: 4096 },
  },
  {
    usage: 'maximum client connections COUNT',
    help: 'Connections at a time from one address',
    defaults: { count: 16 },
    bounds: { min: 1, max: 4096 },
  },
  {
    usage: 'maximum answer SIZE',
    help: 'Octets of one answer; a question for more is refused',
    defaults: { size: 64 * 2 ** 20 },
    bounds: { min: 2 ** 20, max: 2 ** 30 },
  },
  {
    usage: 'query rate RATE',
    help: 'Queries taken from one connection',
    defaults: { rate: 2000 },
    bounds: { min: 1, max: 1_000_000 },
  },
  {
    usage: 'idle timeout DURATION',
    help: 'How long a client may say nothing, or take nothing of an answer',
    defaults: { duration: 30 * SECOND },
    bounds: { min: SECOND, max: HOUR },
  },
];
