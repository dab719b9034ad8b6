import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { showAttributes } from '../../src/bgp/attributes.ts';
import { isSessionError, type SessionError } from '../../src/bgp/errors.ts';
import { createFramer, HEADER_LENGTH, NOTIFICATION, OPEN, UPDATE } from '../../src/bgp/message.ts';
import { decodeNotification, formatNotification } from '../../src/bgp/notification.ts';
import { decodeOpen, encodeOpen } from '../../src/bgp/open.ts';
import { decodeUpdate } from '../../src/bgp/update.ts';
import { formatPrefix } from '../../src/net/prefix.ts';
import { hex } from './octets.ts';

const DATA = new URL('../../../shared/data/bgp/', import.meta.url).pathname;
const CONTEXT = { as4: true, ebgp: false, ipv4: true, ipv6: true };

/** Reads a stream of messages the whole way, as every caller may; returns what was found. */
function read(bytes: Uint8Array): { messages: number; error: SessionError | null } {
  let messages = 0;
  const framer = createFramer((type, buffer, start, end) => {
    const body = start + HEADER_LENGTH;
    messages++;
    if (type === OPEN) decodeOpen(buffer, body, end);
    if (type === NOTIFICATION) formatNotification(decodeNotification(buffer, body, end));
    if (type === UPDATE) {
      const update = decodeUpdate(buffer, body, end, CONTEXT);
      showAttributes(update.attributes);
      for (const { offset } of update.errors) expect(offset).to.be.within(body, end);
    }
    return true;
  });
  const error = framer.push(bytes);
  return { messages, error };
}

describe('bgp/corpus', () => {
  for (const archive of ['frr-bgpd-seed', 'frr-bgpd', 'bird'])
    it(`reads every input of ${archive} to a result or a typed error`, function () {
      const file = join(DATA, 'fuzz', `${archive}.tar.xz`);
      if (!existsSync(file)) this.skip();
      const dir = mkdtempSync(join(tmpdir(), 'corpus-'));
      try {
        execFileSync('tar', ['xJf', file, '-C', dir]);
        const inputs = readdirSync(dir, { recursive: true, encoding: 'utf8' }).map(name => join(dir, name));
        let messages = 0;
        for (const input of inputs.filter(name => statSync(name).isFile())) {
          const bytes = readFileSync(input);
          messages += read(bytes).messages;
          // Many of the inputs lack a good header: their octets as a body each.
          decodeUpdate(bytes, 0, bytes.length, CONTEXT);
          decodeOpen(bytes, 0, bytes.length);
        }
        expect(messages).to.be.greaterThan(0);
      } finally {
        rmSync(dir, { recursive: true });
      }
    });

  it('reads the messages that another implementation wrote', function () {
    const dir = join(DATA, 'exabgp');
    if (!existsSync(dir)) this.skip();
    let count = 0;
    for (const name of readdirSync(dir).filter(file => file.endsWith('.ci'))) {
      const raw = readFileSync(join(dir, name), 'utf8').matchAll(/^\d+:raw:([0-9A-F:]+)$/gm);
      for (const [, text] of raw) {
        const bytes = hex(text!.replaceAll(':', ''));
        const { messages, error } = read(bytes);
        expect([messages, error], `${name}: ${text}`).to.deep.equal([1, null]);
        if (bytes[18] !== OPEN) continue;
        const open = decodeOpen(bytes, HEADER_LENGTH, bytes.length);
        expect(isSessionError(open), `${name}: ${text}`).to.equal(false);
        if (!isSessionError(open)) expect(encodeOpen(open)).to.have.length.of.at.least(29);
        count++;
      }
      count++;
    }
    expect(count).to.be.greaterThan(10);
  });

  it('agrees with another implementation on the announced IPv4 and IPv6 prefixes', function () {
    const file = join(DATA, 'exabgp', 'conf-attributes.ci');
    if (!existsSync(file)) this.skip();
    const lines = readFileSync(file, 'utf8').split('\n');
    let compared = 0;
    lines.forEach((line, i) => {
      const raw = /^\d+:raw:([0-9A-F:]+)$/.exec(line)?.[1];
      const json = /^\d+:json:(.*)$/.exec(lines[i + 1] ?? '')?.[1];
      if (raw === undefined || json === undefined) return;
      const announced: Record<string, Record<string, { nlri: string }[]>> | undefined =
        JSON.parse(json).neighbor?.message?.update?.announce;
      const expected = Object.entries(announced ?? {})
        .filter(([family]) => family === 'ipv4 unicast' || family === 'ipv6 unicast')
        .flatMap(([, hops]) => Object.values(hops).flatMap(routes => routes.map(route => route.nlri)));
      if (expected.length === 0) return;
      const bytes = hex(raw.replaceAll(':', ''));
      const { announced: ours } = decodeUpdate(bytes, HEADER_LENGTH, bytes.length, CONTEXT);
      expect(ours.map(formatPrefix), raw).to.have.members(expected);
      compared++;
    });
    expect(compared).to.be.greaterThan(0);
  });
});
