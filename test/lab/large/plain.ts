/**
 * Sessions over TCP alone, for testbeds of thousands of managers: each side says its AS in four octets and is believed.
 * Nothing of the product knows of it.
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Transport } from '../../../src/traceback/transport.ts';

const AS_OCTETS = 4;

function sayAs(socket: Socket, as: number): void {
  const octets = Buffer.alloc(AS_OCTETS);
  octets.writeUInt32BE(as);
  socket.write(octets);
}

/** Hands on the AS that the other side says it is; what comes behind goes back into the socket. */
function hearAs(socket: Socket, then: (as: number) => void): void {
  let octets = Buffer.alloc(0);
  const take = (chunk: Buffer) => {
    octets = Buffer.concat([octets, chunk]);
    if (octets.length < AS_OCTETS) return;
    socket.off('data', take);
    socket.pause();
    if (octets.length > AS_OCTETS) socket.unshift(octets.subarray(AS_OCTETS));
    then(octets.readUInt32BE());
    // Whoever takes the socket speaks first.
    setImmediate(() => socket.resume());
  };
  socket.on('data', take);
}

export const PLAIN: Transport = {
  dial({ as, place, identity, up, failed }) {
    const socket = connect(place.port, place.address);
    let reason = 'connection closed';
    const gone = () => failed(reason, false);
    socket.once('error', error => {
      reason = error.message;
    });
    socket.once('close', gone);
    sayAs(socket, identity().as);
    hearAs(socket, other => {
      if (other !== as) return void socket.destroy();
      socket.off('close', gone);
      up(socket);
    });
    return { abandon: () => socket.destroy() };
  },
  listen({ listen, identity, peering, log }) {
    const server = createServer(socket => {
      socket.on('error', () => socket.destroy());
      sayAs(socket, identity().as);
      hearAs(socket, as => {
        const wanted = peering(as);
        if (wanted === undefined) socket.destroy();
        else wanted.accept(socket);
      });
    });
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: listen.address, port: listen.port }, () => {
        server.off('error', reject);
        server.on('error', error => log('error', error.message));
        const { port } = server.address() as AddressInfo;
        resolve({ listen, port, renew() {}, close: () => server.close() });
      });
    });
  },
};
