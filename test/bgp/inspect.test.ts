import { expect } from 'chai';
import fc from 'fast-check';
import { type Inspection, inspectMessage, type MessageContext } from '../../src/bgp/inspect.ts';
import { encodeMessage, UPDATE } from '../../src/bgp/message.ts';
import { formatNlri } from '../../src/bgp/nlri.ts';
import type { Role } from '../../src/bgp/role.ts';
import { attribute, hex, MARKER, updateBody } from './octets.ts';

const families = (...list: [number, number][]) => list.map(([afi, safi]) => ({ afi, safi }));
const CONTEXT: MessageContext = { as4: true, ebgp: true, ipv4: true, ipv6: true, extendedMessage: false };
const inspect = (text: string, more: Partial<MessageContext> = {}) =>
  inspectMessage(hex(text), { ...CONTEXT, ...more });
const update = (withdrawn: string, attributes: string, nlri: string, more: Partial<MessageContext> = {}) => {
  const message = encodeMessage(UPDATE, updateBody(withdrawn, attributes, nlri));
  const inspection = inspectMessage(message, { ...CONTEXT, ...more });
  return { ...inspection, ...routes(inspection) };
};
const routes = ({ body }: Inspection) => {
  if (body === null || !('update' in body)) throw new Error('no UPDATE');
  const { announced, otherAnnounced, withdrawn, otherWithdrawn, disabled, remarks, endOfRib } = body.update;
  return {
    announced: [...announced, ...otherAnnounced].map(formatNlri),
    withdrawn: [...withdrawn, ...otherWithdrawn].map(formatNlri),
    disabled,
    remarks: remarks.map(({ clause }) => clause),
    endOfRib,
  };
};

const BASE = attribute(0x40, 1, '00') + attribute(0x40, 2, '0201 0000fbf0');
const HOP = attribute(0x40, 3, 'c0000201');
const HOP6 = `20010db8${'00'.repeat(11)}01`;
const NO_RD = '00'.repeat(8);

