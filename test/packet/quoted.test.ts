import { expect } from 'chai';
import { findLayers } from '../../src/packet/find-layers.ts';
import { LONGEST_INPUT } from '../../src/packet/invariant.ts';
import { newLayers } from '../../src/packet/layers.ts';
import { QUOTED8 } from '../../src/packet/profiles.ts';
import { readQuoted } from '../../src/packet/quoted.ts';
import { hex, IPV4, IPV6, inputsOf, ipv4, ipv6, RAW } from './packets.ts';

/** The `quoted8` input of what a frame's outermost layer quotes, or why there is none; null when it quotes nothing. */
function quotedInput(frame: Uint8Array, wire = frame.length): string | null {
  const layers = newLayers();
  const quoted = newLayers();
  findLayers(frame, 0, frame.length, wire, RAW, layers);
  if (!readQuoted(frame, layers, 0, quoted)) return null;
  expect(quoted.count).to.equal(1);
  const input = new Uint8Array(LONGEST_INPUT);
  const length = QUOTED8.write(frame, quoted, 0, input, 0);
  return typeof length === 'string' ? length : Buffer.from(input.subarray(0, length)).toString('hex');
}

const asked = (packet: string) => inputsOf(hex(packet), RAW, undefined, QUOTED8)[0];
/** As a router quotes it: TTL used up, checksum another, DSCP remarked; the IP header and 8 octets. */
const QUOTE = IPV4.replace(/\s/g, '').replace('4500', '45b8').replace('40110000', '01111234').slice(0, -32);

describe('packet/quoted', () => {
  it('gives what the quoted packet itself gives', () => {
    for (const type of ['0301', '0400', '0501', '0b00', '0c00'])
      expect(quotedInput(hex(ipv4(1, `${type} aaaa 00000000 ${QUOTE}`))), type).to.equal(asked(IPV4));
    for (const type of ['0100', '0200', '0300', '0401'])
      expect(quotedInput(hex(ipv6(58, `${type} aaaa 00000000 ${IPV6}`))), type).to.equal(asked(IPV6));
  });

  it('reads no extension behind the quote (RFC 4884)', () => {
    const padded = `${IPV4} ${'00'.repeat(84)} 20009999 0008 0101 00010140`;
    expect(quotedInput(hex(ipv4(1, `0b00 aaaa 00200000 ${padded}`)))).to.equal(asked(IPV4));
  });

  it('sees none in what is no error', () => {
    expect(quotedInput(hex(ipv4(1, `0800 aaaa 00000000 ${IPV4}`))), 'echo').to.equal(null);
    expect(quotedInput(hex(ipv6(58, `8000 aaaa 00000000 ${IPV6}`))), 'echo').to.equal(null);
    expect(quotedInput(hex(ipv4(17, `0301 aaaa 00000000 ${IPV4}`))), 'UDP').to.equal(null);
    expect(quotedInput(hex(ipv4(1, '0301 aaaa 00000000'))), 'nothing quoted').to.equal(null);
    expect(quotedInput(hex(ipv4(1, `0301 aaaa 00000000 ${'00'.repeat(28)}`))), 'no IP').to.equal(null);
    const later = ipv4(1, `0301 aaaa 00000000 ${IPV4}`).replace('12344000', '12340001');
    expect(quotedInput(hex(later)), 'the middle of a fragmented one').to.equal(null);
  });

  it('refuses a quote that is too short, by whose fault it is', () => {
    const error = (quote: string) => hex(ipv4(1, `0301 aaaa 00000000 ${quote}`));
    expect(quotedInput(error(QUOTE.slice(0, -2)))).to.equal('truncated');
    expect(quotedInput(error(QUOTE.slice(0, 30)))).to.equal('truncated');
    const whole = error(QUOTE);
    for (let captured = 29; captured < whole.length; captured++)
      expect(quotedInput(whole.subarray(0, captured), whole.length), `${captured} octets`).to.equal('snaplen');
    expect(quotedInput(error(QUOTE.replace('45b8', '43b8')))).to.equal('length');
  });
});
