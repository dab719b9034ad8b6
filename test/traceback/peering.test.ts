import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { encodeFrame } from '../../src/net/frames.ts';
import type { Request } from '../../src/traceback/request.ts';
import { CODES, encodeMessage, MAX_FRAME, type Query } from '../../src/traceback/wire.ts';
import {
  type Ases,
  asked,
  dialRaw,
  establishRaw,
  newAses,
  openOf,
  probeAnswer,
  question,
  readIdentity,
  sawTo,
  scripted,
  until,
} from './ases.ts';
import { makeAuthority, makeCertificate, makeIdentity } from './certificates.ts';
import { codeOf, finalsOf, type Pem, queryFrom, recordOf, requestOf } from './signing.ts';

/** Who speaks for AS 64501 here. */
let speaker: Pem;

function queryOf(from: number, { asks = {}, ...more }: Partial<Query> & { asks?: Partial<Request> } = {}): Query {
  return queryFrom(from, speaker, {
    ...requestOf(from, speaker, { questions: [{ packet: 0, ...question }], ...asks }),
    ...more,
  });
}

describe('traceback: the peering, over TLS', () => {
  let ases: Ases;
  beforeEach(() => {
    ases = newAses();
  });
  afterEach(() => ases.close());

  /** AS 64500 runs; AS 64501 is configured and spoken for by the test. */
  const stage = async (policy: object = {}) => {
    const identity = ases.strange(64501);
    speaker = identity;
    const probes = scripted(probeAnswer([sawTo(64501)]));
    const one = await ases.start({ as: 64500, peers: [64501], probes, policy: { 64501: policy } });
    await ases.link();
    return { one, identity };
  };
  const up = async (policy: object = {}) => {
    const { one, identity } = await stage(policy);
    const raw = await dialRaw(one.port, identity);
    await establishRaw(raw, 64501);
    return { one, raw, identity };
  };
  const state = (as: number, peer: number) =>
    ases
      .at(as)
      .traceback.status()
      .find(row => row.as === peer)!;

  describe('refuses whoever is not the peer', () => {
    const refused = async (identity: Parameters<typeof dialRaw>[1]) => {
      const { one } = await stage();
      const raw = await dialRaw(one.port, identity);
      await raw.closed;
      expect(codeOf(raw)).to.equal(CODES['not-authorised']);
      expect(raw.messages).to.have.length(1);
      return String(raw.messages[0]!.text);
    };

    it('without a certificate', async () => expect(await refused(null)).to.equal('no certificate'));
    it('with a certificate of its own making for the right AS', async () =>
      expect(await refused(makeCertificate(64501))).to.match(/AS 64501: certificate is neither/));
    it('with a certificate for an AS that is no peer', async () =>
      expect(await refused(makeCertificate(64666))).to.equal('AS 64666 is no peer'));
    it('with a certificate that names no AS', async () =>
      expect(await refused(makeCertificate(64501, { uris: [] }))).to.match(/names no AS/));
    it('with a certificate that names two', async () =>
      expect(
        await refused(makeCertificate(64501, { uris: ['urn:intertrack:as:64501', 'urn:intertrack:as:64502'] })),
      ).to.match(/more than one/));

    it('with the configured certificate after it expired', async () => {
      makeIdentity(64501, ases.directory, { notAfter: new Date(Date.now() - 1000) });
      const expired = readIdentity(ases.directory, 64501);
      const one = await ases.start({ as: 64500, peers: [64501] });
      const certificate = join(ases.directory, 'as64501.crt');
      const peer = {
        as: 64501,
        address: '127.0.0.1',
        port: 9,
        certificate,
        in: 'allow',
        out: 'allow',
        rate: 1,
      } as const;
      await one.reconfigure({ ...one.config(), peers: [peer] });
      const raw = await dialRaw(one.port, expired);
      await raw.closed;
      expect(raw.messages[0]!.text).to.match(/AS 64501: certificate expired on/);
    });

    it('and takes one that the configured authority signed, but not for another AS', async () => {
      const authority = makeAuthority('federation');
      ases.strange(64501);
      writeFileSync(join(ases.directory, 'as64501.crt'), authority.certificate);
      const one = await ases.start({ as: 64500, peers: [64501] });
      await ases.link();
      const good = await dialRaw(one.port, makeCertificate(64501, { authority }));
      await establishRaw(good, 64501);
      const bad = await dialRaw(one.port, makeCertificate(64502, { authority }));
      await bad.closed;
      expect(bad.messages[0]!.text).to.equal('AS 64502 is no peer');
      good.socket.destroy();
    });
  });

  describe('does not get past TLS', () => {
    it('with TLS 1.2', async () => {
      const { one, identity } = await stage();
      const raw = await dialRaw(one.port, identity, { maxVersion: 'TLSv1.2' });
      expect(await raw.closed).to.match(/protocol version/);
      await until(() => one.log.some(line => line.includes('refused a connection from 127.0.0.1')));
    });
    it('with another protocol name', async () => {
      const { one, identity } = await stage();
      const raw = await dialRaw(one.port, identity, { ALPNProtocols: ['h2'] });
      expect(await raw.closed).to.match(/no application protocol/i);
    });
    it('without TLS', async () => {
      const { one } = await stage();
      const socket = connect(one.port, '127.0.0.1');
      socket.on('error', () => {});
      socket.write('GET / HTTP/1.1\r\n\r\n');
      await new Promise(resolve => socket.once('close', resolve));
    });
  });

  it('tells a dialler whose listener has another AS in its certificate', async () => {
    ases.strange(64501);
    await ases.start({ as: 64502, peers: [64500] });
    const one = await ases.start({
      as: 64500,
      peers: [64501, 64502],
      policy: { 64501: { port: ases.at(64502).port } },
    });
    // 64501 is configured at the port where 64502 listens.
    await ases.at(64502).reconfigure({ ...ases.at(64502).config(), peers: [] });
    const peers = [64501, 64502].map(as => ({
      as,
      address: '127.0.0.1',
      port: as === 64501 ? ases.at(64502).port : 9,
      certificate: join(ases.directory, `as${as}.crt`),
      in: 'allow' as const,
      out: 'allow' as const,
      rate: 1,
    }));
    await one.reconfigure({ ...one.config(), peers });
    await until(() => state(64500, 64501).lastError.includes('of AS 64502, not of AS 64501'));
  });

  describe('ends the session, with the code and the place', () => {
    const item = encodeMessage({ type: 'cancel', id: 1 }).slice();
    item[4] = 0xff;
    const cases: [string, () => Uint8Array, number, RegExp][] = [
      [
        'garbage',
        () => Uint8Array.from({ length: 64 }, (_, i) => i * 37),
        CODES.malformed,
        /frame 3, offset -4: frame of/,
      ],
      ['a frame too long', () => Uint8Array.from([0, 16, 0, 1]), CODES.malformed, new RegExp(`at most ${MAX_FRAME}`)],
      ['CBOR that is none', () => item, CODES.malformed, /frame 3, offset 1: break/],
      ['a message unknown', () => encodeFrame({ type: 'renounce' }), CODES.unsupported, /no such message: "renounce"/],
      ['a field unknown', () => encodeFrame({ type: 'keepalive', x: 1 }), CODES.malformed, /x: no such field/],
      [
        'a QUERY whose answers could be sealed to nobody',
        () => encodeMessage(queryOf(64501, { asks: { seal: new Uint8Array(32) } })),
        CODES.malformed,
        /seal: is no key/,
      ],
      ['a second OPEN', () => encodeMessage(openOf(64501)), CODES.unexpected, /OPEN in the middle/],
      [
        'two QUERYs of one id',
        // In one chunk, so that the first is in work when the second comes.
        () => Buffer.concat([1, 2].map(() => encodeMessage(queryOf(64501, { id: 5 })))),
        CODES.malformed,
        /5 is in flight/,
      ],
    ];
    for (const [what, octets, expected, words] of cases)
      it(what, async () => {
        const { one, raw } = await up();
        raw.socket.write(octets());
        await raw.closed;
        expect(codeOf(raw)).to.equal(expected);
        expect(raw.messages.find(message => message.type === 'notification')!.text).to.match(words);
        await until(() => words.test(state(64500, 64501).lastError));
        expect(one.log.join('\n')).to.match(words);
      });

    const before: [string, () => Uint8Array, number][] = [
      ['a QUERY before OPEN', () => encodeMessage(queryOf(64501)), CODES.unexpected],
      ['an OPEN of another AS than the certificate’s', () => encodeMessage(openOf(64777)), CODES['bad-open']],
      ['an OPEN of version 1', () => encodeFrame({ type: 'open', version: 1 }), CODES['bad-open']],
      [
        'an OPEN of versions from 3 on',
        () => encodeMessage({ ...openOf(64501), version: 4, least: 3 }),
        CODES['bad-open'],
      ],
    ];
    for (const [what, octets, expected] of before)
      it(what, async () => {
        const { one, identity } = await stage();
        const raw = await dialRaw(one.port, identity);
        raw.socket.write(octets());
        await raw.closed;
        expect(codeOf(raw)).to.equal(expected);
      });

    it('an ANSWER about another AS', async () => {
      const { one, raw } = await up();
      // Seen going out, and not all of the border watched: every peer is asked.
      await ases.at(64500).reconfigure({
        ...one.config(),
        answer: { ...one.config().answer, coverage: 0 },
      });
      const traced = one.traceback.startTrace({ ...asked }, () => {});
      await until(() => raw.messages.some(message => message.type === 'query'));
      const { id } = raw.messages.find(message => message.type === 'query') as { id: number };
      const node = { as: 64999, parent: null, seen: true, sealed: new Uint8Array(100) };
      raw.socket.write(encodeMessage({ type: 'answer', id, final: true, queries: 0, nodes: [node] }));
      await raw.closed;
      expect(codeOf(raw)).to.equal(CODES.malformed);
      const { tree } = await traced;
      expect(tree.children.map(child => [child.as, child.verdict])).to.deep.equal([[64501, 'unreachable']]);
    });
  });

  it('ends a connection whose OPEN does not come', async () => {
    ases.close();
    ases = newAses({ open: 100 });
    const { one, identity } = await stage();
    const raw = await dialRaw(one.port, identity);
    await raw.closed;
    expect(codeOf(raw)).to.equal(CODES['hold-expired']);
  });

  describe('answers a QUERY it will not carry out', () => {
    const cases: [string, () => Query, object, string, RegExp][] = [
      ['of a peer that may not ask', () => queryOf(64501), { in: 'deny' }, 'refused', /policy/],
      ['with itself in the hops', () => queryOf(64501, { hops: [64501, 64500, 64501] }), {}, 'refused', /loop/],
      ['whose last hop is another', () => queryOf(64501, { hops: [64501, 64777] }), {}, 'refused', /not the sender/],
      [
        'whose first hop is not the origin',
        () => queryOf(64501, { asks: { origin: 1 } }),
        {},
        'refused',
        /not the origin/,
      ],
      ['that has expired', () => queryOf(64501, { expires: Date.now() - 1 }), {}, 'refused', /has expired/],
      ['that expires in a minute', () => queryOf(64501, { expires: Date.now() + 60_000 }), {}, 'refused', /too far/],
      ['that is too late', () => queryOf(64501, { deadline: Date.now() - 1 }), {}, 'refused', /deadline has passed/],
      ['where the rate is nought', () => queryOf(64501), { rate: 0 }, 'busy', /rate of 0/],
    ];
    for (const [what, query, policy, verdict, reason] of cases)
      it(what, async () => {
        const { one, raw } = await up(policy);
        raw.socket.write(encodeMessage(query()));
        await until(() => finalsOf(raw).length > 0);
        expect(finalsOf(raw)[0]!.verdict).to.equal(verdict);
        expect(finalsOf(raw)[0]!.reason).to.match(reason);
        expect(state(64500, 64501)).to.include({ queriesIn: 1, refused: 1, state: 'Established' });
        expect(one.audit.map(line => line.what)).to.deep.equal(['query.refused']);
        raw.socket.destroy();
      });

    const bad: [string, () => Query, RegExp][] = [
      [
        'whose request is signed by another',
        () => ({ ...queryOf(64501), signature: new Uint8Array(64) }),
        /not signed by its origin/,
      ],
      ['whose record is none', () => ({ ...queryOf(64501), record: new Uint8Array(200) }), /^origin: record:/],
      [
        'whose record is of another AS',
        () => ({ ...queryOf(64501), record: recordOf(64777, makeCertificate(64777)) }),
        /^origin: record: is of AS 64777, not of AS 64501/,
      ],
      ['whose request has expired', () => queryOf(64501, { asks: { expires: Date.now() - 1 } }), /request has expired/],
      [
        'whose request is from the future',
        () => queryOf(64501, { asks: { issued: Date.now() + 60_000 } }),
        /from the future/,
      ],
    ];
    for (const [what, query, reason] of bad)
      it(what, async () => {
        const { one, raw } = await up();
        raw.socket.write(encodeMessage(query()));
        await until(() => finalsOf(raw).length > 0);
        expect(finalsOf(raw)[0]!.verdict).to.equal('refused');
        expect(finalsOf(raw)[0]!.reason).to.match(reason);
        expect(one.audit.map(line => line.what)).to.deep.equal(['query.refused']);
        raw.socket.destroy();
      });

    it('that was sent before', async () => {
      const { raw } = await up();
      const query = queryOf(64501);
      raw.socket.write(encodeMessage(query));
      await until(() => finalsOf(raw).length === 1);
      raw.socket.write(encodeMessage({ ...query, id: query.id + 1000 }));
      await until(() => finalsOf(raw).length === 2);
      expect(finalsOf(raw).map(node => node.verdict)).to.deep.equal(['saw', 'refused']);
      expect(finalsOf(raw)[1]!.reason).to.match(/replay/);
      raw.socket.destroy();
    });
  });

  it('holds a peer to its rate, tells the rest busy, and ends a flood, while others are served', async () => {
    const { one, raw } = await up({ rate: 5 });
    const other = await ases.start({ as: 64502, peers: [64500] });
    await ases.at(64500).reconfigure({
      ...one.config(),
      peers: [
        ...one.config().peers,
        {
          ...one.config().peers[0]!,
          as: 64502,
          port: other.port,
          rate: 100,
          certificate: join(ases.directory, 'as64502.crt'),
        },
      ],
    });
    await other.reconfigure({
      ...other.config(),
      peers: [
        { ...one.config().peers[0]!, as: 64500, port: one.port, certificate: join(ases.directory, 'as64500.crt') },
      ],
    });
    await until(() => other.traceback.status()[0]!.state === 'Established');

    for (let i = 0; i < 200; i++) raw.socket.write(encodeMessage(queryOf(64501)));
    const result = await other.traceback.startTrace(asked, () => {});
    expect(result.tree.children.map(child => child.verdict)).to.deep.equal(['saw']);
    await raw.closed;
    expect(codeOf(raw)).to.equal(CODES.limit);
    const verdicts = finalsOf(raw).map(node => node.verdict);
    expect(verdicts.filter(verdict => verdict === 'busy').length).to.be.within(100, 195);
    expect(one.audit.filter(line => line.what === 'peer.shunned')).to.have.length(1);
    expect(one.audit.length, 'a flood does not fill the audit log').to.be.below(40);

    // Not spoken to for a while.
    const again = await dialRaw(one.port, readIdentity(ases.directory, 64501));
    await again.closed;
    expect(again.messages).to.deep.equal([]);
  });

  it('keeps one of two connections when both sides dial', async () => {
    await ases.start({ as: 64500, peers: [64501] });
    await ases.start({ as: 64501, peers: [64500] });
    await ases.link();
    for (let i = 0; i < 5; i++) {
      const trace = await ases.at(64500).traceback.startTrace(asked, () => {});
      expect(trace.tree.children.map(child => [child.as, child.verdict])).to.deep.equal([[64501, 'cannot-know']]);
    }
    expect([state(64500, 64501).state, state(64501, 64500).state]).to.deep.equal(['Established', 'Established']);
  });

  it('keeps the connection that the higher AS dialled', async () => {
    const { raw, identity, one } = await up();
    // The same side again: the newer stays.
    const second = await dialRaw(one.port, identity);
    await establishRaw(second, 64501);
    await raw.closed;
    expect(codeOf(raw)).to.equal(CODES.collision);
    second.socket.write(encodeMessage(queryOf(64501)));
    await until(() => finalsOf(second).length === 1);
    second.socket.destroy();
  });

  it('finds a peer again that was gone, and stops with NOTIFICATION', async () => {
    await ases.start({ as: 64500, peers: [64501] });
    const other = await ases.start({ as: 64501, peers: [64500] });
    await ases.link();
    ases.stop(64501);
    await until(() => state(64500, 64501).state !== 'Established');
    // What was said first may be overwritten by the next attempt to dial.
    expect(ases.at(64500).log.join('\n')).to.match(/peer says shutdown: the daemon ends/);
    await ases.start({ as: 64501, peers: [64500] }, other.port);
    await ases.link();
    expect(state(64500, 64501).state).to.equal('Established');
  });

  it('ends the session of a peer that is taken out of the configuration, and touches no other', async () => {
    for (const as of [64500, 64501, 64502]) await ases.start({ as, peers: as === 64500 ? [64501, 64502] : [64500] });
    await ases.link();
    // Collisions settle first: their end would look like the one that must not come.
    await ases.at(64500).traceback.startTrace(asked, () => {});
    const one = ases.at(64500);
    const { since } = state(64500, 64502);
    await one.reconfigure({ ...one.config(), peers: one.config().peers.filter(peer => peer.as === 64502) });
    await until(() => ases.at(64501).log.some(line => line.includes('configuration: the peer was removed')));
    expect(one.traceback.status().map(row => [row.as, row.state, row.since])).to.deep.equal([
      [64502, 'Established', since],
    ]);
  });

  it('says which address cannot be bound, and keeps what it had', async () => {
    const one = await ases.start({ as: 64500, peers: [] });
    const other = await ases.start({ as: 64501, peers: [] });
    const taken = { ...other.config(), listen: [{ address: '127.0.0.1', port: one.port }] };
    const failure = await other.reconfigure(taken).then(
      () => '',
      (error: Error) => error.message,
    );
    expect(failure).to.match(/EADDRINUSE.*127\.0\.0\.1/);
    expect(other.traceback.listening()).to.deep.equal([{ address: '127.0.0.1', port: other.port }]);
  });

  it('survives whatever octets a peer sends', async function () {
    this.timeout(240_000);
    const { one, identity } = await stage();
    let seed = 1;
    for (let i = 0; i < 20; i++) {
      const raw = await dialRaw(one.port, identity);
      if (i % 2 === 0 && raw.socket.writable) await establishRaw(raw, 64501);
      const octets = Uint8Array.from({ length: 300 }, () => {
        seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
        return seed >>> 24;
      });
      // Half of them as a frame of a length that is believed.
      raw.socket.write(i % 4 < 2 ? octets : Buffer.concat([Uint8Array.from([0, 0, 1, 44]), octets]));
      raw.socket.end();
      await raw.closed;
    }
    const last = await dialRaw(one.port, identity);
    await establishRaw(last, 64501);
    last.socket.destroy();
  });
});
