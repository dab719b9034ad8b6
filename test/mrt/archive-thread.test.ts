import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { FromSource, ToSource } from '../../src/mrt/archive-messages.ts';
import { startArchive } from '../../src/mrt/archive-thread.ts';
import { recordBatch } from '../../src/mrt/record-batch.ts';
import { parseAddress } from '../../src/net/address.ts';
import { hex } from '../bgp/octets.ts';
import { linesOf } from './dump.ts';
import { nextHop, nlri, ORIGIN_IGP, path, ribRecord, update } from './octets.ts';

const address = parseAddress('192.0.2.1')!;
const peer = { address, as: 64496, localAddress: address, localAs: 64500, as4: true, addPath: false };
const attributes = hex(ORIGIN_IGP + path([64496]) + nextHop('192.0.2.1'));

describe('mrt/archive-thread', () => {
  let directory = '';
  const said: string[] = [];
  const events = {
    closed: (file: { path: string }) => void said.push(file.path),
    alarm: (text: string) => void said.push(`alarm: ${text}`),
    note: () => {},
    ribDue: () => {},
    died: (error: Error) => void said.push(`died: ${error.message}`),
  };
  const options = () => ({ directory, updates: 300_000, rib: 0, retain: 0, compress: 'gzip' }) as const;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'archive-'));
    said.length = 0;
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('takes batches and the parts of a table from several collectors', async () => {
    const archive = await startArchive(options(), events);
    const now = Date.now();
    const ports = [0, 1].map(() => {
      const { port1, port2 } = new MessageChannel();
      archive.connect(port1);
      return port2;
    });
    const time = Math.floor(now / 60_000) * 60_000;
    archive.rib(
      time,
      { collector: hex('c0000202'), view: '', peers: [{ id: hex('01010101'), address, as: 64496 }] },
      2,
    );
    let taken = 0;
    let takenRecords = 0;
    ports.forEach((port, i) => {
      const send = (message: FromSource, octets?: Uint8Array<ArrayBuffer>) =>
        port.postMessage(message, octets ? [octets.buffer] : []);
      port.on('message', ({ of, octets }: ToSource) => {
        if (of === 'rib') taken += octets;
        else takenRecords += octets;
      });
      const batch = recordBatch(1000);
      for (let n = 0; n < 500; n++)
        batch.message(
          peer,
          now * 1000,
          hex(update('', ORIGIN_IGP + path([64496]) + nextHop('192.0.2.1'), nlri('10.0.0.0/8'))),
        );
      batch.state(peer, now * 1000, 6, 1);
      const octets = batch.take();
      send({ type: 'records', octets }, octets);
      const prefix = { afi: 1 as const, length: 8, bytes: Uint8Array.of(10 + i, 0, 0, 0) };
      const rib = ribRecord(time / 1000, prefix, false, [{ peerIndex: 0, originated: 0, attributes }]);
      send({ type: 'rib', time, octets: rib });
      send({ type: 'rib-end', time });
    });
    while (taken === 0 || (await archive.sync()).records < 1004) await new Promise(resolve => setTimeout(resolve, 10));
    expect(await archive.status()).to.include({ records: 1004, lost: 0, trouble: '' });
    expect(takenRecords).to.be.above(1000 * 36);
    for (const port of ports) port.close();
    await archive.close();
    expect(said.filter(text => text.startsWith('alarm') || text.startsWith('died'))).to.deep.equal([]);
    const [month] = readdirSync(directory);
    const names = readdirSync(join(directory, month!));
    const count = (kind: string) =>
      names
        .filter(name => name.startsWith(kind) && name.endsWith('.gz'))
        .flatMap(name =>
          linesOf(gunzipSync(readFileSync(join(directory, month!, name))))
            .text.trimEnd()
            .split('\n'),
        ).length;
    expect([count('updates'), count('bview')]).to.deep.equal([1002, 2]);
  });

  it('says when the archive cannot be opened', async () => {
    const file = join(directory, 'file');
    writeFileSync(file, '');
    const failure = await startArchive({ ...options(), directory: file }, events).catch((error: Error) => error);
    expect(failure).to.be.instanceOf(Error);
    expect((failure as Error).message).to.match(/ENOTDIR/);
  });
});
