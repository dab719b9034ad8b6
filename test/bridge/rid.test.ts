import { X509Certificate } from 'node:crypto';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:tls';
import { expect } from 'chai';
import type { BridgedReason, TraceGate } from '../../src/bridge/bridged.ts';
import type { DigestRecord, PacketRecord } from '../../src/bridge/packet-record.ts';
import { postRid } from '../../src/bridge/rid-client.ts';
import { createRidDesk } from '../../src/bridge/rid-desk.ts';
import { ridTls } from '../../src/bridge/rid-http.ts';
import { decodeRid, encodeRid, type RidMessage } from '../../src/bridge/rid-message.ts';
import type { KeptRid } from '../../src/bridge/rid-waiting.ts';
import { TRACE } from '../control/scripted.ts';
import { until } from '../traceback/ases.ts';
import { makeCertificate } from '../traceback/certificates.ts';
import { post, type RidSystem, SIGNAL, twoSystems } from './rid-peers.ts';

const RECORD: DigestRecord = {
  kind: 'digest',
  ...{ packet: 0, epoch: 492300, digest: '6f6cfad95ecccf84', time: TRACE.time, federation: 'jp-isp' },
};

const request = (over: Partial<RidMessage> = {}, records: readonly PacketRecord[] = [RECORD]): string =>
  encodeRid({
    ...{
      type: 'TraceRequest',
      region: 'PeerToPeer',
      traffic: 'Attack',
      node: 'one.example.net',
      status: null,
      source: null,
    },
    incident: { name: 'one.example.net', id: '207-1' },
    report: {
      ...{ purpose: 'traceback', incident: { name: 'one.example.net', id: '207-1' }, detected: TRACE.time },
      ...{ reported: TRACE.time, descriptions: [], confidence: null, creator: { name: 'one', contact: null } },
      ...{ contacts: [], systems: [], expected: '', records, data: [] },
    },
    ...over,
  });

