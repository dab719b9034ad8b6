import { expect } from 'chai';
import { encodeAnnounce } from '../../src/bgp/announce.ts';
import { AS_SEQUENCE } from '../../src/bgp/as-path.ts';
import { noCounts } from '../../src/collector/ingest-peer.ts';
import { keepMalformed, keepRefused, newQuarantine, quarantineRows } from '../../src/collector/malformed.ts';
import { parsePrefix } from '../../src/net/prefix.ts';
import { newPeerTable } from '../../src/rib/adj-rib-in.ts';
import { renderQuarantined } from '../../src/vty/render/bgp.ts';

const counts = noCounts();
const peer = {
  number: 0,
  table: newPeerTable(),
  as4: true,
  ebgp: true,
  ipv4: true,
  ipv6: true,
  localAs: 64500,
  counts,
};

/** An UPDATE whose ORIGIN is 9. */
function damaged(): Uint8Array {
  const path = [{ type: AS_SEQUENCE, asns: [64496] }];
  const set = { originCode: 0 as const, path, nextHop: '192.0.2.1' };
  const message = encodeAnnounce([parsePrefix('192.0.2.0/24')!], set, { as4: true })[0]!;
  message[26] = 9;
  return message;
}

describe('collector/malformed', () => {
  it('keeps the message, names the clause and shows the bad octet', () => {
    const ring = newQuarantine();
    expect(keepMalformed(ring, peer, damaged().subarray(19), Date.UTC(2026, 10, 22, 12))).to.equal(
      'malformed UPDATE, treat-as-withdraw: ORIGIN: ORIGIN 9 (RFC 7606 7.1, octet 26)',
    );
    const rows = quarantineRows('tyo1', ring);
    expect(rows).to.have.length(1);
    expect(rows[0]).to.deep.include({ peer: 'tyo1', dropped: 0, hit: 1, prefixes: ['192.0.2.0/24'] });
    expect(rows[0]!.message).to.equal(Buffer.from(damaged()).toString('hex'));
    expect(`\n${renderQuarantined(rows).join('\n')}`).to.equal(`
Peer tyo1
  2026-11-22 12:00:00.000Z UPDATE of 47 octets: treat-as-withdraw
    octet 26: ORIGIN: ORIGIN 9 (RFC 7606 7.1)
    0000  ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff
    0010  00 2f 02 00 00 00 14 40 01 01 09 40 02 06 02 01
                                        ^^
    0020  00 00 fb f0 40 03 04 c0 00 02 01 18 c0 00 02
    1 route withdrawn: 192.0.2.0/24`);
  });

  it('keeps other messages that ended the session', () => {
    const ring = newQuarantine();
    const open = Buffer.from(`${'ff'.repeat(16)}001d0104fbf00001c000020100`, 'hex');
    expect(keepRefused(ring, open, false, 0)).to.equal(
      'malformed OPEN, session-reset: hold time 1 s (RFC 4271 6.2, octet 22)',
    );
    const keepalive = Buffer.from(`${'ff'.repeat(16)}00140407`, 'hex');
    expect(keepRefused(ring, keepalive, false, 0)).to.equal(
      'malformed KEEPALIVE, session-reset: KEEPALIVE of 20 octets (RFC 4271 6.1, octet 16)',
    );
    expect(`\n${renderQuarantined(quarantineRows('tyo1', ring).slice(1)).join('\n')}`).to.equal(`
Peer tyo1
  1970-01-01 00:00:00.000Z KEEPALIVE of 20 octets: session-reset
    octet 16: KEEPALIVE of 20 octets (RFC 4271 6.1)
    0000  ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff
    0010  00 14 04 07
          ^^`);
  });

  it('keeps the latest hundred, and says how many gave way', () => {
    const ring = newQuarantine();
    for (let i = 0; i < 130; i++) keepMalformed(ring, peer, damaged().subarray(19), i);
    const rows = quarantineRows('tyo1', ring);
    expect([rows.length, rows[0]!.at, rows[0]!.dropped]).to.deep.equal([100, 30, 30]);
    expect(renderQuarantined(rows)[0]).to.equal('30 older messages of tyo1 not kept');
  });

  it('says when there is none', () => expect(renderQuarantined([])).to.deep.equal(['no malformed message']));
});
