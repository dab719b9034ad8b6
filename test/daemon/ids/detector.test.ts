import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { IdsConfig } from '../../../src/config/tree.ts';
import { type Detector, openDetector } from '../../../src/daemon/ids/detector.ts';
import type { Traces } from '../../../src/daemon/traces.ts';
import { guessingOf } from '../../../src/packet/best-packets.ts';
import { loadKernel } from '../../../src/packet/digest-kernel.ts';
import { writePcap } from '../../../src/packet/pcap.ts';
import type { Trace, TraceCause } from '../../../src/traceback/trace.ts';
import { TRACE } from '../../control/scripted.ts';
import { until } from '../../interop/bgp-peers.ts';
import { hex, RAW } from '../../packet/packets.ts';

/** UDP over IPv4 with 32 octets of payload. */
function packet(payload: (i: number) => number, id = 1): Uint8Array {
  const head = hex(`4500003c ${id.toString(16).padStart(4, '0')}0000 40110000 c0000201 c6336402 14e900350028abcd`);
  return Uint8Array.from([...head, ...Array.from({ length: 32 }, (_, i) => payload(i))]);
}
const FLOOD = packet(() => 65);
const FAIR = packet(i => (i < 15 ? 128 + ((i * 37) & 127) : 0));
const GOOD = packet(i => (i * 37 + 5) & 255);

