import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { fingerprintOf } from '../../src/net/fingerprint.ts';
import { issueCertificate } from '../../src/net/issue-certificate.ts';
import { type Ases, asked, DIGEST, dialRaw, NOON, newAses, question, until } from './ases.ts';

const DAY = 86_400_000;

describe('traceback: a certificate that is renewed while the daemon runs', () => {
  let ases: Ases;
  beforeEach(() => {
    ases = newAses();
  });
  afterEach(() => ases.close());

  it('is shown to who dials from then on, and the peer that has pinned the key keeps its session', async () => {
    await ases.start({ as: 64500, peers: [64501] });
    await ases.start({ as: 64501, peers: [64500] });
    const key = createPrivateKey(readFileSync(join(ases.directory, 'as64501.key'), 'utf8'));
    const fingerprint = fingerprintOf(key);
    await ases.link();
    const one = ases.at(64500);
    const other = ases.at(64501);
    await one.reconfigure({
      ...one.config(),
      peers: one.config().peers.map(peer => ({ ...peer, certificate: '', fingerprint })),
    });
    await until(
      () => one.traceback.status()[0]!.state === 'Established' && other.traceback.status()[0]!.state === 'Established',
    );
    // Whatever collided has been settled.
    await one.traceback.startTrace(asked, () => {});
    const { since } = one.traceback.status()[0]!;

    const shown = async () => {
      const raw = await dialRaw(other.port, null);
      const { fingerprint256 } = raw.socket.getPeerX509Certificate()!;
      await raw.closed;
      return fingerprint256;
    };
    const before = await shown();
    const [from, to] = [new Date(Date.now() - DAY), new Date(Date.now() + 90 * DAY)];
    const renewed = issueCertificate({
      ...{ subject: 'AS64501', key, uris: ['urn:intertrack:as:64501'], authority: false, from, to },
    });
    writeFileSync(join(ases.directory, 'as64501.crt'), renewed);
    await other.reconfigure(other.config());
    const after = await shown();
    expect(after).to.equal(new X509Certificate(renewed).fingerprint256).and.to.not.equal(before);
    expect(one.traceback.status()[0]).to.include({ state: 'Established', since });
    const trace = await one.traceback.startTrace(
      { questions: [{ epoch: question.epoch, digest: DIGEST }], time: NOON + 1 },
      () => {},
    );
    expect(trace.tree.children.map(({ verdict, signed }) => [verdict, signed])).to.deep.equal([
      ['cannot-know', 'good'],
    ]);

    // A new session too.
    other.traceback.order({ what: 'clear', peer: 64500, reason: '' }, 'uid 0');
    await until(() => one.traceback.status()[0]!.state === 'Established' && one.traceback.status()[0]!.since !== since);
  });
});

describe('traceback: a certificate that ends while a session is up', () => {
  let ases: Ases;
  beforeEach(() => {
    ases = newAses({ belief: 20 });
  });
  afterEach(() => ases.close());

  it('ends it, and no other begins', async () => {
    let later = 0;
    await ases.start({ as: 64500, peers: [64501], clock: () => Date.now() + later });
    await ases.start({ as: 64501, peers: [64500] });
    await ases.link();
    const one = ases.at(64500);
    const { traceback } = one;
    await until(() => traceback.status()[0]!.state === 'Established');
    // It is looked at many times, and stays.
    const believed = () => ![...one.log, ...ases.at(64501).log].some(line => line.includes('not-authorised'));
    await new Promise(resolve => setTimeout(resolve, 300));
    expect(believed()).to.equal(true);
    await until(() => traceback.status()[0]!.state === 'Established');
    later = 60 * DAY;
    const ends = /^traceback peer AS 64501: not-authorised: AS 64501: certificate expired on /;
    await until(() => one.log.some(line => ends.test(line)));
    await until(() => /^AS 64501: certificate expired on /.test(traceback.status()[0]!.lastError));
    expect(traceback.status()[0]!.state).to.not.equal('Established');
    const refused = one.audit.filter(({ what }) => what === 'connection.refused').map(({ body }) => JSON.parse(body));
    expect(refused.some(({ peer, reason }) => peer === 64501 && /expired on/.test(reason))).to.equal(true);
  });
});
