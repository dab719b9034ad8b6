/** ROAs are looked at by every machine and told of by one: what becomes of them when that one goes. */
import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Case } from '../../src/hijack/case.ts';
import { until } from './bgp-peers.ts';
import { type Machine, machinesOf, prefixOf, type Shared, sharedServers } from './machines.ts';

describe('interop/daemon-machines-roas', function () {
  this.timeout(240_000);
  let shared: Shared;
  let machines: readonly Machine[];

  const roaOf = (prefix: string) => ({ asn: 64500, prefix, maxLength: 24, ta: 'apnic', expires: 4_000_000_000 });
  /** Of other ASes, so that a trust anchor has not failed where one goes. */
  const others = Array.from({ length: 40 }, (_, i) => roaOf(`203.0.${i}.0/24`));
  const replace = (machine: Machine, prefixes: readonly string[]) => {
    writeFileSync(machine.at('rpki.new'), JSON.stringify({ roas: [...prefixes.map(roaOf), ...others] }));
    renameSync(machine.at('rpki.new'), machine.at('rpki.json'));
  };
  const add = (): Machine => {
    const machine = shared.machine('cases');
    appendFileSync(machine.at('conf'), `\nrpki cache { file "${machine.at('rpki.json')}"; refresh interval 1s; }\n`);
    replace(machine, [prefixOf(0), prefixOf(1)]);
    return machine;
  };
  const sees = (machine: Machine, valid: number) =>
    until(`${valid} are valid there`, async () => machine.log().includes(`roas: watched routes: 2, valid: ${valid}`));
  const vanished = async (machine: Machine, prefix: string): Promise<readonly Case[]> =>
    (await machine.cases()).filter(one => one.kind === 'roa-vanished' && one.prefix === prefix);
  const isIn = (machine: Machine, prefix: string, state: Case['state']) =>
    until(`the case of ${prefix} is ${state}`, async () =>
      (await vanished(machine, prefix)).some(one => one.state === state),
    );

  before(async function () {
    const servers = await sharedServers(2, { partitions: 2 });
    if (servers === null) return this.skip();
    shared = servers;
    machines = [add(), add()];
    for (const machine of machines) await machine.start();
    for (const machine of machines) await sees(machine, 2);
    await until('both share', async () =>
      (await machinesOf(machines[0]!)).every(({ partitions }) => partitions.length === 1),
    );
  });
  after(() => shared?.close());

  it('are told of by who has partition 0 next, where they vanished while nobody had it', async () => {
    const rows = await machinesOf(machines[0]!);
    const teller = machines.find(({ address }) =>
      rows.some(({ machine, partitions }) => machine === address && partitions.includes(0)),
    )!;
    const other = machines.find(one => one !== teller)!;
    await teller.end('SIGKILL');
    replace(other, [prefixOf(1)]);
    await sees(other, 1);
    await isIn(other, prefixOf(0), 'ongoing');
    expect(await vanished(other, prefixOf(0))).to.have.length(1);

    replace(teller, [prefixOf(1)]);
    await teller.start();
    await sees(teller, 1);
    expect(await vanished(teller, prefixOf(0))).to.have.length(1);
  });

  it('are over when they come back, though every machine was started again meanwhile', async () => {
    for (const machine of machines) {
      await machine.end('SIGTERM');
      await machine.start();
    }
    for (const machine of machines) replace(machine, [prefixOf(0), prefixOf(1)]);
    await isIn(machines[0]!, prefixOf(0), 'resolved');
    expect(await vanished(machines[0]!, prefixOf(0))).to.have.length(1);
  });
});
