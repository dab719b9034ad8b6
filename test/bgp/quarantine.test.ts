import { expect } from 'chai';
import fc from 'fast-check';
import { inspectMessage } from '../../src/bgp/inspect.ts';
import { encodeMessage, UPDATE } from '../../src/bgp/message.ts';
import { createQuarantine, quarantine, renderQuarantine } from '../../src/bgp/quarantine.ts';
import { attribute, hex, updateBody } from './octets.ts';

const CONTEXT = { as4: true, ebgp: true, ipv4: true, ipv6: true, extendedMessage: false };
const BASE = attribute(0x40, 2, '0201 0000fbf0') + attribute(0x40, 3, 'c0000201');
const entryOf = (message: Uint8Array, at = 0) => quarantine(at, message, inspectMessage(message, CONTEXT));
const bad = (nlri: string, attributes = attribute(0x40, 1, '09') + BASE) =>
  encodeMessage(UPDATE, updateBody('', attributes, nlri));

describe('bgp/quarantine', () => {
  it('keeps the message, its faults and the routes hit, and nothing of the buffer it was read from', () => {
    const message = bad('18c63364 18cb0071');
    const whole = message.slice();
    const entry = entryOf(message, 1_700_000_000_000);
    message.fill(0);
    expect(entry).to.deep.equal({
      at: 1_700_000_000_000,
      type: 2,
      message: whole,
      action: 'treat-as-withdraw',
      errors: [{ code: 1, offset: 26, clause: 'RFC 7606 7.1', what: 'ORIGIN: ORIGIN 9', action: 'treat-as-withdraw' }],
      prefixes: ['198.51.100.0/24', '203.0.113.0/24'],
      hit: 2,
    });
  });

  it('shows octets in hex with a caret under the bad one', () => {
    expect(renderQuarantine(entryOf(bad('18c63364 18cb0071'), 1_700_000_000_000))).to.deep.equal([
      '2023-11-14 22:13:20.000Z UPDATE of 51 octets: treat-as-withdraw',
      '  octet 26: ORIGIN: ORIGIN 9 (RFC 7606 7.1)',
      '  0000  ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff',
      '  0010  00 33 02 00 00 00 14 40 01 01 09 40 02 06 02 01',
      '                                      ^^',
      '  0020  00 00 fb f0 40 03 04 c0 00 02 01 18 c6 33 64 18',
      '  0030  cb 00 71',
      '  2 routes withdrawn: 198.51.100.0/24 203.0.113.0/24',
    ]);
  });

  it('shows a place behind the last octet', () => {
    expect(renderQuarantine(entryOf(hex('ff'.repeat(16)))).slice(1)).to.deep.equal([
      '  octet 16: 16 octets, a header has 19 (RFC 4271 6.1)',
      '  0000  ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff',
      '  0010',
      '        ^^',
    ]);
  });

  it('leaves out the quiet part of a long message', () => {
    const list = attribute(0x40, 1, '00') + BASE + attribute(0xd0, 99, 'ab'.repeat(1000)) + attribute(0xc0, 8, '00');
    const lines = renderQuarantine(entryOf(bad('18c63364', list)));
    expect(lines.length).to.be.lessThan(12);
    expect(lines).to.include('        ... 992 octets');
  });

  it('names so many routes and counts the others', () => {
    const entry = entryOf(bad(Array.from({ length: 120 }, (_, i) => `18c633${(0x80 + i).toString(16)}`).join('')));
    expect([entry.prefixes.length, entry.hit]).to.deep.equal([50, 120]);
    expect(renderQuarantine(entry).at(-1)).to.match(/^ {2}120 routes withdrawn: .* and 70 more$/);
  });

  it('is bounded in messages and in octets, and says what it lost', () => {
    const ring = createQuarantine({ messages: 3, octets: 200 });
    const small = entryOf(bad('18c63364'));
    for (let i = 0; i < 5; i++) ring.add({ ...small, at: i });
    expect(ring.entries().map(entry => entry.at)).to.deep.equal([2, 3, 4]);
    expect(ring.counts()).to.deep.equal({ added: 5, dropped: 2 });
    const large = entryOf(bad('18c63364'.repeat(60)));
    ring.add(large);
    expect(ring.entries(), 'one stays, however long').to.deep.equal([large]);
    expect(ring.counts()).to.deep.equal({ added: 6, dropped: 5 });
  });

  it('renders whatever was inspected', () => {
    const message = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc.uint8Array({ maxLength: 300 }).map(body => encodeMessage(UPDATE, body)),
    );
    fc.assert(
      fc.property(message, octets => {
        const lines = renderQuarantine(entryOf(octets));
        const carets =
          lines
            .filter(line => line.includes('^^'))
            .join(' ')
            .match(/\^\^/g)?.length ?? 0;
        expect(carets).to.equal(new Set(entryOf(octets).errors.map(error => error.offset)).size);
      }),
      { numRuns: 500 },
    );
  });
});
