import { expect } from 'chai';
import { findForms, seekForms } from '../../src/daemon/linked-forms.ts';
import { loadKernel } from '../../src/packet/digest-kernel.ts';
import { digestPacket, epochKey, epochOf } from '../../src/packet/itk1.ts';
import { NAT } from '../../src/packet/profiles.ts';
import type { ProbeAnswer, Question, Vantage } from '../../src/probe/question.ts';
import type { FormAnswer } from '../../src/probe/translators/translator-messages.ts';
import { hex, RAW } from '../packet/packets.ts';

const SECRET = Buffer.from('the secret of a federation');
const TIME = 1_795_946_400_000 + 1_800_000;
const EPOCH = epochOf(TIME);
const kernel = loadKernel();
/** UDP from `source` port `port` to 198.51.100.2 port 53, 32 octets of payload, without a checksum. */
const udp = (source: string, port: string) =>
  hex(
    `4500003c 12340000 40110000 ${source} c6336402 ${port}0035 00280000 ${'000102030405060708090a0b0c0d0e0f'.repeat(2)}`,
  );
const OUTSIDE = udp('c0000201', '0400');
const INSIDE = udp('0a000001', '14e9');
const strict = (packet: Uint8Array) => {
  const [layer] = digestPacket(kernel, packet, RAW, epochKey(SECRET, EPOCH)).layers;
  return layer !== undefined && 'digest' in layer ? layer.digest : '';
};
const nat = (() => {
  const [layer] = digestPacket(kernel, OUTSIDE, RAW, epochKey(SECRET, EPOCH), OUTSIDE.length, NAT).layers;
  return layer !== undefined && 'digest' in layer ? layer.digest : '';
})();
const four = (text: string) => Uint8Array.from(text.split('.').map(Number));
const NEAR: FormAnswer = {
  ...{ source: four('10.0.0.1'), destination: four('198.51.100.2'), sourcePort: 5353, destinationPort: 53 },
  side: 'near',
};
const FAR: FormAnswer = { ...NEAR, source: four('192.0.2.1'), sourcePort: 1024, side: 'far' };

const frame = (packet: Uint8Array) => ({ linkType: RAW, frame: packet, wire: packet.length, time: TIME });
const telling = (...told: { probe: string; forms: readonly FormAnswer[] }[]) => ({ forms: async () => told });
const find = (packet: Uint8Array, ...forms: FormAnswer[]) =>
  findForms(frame(packet), telling({ probe: 'nat1', forms }, { probe: 'nat2', forms: [] }), kernel, SECRET);

/** A probe that has seen digests at vantages. */
const probe =
  (name: string, seen: Readonly<Record<string, Vantage>>) =>
  (questions: readonly Question[]): ProbeAnswer =>
    ({
      probe: name,
      sightings: questions.flatMap(({ digest }, question) =>
        seen[digest] === undefined ? [] : [{ vantage: seen[digest], from: 0, to: 1, question, provisional: false }],
      ),
    }) as unknown as ProbeAnswer;
const seek = async (packet: Uint8Array, form: FormAnswer, ...probes: ReturnType<typeof probe>[]) => {
  const forms = (await find(packet, form))!;
  return seekForms(forms, [{ epoch: EPOCH, digest: strict(packet) }], TIME, {
    ask: async questions => ({ answers: probes.map(one => one(questions)), silent: [] }),
  });
};
const WITHIN: Vantage = { direction: 'inside', neighbor: null };
const FROM: Vantage = { direction: 'in', neighbor: 64510 };

describe('daemon/linked-forms', () => {
  it('reckons the digest of the inside from a packet outside, and names who told', async () => {
    expect(await find(OUTSIDE, NEAR)).to.deep.equal({
      ...{ by: ['nat1'], way: 'outward', unreckoned: [], outside: [] },
      linked: [
        { epoch: EPOCH, digest: strict(INSIDE), profile: 'strict' },
        { epoch: EPOCH, digest: nat, profile: 'nat' },
      ],
    });
  });
  it('gives to others the digest that a packet has outside', async () => {
    const forms = await find(INSIDE, FAR);
    expect(forms).to.deep.include({ way: 'inward', outside: [{ epoch: EPOCH, digest: strict(OUTSIDE) }] });
  });
  it('asks by profile nat for what is not told in full', async () => {
    const forms = await find(OUTSIDE, { ...NEAR, sourcePort: null });
    expect(forms?.unreckoned).to.deep.equal(['not-told']);
    expect(forms?.linked).to.deep.equal([{ epoch: EPOCH, digest: nat, profile: 'nat' }]);
  });
  it('has nothing to say of what no translator knows, and of what has no ports', async () => {
    expect(await find(OUTSIDE)).to.equal(null);
    const error = Uint8Array.from(OUTSIDE);
    error[9] = 1;
    error[20] = 3;
    expect(await find(error, NEAR)).to.equal(null);
    expect(await find(hex('45'), NEAR)).to.equal(null);
  });

  it('tells where the packet was seen on both sides', async () => {
    const found = await seek(
      OUTSIDE,
      NEAR,
      probe('inside', { [strict(INSIDE)]: WITHIN, [nat]: WITHIN }),
      probe('outside', { [strict(OUTSIDE)]: FROM, [nat]: FROM }),
    );
    expect(found).to.deep.include({
      both: true,
      seen: [{ probe: 'inside', direction: 'inside', neighbor: null, profile: 'strict' }],
    });
  });
  it('takes the digest of both sides for nothing where the packet itself was seen', async () => {
    const found = await seek(OUTSIDE, NEAR, probe('outside', { [strict(OUTSIDE)]: FROM, [nat]: FROM }));
    expect(found).to.include({ both: false }).and.to.have.deep.property('seen', []);
  });
  it('finds by the digest of both sides what the translator has changed otherwise', async () => {
    const found = await seek(
      INSIDE,
      FAR,
      probe('inside', { [strict(INSIDE)]: WITHIN }),
      probe('outside', { [nat]: FROM }),
    );
    expect(found).to.deep.include({
      both: true,
      seen: [{ probe: 'outside', direction: 'in', neighbor: 64510, profile: 'nat' }],
    });
  });
});
