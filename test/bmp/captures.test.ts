import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { isSessionError } from '../../src/bgp/errors.ts';
import { decodeUpdate } from '../../src/bgp/update.ts';
import { type BmpError, isBmpError } from '../../src/bmp/errors.ts';
import { createFramer } from '../../src/bmp/framer.ts';
import { SYS_NAME, textOf } from '../../src/bmp/information.ts';
import { type BmpMessage, decodeMessage } from '../../src/bmp/messages.ts';
import { FLAG_A } from '../../src/bmp/peer-header.ts';
import { formatPrefix } from '../../src/net/prefix.ts';
import { findLayers } from '../../src/packet/find-layers.ts';
import { newLayers } from '../../src/packet/layers.ts';
import { forEachRecord } from '../packet/captures.ts';

const FOLDER = new URL('../../../shared/data/bgp/pcap/', import.meta.url);

/** What another implementation (NetGauze) read of the captures; so much of its layout as is compared here. */
interface Expected {
  readonly V3?: { readonly [kind: string]: ExpectedBody };
  readonly V4?: object;
  readonly BmpMessageParsingError?: object;
}
interface ExpectedBody {
  readonly peer_header?: {
    readonly address: string | null;
    readonly peer_as: number;
    readonly bgp_id: string;
    readonly timestamp: string | null;
  };
  readonly sent_message?: { readonly Open: { readonly hold_time: number; readonly bgp_id: string } };
  readonly received_message?: { readonly Open: { readonly hold_time: number; readonly bgp_id: string } };
  readonly update_message?: { readonly Update: { readonly nlri: readonly { readonly network: string }[] } };
  readonly information?: readonly { readonly SystemName?: string }[];
}

const KINDS: Readonly<Record<BmpMessage['kind'], string>> = {
  'route-monitoring': 'RouteMonitoring',
  statistics: 'StatisticsReport',
  'peer-down': 'PeerDownNotification',
  'peer-up': 'PeerUpNotification',
  initiation: 'Initiation',
  termination: 'Termination',
  'route-mirroring': 'RouteMirroring',
  unknown: 'unknown',
};

/** The streams of a capture, one for each direction of a connection, put together by sequence number. */
function streams(file: Uint8Array): Uint8Array[] {
  const found = new Map<string, { seq: number; octets: Uint8Array }[]>();
  const layers = newLayers();
  forEachRecord(file, ({ bytes, offset, captured, linkType, wire }) => {
    findLayers(bytes, offset, offset + captured, wire, linkType, layers);
    if (layers.count === 0 || layers.protocol[0] !== 6) return;
    const tcp = layers.upper[0]!;
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const octets = bytes.slice(tcp + (bytes[tcp + 12]! >> 4) * 4, tcp + layers.length[0]!);
    if (octets.length === 0) return;
    const key = Buffer.from(bytes.subarray(layers.start[0]! + 8, tcp + 4))
      .toString('hex')
      .slice(8);
    const stream = found.get(key) ?? [];
    found.set(key, [...stream, { seq: view.getUint32(tcp + 4), octets }]);
  });
  return [...found.values()].map(segments => {
    segments.sort((a, b) => a.seq - b.seq);
    let next = segments[0]!.seq;
    const parts: Uint8Array[] = [];
    for (const { seq, octets } of segments) {
      if (seq + octets.length <= next) continue; // sent again
      parts.push(octets.subarray(next - seq));
      next = seq + octets.length;
    }
    return Uint8Array.from(Buffer.concat(parts));
  });
}

/** Reads a stream in chunks of `size` octets. */
function read(
  stream: Uint8Array,
  size: number,
): { messages: (BmpMessage | BmpError)[]; updates: string[][]; error: BmpError | null } {
  const messages: (BmpMessage | BmpError)[] = [];
  const updates: string[][] = [];
  const framer = createFramer((_type, buffer, start, end) => {
    const message = decodeMessage(buffer, start, end);
    messages.push(message);
    if ('kind' in message && message.kind === 'route-monitoring') {
      const context = { as4: (message.peer.flags & FLAG_A) === 0, ebgp: false, ipv4: true, ipv6: true };
      const { action, announced, withdrawn } = decodeUpdate(buffer, message.start + 19, message.end, context);
      // Some of these routers leave NEXT_HOP away, or show 0.0.0.0 for routes of their own: they are still named.
      updates.push((action === 'accept' ? announced : withdrawn).map(prefix => formatPrefix(prefix)));
    } else updates.push([]);
    return true;
  });
  let error: BmpError | null = null;
  for (let at = 0; at < stream.length && error === null; at += size) error = framer.push(stream.slice(at, at + size));
  return { messages, updates, error };
}

