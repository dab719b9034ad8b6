/** The blocks of bridges: from their statements to the tree and back, and the rules that concern several of them. */
import type { BridgesConfig, ClientsConfig, RidConfig, RidPeerConfig } from './bridge-tree.ts';
import { endpointOf, identityOf, listensOf } from './endpoint.ts';
import { all, type Entry, entry, first, flag, list, must, numberIn, placed, stated, text, textIn } from './entry.ts';
import type { Report } from './report.ts';

// Below, a word that the schema lists as the only ones possible is taken for its type: it was checked against the list.

/** The tree of a configuration in which nothing is wrong. */
export function bridgesOf(config: readonly Entry[]): BridgesConfig {
  const rid = first(config, 'rid');
  return {
    rid: rid === undefined ? null : ridOf(rid.block),
    packter: clientsOf(config, 'packter'),
    intertrack2010: clientsOf(config, 'intertrack2010'),
  };
}

function ridOf(block: readonly Entry[]): RidConfig {
  return {
    listen: all(block, 'listen').map(endpointOf),
    identity: identityOf(first(block, 'identity')),
    peers: all(block, 'peer').map(peer => ({
      name: must(text(peer, 'name')),
      url: text(stated(peer.block, 'ridpeer', 'url'), 'url') ?? null,
      certificate: textIn(peer.block, 'ridpeer', 'certificate', 'file'),
      in: textIn(peer.block, 'ridpeer', 'in', 'ridpolicy') as RidPeerConfig['in'],
      packets: flag(peer.block, 'raw packets'),
      rate: numberIn(peer.block, 'ridpeer', 'message rate', 'rate'),
    })),
  };
}

function clientsOf(config: readonly Entry[], name: 'packter' | 'intertrack2010'): ClientsConfig | null {
  const bridge = first(config, name);
  if (bridge === undefined) return null;
  const { block } = bridge;
  return {
    listen: listensOf(block, name),
    allow: list(stated(block, name, 'allow'), 'prefix').map(String),
    rate: numberIn(block, name, 'message rate', 'rate'),
  };
}

/** The statements that make this tree. */
export function bridgeEntries({ rid, packter, intertrack2010 }: BridgesConfig): Entry[] {
  return [
    ...(rid === null ? [] : [ridEntry(rid)]),
    ...(packter === null ? [] : [clientsEntry('packter', packter)]),
    ...(intertrack2010 === null ? [] : [clientsEntry('intertrack2010', intertrack2010)]),
  ];
}

const ridEntry = ({ listen, identity, peers }: RidConfig): Entry =>
  entry('global', 'rid', {}, [
    ...listen.map(({ address, port }) => entry('rid', 'listen', { address, port })),
    ...(identity === null ? [] : [entry('rid', 'identity', { file: identity.key, certificate: identity.certificate })]),
    ...peers.map(peer =>
      entry('rid', 'peer', { name: peer.name }, [
        ...(peer.url === null ? [] : [entry('ridpeer', 'url', { url: peer.url })]),
        entry('ridpeer', 'certificate', { file: peer.certificate }),
        entry('ridpeer', 'in', { ridpolicy: peer.in }),
        ...(peer.packets ? [entry('ridpeer', 'raw packets')] : []),
        entry('ridpeer', 'message rate', { rate: peer.rate }),
      ]),
    ),
  ]);

const clientsEntry = (name: 'packter' | 'intertrack2010', { listen, allow, rate }: ClientsConfig): Entry =>
  entry('global', name, {}, [
    ...listen.map(({ address, port }) => entry(name, 'listen', { address, port })),
    entry(name, 'allow', { prefix: allow }),
    entry(name, 'message rate', { rate }),
  ]);

/** Tells what is wrong with the bridges of a configuration. */
export function checkBridges(config: readonly Entry[], report: Report): void {
  const traceback = first(config, 'traceback');
  for (const rid of all(config, 'rid'))
    if (traceback === undefined && first(rid.block, 'identity') === undefined)
      report.error(placed(rid), '`rid` has nothing to show, expected `identity` in its block or a `traceback`');
  for (const head of ['rid', 'packter', 'intertrack2010'])
    for (const bridge of all(config, head))
      if (traceback === undefined)
        report.warning(placed(bridge), `nothing can be traced for \`${head}\`: there is no \`traceback\``);
}
