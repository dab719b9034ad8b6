/**
 * The inter-domain managers of many ASes in one process, the real ones, that ask each other without sockets or seals: for
 * what a search finds, and how sure it is of it, those are no matter.
 */
import type { TracePeerConfig } from '../../../src/config/traceback-tree.ts';
import { type AnswerNode, flatten, type Leaf } from '../../../src/traceback/branch.ts';
import type { Probes } from '../../../src/traceback/btm.ts';
import { createItm, type Itm, type Search } from '../../../src/traceback/itm.ts';
import type { Peering } from '../../../src/traceback/peering.ts';
import type { SignedRequest } from '../../../src/traceback/request.ts';
import type { TraceNode } from '../../../src/traceback/trace.ts';
import { graphAt } from '../large/ases.ts';
import type { World } from '../large/world.ts';

export interface Managers {
  /** Traces from an AS: what its D-point would have opened. */
  trace(
    as: number,
    signed: SignedRequest,
    budget: number,
  ): Promise<{ readonly tree: TraceNode; readonly queries: number }>;
}

/** `probes` and `coverage` of each AS. Members of the world that are no neighbours ask each other too. */
export function newManagers(
  world: Pick<World, 'internet' | 'members' | 'peers'>,
  probes: (as: number) => Probes,
  coverage: (as: number) => number | null,
): Managers {
  const itms = new Map<number, Itm>();
  const peerings = new Map<number, Peering>();
  /** What was "sealed": its place in here. */
  const leaves: Leaf[] = [];
  const places = new Map<Leaf, Uint8Array>();
  const seal = (leaf: Leaf): Uint8Array => {
    const known = places.get(leaf);
    if (known !== undefined) return known;
    const octets = new Uint8Array(new Uint32Array([leaves.push(leaf) - 1]).buffer);
    places.set(leaf, octets);
    return octets;
  };
  const config = (as: number): TracePeerConfig => ({
    ...{ as, address: '', port: 0, certificate: '', in: 'allow', out: 'allow', rate: 1e6 },
  });
  const asked = {
    reachable: () => true,
    tell: () => true,
    accept() {},
    shun() {},
    countRefused() {},
    reach() {},
    reset() {},
    hold() {},
    configure() {},
    close() {},
    status: () => {
      throw new Error('a peering without a session has no status');
    },
  };
  const peering = (as: number): Peering => {
    const known = peerings.get(as) ?? {
      ...asked,
      as,
      config: () => config(as),
      ask(ask, events) {
        const controller = new AbortController();
        void itms
          .get(as)!
          .search(ask, controller.signal, () => {})
          .then(search => {
            const { tree, queries } = search;
            if (!controller.signal.aborted)
              events.answer({ type: 'answer', id: 0, final: true, queries, nodes: flatten(tree, seal) });
          });
        return () => controller.abort();
      },
    };
    peerings.set(as, known);
    return known;
  };
  const members = new Set(world.members);
  for (const as of world.members) {
    const own = new Map(world.peers.get(as)!.map(peer => [peer, peering(peer)]));
    itms.set(
      as,
      createItm({
        as,
        probes: probes(as),
        graph: graphAt(world.internet, as),
        answer: () => ({ detail: 'neighbor-as', coverage: coverage(as) }),
        peerings: () => own,
        members: {
          askable: () => world.members.filter(one => one !== as),
          withdrew: () => false,
          ask: one => (one !== as && members.has(one) ? peering(one) : null),
        },
        isAdjacent: () => false,
        clock: Date.now,
        log: () => {},
        asked: () => {},
      }),
    );
  }
  const open = (node: AnswerNode): TraceNode => ({
    ...('leaf' in node ? node.leaf : leaves[new Uint32Array(node.sealed.slice().buffer)[0]!]!),
    signed: 'good',
    children: node.children.map(open),
  });
  return {
    async trace(as, signed, budget) {
      const search: Search = await itms
        .get(as)!
        .search(
          { hops: [], ttl: 16, deadline: Date.now() + 2000, budget, signed },
          new AbortController().signal,
          () => {},
        );
      const tree = open(search.tree);
      leaves.length = 0;
      places.clear();
      return { tree, queries: search.queries };
    },
  };
}
