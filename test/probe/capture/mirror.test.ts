import { expect } from 'chai';
import fc from 'fast-check';
import { LINKTYPE_ETHERNET, LINKTYPE_RAW } from '../../../src/packet/link-headers.ts';
import { MIRRORS, type Mirror, newUnpacked, unpackMirror } from '../../../src/probe/capture/mirror.ts';
import { capture, captureNames, forEachRecord } from '../../packet/captures.ts';
import { hex } from '../../packet/packets.ts';

const ETHERNET = '020000000001 020000000002 0800';
/** An IPv4 header (RFC 791) without checksum: protocol, flags and fragment offset. */
const ip = (protocol: string, place = '0000') => `4500 0000 0001 ${place} 40${protocol} 0000 0a000001 0a000002`;
const INSIDE = 'aaaaaaaaaaaa bbbbbbbbbbbb 0800 45000014';

function unpack(mirror: Mirror, text: string, linkType = LINKTYPE_ETHERNET) {
  const bytes = hex(text);
  const into = newUnpacked();
  if (!unpackMirror(bytes, 0, bytes.length, bytes.length, linkType, mirror, into)) return null;
  return { ...into, inside: Buffer.from(bytes.subarray(into.offset)).toString('hex') };
}
const inside = INSIDE.replaceAll(' ', '');

describe('probe/mirror', () => {
  // draft-foschiano-erspan section 4.
  it('takes ERSPAN of all three types off, with their session', () => {
    expect(unpack('erspan', `${ETHERNET} ${ip('2f')} 0000 88be ${INSIDE}`)).to.include({ inside, session: 0 });
    const second = `1000 88be 00000007  1001 0411 00000000`;
    expect(unpack('erspan', `${ETHERNET} ${ip('2f')} ${second} ${INSIDE}`)).to.include({ inside, session: 17 });
    const third = `1000 22eb 00000007  2001 07ff 00000000 0000 0000`;
    expect(unpack('erspan', `${ETHERNET} ${ip('2f')} ${third} ${INSIDE}`)).to.include({ inside, session: 1023 });
    const platform = `1000 22eb 00000007  2001 0005 00000000 0000 0001 0000000000000000`;
    expect(unpack('erspan', `${ETHERNET} ${ip('2f')} ${platform} ${INSIDE}`)).to.include({ inside, session: 5 });
    const ofIp = `1000 22eb 00000007  2001 0005 00000000 0000 0800`;
    expect(unpack('erspan', `${ETHERNET} ${ip('2f')} ${ofIp} 45000014`)).to.include({ linkType: LINKTYPE_RAW });
  });
  it('takes GRE off, with its key, behind VLAN tags and IPv6', () => {
    const keyed = '2000 6558 00010002';
    expect(unpack('gre', `${ETHERNET} ${ip('2f')} ${keyed} ${INSIDE}`)).to.include({ inside, session: 65538 });
    expect(unpack('gre', `${ETHERNET} ${ip('2f')} 0000 0800 45000014`)).to.include({
      linkType: LINKTYPE_RAW,
      session: 0,
    });
    const tagged = '020000000001 020000000002 88a8 0007 8100 0008 86dd';
    const six = `60000000 0000 2f 40 ${'00'.repeat(32)}`;
    expect(unpack('gre', `${tagged} ${six} ${keyed} ${INSIDE}`)).to.include({ inside });
    expect(unpack('gre', `${ip('2f')} ${keyed} ${INSIDE}`, LINKTYPE_RAW)).to.include({ inside });
  });
  it('takes VXLAN (RFC 7348) and TZSP off', () => {
    const vxlan = 'c000 12b5 0000 0000  08000000 00012c00';
    expect(unpack('vxlan', `${ETHERNET} ${ip('11')} ${vxlan} ${INSIDE}`)).to.include({ inside, session: 300 });
    const tzsp = 'c000 9090 0000 0000  01 00 0001  0a 01 ff  00 01';
    expect(unpack('tzsp', `${ETHERNET} ${ip('11')} ${tzsp} ${INSIDE}`)).to.include({ inside, session: 0 });
  });
  it('reads the first fragment of what was cut up, and says that the frame was longer', () => {
    const first = unpack('gre', `${ETHERNET} ${ip('2f', '2000')} 0000 6558 ${INSIDE}`);
    expect(first).to.include({ inside, wire: inside.length / 2 + 1 });
    expect(unpack('gre', `${ETHERNET} ${ip('2f', '0003')} 0000 6558 ${INSIDE}`)).to.equal(null);
  });
  it('leaves alone what is no such mirror', () => {
    const vxlan = 'c000 12b5 0000 0000  08000000 00012c00';
    expect(unpack('erspan', `${ETHERNET} ${ip('11')} ${vxlan} ${INSIDE}`)).to.equal(null);
    expect(unpack('erspan', `${ETHERNET} ${ip('2f')} 0000 6558 ${INSIDE}`)).to.equal(null);
    expect(unpack('vxlan', '020000000001 020000000002 0806 0001 0800 0604 0001')).to.equal(null);
    expect(unpack('gre', `${ETHERNET} ${ip('2f')} 0000 6558`), 'nothing inside').to.equal(null);
  });
  it('never throws, and finds nothing outside of the frame', () => {
    const kinds = fc.constantFrom(...MIRRORS);
    const types = fc.constantFrom(LINKTYPE_ETHERNET, LINKTYPE_RAW);
    const headers = fc.constantFrom(
      '',
      `${ETHERNET} ${ip('2f')}`,
      `${ETHERNET} ${ip('11')}c00012b5`,
      `${ETHERNET} ${ip('11')}c0009090`,
    );
    fc.assert(
      fc.property(kinds, types, headers, fc.uint8Array({ maxLength: 80 }), (mirror, linkType, header, rest) => {
        const bytes = Uint8Array.from([...hex(header), ...rest]);
        const into = newUnpacked();
        if (!unpackMirror(bytes, 0, bytes.length, bytes.length, linkType, mirror, into)) return;
        expect(into.offset).to.be.within(1, bytes.length - 1);
      }),
    );
  });
  it('unpacks what a hypervisor has mirrored', function () {
    const name = 'erspan.pcap';
    if (!captureNames().includes(name)) {
      console.log(`      skipped: ${name} is not there`);
      return this.skip();
    }
    const into = newUnpacked();
    const sessions = new Set<number>();
    let frames = 0;
    forEachRecord(capture(name), ({ bytes, offset, captured, wire, linkType }) => {
      frames++;
      if (unpackMirror(bytes, offset, offset + captured, wire, linkType, 'gre', into)) sessions.add(into.session);
    });
    expect(frames).to.equal(287);
    expect([...sessions].sort()).to.deep.equal([0, 0x2000000]);
  });
});
