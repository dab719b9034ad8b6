import { expect } from 'chai';
import fc from 'fast-check';
import { type JsonPayloads, readPayloadJson } from '../../../src/registry/rpki/payload-json.ts';
import { aspaOf, formatVrp } from '../../../src/registry/rpki/payloads.ts';
import { marksOf } from '../../../src/registry/rpki/vrp-marks.ts';

const NOW = Date.UTC(2026, 10, 29);

function read(text: string): JsonPayloads {
  const reading = readPayloadJson(text, NOW);
  if (!reading.ok) throw new Error(reading.why);
  return reading;
}

function vrpsOf({ payloads }: JsonPayloads): string[] {
  const found: string[] = [];
  payloads.vrps.forEach((...vrp) => {
    found.push(formatVrp(...vrp));
  });
  return found.sort();
}

const VRPS = ['192.0.2.0/24-28 AS64496', '2001:db8::/32-48 AS4294967295'];

/** The same payloads in the words of each validator. */
const FORMS: readonly [string, string][] = [
  [
    'rpki-client',
    `{"metadata": {"buildmachine": "h", "buildtime": "2026-11-28T23:00:00Z", "roas": 2}, "roas": [
      {"asn": 64496, "prefix": "192.0.2.0/24", "maxLength": 28, "ta": "apnic", "expires": 1900000000},
      {"asn": 4294967295, "prefix": "2001:db8::/32", "maxLength": 48, "ta": "ripe", "expires": 1900000000}],
      "bgpsec_keys": [{"asn": 1, "ski": "AB", "pubkey": "x", "ta": "ripe", "expires": 1900000000}],
      "aspas": [{"customer_asid": 64500, "expires": 1900000000, "providers": [64497, 64496]}]}`,
  ],
  [
    'rpki-client and StayRTR until 2023',
    `{"metadata": {"generated": 1795906800}, "roas": [
      {"asn": "AS64496", "prefix": "192.0.2.0/24", "maxLength": 28, "ta": "apnic"},
      {"asn": "AS4294967295", "prefix": "2001:db8::/32", "maxLength": 48, "ta": "ripe"}], "bgpsec_keys": [{}],
      "provider_authorizations": {"ipv4": [{"customer_asid": 64500, "providers": [64496]}],
        "ipv6": [{"customer_asid": 64500, "providers": [64497]}]}}`,
  ],
  [
    'Routinator',
    `{"metadata": {"generated": 1795906800, "generatedTime": "2026-11-28T23:00:00Z"}, "roas": [
      {"asn": "AS64496", "prefix": "192.0.2.0/24", "maxLength": 28, "ta": "apnic"},
      {"asn": "AS4294967295", "prefix": "2001:db8::/32", "maxLength": 48, "ta": "ripe"}],
      "routerKeys": [{"asn": "AS1", "SKI": "AB", "routerPublicKey": "x", "ta": "ripe"}],
      "aspas": [{"customer": "AS64500", "providers": ["AS64496", "AS64497"], "ta": "ripe"}]}`,
  ],
  [
    'Routinator, extended',
    `{"metadata": {"generatedTime": "2026-11-28T23:00:00Z"}, "roas": [
      {"asn": "AS64496", "prefix": "192.0.2.0/24", "maxLength": 28, "source": [{"type": "roa", "tal": "apnic"}]},
      {"asn": "AS4294967295", "prefix": "2001:db8::/32", "maxLength": 48, "source": [{"type": "roa", "tal": "ripe"}]}],
      "routerKeys": [{}], "aspas": [{"customer": "AS64500", "providers": ["AS64496", "AS64497"], "source": []}]}`,
  ],
];

