import { expect } from 'chai';
import { formatPath } from '../../src/bgp/as-path.ts';
import { HEADER_LENGTH } from '../../src/bgp/message.ts';
import { decodeUpdate } from '../../src/bgp/update.ts';
import { updatesOf } from '../../src/mrt/updates.ts';
import { widenAttributes } from '../../src/mrt/wide-attributes.ts';
import { formatPrefix } from '../../src/net/prefix.ts';
import { attribute, hex, toHex } from '../bgp/octets.ts';
import { dataFile, linesOf, readAll } from './dump.ts';
import {
  address,
  ends,
  entry,
  nextHop,
  nlri,
  ORIGIN_IGP,
  PEERS,
  path,
  reach,
  record,
  rib,
  shortReach,
  unreach,
  update,
} from './octets.ts';

const CONTEXT = { as4: true, ebgp: true, ipv4: true, ipv6: true };

/** The updates of a file, decoded as their receiver would, and why others were left out. */
function played(bytes: Uint8Array) {
  const messages: Uint8Array[] = [];
  const leftOut: string[] = [];
  const peers: string[] = [];
  const visitor = updatesOf({
    update: ({ message, peerAs, peerAddress, ipv6 }) => {
      messages.push(message);
      peers.push(`${toHex(peerAddress)} ${peerAs} ${ipv6}`);
    },
    leftOut: reason => leftOut.push(reason),
  });
  readAll(bytes, visitor);
  const updates = messages.map(message => {
    const { announced, withdrawn, attributes, errors } = decodeUpdate(message, HEADER_LENGTH, message.length, CONTEXT);
    return {
      announced: announced.map(formatPrefix),
      withdrawn: withdrawn.map(formatPrefix),
      path: formatPath(attributes.path),
      hop: attributes.mpReach?.nextHop ?? attributes.nextHop,
      aggregator: attributes.aggregator,
      errors: errors.length,
    };
  });
  return { messages, updates, leftOut, peers };
}

