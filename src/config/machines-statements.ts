/** What stands in `bus nats` and in `store postgresql`. */
import type { StatementSpec } from './statement-spec.ts';

const IDENTITY: readonly StatementSpec[] = [
  {
    usage: 'authority AUTHORITY',
    help: 'Who must have signed the certificate of the server; default: the system',
    hard: true,
  },
  { usage: 'identity KEYFILE certificate CERTIFICATE', help: 'Key and certificate of this machine', hard: true },
];

export const BUS: readonly StatementSpec[] = [
  ...IDENTITY,
  { usage: 'credentials FILE', help: 'NATS credentials, an nkey seed, or USER:PASSWORD', hard: true },
  {
    usage: 'partitions COUNT',
    help: 'Parts of the cases that machines share out',
    defaults: { count: 4 },
    bounds: { min: 1, max: 64 },
    hard: true,
  },
  {
    usage: 'replicas COUNT',
    help: 'Copies that the cluster keeps of what is not taken in yet',
    defaults: { count: 1 },
    bounds: { min: 1, max: 5 },
    hard: true,
  },
];

export const SHARED_STORE: readonly StatementSpec[] = [
  ...IDENTITY,
  { usage: 'password FILE', help: 'File whose first line is the password', hard: true },
];
