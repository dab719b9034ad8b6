import { EventEmitter } from 'node:events';
import { connect } from 'node:net';
import { expect } from 'chai';
import fc from 'fast-check';
import type { BridgeCounts, BridgedReason } from '../../src/bridge/bridged.ts';
import { decodeRequest, encodeIdReply, encodeReply, encodeRequest } from '../../src/bridge/intertrack-2010.ts';
import { resultsOf } from '../../src/bridge/intertrack-2010-result.ts';
import { createClientServer, openClientServer } from '../../src/bridge/intertrack-2010-server.ts';
import { childOf, elementAt, readXml, type XmlElement } from '../../src/xml/read-xml.ts';
import { TRACE } from '../control/scripted.ts';
import { until } from '../traceback/ases.ts';
import { CLIENT, HASH } from './samples.ts';

const REQUEST = {
  ...{ source: '127.0.0.2', destination: '127.0.0.1', sequence: { sec: 1269495823, usec: 42 }, ttl: 16 },
  packets: [{ kind: 'hash', hash: HASH }],
} as const;
const PACKET = Uint8Array.of(0x45, ...new Array(27).fill(1));

const root = (xml: string): XmlElement => {
  const found = readXml(xml);
  if ('wrong' in found) throw new Error(found.wrong);
  return found;
};

