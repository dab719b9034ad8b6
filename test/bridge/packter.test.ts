import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { expect } from 'chai';
import fc from 'fast-check';
import type { BridgeCounts, TraceGate } from '../../src/bridge/bridged.ts';
import { decodePackter } from '../../src/bridge/packter.ts';
import { createPackter, openPackter } from '../../src/bridge/packter-listener.ts';
import { loadKernel } from '../../src/packet/digest-kernel.ts';
import { digestPacket, digestText, epochKey } from '../../src/packet/itk1.ts';
import { PACKTER, PACKTER_MD5 } from '../../src/packet/profiles.ts';
import { writeRekeyed } from '../../src/packet/rekeyed.ts';
import { TRACE } from '../control/scripted.ts';
import { until } from '../traceback/ases.ts';
import { encodePackter } from './samples.ts';

const HASH = '0123456789abcdef0123456789abcdef';
const octets = (text: string): Uint8Array => Buffer.from(text, 'latin1');

describe('bridge/packter', () => {
  it('finds the hash of a datagram as its programs send it', () => {
    for (const text of [
      HASH,
      `${HASH.toUpperCase()}\n`,
      `${HASH}-172.16.45.1`,
      `PACKTER\n192.0.2.1,198.51.100.2,49305,80,4,${HASH}-172.16.45.1\n`,
      `PACKTER\r\n2001:db8::1,2001:db8::2,1,2,9,${HASH}\r\n\u0000`,
      `192.0.2.1,198.51.100.2,49305,80,4,${HASH}`,
    ])
      expect(decodePackter(octets(text)), text).to.deep.equal([HASH]);
    const other = HASH.replaceAll('0', 'f');
    expect(decodePackter(octets(`PACKTER\na,b,1,2,3,${HASH}\na,b,1,2,3,${other}\na,b,1,2,3,${HASH}\n`))).to.deep.equal([
      HASH,
      other,
    ]);
    expect(decodePackter(encodePackter([HASH, other]))).to.deep.equal([HASH, other]);
  });

  it('says why there is none', () => {
    for (const text of ['', 'PACKTERMSG\npic01.png,hello', HASH.slice(1), `${HASH}0`, `1,2,3,4,5,6,${HASH}`])
      expect(decodePackter(octets(text)), text).to.equal('there is no hash of 32 hexadecimal digits in it');
    expect(decodePackter(new Uint8Array(3000))).to.equal('longer than 2048 octets');
    const many = Array.from({ length: 17 }, (_, i) => HASH.slice(2) + i.toString(16).padStart(2, '0'));
    expect(decodePackter(encodePackter(many))).to.equal('more than 16 hashes');
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), any => void decodePackter(any)));
  });

  it('hashes again under a key, as a probe does with the packet itself', () => {
    const packet = Uint8Array.from(
      Buffer.from('4500002400010000401100000a0000010a000002c0000050001000000102030405060708', 'hex'),
    );
    const kernel = loadKernel();
    const key = epochKey(octets('a secret of sixteen octets'), 492300);
    const digestIn = (profile: typeof PACKTER) => {
      const [layer] = digestPacket(kernel, packet, 101, key, packet.length, profile).layers;
      return layer !== undefined && 'digest' in layer ? layer.digest : '';
    };
    const md5 = digestIn(PACKTER_MD5);
    const masked = Buffer.from(packet);
    masked.fill(0, 1, 4).fill(0, 6, 9).fill(0, 10, 12);
    expect(md5).to.equal(createHash('md5').update(masked.subarray(0, 28)).digest('hex'));
    kernel.setKey(key);
    const length = writeRekeyed(Buffer.from(md5, 'hex'), kernel.memory, kernel.slot(0));
    expect(length).to.equal(4 + 1 + 16);
    expect(digestIn(PACKTER)).to.equal(digestText(kernel.digest(length)));
  });

  describe('by UDP', () => {
    const asked: (readonly string[])[] = [];
    const audited: string[] = [];
    let counts: BridgeCounts;
    const hashes: TraceGate['hashes'] = async (given, { requester, purpose }) => {
      expect(requester).to.deep.equal({ by: 'packter', peer: '127.0.0.1', reference: given[0]!.slice(0, 12) });
      expect(purpose).to.equal('attack');
      asked.push(given);
      return TRACE;
    };
    const made = (allow: readonly string[], rate: number, clock = () => 0) => {
      asked.length = 0;
      audited.length = 0;
      counts = { received: 0, traced: 0, refused: 0, lastError: '' };
      return createPackter({
        ...{ gate: { hashes }, rules: () => ({ allow, rate }), counts, clock },
        ...{ audit: what => audited.push(what), log: () => {} },
      });
    };

    it('traces what comes from where it may', async () => {
      const listener = await openPackter({ address: '127.0.0.1', port: 0 }, made(['127.0.0.0/8'], 1));
      const socket = createSocket('udp4');
      try {
        socket.send(encodePackter([HASH]), listener.port, '127.0.0.1');
        await until(() => counts.traced === 1);
      } finally {
        socket.close();
        listener.close();
      }
      expect(asked).to.deep.equal([[HASH]]);
      expect(audited).to.deep.equal(['packter.received']);
    });

    it('takes nothing from elsewhere, nothing else, and not too much', async () => {
      const strict = made(['192.0.2.0/24'], 1);
      await strict(encodePackter([HASH]), '127.0.0.1');
      expect(counts).to.deep.equal({ received: 1, traced: 0, refused: 1, lastError: '127.0.0.1 may not ask' });
      const take = made(['127.0.0.0/8', '::/0'], 1);
      await take(octets('PACKTERVOICE\nhello'), '127.0.0.1');
      expect(counts.lastError).to.equal('127.0.0.1: there is no hash of 32 hexadecimal digits in it');
      for (let i = 0; i < 10; i++) await take(encodePackter([HASH]), '::ffff:127.0.0.1'.slice(7));
      expect(counts).to.deep.include({ received: 11, traced: 3, refused: 8 });
      expect(counts.lastError).to.equal('127.0.0.1 asks more than 1 times a second');
      // Anybody can write as many datagrams as the line takes: not so the audit log.
      expect(audited.filter(what => what === 'packter.refused')).to.have.length(1);
    });
  });
});