describe('bgp/inspect', () => {
  // Header and OPEN: RFC 4271 sections 6.1 and 6.2, RFC 7313 section 5. Offsets count from the marker.
  const faults: readonly [name: string, message: string, code: number, subcode: number, offset: number][] = [
    ['nothing', '', 1, 2, 0],
    ['18 octets', `${MARKER}0013`, 1, 2, 18],
    ['a zero in the marker', `${'ff'.repeat(9)}00${'ff'.repeat(6)}001304`, 1, 1, 9],
    ['a length of 18', `${MARKER}001204`, 1, 2, 16],
    ['octets behind the message', `${MARKER}001304 00`, 1, 2, 16],
    ['octets missing', `${MARKER}001702 0000`, 1, 2, 16],
    ['message type 6', `${MARKER}001306`, 1, 3, 18],
    ['BGP version 3', `${MARKER}001d01 03 fbf0 00b4 c0000201 00`, 2, 1, 19],
    ['AS 0', `${MARKER}001d01 04 0000 00b4 c0000201 00`, 2, 2, 20],
    ['a hold time of 2 s', `${MARKER}001d01 04 fbf0 0002 c0000201 00`, 2, 6, 22],
    ['identifier 0.0.0.0', `${MARKER}001d01 04 fbf0 00b4 00000000 00`, 2, 3, 24],
    ['optional parameter 7', `${MARKER}002001 04 fbf0 00b4 c0000201 03 07 01 00`, 2, 4, 29],
    ['a capability that overruns', `${MARKER}002101 04 fbf0 00b4 c0000201 04 02 02 41 04`, 2, 0, 31],
    ['a demarcation of 5 octets', `${MARKER}001805 0001 01 01 00`, 7, 1, 23],
  ];
  for (const [name, message, code, subcode, offset] of faults)
    it(`${name}: session-reset ${code}/${subcode} at octet ${offset}`, () => {
      const { action, notification, errors, body } = inspect(message);
      expect([action, notification?.code, notification?.subcode, body]).to.deep.equal([
        'session-reset',
        code,
        subcode,
        null,
      ]);
      expect(errors.map(error => error.offset)).to.deep.equal([offset]);
    });

  it('refuses an OPEN of another AS than the expected one, and one whose role does not go with ours (RFC 9234)', () => {
    const open = (...roles: number[]) => {
      const capabilities = roles.map(role => `0901${role.toString(16).padStart(2, '0')}`).join('');
      const octets = capabilities.length / 2;
      const number = (value: number) => value.toString(16).padStart(2, '0');
      const parameters = octets === 0 ? '00' : `${number(octets + 2)}02${number(octets)}${capabilities}`;
      return `${MARKER}${(28 + parameters.length / 2).toString(16).padStart(4, '0')}01 04 fbf0 00b4 c0000201 ${parameters}`;
    };
    const said = (message: string, more: Partial<MessageContext> = {}) => {
      const { action, notification, errors, body } = inspect(message, more);
      expect(body !== null && 'open' in body).to.equal(true);
      return notification === null ? action : `${notification.code}/${notification.subcode} ${errors[0]?.clause}`;
    };
    const role = (ours: Role) => ({ role: { ours, peerAs: 64496 } });
    expect(said(open(), { peerAs: 64496 })).to.equal('accept');
    expect(said(open(), { peerAs: 64497 })).to.equal('2/2 RFC 4271 6.2');
    expect(said(open(), role('peer'))).to.equal('accept');
    expect(said(open(3), role('provider'))).to.equal('accept');
    expect(said(open(3, 3), role('provider'))).to.equal('accept');
    expect(said(open(3), role('customer'))).to.equal('2/11 RFC 9234 4.2');
    expect(said(open(7), role('customer'))).to.equal('2/11 RFC 9234 4.2');
    expect(said(open(3, 4))).to.equal('2/11 RFC 9234 4.2');
    expect(said(open(3, 4), { ebgp: false })).to.equal('accept');
  });

  it('remarks on a next hop of MP_REACH_NLRI that no router has, and takes the route', () => {
    for (const [hop, remarks] of [
      ['00'.repeat(16), ['RFC 4760 3']],
      [`ff02${'00'.repeat(13)}01`, ['RFC 4760 3']],
      [HOP6, []],
    ] as const) {
      const read = update('', BASE + attribute(0x80, 14, `000201 10 ${hop} 00 20 20010db8`), '');
      expect([read.action, read.announced, read.remarks]).to.deep.equal(['accept', ['2001:db8::/32'], remarks]);
    }
  });

  it('reads the sound ones of every type', () => {
    expect(inspect(`${MARKER}001304`)).to.deep.include({ type: 4, action: 'accept', body: null });
    const { body: open } = inspect(`${MARKER}001d01 04 fbf0 00b4 c0000201 00`);
    expect(open !== null && 'open' in open && open.open.as).to.equal(64496);
    const { body: received } = inspect(`${MARKER}001703 06 02 01 61`);
    expect(received !== null && 'received' in received && received.received.code).to.equal(6);
    const { body: refresh } = inspect(`${MARKER}001705 0002 00 01`);
    expect(refresh !== null && 'refresh' in refresh && refresh.refresh.afi).to.equal(2);
  });

  it('takes messages above 4096 octets where RFC 8654 is negotiated', () => {
    const long = encodeMessage(UPDATE, updateBody('', BASE + HOP, '18c63364'.repeat(1100)));
    expect(inspectMessage(long, CONTEXT).notification).to.deep.include({ code: 1, subcode: 2 });
    expect(inspectMessage(long, { ...CONTEXT, extendedMessage: true }).action).to.equal('accept');
  });

  it('reads path identifiers in every field of a family (RFC 7911)', () => {
    const addPath = families([1, 1], [2, 1]);
    const reach = attribute(0x80, 14, `000201 10 ${HOP6} 00 00000003 20 20010db8`);
    const unreach = attribute(0x80, 15, '000201 00000004 20 20010db9');
    const read = update('00000001 18c00002', BASE + HOP + reach + unreach, '00000002 18c63364', { addPath });
    expect(read.announced).to.deep.equal(['198.51.100.0/24 path 2', '2001:db8::/32 path 3']);
    expect(read.withdrawn).to.deep.equal(['192.0.2.0/24 path 1', '2001:db9::/32 path 4']);
  });

  it('says when path identifiers were not agreed on', () => {
    const bad = update('', BASE + HOP, '00000000 18c63364 00000000 18cb0071');
    expect([bad.action, bad.remarks], 'sound, and wrong').to.deep.equal(['accept', ['RFC 7911 3']]);
    expect(update('', BASE + HOP, '0000ffff 18c63364').errors[0]?.what).to.match(/reads with path identifiers/);
    const addPath = families([1, 1]);
    expect(update('', BASE + HOP, '18c63364', { addPath }).errors[0]?.what).to.match(/reads without path identifiers/);
    expect(update('', BASE + HOP, '00 18c63364').remarks, 'one default route').to.deep.equal([]);
  });

  // RFC 8950 section 3, RFC 4364, RFC 4659, RFC 8277: the length of the next hop by family.
  const hops: readonly [name: string, value: string, extended: boolean, action: string, hop?: string][] = [
    ['IPv4, 4 octets', '000101 04 c0000201', false, 'accept', '192.0.2.1'],
    ['IPv4, 16 octets, not negotiated', `000101 10 ${HOP6}`, false, 'session-reset'],
    ['IPv4, 16 octets', `000101 10 ${HOP6}`, true, 'accept', '2001:db8::1'],
    ['IPv4, 32 octets', `000101 20 ${HOP6}fe80${'00'.repeat(13)}02`, true, 'accept', '2001:db8::1'],
    ['IPv4, 12 octets', `000101 0c ${NO_RD}c0000201`, true, 'session-reset'],
    ['IPv6, 32 octets', `000201 20 ${HOP6}fe80${'00'.repeat(13)}02`, false, 'accept', '2001:db8::1'],
    ['labelled, 4 octets', '000104 04 c0000201', false, 'accept', '192.0.2.1'],
    [
      'labelled IPv6, a mapped address',
      `000204 10 ${'00'.repeat(10)}ffffc0000201`,
      false,
      'accept',
      '::ffff:192.0.2.1',
    ],
    ['VPN, 12 octets', `000180 0c ${NO_RD}c0000201`, false, 'accept', '192.0.2.1'],
    ['VPN, 4 octets', '000180 04 c0000201', false, 'afi-safi-disable'],
    ['VPN, 24 octets', `000180 18 ${NO_RD}${HOP6}`, true, 'accept', '2001:db8::1'],
    ['VPN, 48 octets', `000180 30 ${NO_RD}${HOP6}${NO_RD}fe80${'00'.repeat(13)}02`, true, 'accept', '2001:db8::1'],
    ['IPv6 VPN, 24 octets', `000280 18 ${NO_RD}${HOP6}`, false, 'accept', '2001:db8::1'],
    ['IPv6 VPN, 16 octets', `000280 10 ${HOP6}`, false, 'afi-safi-disable'],
    ['a flow specification, none', '000185 00', false, 'accept', ''],
    ['a family that is not read', '001946 03 aabbcc', false, 'accept', 'aabbcc'],
  ];
  const others = families([1, 4], [2, 4], [1, 128], [2, 128], [1, 133], [25, 70]);
  for (const [name, value, extended, action, hop] of hops)
    it(`next hop of ${name}: ${action}`, () => {
      const extendedNextHop = extended ? families([1, 1], [1, 128]) : [];
      const inspection = update('', BASE + attribute(0x80, 14, `${value} 00`), '', { others, extendedNextHop });
      expect(inspection.action).to.equal(action);
      const { body } = inspection;
      if (hop !== undefined && body !== null && 'update' in body)
        expect(body.update.attributes.mpReach?.nextHop).to.equal(hop);
    });

  it('disables one family and keeps the rest of the message', () => {
    const reach = attribute(0x80, 14, `000180 0c ${NO_RD}c0000201 00 10 0000`);
    const read = update('18c00002', BASE + HOP + reach, '18c63364', { others });
    expect(read.action).to.equal('afi-safi-disable');
    expect(read.notification).to.equal(null);
    expect(read.disabled).to.deep.equal(families([1, 128]));
    expect([read.announced, read.withdrawn]).to.deep.equal([['198.51.100.0/24'], ['192.0.2.0/24']]);
    const worse = update('', BASE + HOP + reach + attribute(0xc0, 8, '00'), '18c63364', { others });
    expect([worse.action, worse.announced, worse.withdrawn], 'the rest by its own fault').to.deep.equal([
      'afi-safi-disable',
      [],
      ['198.51.100.0/24'],
    ]);
  });

  it('keeps what it does not know as octets', () => {
    const reach = attribute(0x80, 14, '001946 04 c0000201 00 0221 0001');
    const read = update('', BASE + reach + attribute(0xc0, 200, 'abcd'), '', { others });
    expect([read.action, read.announced]).to.deep.equal(['accept', ['l2vpn evpn 02210001']]);
  });

  it('remarks on sets of ASes and on leaks, and takes the route', () => {
    const set = attribute(0x40, 1, '00') + attribute(0x40, 2, '0201 0000fbf0 0101 0000fbf4') + HOP;
    expect(update('', set, '18c63364')).to.deep.include({ action: 'accept', remarks: ['RFC 9774 3'] });
    const role = { ours: 'provider', peerAs: 64496 } as const;
    const leak = update('', BASE + HOP + attribute(0xc0, 35, '0000fbf5'), '18c63364', { role });
    expect(leak).to.deep.include({ action: 'accept', remarks: ['RFC 9234 5'], announced: ['198.51.100.0/24'] });
  });

  it('knows End-of-RIB of every family', () => {
    expect(update('', attribute(0x80, 15, '000185'), '', { others }).endOfRib).to.deep.equal({ afi: 1, safi: 133 });
  });

  it('gives a verdict on any octets: it never throws, and every place lies in the message', () => {
    const family = fc.constantFrom(...others, ...families([1, 1], [2, 1], [1, 2], [7, 7]));
    const context = fc.record({
      as4: fc.boolean(),
      ebgp: fc.boolean(),
      ipv4: fc.boolean(),
      ipv6: fc.boolean(),
      extendedMessage: fc.boolean(),
      others: fc.array(family, { maxLength: 4 }).map(list => list.filter(({ safi }) => safi !== 1)),
      addPath: fc.array(family, { maxLength: 3 }),
      extendedNextHop: fc.array(family, { maxLength: 2 }),
    });
    const type = fc.integer({ min: 0, max: 6 });
    const message = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.tuple(type, fc.uint8Array({ maxLength: 120 })).map(([number, body]) => encodeMessage(number, body)),
    );
    fc.assert(
      fc.property(message, context, (octets, session) => {
        const { action, notification, errors } = inspectMessage(octets, session);
        expect(action === 'session-reset').to.equal(notification !== null);
        expect(action === 'accept').to.equal(errors.length === 0);
        for (const { offset } of errors) expect(offset).to.be.within(0, octets.length);
      }),
      { numRuns: 2000 },
    );
  });
});