describe('bridge/rid', () => {
  let one: RidSystem;
  let two: RidSystem;
  let close = () => {};
  const begin = async (policy = {}) => {
    [one, two, close] = await twoSystems(policy);
  };
  afterEach(() => close());

  /** What two answers to a text of one. */
  const answer = async (text: string): Promise<RidMessage> => {
    const posted = await post(two, one.identity, text);
    if (posted.how === 'failed') throw new Error(posted.why);
    const message = decodeRid(posted.text);
    if ('wrong' in message) throw new Error(message.wrong);
    return message;
  };

  it('traces by a digest and answers with the entry, and no more of what others said', async () => {
    await begin();
    const result = await answer(request());
    expect(result).to.deep.include({ type: 'Result', status: { authorization: 'Approved', justification: null } });
    expect(result.source).to.deep.equal({ found: true, ases: [64510] });
    expect(result.incident).to.deep.equal({ name: 'one.example.net', id: '207-1' });
    expect(result.report!.systems.map(({ ases }) => ases)).to.deep.equal([[64500], [64510]]);
    expect(result.report!.data).to.deep.equal([]);
    const [{ records, why }] = two.asked as [RidSystem['asked'][number]];
    expect(records).to.deep.equal([RECORD]);
    expect(why).to.deep.equal({
      requester: { by: 'rid', peer: 'one', reference: 'one.example.net 207-1' },
      purpose: 'attack',
    });
    expect(two.audited.map(([what]) => what)).to.deep.equal(['rid.received', 'rid.answered']);
    expect(two.desk.peers()[0]).to.deep.include({ received: 1, traced: 1, denied: 0 });
  });

  it('denies with the word of the RFC', async () => {
    const raw = {
      kind: 'packet',
      version: 4,
      time: null,
      octets: Uint8Array.of(0x45, ...new Array(39).fill(0)),
    } as const;
    for (const [policy, text, justification] of [
      [{ in: 'deny' }, request(), 'Other'],
      [{}, request({}, []), 'CannotProcess'],
      [{}, request({ report: null }), 'CannotProcess'],
      [{}, request({}, [{ ...RECORD, federation: 'eu-isp' }]), 'CannotProcess'],
      [{}, request({}, [raw]), 'Other'],
      [{}, '<a/>', 'UnrecognizedFormat'],
      [{}, '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', 'UnrecognizedFormat'],
    ] as const) {
      await begin(policy);
      const denied = await answer(text);
      expect(denied.status, text).to.deep.equal({ authorization: 'Denied', justification });
      expect(denied.type).to.equal('Acknowledgement');
      expect(two.asked).to.deep.equal([]);
      expect(two.audited.at(-1)![0]).to.equal('rid.refused');
      close();
    }
  });

  it('takes packets as they are from its own organisation only', async () => {
    await begin({ packets: true });
    const octets = Uint8Array.of(0x45, ...new Array(39).fill(0));
    const result = await answer(request({}, [{ kind: 'packet', version: 4, time: TRACE.time, octets }]));
    expect(result.type).to.equal('Result');
    expect(two.asked[0]!.records).to.deep.equal([{ kind: 'packet', version: 4, time: TRACE.time, octets }]);
  });

  it('tells why it could not trace, and goes on', async () => {
    await begin();
    two.trouble = 'no traceback block is configured';
    expect((await answer(request())).status).to.deep.equal({ authorization: 'Denied', justification: 'CannotProcess' });
    two.trouble = null;
    expect((await answer(request())).type).to.equal('Result');
  });

  it('limits how often a peer asks', async () => {
    await begin({ rate: 1 });
    const answers = [];
    for (let i = 0; i < 20; i++) answers.push(await answer(request()));
    const denied = answers.filter(({ status }) => status?.justification === 'SystemResource');
    expect(denied.length).to.be.at.least(1);
    expect(two.asked.length).to.equal(20 - denied.length);
  });

  it('lets a person decide, and calls back by the token', async () => {
    await begin({ in: 'ask' });
    const sent = await one.desk.send(TRACE, 'two', 'TraceRequest', 'uid 0', SIGNAL);
    expect(sent.state).to.equal('waits');
    const [waiting] = two.desk.entries();
    expect(waiting).to.deep.include({ state: 'pending', way: 'in', type: 'TraceRequest' });
    expect(two.asked).to.deep.equal([]);
    const decided = await two.desk.decide(waiting!.number, true, 'uid 0', SIGNAL);
    expect(decided).to.deep.include({ state: 'answered', words: 'approved by uid 0', trace: 't20260301-120003-0000' });
    await until(() => one.desk.entries()[0]?.state === 'answered');
    expect(one.desk.entries()[0]!.words).to.match(/^Result, Approved, source found AS64510, entered at AS64510/);
    expect(one.audited.map(([what]) => what)).to.include('rid.callback');
    expect(two.audited.map(([what]) => what)).to.include('rid.decided');
    await two.desk.decide(waiting!.number, true, 'uid 0', SIGNAL).then(
      () => expect.fail('it was decided already'),
      (error: Error) => expect(error.message).to.equal(`no request ${waiting!.number} waits for a person`),
    );
  });

  describe('requests that wait for a person when the daemon ends', () => {
    let kept: Map<number, KeptRid>;
    let said: string[];
    let posted: { readonly body: string; readonly token: string | null }[];
    let traced: { readonly records: readonly object[]; readonly why: BridgedReason }[];
    let now: number;
    beforeEach(() => {
      kept = new Map();
      [said, posted, traced] = [[], [], []];
      now = Date.now();
    });
    const { kind: _kind, federation: _federation, ...DIGESTED } = RECORD;
    const open = (digestsOf: TraceGate['digestsOf'] = async () => [DIGESTED]) =>
      createRidDesk({
        gate: {
          async digests(records, why) {
            traced.push({ records, why });
            return { ...TRACE, requester: why.requester };
          },
          packets: async () => expect.fail('no packet is kept'),
          digestsOf,
          hashes: async () => expect.fail('no hash was given'),
          find: async () => null,
          contacts: async () => [],
        },
        self: () => ({ as: 64500, federation: 'jp-isp', creator: { name: 'two.example.net', contact: null } }),
        peers: () => [{ name: 'one', url: 'https://one.example.net/', in: 'ask', packets: true, rate: 1000 }],
        async post(_peer, body, token) {
          posted.push({ body, token });
          return { how: 'answered', text: '' };
        },
        audit: (what, body) => said.push(`${what} ${JSON.stringify(body)}`),
        log: (_level, text) => said.push(text),
        clock: () => now,
        async keep(number, entry) {
          if (entry === null) kept.delete(number);
          else kept.set(number, JSON.parse(JSON.stringify(entry)) as KeptRid);
        },
      });
    const octets = Uint8Array.of(0x45, ...new Array(39).fill(0xab));
    const raw = { kind: 'packet', version: 4, time: TRACE.time, octets } as const;

    it('wait on, are traced by their digests and answered under their token, and give no number twice', async () => {
      const before = open();
      const reply = await before.receive('one', request(), null);
      await before.receive('one', request({ incident: { name: 'one.example.net', id: '207-2' } }), null);
      await before.decide(1, false, 'uid 0', SIGNAL);
      await before.receive('one', request({ traffic: 'Network' }, [raw]), null);
      expect(reply.status).to.equal(202);
      expect([...kept.keys()]).to.deep.equal([2, 3]);
      // No packet, nor what else stands in a message.
      expect(JSON.stringify([...kept.values()])).to.not.match(/abab|one\.example\.net\//);

      posted = [];
      said = [];
      const after = open();
      after.resume([...kept.values()]);
      expect(after.entries().map(({ number, state }) => [number, state])).to.deep.equal([
        [3, 'pending'],
        [2, 'pending'],
      ]);
      expect(said).to.deep.equal([
        'rid: request 2 of one (one.example.net 207-2) still waits for a person',
        'rid: request 3 of one (one.example.net 207-1) still waits for a person',
      ]);
      for (const number of [2, 3])
        expect(await after.decide(number, true, 'uid 0', SIGNAL)).to.include({ state: 'answered' });
      expect(traced.map(({ records, why }) => [records, why.purpose, why.requester])).to.deep.equal([
        [[RECORD], 'attack', { by: 'rid', peer: 'one', reference: 'one.example.net 207-2' }],
        [[RECORD], 'fault', { by: 'rid', peer: 'one', reference: 'one.example.net 207-1' }],
      ]);
      expect(posted.map(({ token }) => /^[0-9a-f]{32}$/.test(token!))).to.deep.equal([true, true]);
      expect(decodeRid(posted[0]!.body)).to.deep.include({
        type: 'Result',
        incident: { name: 'one.example.net', id: '207-2' },
      });
      expect(kept.size).to.equal(0);
      await after.receive('one', request(), null);
      expect(after.entries()[0]).to.include({ number: 4, state: 'pending' });
    });

    it('are told as lost when no digest of them could be made, or nobody decided within a day', async () => {
      const before = open(async () => {
        throw new Error('there is no key to digest with');
      });
      await before.receive('one', request({}, [raw]), null);
      await before.receive('one', request(), null);
      now += 25 * 3_600_000;
      said = [];
      const after = open();
      after.resume([...kept.values()]);
      expect(after.entries().map(({ state, words }) => [state, words])).to.deep.equal([
        ['failed', 'nothing came of it within a day'],
        ['failed', 'the daemon ended before a person had decided: it has to ask again'],
      ]);
      expect(said.filter(line => line.startsWith('rid.lost'))).to.have.length(2);
      expect(kept.size).to.equal(0);
      const refusal = await after.decide(1, true, 'uid 0', SIGNAL).then(String, (error: Error) => error.message);
      expect(refusal).to.equal('no request 1 waits for a person');
    });
  });

  it('tells of a person who said no', async () => {
    await begin({ in: 'ask' });
    await one.desk.send(TRACE, 'two', 'TraceRequest', 'uid 0', SIGNAL);
    await two.desk.decide(two.desk.entries()[0]!.number, false, 'uid 0', SIGNAL);
    await until(() => one.desk.entries()[0]?.state === 'denied');
    expect(two.asked).to.deep.equal([]);
  });

  it('answers questions about what the peer asked for itself, and about nothing else', async () => {
    await begin();
    await answer(request());
    two.traces.set('t20260301-120003-9f3a', TRACE);
    two.traces.set('t1', { ...TRACE, requester: { by: 'rid', peer: 'three', reference: '' } });
    const query = (id: string, name = 'one.example.net') =>
      answer(request({ type: 'Query', incident: { name, id }, report: null }));
    expect((await query('207-1')).type).to.equal('Report');
    for (const id of ['t20260301-120003-9f3a', 't1', 'none'])
      expect((await query(id)).status, id).to.deep.equal({ authorization: 'Denied', justification: 'CannotProcess' });
  });

  it('sends a report with all that it holds', async () => {
    await begin();
    const sent = await one.desk.send(TRACE, 'two', 'Report', 'uid 0', SIGNAL);
    expect(sent).to.deep.include({
      state: 'answered',
      words: 'Acknowledgement, Approved',
      trace: TRACE.id,
      way: 'out',
    });
    expect(two.desk.entries()[0]!.words).to.match(/^Report, entered at AS64510 via AS64520/);
    for (const peer of ['three', ''])
      await one.desk.send(TRACE, peer, 'Report', 'uid 0', SIGNAL).then(
        () => expect.fail('there is no such peer'),
        (error: Error) => expect(error.message).to.equal(`no rid peer ${peer} is configured`),
      );
  });

  it('lets in nobody whose certificate is not configured', async () => {
    await begin();
    const stranger = makeCertificate(64500);
    expect((await post(two, stranger, request())).how).to.equal('failed');
    const old = makeCertificate(64500, { notAfter: new Date(Date.now() - 1000) });
    expect((await post(two, old, request())).how).to.equal('failed');
    await until(() => two.refused.length >= 2);
    expect(two.refused).to.include('its certificate is of no peer');
    expect(two.desk.peers()[0]!.received).to.equal(0);
    const bare = connect({
      host: '127.0.0.1',
      port: two.server.port,
      rejectUnauthorized: false,
      minVersion: 'TLSv1.3',
    });
    bare.on('error', () => {});
    await new Promise(resolve => bare.on('close', resolve));
  });

  it('says nothing to who is not the peer', async () => {
    await begin();
    const { certificate } = makeCertificate(64510);
    const posted = await post(two, one.identity, request(), { certificate });
    expect(posted).to.deep.equal({ how: 'failed', why: 'its certificate is not the configured one' });
    expect(two.desk.peers()[0]!.received).to.equal(0);
  });

  it('takes POST of text/xml to / within bounds, and nothing else', async () => {
    await begin();
    /** The status line of what is answered to octets. */
    const raw = (text: string) =>
      new Promise<string>(resolve => {
        let got = '';
        const socket = connect({ ...ridTls(one.identity), host: '127.0.0.1', port: two.server.port }, () =>
          socket.write(text, 'latin1'),
        );
        socket.on('error', () => {});
        socket.setEncoding('latin1').on('data', piece => {
          got += piece;
        });
        socket.on('close', () => resolve(got.split('\r\n')[0]!));
      });
    const head = (method: string, path: string, ...more: string[]) =>
      `${method} ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${more.map(line => `${line}\r\n`).join('')}\r\n`;
    for (const [text, status] of [
      [head('GET', '/'), 'HTTP/1.1 405 Method Not Allowed'],
      [head('POST', '/rid', 'Content-Type: text/xml', 'Content-Length: 0'), 'HTTP/1.1 404 Not Found'],
      [head('POST', '/', 'Content-Type: application/json', 'Content-Length: 0'), 'HTTP/1.1 415 Unsupported Media Type'],
      [
        head('POST', '/', 'Content-Type: text/xml; charset=utf-16', 'Content-Length: 0'),
        'HTTP/1.1 415 Unsupported Media Type',
      ],
      [head('POST', '/', 'Content-Type: text/xml', 'Content-Length: 999999999'), 'HTTP/1.1 413 Payload Too Large'],
      [`${head('POST', '/', 'Content-Type: text/xml', 'Content-Length: 2')}\xff\xfe`, 'HTTP/1.1 400 Bad Request'],
      [
        `${head('POST', '/', 'Content-Type: text/xml', 'Transfer-Encoding: chunked')}${`80000\r\n${'x'.repeat(0x80000)}\r\n`.repeat(3)}0\r\n\r\n`,
        'HTTP/1.1 413 Payload Too Large',
      ],
      ['rubbish\r\n\r\n', ''],
    ] as const)
      expect(await raw(text), text.slice(0, 120)).to.equal(status);
    expect((await answer(request())).type).to.equal('Result');
  });

  it('refuses a late answer that it waits for from nobody', async () => {
    await begin();
    const posted = await post(two, one.identity, request(), { token: 'guessed' });
    expect(posted.how).to.equal('answered');
    expect(posted.how === 'answered' && posted.text).to.include('AuthorizationStatus="Denied"');
    expect(two.asked).to.deep.equal([]);
  });

  describe('as a client', () => {
    const servers: Server[] = [];
    afterEach(() => {
      for (const server of servers.splice(0)) {
        server.closeAllConnections();
        server.close();
      }
    });

    /** Posts to a server that answers as it is told. */
    const posted = async (status: number, headers: Record<string, string>, body: string | null, patience = 30_000) => {
      const identity = makeCertificate(64510);
      const server = createServer({ ...ridTls(identity) }, (_request, response) => {
        response.on('error', () => {});
        response.writeHead(status, headers);
        if (body === null) response.flushHeaders();
        else response.end(body);
      });
      servers.push(server);
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', () => resolve()));
      const url = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      const certificate = new X509Certificate(identity.certificate);
      return postRid({
        url,
        identity: makeCertificate(64500),
        certificate,
        body: '<a/>',
        token: null,
        signal: SIGNAL,
        patience,
      });
    };

    it('goes nowhere else, and waits no longer than it may', async () => {
      const xml = { 'Content-Type': 'text/xml' };
      for (const [answered, why] of [
        [await posted(307, { Location: 'https://127.0.0.1/' }, ''), 'it redirects (307), which RID does not'],
        [await posted(500, {}, ''), 'it answers with status 500'],
        [await posted(200, { 'Content-Type': 'text/html' }, '<a/>'), 'its answer is no text/xml'],
        [await posted(200, xml, 'x'.repeat((1 << 20) + 1)), 'its answer is longer than 1048576 octets, or no UTF-8'],
        [await posted(400, {}, ''), 'it cannot read the message (400)'],
        [await posted(200, xml, null, 300), 'no answer within 0.3 s'],
      ] as const)
        expect(answered).to.deep.equal({ how: 'failed', why });
      expect(await posted(202, { 'RID-Callback-Token': 'abc' }, '')).to.deep.equal({
        how: 'later',
        token: 'abc',
        text: '',
      });
    });
  });
});
