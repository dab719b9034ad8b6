import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import fc from 'fast-check';
import { encodeFlow } from '../../src/bgp/flowspec.ts';
import { encodeMessage, UPDATE } from '../../src/bgp/message.ts';
import { decodeBgp } from '../../src/vty/decode-bgp.ts';
import { attribute, MARKER, toHex, updateBody } from '../bgp/octets.ts';
import { programFile } from '../programs.ts';

const ITCTL = programFile('itctl');
const BASE = attribute(0x40, 1, '00') + attribute(0x40, 2, '0201 0000fbf0');
const HOP = attribute(0x40, 3, 'c0000201');
const update = (withdrawn: string, attributes: string, nlri: string) =>
  toHex(encodeMessage(UPDATE, updateBody(withdrawn, attributes, nlri)));

/** The objects that come of a text, and how many lines were bad. */
async function decode(text: string): Promise<{ rows: Record<string, unknown>[]; bad: number }> {
  const written: string[] = [];
  const input = (async function* () {
    yield Buffer.from(text);
  })();
  const bad = await decodeBgp(input, line => void written.push(line));
  return { rows: written.map(line => JSON.parse(line)), bad };
}
const one = async (line: string) => (await decode(`${line}\n`)).rows[0]!;
const withSession = (message: string, session: object) => JSON.stringify({ hex: message, session });

