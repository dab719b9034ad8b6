/** What stands in `http`. */
import type { StatementSpec } from './statement-spec.ts';

export const HTTP: readonly StatementSpec[] = [
  {
    usage: 'listen [ADDRESS] [port PORT]',
    help: 'Serves the page, the API and the metrics here',
    defaults: { address: '127.0.0.1', port: 8480 },
    unique: ['address', 'port'],
    hard: true,
  },
  { usage: 'identity FILE certificate CERTIFICATE', help: 'Key and certificate: serves by TLS alone', hard: true },
  { usage: 'token FILE role HTTPROLE', help: 'Who shows these words may do so much', unique: ['file'] },
  { usage: 'ris live [host NAME]', help: 'Tells what peers send as it comes, over a WebSocket as RIS Live' },
  { usage: 'looking glass', help: 'Answers as a looking glass (RFC 8522)' },
  { usage: 'anonymous HTTPROLE', help: 'What those may do who show no token' },
  {
    usage: 'request rate RATE',
    help: 'Requests taken for one token, or from one address without',
    defaults: { rate: 50 },
    bounds: { min: 1, max: 100_000 },
  },
];