describe('bmp/captures', () => {
  const load = (name: string) => ({
    file: readFileSync(new URL(`${name}.pcap`, FOLDER)),
    expected: gunzipSync(readFileSync(new URL(`${name}.bmp.expect.jsonl.gz`, FOLDER)))
      .toString()
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as Expected),
  });

  for (const name of ['bmp-6wind-frr-peerdown', 'bmp-cisco-01', 'bmp-huawei-locrib'])
    it(`reads ${name} as another implementation does`, function () {
      if (!existsSync(FOLDER)) this.skip();
      const { file, expected } = load(name);
      const read1 = streams(file).map(stream => read(stream, 1000));
      const read2 = streams(file).map(stream => read(stream, 7));
      expect(read1.map(one => one.updates)).to.deep.equal(read2.map(one => one.updates));
      const messages = read1.flatMap(one => one.messages);
      const updates = read1.flatMap(one => one.updates);
      expect(read1.map(({ error }) => error)).to.deep.equal(read1.map(() => null));
      expect(messages.length).to.equal(expected.length);
      expected.forEach((said, i) => {
        const message = messages[i]!;
        if (isBmpError(message)) throw new Error(`${i}: ${message.what}`);
        const [kind, body] = Object.entries(said.V3 ?? {})[0] ?? [];
        if (kind === undefined || body === undefined) return; // what it could not read
        expect(KINDS[message.kind], `message ${i}`).to.equal(kind);
        if ('peer' in message && body.peer_header) {
          const { address, as, id, time } = message.peer;
          expect(address === '0.0.0.0' ? null : address).to.equal(body.peer_header.address);
          expect([as, id]).to.deep.equal([body.peer_header.peer_as, body.peer_header.bgp_id]);
          expect(Math.floor(time)).to.equal(Date.parse(body.peer_header.timestamp ?? '1970-01-01T00:00:00Z'));
        }
        if (message.kind === 'peer-up') {
          const { sent, received } = message.up;
          if (isSessionError(sent) || isSessionError(received)) throw new Error(`${i}: ${JSON.stringify(sent)}`);
          expect([sent.id, sent.holdTime, received.id, received.holdTime]).to.deep.equal([
            body.sent_message?.Open.bgp_id,
            body.sent_message?.Open.hold_time,
            body.received_message?.Open.bgp_id,
            body.received_message?.Open.hold_time,
          ]);
        }
        if (message.kind === 'initiation')
          expect(textOf(message.information, SYS_NAME)).to.equal(
            body.information?.find(one => one.SystemName !== undefined)?.SystemName,
          );
        const nlri = body.update_message?.Update.nlri ?? [];
        if (nlri.length > 0) expect(updates[i]).to.deep.equal(nlri.map(({ network }) => network));
      });
    });

  it('reads the Peer Up whose OPEN says nothing, which the other does not', function () {
    if (!existsSync(FOLDER)) this.skip();
    const { file, expected } = load('bmp-6wind-frr-peerdown');
    const messages = streams(file).flatMap(stream => read(stream, 1000).messages);
    const odd = messages[expected.findIndex(({ BmpMessageParsingError }) => BmpMessageParsingError !== undefined)]!;
    if (isBmpError(odd) || odd.kind !== 'peer-up') throw new Error(JSON.stringify(odd));
    expect(odd.up.received).to.include({ code: 2, what: 'AS 0' });
  });

  for (const name of ['bmp-addpath', 'bmp-vpnv4-withdraw'])
    it(`says that ${name} is of a version that is no standard`, function () {
      if (!existsSync(FOLDER)) this.skip();
      const read1 = streams(load(name).file).map(stream => read(stream, 1000));
      expect(read1.map(({ error }) => error?.what)).to.include('BMP version 4, 3 is expected');
    });
});
