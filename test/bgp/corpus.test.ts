import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { showAttributes } from '../../src/bgp/attributes.ts';
import { type Inspection, inspectMessage, type MessageContext } from '../../src/bgp/inspect.ts';
import { createFramer, encodeMessage, OPEN, UPDATE } from '../../src/bgp/message.ts';
import { encodeOpen } from '../../src/bgp/open.ts';
import { quarantine, renderQuarantine } from '../../src/bgp/quarantine.ts';
import { EVERYTHING, NOTHING } from './sessions.ts';

const DATA = new URL('../../../shared/data/bgp/', import.meta.url).pathname;

/** Reads a message every way a caller may. */
function read(message: Uint8Array, context: MessageContext): Inspection {
  const inspection = inspectMessage(message, context);
  const { errors, body } = inspection;
  for (const { offset } of errors) expect(offset).to.be.within(0, message.length);
  if (body !== null && 'update' in body) showAttributes(body.update.attributes);
  if (errors.length > 0) renderQuarantine(quarantine(0, message, inspection));
  return inspection;
}

describe('bgp/corpus', () => {
  for (const archive of ['frr-bgpd-seed', 'frr-bgpd', 'bird'])
    it(`gives every input of ${archive} a verdict, in bounded time`, function () {
      const file = join(DATA, 'fuzz', `${archive}.tar.xz`);
      if (!existsSync(file)) this.skip();
      this.timeout(240_000);
      const dir = mkdtempSync(join(tmpdir(), 'corpus-'));
      try {
        execFileSync('tar', ['xJf', file, '-C', dir]);
        const inputs = readdirSync(dir, { recursive: true, encoding: 'utf8' }).map(name => join(dir, name));
        let messages = 0;
        for (const input of inputs.filter(name => statSync(name).isFile())) {
          const octets = readFileSync(input);
          const framer = createFramer((_, buffer, start, end) => {
            messages++;
            for (const context of [EVERYTHING, NOTHING]) read(buffer.slice(start, end), context);
            return true;
          });
          framer.push(octets);
          // Many of the inputs lack a good header: their octets as a body each.
          for (const type of [OPEN, UPDATE, 3, 5]) read(encodeMessage(type, octets.subarray(0, 4077)), EVERYTHING);
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
        const bytes = Uint8Array.from(Buffer.from(text!.replaceAll(':', ''), 'hex'));
        const { body, notification } = read(bytes, NOTHING);
        expect([notification?.code ?? null, body !== null], `${name}: ${text}`).to.not.deep.equal([1, false]);
        if (body !== null && 'open' in body) expect(encodeOpen(body.open)).to.have.length.of.at.least(29);
        count++;
      }
    }
    expect(count).to.be.greaterThan(80);
  });
});
