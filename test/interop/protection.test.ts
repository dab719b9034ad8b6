import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { listenBgp } from '../../src/bgp/listener.ts';
import { createSession, type Session } from '../../src/bgp/session.ts';
import { type KernelDrops, readKernelDrops } from '../../src/net/kernel-drops.ts';
import { skipFor } from '../programs.ts';
import { loopbackAddress, ROUTERS, type Router, type RouterKind, startRouter, until, whyNot } from './bgp-peers.ts';
import { record } from './matrix.ts';

const OUR_AS = 64500;
const ROUTER_AS = 64496;
const PORT = 1790;
const PREFIX = '192.0.2.0/24';

/** What one side demands. */
interface Demands {
  readonly password?: string;
  readonly ttlSecurity?: boolean;
  readonly ttl?: number;
}
type Dialler = 'station' | 'router' | 'both';

const drops = (): KernelDrops => readKernelDrops(readFileSync('/proc/net/netstat', 'utf8'));

/** Skips, or fails where the routers must be there. */
function needs(context: Mocha.Context, kind: RouterKind): void {
  skipFor(context, whyNot(kind));
}

/** OpenBGPD 7.7 loses the address of its listening socket (`listening on (unknown)`) and puts no key on it. */
const signsAccepted = (kind: RouterKind): boolean => kind !== 'openbgpd';

describe('interop/protection', function () {
  this.timeout(240_000);
  let session: Session;
  let router: Router;
  let close = async (): Promise<void> => {};

  async function meet(kind: RouterKind, dialler: Dialler, ours: Demands, theirs: Demands): Promise<void> {
    const [neighbor, address] = [loopbackAddress(), loopbackAddress()];
    const { password, ttlSecurity } = ours;
    session = createSession({
      config: {
        neighbor,
        neighborPort: PORT,
        neighborAs: ROUTER_AS,
        localAddress: address,
        localAs: OUR_AS,
        passive: dialler === 'router',
        ...(password !== undefined && { password }),
        ttlSecurity: ttlSecurity ? 1 : null,
        ipv4: true,
        ipv6: true,
        holdTime: 90_000,
        connectRetry: 1000,
      },
      routerId: address,
      idleHold: { first: 200, most: 2000 },
      handler: { stateChanged: () => {}, established: () => {}, update: () => null, down: () => {} },
    });
    const listener = await listenBgp(
      { address, port: PORT },
      (socket, source) => source.address === neighbor && session.accept(socket),
      {
        keys: new Map(password === undefined ? [] : [[`${neighbor}/32`, password]]),
        leastTtl: ttlSecurity ? 255 : 0,
      },
    );
    close = async () => {
      await session.stop();
      await listener.close();
    };
    session.start();
    router = await startRouter(kind, {
      address: neighbor,
      port: PORT,
      as: ROUTER_AS,
      neighbors: [{ address, port: PORT, as: OUR_AS, passive: dialler === 'station', ...theirs }],
      prefixes: [PREFIX],
    });
  }

  const established = () =>
    until(
      `Established; router says ${router.log().slice(-500)}`,
      () => session.status().state === 'Established' && session.status().received.update > 0,
      30_000,
    );
  /** Waits until the kernel has dropped something of one of these kinds; there was no session meanwhile. */
  async function dropped(kinds: readonly (keyof KernelDrops)[], before: KernelDrops): Promise<void> {
    await until(`the kernel drops (${kinds.join(', ')})`, () => {
      const now = drops();
      return kinds.some(kind => now[kind] > before[kind] + 1);
    });
    const { state, received } = session.status();
    expect([state === 'Established', received.open], state).to.deep.equal([false, 0]);
  }

  const KEY = 'correct-horse';
  const wrong: readonly [what: string, ours: Demands, theirs: Demands, kind: readonly (keyof KernelDrops)[]][] = [
    ['another password', { password: 'battery-staple' }, { password: KEY }, ['md5Failure']],
    ['no password at the router', { password: KEY }, {}, ['md5NotFound', 'md5Unexpected']],
    ['no password here', {}, { password: KEY }, ['md5NotFound', 'md5Unexpected']],
  ];

  for (const kind of ROUTERS)
    describe(kind, () => {
      before(function () {
        needs(this, kind);
      });
      afterEach(async () => {
        await close();
        await router.stop();
      });

      for (const dialler of ['station', 'router'] as const) {
        const signed = dialler === 'router' || signsAccepted(kind);
        if (signed)
          it(`has a session with the right password, the ${dialler} dialling`, async () => {
            await meet(kind, dialler, { password: KEY }, { password: KEY });
            await established();
            record(kind, `TCP MD5 (RFC 2385), the ${dialler} dials`);
          });

        it(`has a session with TTL security${signed ? ' and a password' : ''}, the ${dialler} dialling`, async () => {
          const both = { ttlSecurity: true, ...(signed && { password: KEY }) };
          await meet(kind, dialler, both, both);
          await established();
          record(kind, `GTSM (RFC 5082), the ${dialler} dials`);
        });
      }

      const dialler = signsAccepted(kind) ? 'both' : 'router';
      for (const [what, ours, theirs, kinds] of wrong)
        it(`has none with ${what}, ${dialler === 'both' ? 'both' : 'the router'} dialling`, async () => {
          const before = drops();
          await meet(kind, dialler, ours, theirs);
          await dropped(kinds, before);
        });

      it('has none with TTL 64, both dialling', async () => {
        const before = drops();
        await meet(kind, 'both', { ttlSecurity: true }, { ttl: 64 });
        await dropped(['minTtl'], before);
      });
    });
});
