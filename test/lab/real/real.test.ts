/**
 * Nine ASes whose routers are BIRD and FRR, an exchange with a route server, three ASes that take no part: spoofed packets
 * of two senders at once, traced from what the victim captured. The picture is in world.ts; `make testbed-real` runs all of it,
 * with a translator and a reflector.
 */
import { expect } from 'chai';
import { closeLab, type Lab, needLab, openLab } from '../lab.ts';
import { printTable } from '../table.ts';
import { type Answered, type Asked, answer, attack, isRight, tableOf } from './scenario.ts';
import { type Real, startReal } from './testbed.ts';

describe('lab/real: nine ASes, BIRD, FRR and an exchange', function () {
  this.timeout(240_000);
  let lab: Lab | null = null;
  let real: Real;
  let asked: Asked[];
  const answered: Answered[] = [];

  before(async function () {
    needLab(this, 'bird', 'birdc', 'perl', '/usr/lib/frr/zebra');
    lab = await openLab();
    try {
      real = await startReal(lab, false);
    } catch (error) {
      // Whether zebra may have the kernel's routes is settled by the container around, as for namespaces.
      if (process.env.REQUIRE_PEERS === '1' || !/^zebra of/.test((error as Error).message)) throw error;
      console.log(`      skipped: ${(error as Error).message}`);
      this.skip();
    }
    asked = await attack(lab, real, false);
  });
  after(async function () {
    await closeLab(this, lab);
    if (answered.length > 0) printTable(tableOf(answered));
  });

  for (const [i, name] of [
    'behind two ASes that take no part',
    'behind a member of the exchange that takes none',
  ].entries())
    it(`finds the sender of spoofed packets ${name}`, async () => {
      const one = await answer(real, asked[i]!, false);
      answered.push(one);
      expect(isRight(one, one.trace), one.text).to.equal(true);
    });
  it('finds him by one packet', async () => {
    const one = await answer(real, asked[2]!, false);
    answered.push(one);
    expect(isRight(one, one.trace), one.text).to.equal(true);
  });
  it('finds nobody for packets that were never sent', async () => {
    const one = await answer(real, asked[3]!, false);
    answered.push(one);
    expect(one.trace.entry).to.equal(null);
  });
});
