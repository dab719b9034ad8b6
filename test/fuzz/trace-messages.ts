/** What ASes say to each other in traces: the messages of a session, and what is signed and sealed in them. */
import { createHash, X509Certificate } from 'node:crypto';
import { frameReader } from '../../src/net/frames.ts';
import { checkEvidence, FORMAT, fileEvidence } from '../../src/traceback/evidence-file.ts';
import { readParticipation } from '../../src/traceback/participation.ts';
import { readRequest } from '../../src/traceback/request.ts';
import { openSeal, sealKeys, sealTo } from '../../src/traceback/seal.ts';
import { decodeStatement, encodeStatement, readStatement, signStatement } from '../../src/traceback/statement.ts';
import { encodeMessage, MAX_FRAME, type Message, readMessage } from '../../src/traceback/wire.ts';
import { openOf, question } from '../traceback/ases.ts';
import { makeAuthority, makeCertificate } from '../traceback/certificates.ts';
import { keyOf, recordOf, requestOf, statementOf } from '../traceback/signing.ts';
import { mutate } from './mutate.ts';
import { mutateItem } from './mutate-item.ts';
import type { Target } from './target.ts';

const NOTHING = new Uint8Array(0);
const authority = makeAuthority('federation');
const pem = makeCertificate(64500, { authority });
const record = recordOf(64500, pem);
const asked = requestOf(64500, pem, { need: 1, questions: [{ packet: 0, ...question }] });
const keys = sealKeys();
const said = signStatement(
  statementOf(64500, { request: new Uint8Array(createHash('sha256').update(asked.request).digest()) }),
  keyOf(pem),
  record,
);

/** An item as it came, without what errors name of it. */
const kindOf = (text: string) => text.replace(/\d+/g, '#').replace(/"[^"]*"/g, '""');

function messageSeeds(): Message[] {
  const sealed = sealTo(keys.seal, encodeStatement(said), NOTHING)!;
  const bounds = {
    hops: [64500],
    ttl: 3,
    deadline: 1e12,
    budget: 64,
    nonce: '00'.repeat(16),
    expires: 1e12,
    proved: true,
  };
  return [
    openOf(64500),
    { type: 'keepalive' },
    { type: 'query', id: 7, ...bounds, ...asked },
    {
      ...{ type: 'answer', id: 7, final: true, queries: 3 },
      nodes: [null, 0, 0, 1, 3].map((parent, i) => ({ as: 64500 + i, parent, seen: i < 2, sealed })),
    },
    { type: 'cancel', id: 7 },
    { type: 'announce', records: [record, record] },
    { type: 'adjacency', through: [64501, 64502] },
    { type: 'commit', roots: [{ window: 1, root: '00'.repeat(32) }] },
    { type: 'notification', code: 9, text: 'the daemon ends' },
  ];
}

/** Messages as they come over a session, whole and in pieces. */
export function traceMessageTarget(): Target {
  const read = (input: Uint8Array, piece: number): string => {
    const told: string[] = [];
    const reader = frameReader(
      MAX_FRAME,
      item => {
        const got = readMessage(item);
        if ('wrong' in got) return void told.push(`${got.code} ${kindOf(got.at)}: ${kindOf(got.wrong)}`);
        const octets = encodeMessage(got.message);
        frameReader(
          MAX_FRAME,
          one => {
            const again = readMessage(one);
            if ('wrong' in again) throw new Error(`what was read is written so that it is wrong: ${again.wrong}`);
            if (Buffer.compare(encodeMessage(again.message), octets) !== 0)
              throw new Error('it is read as another message');
          },
          error => {
            throw new Error(`what was read is written so that it is none: ${error.reason}`);
          },
        )(octets);
        told.push(got.message.type);
      },
      error => told.push(`${error.frame}: ${kindOf(error.reason)}`),
    );
    for (let at = 0; at < input.length; at += piece) reader(input.slice(at, at + piece));
    return told.join('; ');
  };
  return {
    name: 'trace messages',
    seeds: messageSeeds().map(encodeMessage),
    mutate(input, other, random) {
      if (random(3) > 0) {
        const item = mutateItem(input.subarray(4), random);
        if (item !== null) return framed(item);
      }
      return random(3) === 0 ? Buffer.concat([input, other]).subarray(0, 20_000) : mutate(input, other, random, 20_000);
    },
    judge(input) {
      const whole = read(input, input.length + 1);
      if (read(input, 5) !== whole) throw new Error('in pieces it is another message');
      return whole.slice(0, 300);
    },
    begin() {},
  };
}

function framed(item: Uint8Array): Uint8Array {
  const frame = new Uint8Array(4 + item.length);
  new DataView(frame.buffer).setUint32(0, item.length);
  frame.set(item, 4);
  return frame;
}

/** What is signed, sealed and filed: requests, statements, participation records, seals and evidence files. */
export function tracedWordTarget(): Target {
  const signed = { octets: asked.request, signature: asked.signature, record };
  const request = readRequest(signed);
  if ('wrong' in request) throw new Error(request.wrong);
  const tree = { as: 64500, verdict: 'saw', children: [] };
  const trace = { id: 't20261129-120000-0000', tree };
  const evidence = JSON.stringify({ format: FORMAT, trace, evidence: fileEvidence(request, [said]) });
  const authorities = [new X509Certificate(authority.certificate)];
  const sealed = sealTo(keys.seal, encodeStatement(said), request.hash)!;
  return {
    name: 'what is signed and sealed in traces',
    seeds: [asked.request, said.octets, encodeStatement(said), record, sealed, Buffer.from(evidence)],
    mutate(input, other, random) {
      if (random(3) > 0) {
        const item = mutateItem(input, random);
        if (item !== null) return item;
        // A record is an item behind its signature.
        const behind = mutateItem(input.subarray(64), random);
        if (behind !== null) return Buffer.concat([input.subarray(0, 64), behind]);
      }
      return mutate(input, other, random, 8192);
    },
    judge(input) {
      const wrong = (got: object | string) =>
        typeof got === 'string' ? kindOf(got) : 'wrong' in got ? `${kindOf(String(got.wrong))}` : 'read';
      const opened = openSeal(keys, input, request.hash);
      const filed = checkEvidence(Buffer.from(input).toString('utf8'), authorities);
      // Nobody has the key: what is not a seed is not signed.
      const participation = readParticipation(input, Date.now());
      if (typeof participation !== 'string' && Buffer.compare(participation.octets, record) !== 0)
        throw new Error('a record that its key did not sign is taken');
      if (opened !== null && Buffer.compare(input, sealed) !== 0) throw new Error('a seal that was changed is opened');
      if (typeof filed !== 'string' && filed.good && filed.statements.some(({ says }) => says?.as !== 64500))
        throw new Error('evidence that nobody signed is good');
      return [
        wrong(readRequest({ octets: input, signature: asked.signature, record })),
        wrong(readStatement({ octets: input, signature: said.signature, record })),
        wrong(decodeStatement(input)),
        wrong(participation),
        opened === null ? 'shut' : 'open',
        typeof filed === 'string'
          ? kindOf(filed)
          : kindOf([filed.request, ...filed.statements].map(({ fault }) => fault).join()),
      ].join('; ');
    },
    begin() {},
  };
}
