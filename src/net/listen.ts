/** Binds a TCP server, whatever is spoken there. */
import type { AddressInfo, Server } from 'node:net';

/**
 * Resolves with the port once it is bound: that of `at`, or the kernel's choice for 0. Rejects with the kernel's words when
 * it cannot be. What goes wrong with the server later goes to `failed`.
 */
export function listenAt(
  server: Server,
  { address, port }: { readonly address: string; readonly port: number },
  failed: (error: Error) => void,
): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: address, port }, () => {
      server.off('error', reject);
      server.on('error', failed);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
