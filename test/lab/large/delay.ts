/** A proxy in front of an AS that keeps back what goes through it, as a long line would: in either direction, so many ms. */
import { connect, createServer, type Server, type Socket } from 'node:net';

export function startDelay(
  listen: { readonly address: string; readonly port: number },
  to: { readonly address: string; readonly port: number },
  ms: number,
): Promise<Server> {
  const pass = (from: Socket, on: Socket) => {
    from.on('data', octets => setTimeout(() => on.write(octets), ms));
    from.on('end', () => setTimeout(() => on.end(), ms));
    from.on('error', () => on.destroy());
    from.on('close', () => setTimeout(() => on.destroy(), ms));
    from.setNoDelay();
  };
  const server = createServer(inward => {
    const outward = connect(to.port, to.address);
    pass(inward, outward);
    pass(outward, inward);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(listen.port, listen.address, () => resolve(server));
  });
}
