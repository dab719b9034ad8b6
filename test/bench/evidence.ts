/**
 * Several packets of one attack against one: how often an AS that saw none of them says yes, as the border manager judges
 * and as it states it, and what the evidence of a trace takes. `node test/bench/evidence.ts [ASES]`
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { ProbeAnswer, Sighting } from '../../src/probe/question.ts';
import { judgeBorder } from '../../src/traceback/btm.ts';
import { needOf } from '../../src/traceback/evidence.ts';
import { checkEvidence, FORMAT, fileEvidence } from '../../src/traceback/evidence-file.ts';
import { signRequest } from '../../src/traceback/request.ts';
import { sealKeys } from '../../src/traceback/seal.ts';
import { signStatement } from '../../src/traceback/statement.ts';
import { makeAuthority, makeCertificate } from '../traceback/certificates.ts';
import { recordOf } from '../traceback/signing.ts';

const ASES = Number(process.argv[2] ?? 1_000_000);
const [TAPS, WINDOWS, FALSE] = [40, 3, 0.003];
const NOON = Date.UTC(2026, 10, 29, 12);

/** xorshift32: the same every time. */
let state = 1;
function random(): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) / 2 ** 32;
}

const vantages = Array.from({ length: TAPS }, (_, i) => ({ direction: 'in' as const, neighbor: 64600 + i }));

/** What the probe of such an AS answers that saw none of the packets: each filter says yes by chance alone. */
function answerOf(packets: number): ProbeAnswer {
  const sightings: Sighting[] = [];
  const all = TAPS * WINDOWS * packets;
  // From one false yes to the next: geometric.
  for (let at = -1; ; ) {
    at += 1 + Math.floor(Math.log(1 - random()) / Math.log(1 - FALSE));
    if (at >= all) break;
    const vantage = vantages[Math.floor(at / (WINDOWS * packets))]!;
    sightings.push({ vantage, from: NOON, to: NOON + 10_000, question: at % packets, provisional: false });
  }
  return {
    ...{ probe: 'all', falsePositive: FALSE, windowsAsked: all, vantages, sightings },
    ...{ packets: 1e6, lost: 0, sampling: 1, covered: true, sealed: true, retained: { from: 0, to: NOON * 2 } },
  };
}

const told: string[] = [];
for (const [packets, ases] of [
  [1, ASES / 100],
  [8, ASES],
] as const) {
  const need = needOf(packets);
  const questions = Array.from({ length: packets }, (_, packet) => ({
    ...{ packet, epoch: 1, digest: '0'.repeat(16), from: NOON, to: NOON + 4000 },
  }));
  let yes = 0;
  let stated = 0;
  for (let i = 0; i < ases; i++) {
    const border = judgeBorder([answerOf(packets)], [], { questions, need }, 1);
    if (border.verdict === 'saw') yes++;
    stated = border.falsePositive ?? 0;
  }
  told.push(
    `${need} of ${packets}: ${yes} of ${ases} ASes that saw nothing say saw, ${((100 * yes) / ases).toPrecision(2)} %; stated ${(100 * stated).toPrecision(2)} %`,
  );
}

const authority = makeAuthority('federation');
const pems = Array.from({ length: 64 }, (_, i) => makeCertificate(64500 + i, { authority }));
const now = Date.now();
const records = pems.map((pem, i) => recordOf(64500 + i, pem));
const request = signRequest(
  {
    ...{ trace: '0123456789abcdef', origin: 64500, issued: now, expires: now + 10_000, purpose: 'test' as const },
    ...{ reference: '', federation: '', need: 1, seal: sealKeys().seal, proof: [] },
    questions: [{ packet: 0, epoch: 1, digest: '0123456789abcdef', from: 0, to: 1 }],
  },
  createPrivateKey(pems[0]!.key),
  records[0]!,
);
const statements = pems.map(({ key }, i) =>
  signStatement(
    {
      ...{ as: 64500 + i, by: 64500 + i, request: request.hash, time: now, verdict: 'saw' as const, reason: 'seen' },
      ...{ ingress: [], source: false, packets: 8, windows: 960, false_positive: 1.8e-5, coverage: 1, loss: 0 },
      ...{ sampling: 1, retained_from: 0, retained_to: now, provisional: false, egress: [], after: 5 },
    },
    createPrivateKey(key),
    records[i]!,
  ),
);
const text = JSON.stringify({
  ...{ format: FORMAT, trace: { id: 't', tree: {} }, evidence: fileEvidence(request, statements) },
});
const began = performance.now();
const checked = checkEvidence(text, [new X509Certificate(authority.certificate)]);
const took = performance.now() - began;
const good = typeof checked !== 'string' && checked.good;
told.push(
  `evidence of ${statements.length} ASes: ${Math.round(text.length / statements.length)} octets and ${(took / statements.length).toFixed(2)} ms to verify a statement (${good ? 'all good' : 'NOT GOOD'})`,
);
for (const line of told) console.log(line);
