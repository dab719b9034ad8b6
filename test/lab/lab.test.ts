import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { expect } from 'chai';
import { until } from '../interop/bgp-peers.ts';
import { startBird } from './bird.ts';
import { type Lab, needLab, openLab } from './lab.ts';

/** The network namespaces that processes are in, as far as this user may see. */
const inUse = () =>
  readdirSync('/proc').flatMap(entry => {
    try {
      return /^\d+$/.test(entry) ? [readlinkSync(`/proc/${entry}/ns/net`)] : [];
    } catch {
      return [];
    }
  });

/** Two ASes with a host in the first, whose prefix the other's router learns by BGP and puts into its kernel. */
async function twoAses(lab: Lab): Promise<void> {
  await lab.host('h1');
  await lab.host('r1', ['10.1.0.1/32']);
  await lab.host('r2', ['10.2.0.1/32']);
  await lab.link(
    { host: 'h1', device: 'up', addresses: ['10.1.1.10/24'] },
    { host: 'r1', device: 'lan', addresses: ['10.1.1.1/24'] },
  );
  await lab.link(
    { host: 'r1', device: 'east', addresses: ['10.200.1.1/30'] },
    { host: 'r2', device: 'west', addresses: ['10.200.1.2/30'] },
  );
  await lab.run('h1', ['ip', 'route', 'add', 'default', 'via', '10.1.1.1']);
  for (const [as, other] of [
    [1, 2],
    [2, 1],
  ] as const)
    await startBird(lab, `r${as}`, {
      as: 64500 + as,
      address: `10.${as}.0.1`,
      neighbors: [{ as: 64500 + other, address: `10.200.1.${other}`, local: `10.200.1.${as}` }],
      prefixes: [`10.${as}.0.0/16`],
    });
  await until('the kernel of r2 has the route of r1', async () =>
    (await lab.run('r2', ['ip', 'route', 'show', '10.1.0.0/16'])).includes('via 10.200.1.1'),
  );
}

describe('lab/lab', function () {
  this.timeout(240_000);
  before(function () {
    needLab(this, 'bird', 'birdc');
  });

  for (const user of process.getuid?.() === 0 ? [undefined, 65534] : [undefined])
    it(`is routed by BIRD and leaves nothing behind${user === undefined ? '' : ', as an ordinary user'}`, async () => {
      const lab = await openLab(user === undefined ? {} : { user });
      const namespaces: string[] = [];
      try {
        await twoAses(lab);
        for (const host of ['r1', 'r2'])
          namespaces.push((await lab.run(host, ['readlink', '/proc/self/ns/net'])).trim());
        expect(inUse()).to.include.members(namespaces);
        expect(await lab.mac('r1', 'east')).to.match(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
        expect(await lab.run('r2', ['cat'], 'said')).to.equal('said');
      } finally {
        await lab.close();
      }
      expect(inUse().filter(one => namespaces.includes(one))).to.deep.equal([]);
      expect(existsSync(lab.directory)).to.equal(false);
    });

  it('says why a command failed, and what a program said before it ended', async () => {
    const lab = await openLab();
    try {
      await lab.host('h1');
      const failed = await lab.run('h1', ['sh', '-c', 'echo no such thing >&2; exit 3']).catch(error => error);
      expect(failed).to.be.an('error').with.property('message', 'no such thing');
      const program = lab.start('h1', ['sh', '-c', 'echo here >&2; exec sleep 60']);
      await until('it has spoken', () => program.said() === 'here\n');
      await program.stop();
      expect(program.running()).to.equal(false);
      expect(program.said()).to.equal('here\n[ended: SIGTERM]\n');
    } finally {
      await lab.close();
    }
  });
});
