/**
 * Settings that are allowed and dangerous where they were not meant. Each is told with its place and what would be safe; who
 * means it writes that down (`accept risk`), and it is told no more.
 */
import { isLoopback } from '../net/loopback.ts';
import { all, type Entry, first, headOf, list, placed, text } from './entry.ts';
import type { AcceptedRisk, RiskName } from './risk-names.ts';
import { type ConfigError, errorAt } from './source.ts';
import type { Config } from './tree.ts';

/** A risk that nobody has accepted. */
export interface Risk extends ConfigError {
  /** The name of the risk, by which it is accepted. */
  readonly risk: RiskName;
}

interface Found {
  readonly risk: RiskName;
  /** The peer or the like; null where there is only one of its kind. */
  readonly name: string | null;
  readonly at: Entry;
  readonly message: string;
}

/** Tells of a file whether every user of the machine may read it. */
export type ReadableByAll = (file: string) => boolean;

/** The accepted risks of a configuration. */
export const acceptedOf = (entries: readonly Entry[]): AcceptedRisk[] =>
  all(entries, 'accept risk').map(one => ({
    risk: text(one, 'risk') as RiskName,
    names: list(one, 'name').map(String),
  }));

/** The risks of a configuration in which nothing is wrong, in the order of their places. */
export function risksOf(config: Config, entries: readonly Entry[], readableByAll: ReadableByAll): Risk[] {
  const accepted = acceptedOf(entries);
  const isAccepted = ({ risk, name }: Found) =>
    accepted.some(one => one.risk === risk && (one.names.length === 0 || (name !== null && one.names.includes(name))));
  return [
    ...peerRisks(config, entries),
    ...mailRisks(entries),
    ...httpRisks(config, entries),
    ...sourceRisks(entries),
    ...answerRisks(config, entries),
    ...keyRisks(entries, readableByAll),
  ]
    .filter(one => !isAccepted(one))
    .toSorted(
      (a, b) => placed(a.at).source.order - placed(b.at).source.order || placed(a.at).start - placed(b.at).start,
    )
    .map(({ risk, name, at, message }) => {
      const written = `accept risk ${risk}${name === null ? '' : ` for ${name}`};`;
      return { risk, ...errorAt(placed(at), `${message}; who means it writes \`${written}\``) };
    });
}

const named = (entries: readonly Entry[], head: string, name: string): Entry | undefined =>
  all(entries, head).find(one => text(one, 'name') === name);

function peerRisks({ peers }: Config, entries: readonly Entry[]): Found[] {
  return peers.flatMap(peer => {
    const at = named(entries, 'protocol bgp', peer.name);
    if (at === undefined || peer.disabled) return [];
    const { name } = peer;
    return [
      ...(peer.neighborAs !== peer.localAs && peer.prefixLimits.length === 0
        ? [
            {
              ...{ risk: 'bgp-no-limit' as const, name, at },
              message: `peer ${name} of another AS may send any number of routes, expected \`maximum prefix\``,
            },
          ]
        : []),
      ...(peer.range !== null && peer.password === undefined && peer.ttlSecurity === null
        ? [
            {
              ...{ risk: 'bgp-open-range' as const, name, at },
              message: `whoever has an address of the range of ${name} is a peer, expected \`password\` or \`ttl security\``,
            },
          ]
        : []),
    ];
  });
}

/** Case mails name people, and tell who is attacked. */
function mailRisks(entries: readonly Entry[]): Found[] {
  return all(entries, 'notify mail').flatMap(({ block }) => {
    const [tls, smtp] = [first(block, 'tls'), first(block, 'smtp')];
    const host = (smtp && text(smtp, 'host')) ?? '';
    if (tls === undefined || text(tls, 'tls') !== 'none' || host === 'localhost' || isLoopback(host)) return [];
    const message = `mail goes to ${host} in the clear, expected \`tls\` to be another`;
    return [{ risk: 'mail-clear' as const, name: null, at: tls, message }];
  });
}

function httpRisks({ http }: Config, entries: readonly Entry[]): Found[] {
  const at = first(entries, 'http');
  const anonymous = at && first(at.block, 'anonymous');
  const outside = http?.listen.find(({ address }) => !isLoopback(address));
  if (anonymous === undefined || outside === undefined) return [];
  const message = `whoever reaches ${outside.address} may look at everything, expected a \`token\` in place of it`;
  return [{ risk: 'http-anonymous', name: null, at: anonymous, message }];
}

/** What is fetched without proof of who sent it decides what counts as hijacked. */
function sourceRisks(entries: readonly Entry[]): Found[] {
  return all(entries, 'irr').flatMap(({ values, block }) =>
    all(block, 'dump').flatMap(dump => {
      const where = Object.values(dump.values).find(value => /^(http|ftp):/.test(String(value)));
      if (where === undefined) return [];
      const name = String(values.source);
      const message = `whoever is on the way can change what ${name} registers, expected https`;
      return [{ risk: 'irr-clear' as const, name, at: dump, message }];
    }),
  );
}

/** The statements of `answer` that decide it say so where they stand; without them everybody who is let in is told. */
function answerRisks({ traceback }: Config, entries: readonly Entry[]): Found[] {
  const at = first(entries, 'traceback');
  if (at === undefined || traceback === null) return [];
  const answer = first(at.block, 'answer');
  const lets = [...traceback.peers, ...traceback.federations].some(one => one.in === 'allow');
  const decided =
    answer !== undefined && (first(answer.block, 'approval') ?? first(answer.block, 'proof')) !== undefined;
  if (!lets || decided) return [];
  const message =
    'whoever may ask is told of packets that he need not have seen, and nobody looks at it first, ' +
    'expected `proof` or `approval` in `answer`';
  return [{ risk: 'answer-unapproved', name: null, at: answer ?? at, message }];
}

/** Statements that name a file which is secret. */
const KEYS = ['identity', 'probe identity', 'secret', 'dkim'];

function keyRisks(entries: readonly Entry[], readableByAll: ReadableByAll): Found[] {
  return entries.flatMap((one): Found[] => {
    const file = one.values.keyfile ?? one.values.file;
    const open = KEYS.includes(headOf(one)) && typeof file === 'string' && readableByAll(file);
    const message = `every user can read ${file}, expected mode 0600 or 0640`;
    return [
      ...(open ? [{ risk: 'key-readable' as const, name: null, at: one, message }] : []),
      ...keyRisks(one.block, readableByAll),
    ];
  });
}
