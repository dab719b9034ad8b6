/** What the audit log keeps of a question: all that it asks and says of itself, and no octets of signatures. */
import type { Ask } from './asked.ts';

export function auditable({ signed, ...bounds }: Ask): Readonly<Record<string, unknown>> {
  const { seal: _seal, proof, ...request } = signed.request;
  return { ...bounds, ...request, proofs: proof.length, request: Buffer.from(signed.hash).toString('hex') };
}
