/**
 * In which cases the peers of a machine are witnesses. Of thousands of collectors one begins anew, or has told all that it holds:
 * what it costs to find its own witnesses must not grow with those of all others.
 */
import type { Witness } from './case.ts';
import type { OpenCase } from './open-case.ts';

export interface WitnessIndex {
  /** The peer is a witness of the case, or has found no room as one. */
  add(open: OpenCase, peer: string): void;
  /** The case is over. */
  leave(open: OpenCase): void;
  /** The cases in which a peer of the same machine is, or was, one of these. */
  casesOf(peer: string): readonly OpenCase[];
  /**
   * The witnesses of a machine's peers, and those without room, each with its case; '': of peers that are of no machine; left out:
   * all.
   */
  witnesses(machine?: string): Generator<readonly [of: OpenCase, witness: Witness]>;
}

interface Home {
  readonly cases: Set<OpenCase>;
  /** Names of its peers; null: there were too many. */
  peers: Set<string> | null;
}

/** Names that are kept of a machine's peers: as many as it may name. */
const MOST_NAMES = 20_000;

/** Where machines share the cases, a peer is `PEER@ROUTER-ID`. */
const machineOf = (peer: string): string => {
  const at = peer.lastIndexOf('@');
  return at < 0 ? '' : peer.slice(at + 1);
};

export function witnessIndex(): WitnessIndex {
  const homes = new Map<string, Home>();
  const machines = new Map<OpenCase, Set<string>>();

  function* of(open: OpenCase, machine: string, peers: Home['peers']): Generator<readonly [OpenCase, Witness]> {
    const { witnesses, roomless } = open;
    if (peers === null || peers.size > witnesses.size + roomless.size) {
      for (const all of [witnesses, roomless])
        for (const one of all.values()) if (machineOf(one.peer) === machine) yield [open, one];
      return;
    }
    for (const peer of peers) {
      const one = witnesses.get(peer) ?? roomless.get(peer);
      if (one !== undefined) yield [open, one];
    }
  }

  return {
    add(open, peer) {
      const machine = machineOf(peer);
      const home = homes.get(machine) ?? { cases: new Set(), peers: new Set() };
      homes.set(machine, home);
      home.cases.add(open);
      home.peers?.add(peer);
      if (home.peers !== null && home.peers.size > MOST_NAMES) home.peers = null;
      machines.set(open, (machines.get(open) ?? new Set()).add(machine));
    },
    leave(open) {
      for (const machine of machines.get(open) ?? []) {
        const { cases } = homes.get(machine)!;
        cases.delete(open);
        if (cases.size === 0) homes.delete(machine);
      }
      machines.delete(open);
    },
    casesOf: peer => [...(homes.get(machineOf(peer))?.cases ?? [])],
    *witnesses(machine) {
      if (machine === undefined)
        for (const open of machines.keys())
          for (const all of [open.witnesses, open.roomless]) for (const one of all.values()) yield [open, one];
      else {
        const { cases, peers } = homes.get(machine) ?? { cases: [], peers: null };
        for (const open of cases) yield* of(open, machine, peers);
      }
    },
  };
}
