import { expect } from 'chai';
import type { FlowRow } from '../../src/control/probe-rows.ts';
import { silentExporters } from '../../src/daemon/silent-exporters.ts';
import { scriptedDaemon } from '../control/scripted.ts';

describe('daemon/silent-exporters', () => {
  it('tells of those that are silent while their probe is there', async () => {
    const daemon = scriptedDaemon();
    const [exporter] = await daemon.flows();
    const [probe] = await daemon.probes();
    const now = probe!.since + 3_600_000;
    const told = (seen: number | null, connected = true, since = probe!.since) =>
      silentExporters([{ ...exporter, seen } as FlowRow], [{ ...probe!, probe: 'flows1', connected, since }], now);
    expect(told(now - 60_000)).to.deep.equal([]);
    expect(told(now - 700_000)).to.deep.equal(['probe flows1: nothing came from exporter 192.0.2.1 for 11 minutes']);
    expect(told(null)).to.deep.equal(['probe flows1: nothing came from exporter 192.0.2.1 yet']);
    expect(told(null, true, now - 1000), 'it has just come').to.deep.equal([]);
    expect(told(null, false), 'that is told already').to.deep.equal([]);
  });
});
