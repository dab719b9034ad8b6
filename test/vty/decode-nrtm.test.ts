import { spawnSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { programFile } from '../programs.ts';
import { sequence, signed, signingKey } from '../registry/nrtm4-publisher.ts';

const ITCTL = programFile('itctl');

/** Runs itctl on its standard input; no daemon is there to ask. */
function decode(input: Uint8Array | string, ...args: string[]) {
  const env = { ...process.env, INTERTRACK_SOCKET: '/nonexistent' };
  const command = [ITCTL, ...args, 'decode', 'nrtm', '-'];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { input, encoding: 'utf8', env });
  return { status, lines: stdout.trimEnd().split('\n'), stderr };
}
const json = (input: Uint8Array | string) => {
  const { status, lines } = decode(input, '-j');
  return { status, found: lines.map(line => JSON.parse(line)) };
};

const SESSION = 'ca128382-78d9-41d1-8927-1ecef15275be';
const head = (type: string, version: number) => ({
  nrtm_version: 4,
  type,
  source: 'TEST',
  session_id: SESSION,
  version,
});
const ROUTE = 'route: 192.0.2.0/24\norigin: AS64500\nsource: TEST\n';

describe('itctl decode nrtm', function () {
  this.timeout(240_000);

  it('prints an answer of version 3, operation by operation', () => {
    const answer =
      `%START Version: 3 TEST 7-9\n\nADD 7\n\n${ROUTE}\nDEL 8\n\nperson: A B\nsource: TEST\n\n` +
      'ADD 9\n\nroute: 192.0.2.0/33\norigin: AS1\n\n%END TEST\n';
    const { status, lines } = decode(answer);
    expect(lines).to.deep.equal([
      '1: NRTM 3 of TEST, 7-9',
      '3: add 7 route 192.0.2.0/24AS64500',
      '9: del 8 person: skipped',
      '14: add 9 route: refused: line 1: route: "192.0.2.0/33" is no prefix, or has bits set behind its length',
      '19: end of TEST',
    ]);
    expect(status).to.equal(1);
    const { found } = json(gzipSync(answer));
    expect(found[1]).to.include({ line: 3, op: 'add', serial: 7, key: '192.0.2.0/24AS64500', origin: 64500 });
    expect(found[2]).to.deep.equal({
      line: 9,
      op: 'del',
      serial: 8,
      class: 'person',
      skipped: 'a class that is not read',
    });
  });
  it('prints what was deleted in place as such', () => {
    const answer = '%START Version: 3 TEST 7-7\n\nADD 7\n\n*xxte: 192.0.2.0/24\norigin: AS64500\n\n%END TEST\n';
    const { status, found } = json(answer);
    expect([status, found[1]]).to.deep.equal([
      0,
      { line: 3, op: 'add', serial: 7, class: '*xxte', skipped: 'deleted in place' },
    ]);
  });
  it('fails on an answer that is cut short, on an error, and on what is no NRTM', () => {
    expect(decode(`%START Version: 3 TEST 7-9\n\nADD 7\n\n${ROUTE}`)).to.deep.include({ status: 1 });
    const { status, lines } = decode('%ERROR:401: (Requesting 1-2) - not allowed\n');
    expect([status, lines.join()]).to.deep.equal([1, '1: error: ERROR:401: (Requesting 1-2) - not allowed']);
    expect(decode('')).to.deep.include({ status: 1, lines: ['refused: it is no NRTM'] });
    expect(decode('hello\n').status).to.equal(1);
  });
  it('prints a snapshot and a delta of version 4, record by record', () => {
    const snapshot = sequence(head('snapshot', 3), { object: ROUTE }, { object: 'person: A B\nsource: TEST' });
    expect(decode(gzipSync(snapshot))).to.deep.include({
      status: 0,
      lines: [
        `snapshot of TEST, version 3, session ${SESSION}`,
        'record 2: add route 192.0.2.0/24AS64500',
        'record 3: add person: skipped',
      ],
    });
    const delta = sequence(
      head('delta', 4),
      { action: 'delete', object_class: 'route', primary_key: '192.0.2.0/24AS64500' },
      { action: 'add_modify', object: ROUTE },
      { action: 'add_modify', object: 'nothing' },
      { action: 'drop' },
    );
    const { status, found } = json(delta);
    expect(status).to.equal(1);
    expect(found.map(({ record, op, key, error }) => [record, op, key ?? error])).to.deep.equal([
      [1, undefined, undefined],
      [2, 'del', '192.0.2.0/24AS64500'],
      [3, 'add', '192.0.2.0/24AS64500'],
      [4, 'add', 'there is no attribute in the object'],
      [5, undefined, 'action: it is neither "add_modify" nor "delete"'],
    ]);
  });
  it('prints a notification, signed or bare, and does not vouch for it', () => {
    const next = signingKey('EdDSA');
    const payload = JSON.stringify({
      ...head('notification', 2),
      timestamp: '2026-11-29T00:00:00Z',
      next_signing_key: next.pem,
      snapshot: { version: 1, url: 'a/s.json.gz', hash: 'a'.repeat(64) },
      deltas: [{ version: 2, url: 'a/d.json', hash: 'b'.repeat(64) }],
    });
    const { status, lines } = decode(signed(payload, signingKey()));
    expect([status, lines]).to.deep.equal([
      0,
      [
        `notification of TEST, version 2, session ${SESSION}, made 2026-11-29T00:00:00.000Z`,
        `signature: not checked; next key ${next.spki}`,
        `snapshot 1: a/s.json.gz sha256 ${'a'.repeat(64)}`,
        `delta 2: a/d.json sha256 ${'b'.repeat(64)}`,
      ],
    ]);
    expect(json(payload).found[0]).to.deep.include({ type: 'notification', signature: 'none', version: 2 });
    expect(json(payload.replace('"version":2', '"version":5')).found).to.deep.equal([
      { error: 'it is 5 where the newest file has 2', at: 'version' },
    ]);
  });
});
