import { expect } from 'chai';
import fc from 'fast-check';
import { conntrackDump, readConntrack, translationOfTracked } from '../../src/flow/conntrack.ts';
import { hex } from '../packet/packets.ts';

/** An attribute: length, type, value, filled to 4 octets. */
function attribute(type: number, ...values: Uint8Array[]): Uint8Array {
  const value = Buffer.concat(values);
  const octets = Buffer.alloc((4 + value.length + 3) & ~3);
  octets.writeUInt16LE(4 + value.length, 0);
  octets.writeUInt16LE(type, 2);
  octets.set(value, 4);
  return octets;
}
const NESTED = 0x8000;

function message(type: number, flags: number, ...attributes: Uint8Array[]): Uint8Array {
  const body = Buffer.concat([hex('02000000'), ...attributes]);
  const octets = Buffer.alloc(16 + body.length);
  octets.writeUInt32LE(octets.length, 0);
  octets.writeUInt16LE(type, 4);
  octets.writeUInt16LE(flags, 6);
  octets.set(body, 16);
  return octets;
}
const tuple = (type: number, source: string, destination: string, proto: string, from: string, to: string) =>
  attribute(
    type | NESTED,
    attribute(1 | NESTED, attribute(1, hex(source)), attribute(2, hex(destination))),
    attribute(2 | NESTED, attribute(1, hex(proto)), attribute(2, hex(from)), attribute(3, hex(to))),
  );

const [NEW, DELETE] = [0x100, 0x102];
/** 192.168.7.10:5555 to 10.3.0.10:9999 by UDP, answered to 10.1.9.2:1024. */
const ORIG = tuple(1, 'c0a8070a', '0a03000a', '11', '15b3', '270f');
const REPLY = tuple(2, '0a03000a', '0a010902', '11', '270f', '0400');
const MASQUERADED = message(NEW, 0x600, ORIG, REPLY, attribute(12, hex('00000001')));

const one = (octets: Uint8Array) => {
  const { messages, wrong } = readConntrack(octets);
  expect(wrong).to.equal(null);
  expect(messages).to.have.length(1);
  return messages[0]!;
};

describe('flow/conntrack', () => {
  it('reads a new connection with its first packet on both sides', () => {
    const tracked = {
      protocol: 17,
      came: {
        ...{ source: hex('c0a8070a'), destination: hex('0a03000a') },
        ...{ sourcePort: 5555, destinationPort: 9999 },
      },
      leaves: {
        ...{ source: hex('0a010902'), destination: hex('0a03000a') },
        ...{ sourcePort: 1024, destinationPort: 9999 },
      },
    };
    expect(one(MASQUERADED)).to.deep.equal({ what: 'new', tracked, created: null });
    expect(translationOfTracked(tracked, 'create', 7, 'conntrack')).to.deep.equal({
      ...{ time: 7, event: 'create', protocol: 17, inside: tracked.came, outside: tracked.leaves },
      ...{ block: null, realm: null, exporter: 'conntrack' },
    });
  });

  it('reads all messages of a read, from octets as the kernel wrote them', () => {
    // A dump's answer of an untranslated echo request with its identifier, then its end.
    const echo = [1, 2].map((type, i) =>
      attribute(
        type | NESTED,
        attribute(
          1 | NESTED,
          attribute(1, hex(i ? '7f000002' : '7f000001')),
          attribute(2, hex(i ? '7f000001' : '7f000002')),
        ),
        attribute(
          2 | NESTED,
          attribute(1, hex('01')),
          attribute(4, hex('abcd')),
          attribute(5, hex('08')),
          attribute(6, hex('00')),
        ),
      ),
    );
    const stamp = attribute(20 | NESTED, attribute(1, hex('0000018bcfe56800')));
    const done = Buffer.alloc(20);
    done.writeUInt32LE(20, 0);
    done.writeUInt16LE(3, 4);
    const { messages, wrong } = readConntrack(Buffer.concat([message(NEW, 2, ...echo, stamp), done]));
    expect(wrong).to.equal(null);
    const [found, end] = messages;
    expect(end).to.deep.equal({ what: 'done' });
    if (found?.what !== 'changed') return expect.fail();
    expect(found.tracked.came.sourcePort).to.equal(0xabcd);
    expect(found.created).to.equal(Math.floor(0x18bcfe56800 / 1e6));
    expect(translationOfTracked(found.tracked, 'seen', 0, '')).to.equal(null);
  });

  it('reads IPv6', () => {
    const six = (type: number, last: string, other: string) =>
      attribute(
        type | NESTED,
        attribute(
          1 | NESTED,
          attribute(3, hex('20010db8', '0'.repeat(22), last)),
          attribute(4, hex('20010db8', '0'.repeat(22), other)),
        ),
        attribute(2 | NESTED, attribute(1, hex('06')), attribute(2, hex('0001')), attribute(3, hex('0002'))),
      );
    const found = one(message(DELETE, 0, six(1, '01', '02'), six(2, '02', '01')));
    expect(found.what).to.equal('gone');
    if (found.what === 'gone') expect(found.tracked.came.source).to.have.length(16);
  });

  it('tells a refusal with its number, and passes over what it does not know', () => {
    const refused = Buffer.alloc(36);
    refused.writeUInt32LE(36, 0);
    refused.writeUInt16LE(2, 4);
    refused.writeInt32LE(-1, 16);
    expect(one(refused)).to.deep.equal({ what: 'error', code: 1 });
    expect(one(message(0x200, 0, ORIG, REPLY))).to.deep.equal({ what: 'other' });
    expect(one(message(NEW, 0, ORIG)), 'one side only').to.deep.equal({ what: 'other' });
    expect(one(message(NEW, 0, attribute(1 | NESTED, hex('ffff0100')), REPLY)), 'lying length').to.deep.equal({
      what: 'other',
    });
  });

  it('says where a read is no message', () => {
    expect(readConntrack(hex('ffffffff000000000000000000000000')).wrong).to.equal('octet 0: a message of 4294967295');
    expect(readConntrack(MASQUERADED.subarray(0, 60)).wrong).to.equal(`octet 0: a message of ${MASQUERADED.length}`);
    expect(readConntrack(Buffer.concat([MASQUERADED, hex('00')])).wrong).to.equal(
      `octet ${MASQUERADED.length}: too few octets for a message`,
    );
  });

  it('asks for all connections', () => {
    // length 20, IPCTNL_MSG_CT_GET of subsystem 1, NLM_F_REQUEST|NLM_F_DUMP, sequence 5, port 0, AF_UNSPEC
    expect(conntrackDump(5)).to.deep.equal(hex('14000000 0101 0103 05000000 00000000 00000000'));
  });

  it('never throws, whatever the octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), octets => {
        readConntrack(octets);
      }),
    );
    fc.assert(
      fc.property(fc.nat(MASQUERADED.length - 1), fc.nat(255), (at, value) => {
        const octets = Uint8Array.from(MASQUERADED);
        octets[at] = value;
        expect(readConntrack(octets).messages.length).to.be.at.most(10);
      }),
    );
  });
});