describe('bridge/intertrack-2010', () => {
  it('reads what a client of then writes', () => {
    expect(decodeRequest(CLIENT)).to.deep.equal(REQUEST);
    for (const [encodetype, text] of [
      ['hexstring', Buffer.from(PACKET).toString('hex')],
      ['base64binary', Buffer.from(PACKET).toString('base64')],
    ] as const) {
      const dump = CLIENT.replace('encodetype="md5"', `encodetype="${encodetype}"`).replace(HASH.toUpperCase(), text);
      expect(decodeRequest(dump)).to.deep.equal({ ...REQUEST, packets: [{ kind: 'packet', octets: PACKET }] });
    }
  });

  it('says what is wrong', () => {
    for (const [from, to, wrong] of [
      [
        '<InterTrackMessage type="ClientTraceRequest">',
        '<InterTrackMessage type="ClientTraceRequest" xmlns="urn:x">',
        'it is no InterTrackMessage',
      ],
      ['</TTL>', '</TTT>', /^line/],
      ['<TTL>16', '<TTL>65', 'its TTL is no number of AS hops, 0 to 64'],
      ['usec="42"', 'usec="1000000"', 'it has no TemporarySequenceNumber'],
      ['encodetype="md5"', 'encodetype="sha1"', 'a packet cannot be read as "sha1"'],
      [HASH.toUpperCase(), HASH.slice(1), 'a hash has 32 hexadecimal digits'],
      [
        'encodetype="md5" header="ip"',
        'encodetype="hexstring" header="vlan"',
        'a packet is taken from its IP header on',
      ],
      ['encodetype="md5"', 'encodetype="hexstring"', 'a packet has an IP header'],
      ['<?xml version="1.0"?>', '<!DOCTYPE x [<!ENTITY a "b">]>', /has a DOCTYPE/],
    ] as const) {
      const found = decodeRequest(CLIENT.replace(from, to));
      if (typeof wrong === 'string') expect(found, from).to.equal(wrong);
      else expect(found, from).to.match(wrong);
    }
    expect(decodeRequest(CLIENT.replaceAll('PacketDump', 'PayloadHash'))).to.match(/^it has no PacketDump/);
  });

  it('reads what it writes, and never throws', () => {
    const request = fc.record({
      source: fc.constantFrom('192.0.2.1', '2001:db8::1', 'tc.example.net'),
      destination: fc.constantFrom('192.0.2.2', 'dp.example.net'),
      sequence: fc.record({ sec: fc.integer({ min: 0, max: 0xffffffff }), usec: fc.integer({ min: 0, max: 999_999 }) }),
      ttl: fc.integer({ min: 0, max: 64 }),
      packets: fc.oneof(
        fc.array(
          fc.stringMatching(/^[0-9a-f]{32}$/).map(hash => ({ kind: 'hash' as const, hash })),
          { minLength: 1, maxLength: 4 },
        ),
        fc.array(
          fc
            .uint8Array({ minLength: 19, maxLength: 60 })
            .map(rest => ({ kind: 'packet' as const, octets: Uint8Array.of(0x45, ...rest) })),
          { minLength: 1, maxLength: 3 },
        ),
      ),
    });
    fc.assert(
      fc.property(request, one => {
        expect(decodeRequest(encodeRequest(one))).to.deep.equal(one);
      }),
    );
    fc.assert(
      fc.property(
        fc.nat(CLIENT.length),
        fc.nat(20),
        fc.constantFrom('', '<', '>', '&', '"', '\u0000', '<a>'),
        (at, length, piece) => {
          decodeRequest(CLIENT.slice(0, at) + piece + CLIENT.slice(at + length));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('tells the tree as a list, and who cannot know never as one that has not seen', () => {
    const results = resultsOf(TRACE);
    expect(results.map(({ as, status, state, depth }) => `${depth} ${as} ${status} ${state}`)).to.deep.equal([
      '0 64500 Destination found',
      '1 64501 Unknown error',
      '1 64502 Unknown error',
      '2 64510 Transit reached',
      '2 64511 Unknown error',
    ]);
    const reply = { request: REQUEST, origin: 64500, id: { sec: 7, usec: 8 }, time: { sec: 9, usec: 0 } };
    const told = root(encodeReply({ ...reply, degree: 99, result: results }));
    const traced = elementAt(told, 'ClientTraceReply', 'AllResultExport');
    expect(elementAt(traced, 'ITMTraceRequest', 'Footmark', 'PacketDump')!.text).to.equal(HASH);
    const list = elementAt(traced, 'ITMTraceReply', 'InterASTraceResult')!;
    expect({ ...list.attributes }).to.deep.equal({ degree: '99' });
    const [first, second] = list.children;
    expect(elementAt(first, 'NodeID', 'ITMID', 'ASNumber')!.text).to.equal('64500');
    expect(elementAt(first, 'Incomings', 'NeighborAS', 'ASNumber')!.text).to.equal('64501');
    expect({ ...childOf(second, 'ErrorCode')!.attributes }).to.deep.equal({ errortype: 'TB_UNKNOWN_ERROR' });
    const id = root(encodeIdReply(reply));
    expect(id.attributes.type).to.equal('ClientMessageIDReply');
    expect({ ...elementAt(id, 'ClientMessageIDReply', 'MessageID', 'SequenceNumber')!.attributes }).to.deep.equal({
      sec: '7',
      usec: '8',
    });
  });

  it('does not take who waits for a trace for one who has gone', async () => {
    const { promise, resolve } = Promise.withResolvers<typeof TRACE>();
    const serve = createClientServer({
      gate: { hashes: () => promise, packets: () => promise },
      ...{ as: () => 64500, rules: () => ({ allow: ['127.0.0.0/8'], rate: 1 }) },
      counts: { received: 0, traced: 0, refused: 0, lastError: '' },
      ...{ audit: () => {}, log: () => {}, clock: Date.now },
    });
    const told: string[] = [];
    let idle = () => {};
    let ended = false;
    const socket = Object.assign(new EventEmitter(), {
      ...{ remoteAddress: '127.0.0.1', writable: true, writableLength: 0, write: (text: string) => told.push(text) },
      setTimeout(_ms: number, callback: () => void) {
        idle = callback;
      },
      destroy() {
        ended = true;
      },
    });
    serve(socket as never);
    socket.emit('data', Buffer.from(CLIENT));
    idle();
    expect([told.length, ended]).to.deep.equal([1, false]);
    resolve(TRACE);
    await until(() => told.length === 2, 'the answer');
    idle();
    expect(ended).to.equal(true);
  });

  describe('by TCP', () => {
    let counts: BridgeCounts;
    const asked: [unknown, BridgedReason][] = [];
    let server: Awaited<ReturnType<typeof openClientServer>>;
    const open = async (allow: readonly string[]) => {
      counts = { received: 0, traced: 0, refused: 0, lastError: '' };
      asked.length = 0;
      const traced = async (given: unknown, why: BridgedReason) => {
        asked.push([given, why]);
        return TRACE;
      };
      server = await openClientServer(
        { address: '127.0.0.1', port: 0 },
        createClientServer({
          ...{ gate: { hashes: traced, packets: traced }, as: () => 64500, rules: () => ({ allow, rate: 1 }), counts },
          ...{ audit: () => {}, log: () => {}, clock: Date.now },
        }),
      );
    };
    afterEach(() => server.close());
    /** What comes for octets, until there are so many ends of messages or the connection ends. */
    const exchange = (text: string, ends: number) =>
      new Promise<string>(resolve => {
        let got = '';
        const socket = connect({ port: server.port, host: '127.0.0.1' }, () => socket.write(text));
        socket.on('error', () => {});
        socket.setEncoding('utf8').on('data', piece => {
          got += piece;
          if (got.split('</InterTrackMessage>').length > ends) socket.destroy();
        });
        socket.on('close', () => resolve(got));
      });

    it('answers each question twice: by its name, and by what was found', async () => {
      await open(['127.0.0.0/8']);
      const got = await exchange(`${CLIENT}${CLIENT}`, 4);
      expect(got.match(/type="ClientMessageIDReply"/g)).to.have.length(2);
      expect(got.match(/type="ClientTraceReply"/g)).to.have.length(2);
      expect(counts).to.deep.include({ received: 2, traced: 2, refused: 0 });
      expect(asked[0]![0]).to.deep.equal([HASH]);
      expect(asked[0]![1].requester).to.deep.include({ by: 'intertrack-2010', peer: '127.0.0.1' });
    });

    it('sends away who may not ask, and ends with who writes anything else', async () => {
      await open(['192.0.2.0/24']);
      expect(await exchange(CLIENT, 1)).to.equal('');
      expect(counts).to.deep.include({ received: 0, refused: 1 });
      server.close();
      await open(['127.0.0.0/8']);
      expect(await exchange('<x></InterTrackMessage>', 1)).to.equal('');
      expect(await exchange('x'.repeat(300_000), 1)).to.equal('');
      await until(() => counts.refused === 2);
      expect(asked).to.deep.equal([]);
    });

    it('refuses what comes too fast, in its own words', async () => {
      await open(['127.0.0.0/8']);
      const got = await exchange(CLIENT.repeat(8), 12);
      expect(got).to.include('errortype="TB_REFUSED_LIMIT"');
      expect(asked.length).to.be.below(8);
    });
  });
});