describe('daemon/ids/detector', () => {
  let directory: string;
  let detector: Detector;
  let began: { frames: Uint8Array[]; cause: TraceCause }[];
  let warned: string[];
  let now: number;
  let refusal: string;
  const kernel = loadKernel();
  const traces: Pick<Traces, 'startTrace' | 'guessingOf'> = {
    async startTrace(packets, _, why): Promise<Trace> {
      if (refusal !== '') throw new Error(refusal);
      began.push({ frames: packets.map(({ frame }) => Uint8Array.from(frame)), cause: why!.cause! });
      return TRACE;
    },
    guessingOf: ({ frame, linkType, wire }) => guessingOf(kernel, frame, linkType, wire),
  };
  const eve = () => join(directory, 'eve.json');
  const base: Omit<IdsConfig, 'eveFiles' | 'spools'> = {
    ...{ name: 's', eveSockets: [], signatures: [7], texts: [], categories: [], severity: null, packets: 8 },
    budget: { count: 3, per: 3_600_000 },
  };
  const open = (more: Partial<IdsConfig> = {}) => {
    const config = { ...base, eveFiles: [eve()], spools: [], ...more };
    const log = (level: string, text: string) => void (level === 'warn' && warned.push(text));
    detector = openDetector({ config, traces, log, clock: () => now, interval: 5 });
  };
  const line = (frame: Uint8Array | null, flow: number, signature = 7) =>
    `${JSON.stringify({
      ...{ timestamp: '2026-11-29T09:48:44.123456+0000', flow_id: flow, event_type: 'alert' },
      alert: { signature_id: signature, signature: `rule ${signature}`, category: 'c', severity: 3 },
      ...(frame && { packet: Buffer.from(frame).toString('base64'), packet_info: { linktype: RAW } }),
    })}\n`;
  /** Writes lines and waits until all are read. */
  const write = async (...lines: string[]) => {
    const { lines: before, tooLong } = detector.row().counts;
    appendFileSync(eve(), lines.join(''));
    await until('the lines are read', async () => {
      const { counts } = detector.row();
      return counts.lines + counts.tooLong === before + tooLong + lines.length;
    });
  };
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'intertrack-ids-'));
    [began, warned, now, refusal] = [[], [], 1e6, ''];
  });
  afterEach(async () => {
    await detector.close();
    rmSync(directory, { recursive: true, force: true });
  });
  /** With the file not there at first, everything in it is new. */
  const opened = async (more: Partial<IdsConfig> = {}) => {
    open(more);
    await until('the file is waited for', async () => detector.row().sources[0]?.problem === 'the file is not there');
  };

  it('begins one trace for a flow and signature, and counts the rest', async () => {
    await opened({ packets: 1 });
    await write(line(GOOD, 1), line(GOOD, 1), line(FLOOD, 1), line(GOOD, 2), line(GOOD, 2, 8));
    const time = Date.UTC(2026, 10, 29, 9, 48, 44, 123);
    const cause = { ids: 's', signature: 7, text: 'rule 7', at: time, packets: 1 };
    expect(began).to.deep.equal([1, 2].map(() => ({ frames: [GOOD], cause })));
    expect(detector.row().counts).to.include({ alerts: 5, matched: 4, duplicates: 2, traces: 2 });
    expect(detector.row().latest?.id).to.equal(TRACE.id);
  });

  it('waits a second for more packets, and asks for all of them together', async () => {
    await opened();
    await write(line(FLOOD, 1), line(FAIR, 1), line(FLOOD, 1));
    expect(began).to.deep.equal([]);
    now += 1000;
    await until('the trace is begun', async () => began.length === 1);
    expect(began[0]!.frames).to.deep.equal([FLOOD, FAIR]);
    expect(began[0]!.cause.packets).to.equal(3);
  });

  it('keeps to its budget, and says so', async () => {
    await opened({ packets: 1 });
    await write(...Array.from({ length: 20 }, (_, i) => line(GOOD, i)));
    expect(began).to.have.length(3);
    expect(detector.row().counts).to.include({ overBudget: 17, traces: 3 });
    expect(detector.problems()).to.deep.equal(['ids s: its budget of 3/1h is spent: 17 alerts were not traced']);
    expect(warned).to.deep.equal(['ids s: the budget of 3/1h is spent: alerts are not traced']);
    now += 20 * 60_000;
    await write(line(GOOD, 100), line(GOOD, 101));
    expect(began).to.have.length(4);
    now += 3_600_001;
    expect(detector.problems()).to.deep.equal([]);
  });

  it('counts what cannot be traced, with a hint what to do', async () => {
    await opened({ packets: 1 });
    await write(line(null, 1), line(hex('ff'), 2), 'garbage\n', `${'x'.repeat(1_100_000)}\n`);
    expect(detector.row().counts).to.include({ withoutPacket: 1, withoutDigest: 1, unreadable: 1, tooLong: 1 });
    expect(warned[0]).to.equal(
      'ids s: an alert of signature 7 has no packet: set `packet: yes` for alerts in suricata.yaml',
    );
    expect(warned, 'a warning a minute').to.have.length(1);
    refusal = 'no traceback block is configured';
    now += 60_000;
    await write(line(GOOD, 3));
    await until('it is counted', async () => detector.row().counts.failed === 1);
    expect(detector.row().lastError).to.equal(
      'signature 7 "rule 7" cannot be traced: no traceback block is configured',
    );
  });

  it('takes other rules without losing its place', async () => {
    await opened({ packets: 1 });
    await write(line(GOOD, 1, 8));
    expect(began).to.deep.equal([]);
    await detector.configure({ ...base, packets: 1, eveFiles: [eve()], spools: [], signatures: [8] });
    await write(line(GOOD, 2, 8), line(GOOD, 3, 7));
    expect(began.map(({ cause }) => cause.signature)).to.deep.equal([8]);
    expect(detector.row().counts.lines).to.equal(3);
    await detector.configure({ ...base, packets: 1, eveFiles: [], spools: [] });
    expect(detector.row().sources).to.deep.equal([]);
  });

  it('traces the packets of each capture of a spool, copies once', async () => {
    open({ eveFiles: [], spools: [join(directory, 'spool')], signatures: [] });
    const at = Date.UTC(2026, 10, 29, 9, 0, 0);
    const put = (name: string, octets: Uint8Array) => {
      writeFileSync(join(directory, name), octets);
      renameSync(join(directory, name), join(directory, 'spool', name));
    };
    await until(
      'the directory is waited for',
      async () => detector.row().sources[0]?.problem.startsWith('ENOENT') === true,
    );
    mkdirSync(join(directory, 'spool'));
    const frames = [FLOOD, FAIR, GOOD, FAIR];
    put(
      'a.pcap',
      writePcap(
        RAW,
        frames.map((bytes, i) => ({ time: BigInt(at + i) * 1_000_000n, bytes })),
      ),
    );
    put('b.pcap', writePcap(RAW, [{ time: 0n, bytes: hex('ff') }]));
    put('c.pcap', Buffer.from('no capture at all'));
    await until('the last is done with', async () => detector.row().counts.withoutDigest === 2);
    expect(began).to.deep.equal([
      {
        frames: [FLOOD, FAIR, GOOD],
        cause: { ids: 's', signature: null, text: 'a.pcap', at, packets: 4 },
      },
    ]);
    expect(detector.row().sources[0]).to.include({ taken: 3, problem: '' });
  });
});
