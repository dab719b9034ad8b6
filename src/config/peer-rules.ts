import { parseAddress } from '../net/address.ts';
import { covers, type Prefix, parsePrefix } from '../net/prefix.ts';
import type { SocketDemand } from '../net/tcp-options.ts';
import { checkAnnounce } from './announce-rules.ts';
import {
  all,
  type Entry,
  everyoneCanRead,
  first,
  flag,
  headOf,
  lacks,
  namesOf,
  number,
  placed,
  text,
} from './entry.ts';
import { OTHER_FAMILIES } from './families.ts';
import { checkUsable, isLinkLocal } from './host-address.ts';
import type { Report } from './report.ts';
import { where } from './source.ts';
import type { BgpPeerConfig } from './tree.ts';

/** The statements of a peer: its own, and those of its template that it does not state itself. */
export function sessionOf(peer: Entry, templates: readonly Entry[]): readonly Entry[] {
  const name = text(peer, 'template');
  const shared = templates.find(template => text(template, 'name') === name)?.block ?? [];
  return [...peer.block, ...shared.filter(one => first(peer.block, one.spec.head.join(' ')) === undefined)];
}

/**
 * Which families a session carries: of IPv4 and IPv6 unicast those stated with `yes`, or else all that are not stated with
 * `no`; of the others those stated with `yes`.
 */
export function familiesOf(session: readonly Entry[]): Pick<BgpPeerConfig, 'ipv4' | 'ipv6' | 'others'> {
  const ipv4 = flag(session, 'ipv4');
  const ipv6 = flag(session, 'ipv6');
  const others = OTHER_FAMILIES.filter(family => flag(session, family));
  if (ipv4 || ipv6) return { ipv4, ipv6, others };
  return { ipv4: first(session, 'ipv4') === undefined, ipv6: first(session, 'ipv6') === undefined, others };
}

/** Why the machine cannot do what a session demands of its socket, in words; null when it can. */
export type Kernel = (demand: SocketDemand) => string | null;

/** Whom a block's session is with, as far as it could be read. */
interface Whom {
  readonly one: Entry;
  readonly session: readonly Entry[];
  /** In canonical text, also the prefix of a range. */
  readonly text: string;
  readonly prefix: Prefix;
  readonly device: string;
}

/** Checks sessions against each other, against templates and listeners, and against what the machine can do. */
export function checkPeers(config: readonly Entry[], report: Report, kernel: Kernel): void {
  const templates = all(config, 'template bgp');
  const names = namesOf(templates, 'name');
  const listens = all(config, 'bgp listen').length > 0;
  const known = new Map<string, Whom>();
  const demanded = new Set<string>();
  for (const peer of all(config, 'protocol bgp')) {
    const name = text(peer, 'name') ?? '';
    const template = text(peer, 'template');
    if (!report.damaged && lacks(names, template))
      report.error(placed(peer), `no \`template bgp ${template}\` is defined`);
    const session = sessionOf(peer, templates);
    const whom = whomOf(peer, session, report);
    if (whom !== null) {
      if (flag(session, 'disabled')) continue;
      const key = `${whom.text} ${whom.device}`;
      const before = known.get(key);
      if (before === undefined) known.set(key, whom);
      else
        report.error(
          placed(whom.one),
          `\`${headOf(whom.one)} ${whom.text}\` is stated twice, first at ${where(placed(before.one))}`,
        );
    }
    checkLocal(name, session, whom, report);
    const families = familiesOf(session);
    if (!families.ipv4 && !families.ipv6 && families.others.length === 0)
      report.error(placed(first(session, 'ipv4')!), `\`${name}\` carries no routes, expected \`ipv4;\` or \`ipv6;\``);
    checkAnnounce(
      peer,
      whom && { address: whom.text, isRange: headOf(whom.one) === 'neighbor range' },
      families,
      report,
    );
    checkPassive(name, peer, session, listens, report);
    checkRole(name, session, first(config, 'local as'), report);
    for (const one of session)
      if (!demanded.has(placeKey(one)) && checkDemand(one, whom, report, kernel)) demanded.add(placeKey(one));
  }
  checkKeys([...known.values()], report);
}

const placeKey = (one: Entry): string => where(placed(one));

/** Checks `neighbor`, `neighbor range` and `interface`; null when there is nobody, or what there is could not be read. */
function whomOf(peer: Entry, session: readonly Entry[], report: Report): Whom | null {
  const [one, other] = peer.block.filter(({ spec }) => spec.head[0] === 'neighbor');
  if (one === undefined) {
    if (peer.whole && !report.damaged)
      report.error(
        placed(peer),
        'missing `neighbor` in this `protocol bgp`, expected `neighbor ADDRESS [port PORT] as ASN;` or `neighbor range PREFIX as ASN;`',
      );
    return null;
  }
  if (other !== undefined && headOf(other) !== headOf(one))
    report.error(placed(other), `\`neighbor\` and \`neighbor range\` cannot both be stated, see ${where(placed(one))}`);
  const said = text(one, headOf(one) === 'neighbor' ? 'address' : 'prefix');
  const prefix = said === undefined ? null : parsePrefix(said);
  if (said === undefined || prefix === null) return null;
  const device = first(session, 'interface');
  const readable = device === undefined || device.whole;
  if (headOf(one) === 'neighbor') checkUsable(one, said, device !== undefined, report);
  else if (isLinkLocal(said) && device === undefined)
    report.error(placed(one), `\`${said}\` is link-local: it needs an \`interface\``);
  return readable ? { one, session, text: said, prefix, device: (device && text(device, 'interface')) ?? '' } : null;
}