describe('payloads in JSON', () => {
  for (const [validator, text] of FORMS)
    it(`are read as ${validator} writes them`, () => {
      const reading = read(text);
      expect(vrpsOf(reading)).to.deep.equal(VRPS);
      expect(aspaOf(reading.payloads, 64500)).to.deep.equal([64496, 64497]);
      expect(reading.payloads.routerKeys).to.equal(1);
      expect([...reading.payloads.anchors]).to.deep.equal([
        ['apnic', 1],
        ['ripe', 1],
      ]);
      expect(reading.generated).to.equal(Date.UTC(2026, 10, 28, 23));
      expect([reading.expired, reading.refused]).to.deep.equal([0, 0]);
    });

  it('take the prefix length where there is no maxLength, and a VRP twice for once', () => {
    const one = '{"asn": 1, "prefix": "192.0.2.0/24"}';
    const reading = read(`{"roas": [${one}, ${one}]}`);
    expect(vrpsOf(reading)).to.deep.equal(['192.0.2.0/24-24 AS1']);
    expect(reading.generated).to.equal(null);
  });

  it('are read behind a byte order mark', () => {
    expect(vrpsOf(read('\ufeff{"roas": [{"asn": 1, "prefix": "192.0.2.0/24"}]}'))).to.have.length(1);
  });

  it('are left out when their time is over', () => {
    const reading = read(
      `{"roas": [{"asn": 1, "prefix": "192.0.2.0/24", "expires": ${NOW / 1000 - 1}},
        {"asn": 2, "prefix": "192.0.2.0/24", "expires": ${NOW / 1000 + 1}}],
        "aspas": [{"customer_asid": 1, "providers": [2], "expires": 1}]}`,
    );
    expect(vrpsOf(reading)).to.deep.equal(['192.0.2.0/24-24 AS2']);
    expect(reading.expired).to.equal(2);
    expect(reading.payloads.aspas.size).to.equal(0);
  });

  it('are refused one by one, with their place', () => {
    const reading = read(
      `{"roas": [{"asn": "AS1x", "prefix": "192.0.2.0/24"}, {"asn": 4294967296, "prefix": "192.0.2.0/24"},
        {"asn": 1, "prefix": "192.0.2.1/24"}, {"asn": 1, "prefix": "192.0.02.0/24"}, {"asn": 1, "prefix": 5},
        {"asn": 1, "prefix": "192.0.2.0/24", "maxLength": 23}, {"asn": 1, "prefix": "192.0.2.0/24", "maxLength": 33},
        {"asn": 1, "prefix": "192.0.2.0/24", "maxLength": "24"}, null, {"asn": 1, "prefix": "192.0.2.0/24"}],
        "aspas": [{"customer_asid": -1, "providers": []}, {"customer_asid": 1}, {"customer_asid": 1, "providers": [1.5]}]}`,
    );
    expect(vrpsOf(reading)).to.deep.equal(['192.0.2.0/24-24 AS1']);
    expect(reading.refused).to.equal(12);
    expect(reading.problems).to.deep.equal([
      'roas[0]: no AS number',
      'roas[1]: no AS number',
      'roas[2]: no prefix',
      'roas[3]: no prefix',
      'roas[4]: no prefix',
      'roas[5]: maxLength 23',
      'roas[6]: maxLength 33',
      'roas[7]: no maxLength',
      'roas[8]: no object',
      'aspas[0]: no customer AS',
      'aspas[1]: no providers',
      'aspas[2]: a provider that is no AS number',
    ]);
  });

  for (const [what, text] of [
    ['a file that is cut short', '{"roas": [{"asn": 1, "pre'],
    ['another file', '{"vrps": []}'],
    ['no object', '[]'],
    ['nothing', ''],
    ['null', 'null'],
  ] as const)
    it(`are not found in ${what}`, () => expect(readPayloadJson(text, NOW)).to.include({ ok: false }));

  it('never throw, whatever the JSON is', () => {
    const entry = fc.oneof(
      fc.jsonValue(),
      fc.record(
        {
          asn: fc.jsonValue(),
          prefix: fc.oneof(fc.jsonValue(), fc.constant('192.0.2.0/24')),
          maxLength: fc.jsonValue(),
          expires: fc.jsonValue(),
          customer_asid: fc.oneof(fc.jsonValue(), fc.nat()),
          providers: fc.oneof(fc.jsonValue(), fc.array(fc.jsonValue())),
          source: fc.jsonValue(),
        },
        { requiredKeys: [] },
      ),
    );
    const root = fc.record(
      {
        roas: fc.array(entry),
        aspas: fc.array(entry),
        metadata: fc.jsonValue(),
        provider_authorizations: fc.jsonValue(),
      },
      { requiredKeys: ['roas'] },
    );
    fc.assert(
      fc.property(root, value => {
        const reading = readPayloadJson(JSON.stringify(value), NOW);
        expect(reading.ok).to.equal(true);
      }),
    );
  });

  it('keeps of a VRP the latest of its ends and every trust anchor', async () => {
    const { payloads } = read(
      `{"roas": [{"asn": 64496, "prefix": "192.0.2.0/24", "ta": "apnic", "expires": 1900000000},
        {"asn": 64496, "prefix": "192.0.2.0/24", "maxLength": 24, "ta": "ripe", "expires": 1900000600},
        {"asn": 64497, "prefix": "no prefix", "ta": "arin", "expires": 1900000000},
        {"asn": 64497, "prefix": "192.0.2.0/24"},
        {"asn": 64498, "prefix": "192.0.2.0/24", "ta": "arin"}]}`,
    );
    const [known, bare] = ['192.0.2.0/24-24 AS64496', '192.0.2.0/24-24 AS64497'];
    const marks = await marksOf(payloads.marks!, new Set([known, bare]), new Set([64496, 64497]));
    expect([...marks]).to.deep.equal([
      [known, { expires: 1_900_000_600_000, anchors: ['apnic', 'ripe'] }],
      [bare, { expires: null, anchors: [] }],
    ]);
  });
});
