import { X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import { createFlooding } from '../../src/traceback/flooding.ts';
import type { Identity } from '../../src/traceback/identity.ts';
import { createParticipants } from '../../src/traceback/participants.ts';
import { readParticipation } from '../../src/traceback/participation.ts';
import type { Peering } from '../../src/traceback/peering.ts';
import { isVouched } from '../../src/traceback/vouching.ts';
import { makeAuthority, makeCertificate } from './certificates.ts';
import { recordOf } from './signing.ts';

const authority = makeAuthority('jp-isp');
const DAY = 86_400_000;

describe('traceback/flooding', () => {
  it('tells a configured peer of everybody, and a member of this AS alone', () => {
    const own = recordOf(64500, makeCertificate(64500, { authority }));
    const others = [64501, 64502].map(as => recordOf(as, makeCertificate(as, { authority })));
    const participants = createParticipants(64500);
    for (const record of others) participants.learn(record, () => null, Date.now());
    const told: number[] = [];
    const peering = {
      as: 64501,
      tell(message: { records: readonly Uint8Array[] }) {
        told.push(message.records.length);
        return true;
      },
    } as unknown as Peering;
    const flooding = createFlooding({
      ...{ participants, identity: () => ({}) as Identity, record: () => own, peerings: () => [] },
      ...{ clock: Date.now, log: () => {}, refused: () => {} },
    });
    flooding.up(peering, true);
    flooding.up(peering, false);
    flooding.close();
    expect(told).to.deep.equal([3, 1]);
  });
});

describe('traceback/vouching', () => {
  const authorities = [new X509Certificate(authority.certificate)];
  const now = Date.now();
  const recordFor = (options: Parameters<typeof makeCertificate>[1]) => {
    const record = readParticipation(recordOf(64501, makeCertificate(64501, options)), now);
    if (typeof record === 'string') throw new Error(record);
    return record.participation;
  };

  it('is remembered for the authorities that were asked, and for no others', () => {
    const record = recordFor({ authority });
    const strangers = [new X509Certificate(makeAuthority('x').certificate)];
    expect([1, 2].map(() => isVouched(record, authorities, now))).to.deep.equal([true, true]);
    expect(isVouched(record, strangers, now)).to.equal(false);
    expect(isVouched(record, [], now)).to.equal(false);
  });
  it('ends with the certificate, and is not there before it', () => {
    const record = recordFor({ authority, notAfter: new Date(now + 3_600_000) });
    expect(isVouched(record, authorities, now)).to.equal(true);
    expect(isVouched(record, authorities, now + 7_200_000)).to.equal(false);
    expect(isVouched(record, authorities, now - 2 * DAY)).to.equal(false);
  });
});