describe('mrt/updates', () => {
  const plain = ORIGIN_IGP + path([64496, 64497]) + nextHop('192.0.2.9');

  it('passes octet for octet what a session of today takes', () => {
    const message = update(
      nlri('10.9.0.0/16'),
      plain + attribute(0xc0, 99, 'ab') + unreach(2, nlri('2001:db8::/32')),
      nlri('10.0.0.0/8'),
    );
    const broken = `${'ff'.repeat(16)}00170200ff0000`;
    const { messages, peers } = played(
      hex(record(16, 4, ends() + message) + record(17, 4, `00000001${ends()}${broken}`)),
    );
    expect(messages.map(toHex)).to.deep.equal([message, broken]);
    expect(peers).to.deep.equal(['c0000201 64496 true', 'c0000201 64496 false']);
  });
  it('widens AS numbers and merges AS4_PATH in', () => {
    const narrow =
      ORIGIN_IGP + path([64496, 23456], 2) + nextHop('192.0.2.9') + attribute(0xc0, 7, `5ba0${address('192.0.2.7')}`);
    const as4 = path([4200000000], 4, 17) + attribute(0xc0, 18, `fa56ea00${address('192.0.2.8')}`);
    const { updates } = played(
      hex(record(16, 1, ends('192.0.2.1', '192.0.2.2', false) + update('', narrow + as4, nlri('10.0.0.0/8')))),
    );
    expect(updates).to.deep.equal([
      {
        announced: ['10.0.0.0/8'],
        withdrawn: [],
        path: '64496 4200000000',
        hop: '192.0.2.9',
        aggregator: { as: 4200000000, address: '192.0.2.8' },
        errors: 0,
      },
    ]);
  });
  it('leaves attributes that it cannot read as they are', () => {
    const odd = hex(attribute(0x40, 2, '07') + attribute(0xc0, 7, 'aabb') + attribute(0xc0, 99, 'cc'));
    expect(toHex(widenAttributes(odd, 0, odd.length))).to.equal(toHex(odd));
    expect(toHex(widenAttributes(hex('4001'), 0, 2))).to.equal('');
  });
  it('takes path identifiers away', () => {
    const message = update(
      `00000001${nlri('10.9.0.0/16')}`,
      plain +
        reach(2, ['2001:db8::9'], `00000002${nlri('2001:db8::/32')}`) +
        unreach(2, `00000003${nlri('2001:db9::/32')}`),
      `00000004${nlri('10.0.0.0/8')}`,
    );
    const { updates } = played(hex(record(16, 9, ends() + message)));
    expect(updates[0]).to.include({ hop: '2001:db8::9', errors: 0 });
    expect(updates[0]!.announced).to.deep.equal(['10.0.0.0/8', '2001:db8::/32']);
    expect(updates[0]!.withdrawn).to.deep.equal(['10.9.0.0/16', '2001:db9::/32']);
  });
  it('makes announcements of the routes of tables', () => {
    const v6 = ORIGIN_IGP + path([64496]);
    const file =
      PEERS +
      rib(2, '10.0.0.0/8', entry(0, plain), entry(1, v6 + shortReach('192.0.2.8')), entry(1, v6)) +
      rib(
        4,
        '2001:db8::/32',
        entry(1, v6 + shortReach('2001:db8::9', 'fe80::1')),
        entry(2, v6 + reach(2, ['2001:db8::8'], nlri('2001:db8::/32'))),
      ) +
      rib(3, '10.0.0.0/8', entry(0, plain)) +
      record(
        12,
        1,
        `000000010a00000008015f5e1000c0000201fbf00014${ORIGIN_IGP}${path([64496, 5], 2)}${nextHop('192.0.2.7')}`.replace(
          'fbf00014',
          'fbf00014',
        ),
      );
    const { updates, leftOut, peers } = played(hex(file));
    expect(updates.map(({ announced, path: text, hop, errors }) => [announced[0], text, hop, errors])).to.deep.equal([
      ['10.0.0.0/8', '64496 64497', '192.0.2.9', 0],
      ['10.0.0.0/8', '64496', '192.0.2.8', 0],
      ['2001:db8::/32', '64496', '2001:db8::9', 0],
      ['2001:db8::/32', '64496', '2001:db8::8', 0],
      ['10.0.0.0/8', '64496 5', '192.0.2.7', 0],
    ]);
    expect(peers[0]).to.equal('0a000001 4200000000 false');
    expect(leftOut).to.deep.equal(['without a next hop of its family', 'of a family other than IPv4 and IPv6 unicast']);
  });
  it('leaves out what cannot be sent, and says why', () => {
    const message = update('', plain, nlri('10.0.0.0/8'));
    const { updates, leftOut } = played(
      hex(
        record(16, 7, ends() + message) +
          record(16, 4, (ends() + message).slice(0, -2)) +
          record(16, 4, ends() + update('', ORIGIN_IGP + path([1]) + reach(1, ['192.0.2.9'], '00', 128), '')) +
          record(16, 8, ends('192.0.2.1', '192.0.2.2', false) + update('', '', '0000000120')),
      ),
    );
    expect(updates).to.deep.equal([]);
    expect(leftOut).to.deep.equal([
      'cut short in the archive',
      'of a family other than IPv4 and IPv6 unicast',
      'prefixes that cannot be read',
    ]);
  });
  it('announces and withdraws as many prefixes as the lines of a real archive tell', function () {
    for (const name of [
      'updates.20071015.1505.gz',
      'updates.20100722.2015.gz',
      'ris.rrc06.updates.1427846400.gz',
      'ris.rrc00.updates.20000102.2014.gz',
    ]) {
      const bytes = dataFile(name);
      if (bytes === null) this.skip();
      const { updates, leftOut } = played(bytes);
      expect(leftOut, name).to.deep.equal([]);
      const lines = linesOf(bytes).text.split('\n');
      const count = (letter: string) => lines.filter(line => line.split('|')[2] === letter).length;
      const sum = (of: (update: (typeof updates)[number]) => number) =>
        updates.reduce((total, one) => total + of(one), 0);
      expect([sum(one => one.announced.length), sum(one => one.withdrawn.length)], name).to.deep.equal([
        count('A'),
        count('W'),
      ]);
    }
  });
});
