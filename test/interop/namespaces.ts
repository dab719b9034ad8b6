/** Two network namespaces joined by a link, for what loopback cannot show: link-local addresses, interfaces, real hops. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';

/** Why no namespace can be made here, in words; null when it can. */
export function whyNoNamespaces(): string | null {
  if (process.getuid?.() !== 0) return 'namespaces are made by root';
  try {
    execFileSync('ip', ['-V'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'ip (iproute2) is not installed';
  }
}

export interface Namespace {
  readonly name: string;
  /** The interface of the link in it. */
  readonly link: string;
  /** Starts a program in it; its output is kept. */
  start(command: string, ...words: string[]): { readonly child: ChildProcess; readonly output: () => string };
}

/** Makes two namespaces; `addresses` are those of each side's link, with their lengths. */
export function twoNamespaces(addresses: readonly [readonly string[], readonly string[]]): {
  readonly sides: readonly [Namespace, Namespace];
  close(): Promise<void>;
} {
  const ip = (...words: string[]) => execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'inherit'] });
  const names = ['a', 'b'].map(side => `itk${process.pid}${side}`);
  const links = ['left', 'right'];
  const children = new Set<ChildProcess>();
  for (const name of names) ip('netns', 'add', name);
  ip('link', 'add', links[0]!, 'netns', names[0]!, 'type', 'veth', 'peer', 'name', links[1]!, 'netns', names[1]!);
  const sides = names.map((name, i): Namespace => {
    const link = links[i]!;
    // Only the link-local address that is given, and at once: no detection of duplicates.
    ip('-n', name, 'link', 'set', link, 'addrgenmode', 'none');
    ip('-n', name, 'link', 'set', 'lo', 'up');
    ip('-n', name, 'link', 'set', link, 'up');
    for (const address of addresses[i]!) ip('-n', name, 'address', 'add', address, 'dev', link, 'nodad');
    return {
      name,
      link,
      start(command, ...words) {
        const child = spawn('ip', ['netns', 'exec', name, command, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
        children.add(child);
        let output = '';
        for (const stream of [child.stdout, child.stderr])
          stream.on('data', (chunk: Buffer) => {
            output = (output + chunk.toString()).slice(-50_000);
          });
        return { child, output: () => output };
      },
    };
  });
  return {
    sides: [sides[0]!, sides[1]!],
    async close() {
      // `ip netns exec` becomes the program: its id is the program's.
      for (const child of children) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        const gone = new Promise(resolve => child.once('exit', resolve));
        child.kill('SIGTERM');
        const force = setTimeout(() => child.kill('SIGKILL'), 5000);
        await gone;
        clearTimeout(force);
      }
      for (const name of names) ip('netns', 'delete', name);
    },
  };
}