function checkLocal(name: string, session: readonly Entry[], whom: Whom | null, report: Report): void {
  for (const local of all(session, 'local')) {
    const own = text(local, 'address');
    if (local.whole && own === undefined && number(local, 'asn') === undefined)
      report.error(placed(local), 'expected `address` or `as` after `local`');
    if (own === undefined || whom === null) continue;
    if (parseAddress(own)?.afi !== whom.prefix.afi)
      report.error(
        placed(local),
        `\`local address ${own}\` and \`${headOf(whom.one)} ${whom.text}\` of \`${name}\` are not of one address family`,
      );
    else if (own === whom.text)
      report.error(placed(local), `\`local address\` and \`neighbor\` of \`${name}\` are the same address`);
    else if (isLinkLocal(own) && whom.device === '')
      report.error(placed(local), `\`local address ${own}\` is link-local: it needs an \`interface\``);
  }
}

function checkPassive(name: string, peer: Entry, session: readonly Entry[], listens: boolean, report: Report): void {
  const range = first(peer.block, 'neighbor range');
  const passive = first(session, 'passive');
  if (range === undefined) {
    const limit = first(peer.block, 'limit');
    if (limit !== undefined && first(peer.block, 'neighbor') !== undefined)
      report.error(placed(limit), `\`limit\` is for \`neighbor range\`, and \`${name}\` is one peer`);
  } else if (passive !== undefined && !flag(session, 'passive'))
    report.error(placed(passive), `\`${name}\` is a range: it is always \`passive\``);
  const waits = range ?? (flag(session, 'passive') ? passive : undefined);
  if (waits !== undefined && !listens && !report.damaged)
    report.error(placed(waits), `\`${name}\` would wait for ever, expected a \`bgp listen;\` outside of blocks`);
}

/** RFC 9234 section 4.1: a role is for external peers. */
function checkRole(name: string, session: readonly Entry[], own: Entry | undefined, report: Report): void {
  const role = first(session, 'role');
  const neighbor = session.find(({ spec }) => spec.head[0] === 'neighbor');
  const local = first(session, 'local');
  const ours = (local && number(local, 'asn')) ?? (own && number(own, 'asn'));
  if (role === undefined || ours === undefined || neighbor === undefined) return;
  if (number(neighbor, 'asn') === ours)
    report.error(placed(role), `\`${name}\` is of the own AS: \`role\` is for peers of other ASes`);
}

/** Checks a statement that the kernel must be able to meet, and `maximum prefix`. True when something was said. */
function checkDemand(one: Entry, whom: Whom | null, report: Report, kernel: Kernel): boolean {
  const head = headOf(one);
  if (head === 'maximum prefix') {
    const idle = one.values.duration !== undefined && text(one, 'action') !== 'restart';
    if (idle && one.whole) report.error(placed(one), '`after` is for `restart`');
    return idle;
  }
  if (head !== 'password' && head !== 'ttl security' && head !== 'interface') return false;
  if (head === 'ttl security' && one.values.switch === 'no') return false;
  const range = head === 'password' && whom !== null && headOf(whom.one) === 'neighbor range';
  const why = kernel(range ? 'range password' : head);
  if (why !== null) report.error(placed(one), `\`${head}\` cannot be used on this machine: ${why}`);
  const open = head === 'password' && everyoneCanRead(one);
  if (open) report.warning(placed(one), everyoneReads(one));
  return why !== null || open;
}

/**
 * The kernel looks for the key of a peer by its address alone, the longest prefix first: a peer without one in the range of
 * one that has would be asked for that key, and of two peers with one address only one key would be in force.
 */
function checkKeys(known: readonly Whom[], report: Report): void {
  const keyOf = ({ session }: Whom): string | undefined => {
    const password = first(session, 'password');
    return password && (text(password, 'key') ?? '');
  };
  for (const whom of known) {
    const over = known.find(
      other =>
        other !== whom &&
        covers(other.prefix, whom.prefix) &&
        (other.text === whom.text ? keyOf(other) !== keyOf(whom) : keyOf(other) && keyOf(whom) === undefined),
    );
    if (over === undefined) continue;
    const [what, which] = [`${headOf(whom.one)} ${whom.text}`, `${headOf(over.one)} ${over.text}`];
    if (over.text !== whom.text)
      report.error(placed(whom.one), `\`${what}\` needs a \`password\`: it is in \`${which}\`, which has one`);
    else if (known.indexOf(over) < known.indexOf(whom))
      report.error(placed(whom.one), `\`${what}\` must have the same \`password\` on every interface`);
  }
}

/** The warning about a password that every user can read. */
export const everyoneReads = (one: Entry): string =>
  `every user can read this password: ${placed(one).source.file} is readable by all`;
