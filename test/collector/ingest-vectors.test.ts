import { expect } from 'chai';
import { HEADER_LENGTH } from '../../src/bgp/message.ts';
import { decodeUpdate } from '../../src/bgp/update.ts';
import type { IngestPeer } from '../../src/collector/ingest-peer.ts';
import { newOtherRoutes } from '../../src/rib/other-routes.ts';
import { attribute, hex, MARKER } from '../bgp/octets.ts';
import { routePath } from './route-path.ts';

const VPN = { afi: 1, safi: 128 } as const;

const update = (attributes: string): Uint8Array => {
  const octets = attributes.replaceAll(' ', '');
  const length = (octets.length / 2).toString(16).padStart(4, '0');
  const whole = (23 + octets.length / 2).toString(16).padStart(4, '0');
  return hex(`${MARKER}${whole}020000${length}${octets}`);
};

/** What fuzzing found: messages of which the route path once thought other than the codec. */
const FOUND: readonly { what: string; message: Uint8Array; action: string; vpn?: true }[] = [
  {
    what: 'MP_REACH_NLRI of a family that is shown, cut off inside its next hop',
    message: update(`${attribute(0x80, 14, '0001800c0000000000000000cb00')}${attribute(0x40, 1, '00')}`),
    action: 'afi-safi-disable',
    vpn: true,
  },
  {
    what: 'MP_REACH_NLRI without routes behind which ORIGIN is malformed',
    message: update(`${attribute(0x80, 14, `000201 10 20010db8${'00'.repeat(11)}01 00`)}${attribute(0x01, 1, '')}`),
    action: 'session-reset',
  },
  {
    what: 'a next hop of 16 octets for IPv4 beside an unknown well-known attribute: both end the session, one is told',
    message: update(`${attribute(0x90, 14, `000101 10 ${'00'.repeat(16)} 00 08 0a`)}${attribute(0x00, 0, '')}`),
    action: 'session-reset',
  },
];

describe('collector/ingest agrees with the codec', () => {
  for (const { what, message, action, vpn } of FOUND)
    it(`about ${what}`, () => {
      const { peer, ingest, rib } = routePath();
      const more: Partial<IngestPeer> = vpn
        ? { others: [VPN], otherRoutes: newOtherRoutes(rib.attributes, [VPN], () => false) }
        : {};
      const p = peer(0, more);
      const read = decodeUpdate(message, HEADER_LENGTH, message.length, p);
      const error = ingest.update(p, message, HEADER_LENGTH, message.length);
      expect(read.action).to.equal(action);
      expect([error?.code, error?.subcode]).to.deep.equal([read.notification?.code, read.notification?.subcode]);
      expect(p.otherRoutes?.takes(VPN) ?? false).to.equal(false);
    });
});
