/** Who is let in: a connection is held against the bounds, then its peer is looked for; who stays outside is counted. */
import type { Socket } from 'node:net';
import { createAdmission } from '../bgp/admission.ts';
import type { Source } from '../bgp/listener.ts';
import type { Peers } from './peers.ts';
import { createRefusals } from './refusals.ts';

const TOO_OFTEN = {
  source: 'it connects too often',
  all: 'too many connections come from addresses of no peer',
} as const;

export interface Door {
  /** True when a session has taken the connection; one that is not taken is the listener's to close. */
  admit(socket: Socket, source: Source, unkeyed: ReadonlySet<string>): boolean;
  /** Refusals of the last minutes, in words. */
  problems(): readonly string[];
  close(): void;
}

/** `say` gets a line now and then, not one for each connection. */
export function createDoor(peers: Peers, say: (words: string) => void): Door {
  const admission = createAdmission();
  const refusals = createRefusals(say);
  return {
    admit(socket, source, unkeyed) {
      const { address } = source;
      const bound = admission.ask(address, peers.isConfigured(address), performance.now());
      const admitted =
        bound === null
          ? peers.admit(source, unkeyed)
          : { why: bound, words: `connection from ${address} closed: ${TOO_OFTEN[bound]}` };
      if (!('peer' in admitted)) {
        refusals.note(admitted.why, admitted.words);
        return false;
      }
      const { peer } = admitted;
      const accepted = peer.session.accept(socket);
      // One that was made for this connection has nothing else to wait for.
      if (!accepted && peer.range !== null && !peer.connected()) peers.gone(peer);
      return accepted;
    },
    problems: refusals.problems,
    close: refusals.close,
  };
}