describe('itctl decode bgp', () => {
  it('says of an UPDATE all that the manual promises', async () => {
    const list = `${BASE + HOP}${attribute(0x80, 4, '0000000a')}${attribute(0xc0, 8, 'fbf00001 ffffff01')}${attribute(0xe0, 99, 'abcd')}`;
    expect(await one(update('18c00002', list, '18c63364'))).to.deep.equal({
      type: 'UPDATE',
      action: 'accept',
      notification: null,
      errors: [],
      announce: [{ family: 'ipv4 unicast', prefix: '198.51.100.0/24' }],
      withdraw: [{ family: 'ipv4 unicast', prefix: '192.0.2.0/24' }],
      attributes: {
        ORIGIN: 'IGP',
        AS_PATH: '64496',
        NEXT_HOP: '192.0.2.1',
        MULTI_EXIT_DISC: 10,
        COMMUNITIES: ['64496:1', 'no-export'],
        'attribute 99': { flags: 0xe0, hex: 'abcd' },
      },
    });
  });

  it('says what is wrong and where', async () => {
    const { action, notification, errors, announce, withdraw } = await one(
      update('', BASE + HOP + attribute(0xc0, 8, '00'), '18c63364'),
    );
    expect([action, notification, announce]).to.deep.equal(['treat-as-withdraw', null, []]);
    expect(withdraw).to.deep.equal([{ family: 'ipv4 unicast', prefix: '198.51.100.0/24' }]);
    expect(errors).to.deep.equal([
      {
        attribute: 8,
        name: 'COMMUNITIES',
        offset: 46,
        clause: 'RFC 7606 7.8',
        what: 'COMMUNITIES: length 1, must be a non-zero multiple of 4',
        action: 'treat-as-withdraw',
      },
    ]);
    expect(await one(`${MARKER}001204`)).to.deep.include({ action: 'session-reset', notification: [1, 2] });
  });

  it('takes the session of a line: what it says of AS numbers, sides, families, lengths', async () => {
    const old = update('', attribute(0x40, 1, '00') + attribute(0x40, 2, '0201 fbf0') + HOP, '18c63364');
    expect(await one(old)).to.include({ action: 'treat-as-withdraw' });
    expect(await one(withSession(old, { as4: false }))).to.include({ action: 'accept' });
    const preferred = update('', BASE + HOP + attribute(0x40, 5, '00000064'), '18c63364');
    expect(await one(preferred)).to.include({ action: 'attribute-discard' });
    expect(await one(withSession(preferred, { ebgp: false }))).to.include({ action: 'accept' });
    const long = update('', BASE + HOP, '18c63364'.repeat(1100));
    expect(await one(long)).to.deep.include({ notification: [1, 2] });
    expect(await one(withSession(long, { extmsg: true }))).to.include({ action: 'accept' });
    const paths = update('', BASE + HOP, '00000007 18c63364');
    expect((await one(withSession(paths, { addpath: [[1, 1]] }))).announce).to.deep.equal([
      { family: 'ipv4 unicast', prefix: '198.51.100.0/24', pathId: 7 },
    ]);
    const only6 = withSession(update('', BASE + HOP, '18c63364'), { mp: [[2, 1]] });
    expect(await one(only6)).to.deep.include({ action: 'attribute-discard', announce: [] });
    expect((await one(withSession(update('', BASE + HOP, '18c63364'), { mp: [] }))).announce).to.have.length(1);
    const ours = withSession(update('', BASE + HOP, '18c63364'), { local: ['192.0.2.1'] });
    expect(await one(ours)).to.include({ action: 'ignore-route' });
    const leak = update('', BASE + HOP + attribute(0xc0, 35, '0000fbf5'), '18c63364');
    const { remarks } = await one(withSession(leak, { role: 'peer', peeras: 64496 }));
    expect(remarks).to.have.length(1);
  });

  it('shows labels, distinguishers, flow specifications, and what it does not read in hex', async () => {
    const mp = [
      [1, 1],
      [1, 128],
      [1, 133],
      [25, 70],
    ];
    const announced = async (value: string) =>
      (await one(withSession(update('', BASE + attribute(0x80, 14, value), ''), { mp }))).announce;
    expect(await announced('000180 0c 0000000000000000 c0000201 00 70 003e81 0000fde800000001 c00002')).to.deep.equal([
      { family: 'ipv4 vpn', prefix: '192.0.2.0/24', rd: '65000:1', labels: [1000] },
    ]);
    const flow = toHex(Uint8Array.from(encodeFlow([{ type: 3, tests: [{ and: false, operator: 1, value: 6 }] }])));
    expect(await announced(`000185 00 00 ${flow}`)).to.deep.equal([
      { family: 'ipv4 flowspec', flowspec: 'protocol ==6' },
    ]);
    expect(await announced('001946 04 c0000201 00 0221 0001')).to.deep.equal([
      { family: 'l2vpn evpn', hex: '02210001' },
    ]);
    const foreign = await one(update('', BASE + attribute(0x80, 14, '001946 04 c0000201 00 0221 0001'), ''));
    expect(foreign.action).to.equal('attribute-discard');
    expect(foreign.attributes).to.deep.include({
      MP_REACH_NLRI: { family: 'l2vpn evpn', nextHop: '192.0.2.1', nlri: '02210001' },
    });
    const bad = update('', BASE + attribute(0x80, 14, '000185 00 00 03 ff8106'), '');
    expect(await one(withSession(bad, { mp }))).to.deep.include({
      action: 'afi-safi-disable',
      notification: null,
      disabled: ['ipv4 flowspec'],
    });
  });

  it('reads the other types of message', async () => {
    expect(await one(`${MARKER}001304`)).to.deep.equal({
      type: 'KEEPALIVE',
      action: 'accept',
      notification: null,
      errors: [],
      announce: [],
      withdraw: [],
      attributes: {},
    });
    const { open } = await one(`${MARKER}002b01 04 fbf0 00b4 c0000201 0e 020c 0104 00010001 4104 0000fbf0`);
    expect(open).to.deep.equal({
      version: 4,
      as: 64496,
      holdTime: 180,
      id: '192.0.2.1',
      capabilities: [
        { code: 1, name: 'multiprotocol', value: 'ipv4 unicast' },
        { code: 65, name: '4-octet AS', value: 64496 },
      ],
    });
    expect(await one(`${MARKER}001903 06 02 03 627965`)).to.deep.include({
      type: 'NOTIFICATION',
      action: 'accept',
      notification: [6, 2],
      received: { text: 'Cease/Administrative Shutdown "bye"', communication: 'bye', data: '03627965' },
    });
    expect(await one(`${MARKER}001705 0002 01 01`)).to.deep.include({
      type: 'ROUTE-REFRESH',
      refresh: { family: 'ipv6 unicast', subtype: 'begin' },
    });
    expect(await one(`${MARKER}001702 0000 0000`)).to.deep.include({ endOfRib: 'ipv4 unicast' });
  });

  it('remarks on what a message says that is to be passed over', async () => {
    const remark = async (line: string) => {
      const { action, remarks } = await one(line);
      return [action, remarks];
    };
    expect(await remark(`${MARKER}001705 0001 07 01`)).to.deep.equal([
      'accept',
      [{ attribute: null, offset: 21, clause: 'RFC 7313 5', what: 'subtype 7: the message is to be ignored' }],
    ]);
    const shutdown = (what: string) => ['accept', [{ attribute: null, offset: 21, clause: 'RFC 9003 4', what }]];
    expect(await remark(`${MARKER}001703 06 02 09 61`)).to.deep.equal(
      shutdown('shutdown communication of 9 octets, 1 are there'),
    );
    expect(await remark(`${MARKER}001703 06 04 01 ff`)).to.deep.equal(
      shutdown('the shutdown communication is no UTF-8'),
    );
    expect(await remark(`${MARKER}001703 06 09 06 02`)).to.deep.equal(['accept', undefined]);
  });

  it('shows a large community once that stands twice (RFC 8092), and a rate below 0 as 0 (RFC 8955)', async () => {
    const value = '0000fbf0 00000001 00000002';
    const large = attribute(0xc0, 32, `${value} 0000fbf0 00000001 00000003 ${value}`);
    const rate = attribute(0xc0, 16, '8006 0000 c2c80000');
    const { attributes } = await one(update('', BASE + HOP + large + rate, '18c63364'));
    expect(attributes).to.deep.include({
      LARGE_COMMUNITY: ['64496:1:2', '64496:1:3'],
      EXTENDED_COMMUNITIES: ['rate-bytes 0'],
    });
  });

  it('takes blanks and colons between octets, and both cases', async () => {
    expect(await one(`${MARKER.toUpperCase()}:0013:04`)).to.include({ type: 'KEEPALIVE' });
    expect(await one(`{"hex":"${MARKER} 00 13 04"}`)).to.include({ type: 'KEEPALIVE' });
  });

  it('names a bad line by its number and goes on', async () => {
    const lines: readonly [line: string, error: RegExp][] = [
      ['xyz', /'x' is no hexadecimal digit/],
      ['fff', /odd number/],
      ['{"hex":"ff"', /no JSON/],
      ['{"session":{}}', /hex: a text is expected/],
      ['{"hex":"gg"}', /hex: 'g'/],
      ['{"hex":"ff","session":[]}', /session: an object is expected/],
      ['{"hex":"ff","session":{"as5":true}}', /session: unknown word 'as5'/],
      ['{"hex":"ff","session":{"as4":1}}', /session: as4: true or false/],
      ['{"hex":"ff","session":{"mp":[[1,1],[1]]}}', /session: mp: a list of \[afi, safi\]/],
      ['{"hex":"ff","session":{"addpath":[[70000,1]]}}', /session: addpath/],
      ['{"hex":"ff","session":{"local":["010.0.0.1"]}}', /session: local/],
      ['{"hex":"ff","session":{"role":"king"}}', /session: role: provider/],
      ['{"hex":"ff","session":{"peeras":-1}}', /session: peeras/],
      ['f'.repeat(300_000), /longer than 262144 octets/],
    ];
    const { rows, bad } = await decode(`\n${lines.map(([line]) => line).join('\n')}\n${MARKER}001304`);
    expect(bad).to.equal(lines.length);
    expect(rows).to.have.length(lines.length + 1);
    lines.forEach(([, error], i) => {
      expect(rows[i]).to.have.property('line', i + 2);
      expect(rows[i]!.error).to.match(error);
    });
    expect(rows.at(-1)).to.include({ type: 'KEEPALIVE' });
  });

  it('answers each line once, whatever it holds', async () => {
    const line = fc.oneof(
      fc.string({ maxLength: 60 }).map(text => text.replace(/[\r\n]/g, '')),
      fc.uint8Array({ maxLength: 80 }).map(toHex),
      fc.uint8Array({ maxLength: 80 }).map(body => toHex(encodeMessage(UPDATE, body))),
      fc.json(),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 10 }), async lines => {
        const { rows } = await decode(lines.join('\n'));
        expect(rows).to.have.length(lines.filter(text => text.trim() !== '').length);
        for (const row of rows) expect('error' in row || 'action' in row).to.equal(true);
      }),
      { numRuns: 200 },
    );
  });

  it('works without a daemon, and says with its exit status that a line was bad', () => {
    const run = (args: readonly string[], input: string) => {
      const env = { ...process.env, INTERTRACK_SOCKET: '/nonexistent/socket' };
      const { status, stdout, stderr } = spawnSync(process.execPath, [ITCTL, ...args], {
        input,
        env,
        encoding: 'utf8',
      });
      return {
        status,
        stderr,
        rows: stdout
          .split('\n')
          .filter(Boolean)
          .map(line => JSON.parse(line)),
      };
    };
    const good = run(['decode', 'bgp'], `${MARKER}001304\n`);
    expect([good.status, good.rows[0].type]).to.deep.equal([0, 'KEEPALIVE']);
    const mixed = run(['decode', 'bgp'], `oops\n${MARKER}001304\n`);
    expect([mixed.status, mixed.rows.length]).to.deep.equal([1, 2]);
    expect(run(['decode', 'bgp', 'file'], '')).to.deep.include({ status: 2, rows: [] });
  });
});
