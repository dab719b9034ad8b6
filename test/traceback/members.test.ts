import { X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import type { TracebackConfig, TracePeerConfig } from '../../src/config/traceback-tree.ts';
import type { Identity } from '../../src/traceback/identity.ts';
import { createMembers } from '../../src/traceback/members.ts';
import { createParticipants } from '../../src/traceback/participants.ts';
import type { Peering } from '../../src/traceback/peering.ts';
import type { TraceNode } from '../../src/traceback/trace.ts';
import { CODES, encodeMessage } from '../../src/traceback/wire.ts';
import {
  type Ases,
  asked,
  dialRaw,
  establishRaw,
  newAses,
  probeAnswer,
  readIdentity,
  sawFrom,
  sawTo,
  scripted,
  scriptedGraph,
  until,
} from './ases.ts';
import { makeAuthority, makeCertificate } from './certificates.ts';
import { recordOf } from './signing.ts';

const outline = (node: TraceNode, indent = ''): string[] => [
  `${indent}${node.as} ${node.verdict} ${node.signed}`,
  ...node.children.flatMap(child => outline(child, `${indent}  `)),
];

describe('traceback/members', () => {
  it('lets in who was dialled by a hint without moving it elsewhere, though its record is not known yet', () => {
    const authority = makeAuthority('x');
    const { certificate } = makeCertificate(64501, { authority });
    const configured: object[] = [];
    let out = false;
    const members = createMembers({
      participants: createParticipants(64500),
      config: () =>
        ({ peers: [], federations: [{ name: 'x', in: 'allow', out: 'allow', rate: 7 }] }) as unknown as TracebackConfig,
      identity: () =>
        ({ authoritiesOf: new Map([['x', [new X509Certificate(authority.certificate)]]]) }) as unknown as Identity,
      clock: Date.now,
      isOut: () => out,
      start(config) {
        let now = config;
        return {
          ...{ as: config.as, config: () => now, reach() {} },
          configure(next: TracePeerConfig) {
            now = next;
            configured.push(next);
          },
        } as unknown as Peering;
      },
    });
    expect(members.introduce({ as: 64501, address: '192.0.2.7', port: 4955 })).to.equal(true);
    const accepted = members.accept(64501, new X509Certificate(certificate));
    expect(accepted?.config()).to.include({ address: '192.0.2.7', port: 4955, in: 'allow', rate: 7 });
    expect(configured).to.have.length(1);
    // One that dialled first has no address.
    const other = makeCertificate(64502, { authority });
    const first = members.accept(64502, new X509Certificate(other.certificate));
    expect(first?.config()).to.include({ address: '', port: 0 });
    // Routes go on hinting while this AS takes no part.
    out = true;
    expect(members.introduce({ as: 64503, address: '192.0.2.8', port: 4955 })).to.equal(false);
    expect([...members.peerings()].map(({ as }) => as)).to.deep.equal([64501, 64502]);
  });
});

describe('traceback/participants', () => {
  const authority = makeAuthority('x');
  const pem = makeCertificate(64501, { authority });
  const now = Date.now();
  const believe = () => null;
  const record = (sequence: number, more: object = {}) => recordOf(64501, pem, { sequence, ...more });

  it('keeps the newest record of an AS', () => {
    const all = createParticipants(64500);
    expect(all.learn(record(5), believe, now)).to.equal('new');
    expect(all.learn(record(5), believe, now)).to.equal('old');
    expect(all.learn(record(4), believe, now)).to.equal('old');
    expect(all.learn(record(6, { retention: 60 }), believe, now)).to.equal('new');
    expect(all.of(64501, now)).to.include({ sequence: 6, retention: 60 });
    expect(all.records(now)).to.have.length(1);
  });
  it('looks once at what comes over several sessions', () => {
    const all = createParticipants(64500);
    const first = record(5);
    all.learn(first, believe, now);
    // The same octets are no news whatever is thought of them; with another signature they are looked at.
    const doubt = () => expect.fail('was looked at again');
    expect(all.learn(Uint8Array.from(first), doubt, now)).to.equal('old');
    const changed = Uint8Array.from(first);
    changed[first.length - 1]! ^= 1;
    expect(all.learn(changed, doubt, now)).to.have.property('wrong');
    expect(all.learn(record(6), believe, now)).to.equal('new');
    expect(all.learn(first, doubt, now)).to.equal('old');
  });
  it('remembers a withdrawal, so that no older record comes back', () => {
    const all = createParticipants(64500);
    all.learn(record(5), believe, now);
    expect(all.learn(record(6, { withdrawn: true }), believe, now)).to.equal('new');
    expect(all.of(64501, now)).to.equal(null);
    expect(all.learn(record(5), believe, now)).to.equal('old');
  });
  it('forgets what has expired', () => {
    const all = createParticipants(64500);
    all.learn(record(5), believe, now);
    const later = now + 4_000_000;
    expect(all.of(64501, later)).to.equal(null);
    all.expire(later);
    expect(all.records(now)).to.have.length(0);
  });
  it('takes none that is not believed, and none about this AS', () => {
    const all = createParticipants(64500);
    expect(all.learn(record(5), () => 'why', now)).to.deep.equal({ wrong: 'why' });
    const own = makeCertificate(64500, { authority });
    expect(all.learn(recordOf(64500, own), believe, now)).to.equal('old');
    expect(all.learn(Uint8Array.of(1), believe, now)).to.have.property('wrong');
  });
});

describe('traceback: members of a federation, over TLS', () => {
  let ases: Ases;
  beforeEach(() => {
    ases = newAses();
  });
  afterEach(() => ases.close());
  const authority = makeAuthority('jp-isp');
  const federation = { authority };
  const known = (as: number) =>
    ases
      .at(as)
      .traceback.participants()
      .map(record => record.as);

  // 64500 peers with 64501 and 64501 with 64502. The packet came to 64500 from 64510, which takes no part.
  const chain = async (more: object = {}) => {
    await ases.start({
      ...{ as: 64500, peers: [64501], federation: { ...federation, ...more } },
      probes: scripted(probeAnswer([sawFrom(64510)])),
      graph: scriptedGraph({ 64510: { frontier: [64502], passed: [] } }),
    });
    await ases.start({ as: 64501, peers: [64500, 64502], federation, probes: scripted(probeAnswer([])) });
    await ases.start({ as: 64502, peers: [64501], federation, probes: scripted(probeAnswer([sawTo(64510)])) });
    await ases.link();
    await until(() => known(64500).includes(64502) && known(64502).includes(64500), 'records');
  };

  it('know of each other by records that go from session to session', async () => {
    await chain();
    expect(known(64501)).to.have.members([64500, 64502]);
  });

  it('are dialled when there is something to ask them, and their signatures are believed', async () => {
    await chain();
    const { tree, entry } = await ases.at(64500).traceback.startTrace(asked, () => {});
    expect(outline(tree)).to.deep.equal(['64500 saw own', '  64510 absent own', '    64502 saw good']);
    expect(entry).to.deep.equal({ as: 64502, via: null, source: true });
    expect(ases.at(64502).audit.map(({ what }) => what)).to.deep.equal(['query.answered']);
  });

  it('are not asked where the federation does not say so', async () => {
    await chain({ out: 'deny' });
    const { tree } = await ases.at(64500).traceback.startTrace(asked, () => {});
    expect(outline(tree)).to.deep.equal(['64500 saw own', '  64510 absent own']);
  });

  it('are told to others when they change, and so is the end', async () => {
    await chain();
    const far = ases.at(64502);
    await far.reconfigure({ ...far.config(), answer: { ...far.config().answer, coverage: 0.25 } });
    await until(() =>
      ases
        .at(64500)
        .traceback.participants()
        .some(one => one.as === 64502 && one.coverage === 0.25),
    );
  });

  it('are asked first when they have told that they come this way', async () => {
    const behind = [64503, 64504, 64505, 64506, 64507];
    await ases.start({
      ...{ as: 64500, peers: [...behind, 64502] },
      probes: scripted(probeAnswer([sawFrom(64510)])),
      graph: scriptedGraph({ 64510: { frontier: [...behind, 64502], passed: [] } }),
    });
    for (const as of behind) await ases.start({ as, peers: [64500], probes: scripted(probeAnswer([])) });
    const graph = scriptedGraph({}, { 64500: [64510] });
    await ases.start({ as: 64502, peers: [64500], probes: scripted(probeAnswer([sawTo(64510)])), graph });
    await ases.link();
    await ases.at(64502).traceback.tellAdjacency();
    await until(() => ases.at(64500).traceback.adjacent().includes(64502), 'ADJACENCY');
    const { tree } = await ases.at(64500).traceback.startTrace(asked, () => {});
    // The smallest of six, and yet the first that is asked.
    expect(tree.children[0]!.children[0]).to.include({ as: 64502, verdict: 'saw' });
  });

  it('are let in with a certificate of the authority, strangers and others are not', async () => {
    const one = await ases.start({ as: 64500, peers: [], federation, probes: scripted(null) });
    const member = makeCertificate(64503, { authority });
    const unknown = await dialRaw(one.port, member);
    await until(() => unknown.messages.length > 0, 'its OPEN');
    expect(unknown.messages[0], 'no record of it is known yet: it may tell it').to.include({ type: 'open' });
    unknown.socket.destroy();
    const closed = await ases.start({ as: 64501, peers: [], federation: { authority, in: 'deny' } });
    const refused = await dialRaw(closed.port, member);
    await refused.closed;
    expect(refused.messages[0]).to.include({ code: CODES['not-authorised'] });
    const stranger = await dialRaw(one.port, makeCertificate(64503));
    await stranger.closed;
    expect(stranger.messages[0]).to.include({ code: CODES['not-authorised'] });
    expect(stranger.messages[0]!.text).to.match(/neither/);
  });

  it('take no record that no authority of theirs vouches for, and none that was changed', async () => {
    const identity = ases.strange(64501);
    const one = await ases.start({ as: 64500, peers: [64501], federation });
    await ases.link();
    const raw = await dialRaw(one.port, identity);
    await establishRaw(raw, 64501);
    const good = recordOf(64777, makeCertificate(64777, { authority }));
    const changed = Uint8Array.from(good);
    changed[200]! ^= 1;
    const records = [recordOf(64778, makeCertificate(64778)), changed, good];
    raw.socket.write(encodeMessage({ type: 'announce', records }));
    await until(() => known(64500).length > 0, 'a record');
    expect(known(64500)).to.deep.equal([64777]);
    expect(one.log.join('\n')).to.match(/a participation record is not taken: AS 64778: certificate is neither/);
    expect(readIdentity(ases.directory, 64501).key).to.equal(identity.key);
    raw.socket.destroy();
  });
});
