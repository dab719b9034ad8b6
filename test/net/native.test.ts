import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { socketCalls } from '../../src/net/native.ts';

const url = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);

/** Runs a script in a process of its own in which koffi cannot be loaded. */
async function withoutKoffi(script: string): Promise<string> {
  const deny = `import { registerHooks } from 'node:module';
    registerHooks({ resolve(name, context, next) {
      if (name === 'koffi') throw new Error("Cannot find module 'koffi'");
      return next(name, context);
    } });`;
  const words = ['--import', `data:text/javascript,${encodeURIComponent(deny)}`, '--input-type=module', '-e', script];
  return (await promisify(execFile)(process.execPath, words, { timeout: 15_000 })).stdout.trim();
}

describe('net/native', () => {
  it('tells errors by their code', () => {
    const calls = socketCalls();
    if (typeof calls === 'string') throw new Error(calls);
    expect(() => calls.interfaceIndex('nowhere0'))
      .to.throw('if_nametoindex ENODEV')
      .with.property('code', 'ENODEV');
    expect(() => calls.bind(-1, new Uint8Array(16))).to.throw('bind EBADF');
    expect(calls.interfaceIndex('lo')).to.be.greaterThan(0);
  });

  describe('without koffi', () => {
    it('refuses what needs it, in the configuration and on the wire', async () => {
      const out = await withoutKoffi(`
        import { parseConfig } from ${url('../../src/config/index.ts')};
        import { dial, protectAccepted } from ${url('../../src/net/tcp-options.ts')};
        const loaded = parseConfig('router id 192.0.2.1; local as 1; protocol bgp a { neighbor 192.0.2.2 as 2; password "k"; }', 'c');
        console.log(loaded.ok ? 'accepted' : loaded.errors[0].message);
        dial({ host: '127.0.0.1', port: 9, password: 'k' }).on('error', error => console.log(error.message));
      `);
      const why = "the C library cannot be reached (koffi: Cannot find module 'koffi')";
      expect(out.split('\n')).to.deep.equal([`\`password\` cannot be used on this machine: ${why}`, why]);
    });

    it('goes on for sessions that demand nothing', async () => {
      const out = await withoutKoffi(`
        import { once } from 'node:events';
        import { listenBgp } from ${url('../../src/bgp/listener.ts')};
        import { dial, unacknowledged } from ${url('../../src/net/tcp-options.ts')};
        const listener = await listenBgp({ address: '127.0.0.1', port: 0 }, socket => { socket.end('hello'); return true; });
        const socket = dial({ host: '127.0.0.1', port: listener.port });
        const [words] = await once(socket, 'data');
        console.log(String(words), unacknowledged(socket));
        await listener.close();
      `);
      expect(out).to.equal('hello 0');
    });
  });
});
