import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { serviceManager } from '../../src/daemon/service-manager.ts';
import type { DatagramSocket } from '../../src/net/datagram-socket.ts';
import { listenUnixDatagrams } from '../../src/net/unix-datagrams.ts';
import { until } from '../interop/bgp-peers.ts';
import { intertrackd } from '../interop/intertrackd.ts';

describe('daemon/service-manager', () => {
  let folder: string;
  let path: string;
  let socket: DatagramSocket;
  const heard: string[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'intertrack-'));
    path = join(folder, 'notify');
    heard.length = 0;
    socket = listenUnixDatagrams({ path }, 'manager', {
      longest: 4096,
      take: octets => heard.push(Buffer.from(octets).toString()),
      failed() {},
    });
  });
  afterEach(() => {
    socket.close();
    rmSync(folder, { recursive: true });
  });

  it('is told when the daemon is ready, reloads and ends, and in between that it is alive', async () => {
    const environment: NodeJS.ProcessEnv = { NOTIFY_SOCKET: path, WATCHDOG_USEC: '20000', HOME: '/' };
    const manager = serviceManager(
      environment,
      why => heard.push(why),
      () => 5_000_000n,
    );
    expect(environment).to.deep.equal({ HOME: '/' });
    manager.working();
    manager.ready();
    await until('it says that it is alive', () => heard.filter(one => one === 'WATCHDOG=1').length > 2);
    manager.reloading();
    manager.ready();
    manager.stopping();
    await until('it says that it ends', () => heard.includes('STOPPING=1'));
    manager.close();
    expect(heard.filter(one => one !== 'WATCHDOG=1')).to.deep.equal([
      'EXTEND_TIMEOUT_USEC=30000000',
      'READY=1',
      'RELOADING=1\nMONOTONIC_USEC=5000',
      'READY=1',
      'STOPPING=1',
    ]);
  });

  it('is not there where the environment names none, and its absence is said where it does', () => {
    const why: string[] = [];
    serviceManager({}, text => why.push(text)).ready();
    expect(why).to.deep.equal([]);
    serviceManager({ NOTIFY_SOCKET: join(folder, 'nobody') }, text => why.push(text)).ready();
    expect(why[0]).to.match(/^the service manager at .*nobody is not told: /);
  });

  it('hears of the real daemon', async () => {
    const daemon = intertrackd('192.0.2.10');
    const before = process.env.NOTIFY_SOCKET;
    try {
      daemon.configure('');
      await daemon.start({ NOTIFY_SOCKET: path });
      await until('it is ready', () => heard.includes('READY=1'));
      daemon.signal('SIGHUP');
      await until('it has reloaded', () => heard.filter(one => one === 'READY=1').length === 2);
      expect(heard.some(one => one.startsWith('RELOADING=1\nMONOTONIC_USEC='))).to.equal(true);
      await daemon.end();
      await until('it has ended', () => heard.includes('STOPPING=1'));
      expect(process.env.NOTIFY_SOCKET).to.equal(before);
    } finally {
      await daemon.close();
    }
  });
});
