/** intertrackd and another system that speaks RID: it asks for a trace, and is sent one. */
import { X509Certificate } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { RidEntry } from '../../src/bridge/rid-book.ts';
import { postRid } from '../../src/bridge/rid-client.ts';
import { decodeRid, encodeRid, type RidMessage } from '../../src/bridge/rid-message.ts';
import { openRidServer, type RidServer } from '../../src/bridge/rid-server.ts';
import type { BridgeRow } from '../../src/control/bridge-rows.ts';
import type { Trace } from '../../src/traceback/trace.ts';
import { freePort } from '../registry/rpki/stayrtr.ts';
import { makeCertificate, makeIdentity } from '../traceback/certificates.ts';
import { until } from './bgp-peers.ts';
import { type Intertrackd, intertrackd } from './intertrackd.ts';

const DIGEST = '0123456789abcdef';

describe('interop/daemon-rid', function () {
  this.timeout(240_000);
  let daemon: Intertrackd;
  let other: RidServer | null = null;
  const identity = makeCertificate(64510);
  const got: RidMessage[] = [];
  let port: number;
  let udp: number;
  let peerFile: string;
  /** The configuration, with this certificate and policy for the peer. */
  let configured: (certificateFile: string, policy: string) => string;
  let own: X509Certificate;

  before(async () => {
    daemon = intertrackd('192.0.2.10', 64500);
    const { key, certificate } = makeIdentity(64500, daemon.directory);
    own = new X509Certificate(readFileSync(certificate));
    const file = join(daemon.directory, 'csirt.crt');
    writeFileSync(file, identity.certificate);
    const secret = join(daemon.directory, 'secret');
    writeFileSync(secret, 'a secret of sixteen octets');
    other = await openRidServer({
      listen: { address: '127.0.0.1', port: 0 },
      identity,
      peers: () => new Map([['intertrackd', own]]),
      async receive(_peer, text) {
        const message = decodeRid(text);
        if (!('wrong' in message)) got.push(message);
        const body = encodeRid({
          ...{ type: 'Acknowledgement', region: 'PeerToPeer', traffic: 'Attack', node: 'csirt', incident: null },
          ...{ status: { authorization: 'Denied', justification: 'SystemResource' }, source: null, report: null },
        });
        return { status: 200, body, token: null };
      },
      refused: () => {},
      log: () => {},
    });
    const theirs = other.port;
    port = await freePort();
    udp = await freePort();
    configured = (certificateFile, policy) => `
packter { listen 127.0.0.1 port ${udp}; }
traceback {
    identity "${key}" certificate "${certificate}";
    federation "jp-isp" { secret "${secret}"; }
}
rid {
    listen 127.0.0.1 port ${port};
    peer csirt { url "https://127.0.0.1:${theirs}/"; certificate "${certificateFile}"; in ${policy}; message rate 100/s; }
}
`;
    peerFile = file;
    daemon.configure(configured(peerFile, 'allow'));
    await daemon.start();
  });
  after(async () => {
    other?.close();
    await daemon.close();
  });

  const ask = async (text: string) => {
    const url = new URL(`https://127.0.0.1:${port}/`);
    const signal = new AbortController().signal;
    const posted = await postRid({ url, identity, certificate: own, body: text, token: null, signal });
    if (posted.how !== 'answered') throw new Error(JSON.stringify(posted));
    const message = decodeRid(posted.text);
    if ('wrong' in message) throw new Error(message.wrong);
    return message;
  };
  const now = Date.now();
  const request = (federation: string): string => {
    const incident = { name: 'csirt.example.net', id: '207-1' };
    const record = { packet: 0, epoch: Math.floor(now / 3_600_000), digest: DIGEST, time: now, federation };
    return encodeRid({
      ...{ type: 'TraceRequest', region: 'PeerToPeer', traffic: 'Attack', node: 'csirt', incident, status: null },
      source: null,
      report: {
        ...{ purpose: 'traceback', incident, detected: now, reported: now, descriptions: [], confidence: null },
        ...{ creator: { name: 'csirt', contact: null }, contacts: [], systems: [], expected: '', data: [] },
        records: [{ kind: 'digest', ...record }],
      },
    });
  };

  it('traces what a peer asks for, and says who asked', async () => {
    const result = await ask(request('jp-isp'));
    expect(result).to.deep.include({ type: 'Result', source: { found: false, ases: [] } });
    const [trace] = (await daemon.ask('show', 'trace')) as Trace[];
    expect(trace!.requester).to.deep.equal({ by: 'rid', peer: 'csirt', reference: 'csirt.example.net 207-1' });
    expect(trace!.questions.map(({ digest }) => digest)).to.deep.equal([DIGEST]);
    expect((await ask(request('eu-isp'))).status).to.deep.equal({
      authorization: 'Denied',
      justification: 'CannotProcess',
    });
    const [row] = (await daemon.ask('show', 'traceback', 'bridges')) as BridgeRow[];
    expect(row).to.deep.include({ bridge: 'rid', received: 2, traced: 1, refused: 1 });
  });

  it('sends a peer what was found, and tells what it answered', async () => {
    const [trace] = (await daemon.ask('show', 'trace')) as Trace[];
    const [sent] = (await daemon.ask('trace', 'report', trace!.id, 'to', 'csirt', '--request')) as RidEntry[];
    expect(sent).to.deep.include({ way: 'out', state: 'denied', words: 'Acknowledgement, Denied (SystemResource)' });
    expect(got[0]).to.deep.include({ type: 'TraceRequest' });
    expect(got[0]!.report!.records[0]).to.deep.include({ kind: 'digest', digest: DIGEST, federation: 'jp-isp' });
    expect(got[0]!.report!.data).to.deep.equal([]);
  });

  it('traces a hash that PACKTER gives it, under a key', async () => {
    const socket = createSocket('udp4');
    socket.send('0123456789abcdef0123456789abcdef-127.0.0.1', udp, '127.0.0.1');
    const found = async () =>
      ((await daemon.ask('show', 'trace')) as Trace[]).find(one => one.requester?.by === 'packter');
    await until('the trace', async () => (await found())?.state === 'final');
    socket.close();
    const trace = (await found())!;
    expect(trace.requester).to.deep.equal({ by: 'packter', peer: '127.0.0.1', reference: '0123456789ab' });
    expect(trace.to - trace.from).to.equal(300_000);
    expect(JSON.stringify(trace.questions)).not.to.include('0123456789abcdef');
  });

  it('takes another policy at a reload, and nothing of one whose files are not there', async () => {
    daemon.configure(configured(join(daemon.directory, 'none.crt'), 'deny'));
    const refused = await daemon.itctl('reload');
    expect([refused.status, refused.stderr]).to.satisfy(
      ([status, text]: [number, string]) => status === 1 && text.includes('none.crt: cannot be read'),
    );
    expect((await ask(request('jp-isp'))).type).to.equal('Result');
    daemon.configure(configured(peerFile, 'deny'));
    expect((await daemon.itctl('reload')).status).to.equal(0);
    expect((await ask(request('jp-isp'))).status).to.deep.equal({ authorization: 'Denied', justification: 'Other' });
  });
});
