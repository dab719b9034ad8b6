import { parseAddress } from '../net/address.ts';
import { all, type Entry, first, flag, list, number, stated, text } from './entry.ts';
import type { Report } from './report.ts';
import { type Place, where } from './source.ts';

/** The statements of a peer: its own, and those of its template that it does not state itself. */
export function sessionOf(peer: Entry, templates: readonly Entry[]): readonly Entry[] {
  const name = text(peer, 'template');
  const shared = templates.find(template => text(template, 'name') === name)?.block ?? [];
  return [...peer.block, ...shared.filter(one => first(peer.block, one.spec.head.join(' ')) === undefined)];
}

/** Which families a session carries: those stated with `yes`, or else all that are not stated with `no`. */
export function familiesOf(session: readonly Entry[]): { readonly ipv4: boolean; readonly ipv6: boolean } {
  const ipv4 = flag(session, 'ipv4');
  const ipv6 = flag(session, 'ipv6');
  if (ipv4 || ipv6) return { ipv4, ipv6 };
  return { ipv4: first(session, 'ipv4') === undefined, ipv6: first(session, 'ipv6') === undefined };
}

/**
 * Checks what one statement says against what others say: names that must be defined, addresses that must fit, what
 * would never work. What could not be read is passed over.
 */
export function checkRules(config: readonly Entry[], report: Report): void {
  checkPeers(config, report);
  checkStations(config, report);
  checkWatches(config, report);
  checkMail(config, report);
  checkTraceback(config, report);
}

const placed = ({ place }: Entry): Place => place!;

/** The names that are defined; null when one of the definitions has a name that could not be read: any may be it. */
function namesOf(definitions: readonly Entry[], field: string): ReadonlySet<string> | null {
  const names = definitions.map(one => text(one, field));
  return names.includes(undefined) ? null : new Set(names.filter(name => name !== undefined));
}

const lacks = (names: ReadonlySet<string> | null, name: string | undefined): boolean =>
  name !== undefined && names !== null && !names.has(name);

function checkPeers(config: readonly Entry[], report: Report): void {
  const templates = all(config, 'template bgp');
  const names = namesOf(templates, 'name');
  const listens = all(config, 'bgp listen').length > 0;
  const neighbors = new Map<string, Entry>();
  for (const peer of all(config, 'protocol bgp')) {
    const name = text(peer, 'name') ?? '';
    const template = text(peer, 'template');
    if (!report.damaged && lacks(names, template))
      report.error(placed(peer), `no \`template bgp ${template}\` is defined`);
    const session = sessionOf(peer, templates);
    const neighbor = first(peer.block, 'neighbor');
    const address = neighbor && text(neighbor, 'address');
    if (neighbor !== undefined && address !== undefined) {
      checkUsable(neighbor, address, report);
      const before = neighbors.get(address);
      if (flag(session, 'disabled')) continue;
      if (before === undefined) neighbors.set(address, neighbor);
      else report.error(placed(neighbor), `\`neighbor ${address}\` is stated twice, first at ${where(placed(before))}`);
    }
    for (const local of all(session, 'local')) {
      const own = text(local, 'address');
      if (local.whole && own === undefined && number(local, 'asn') === undefined)
        report.error(placed(local), 'expected `address` or `as` after `local`');
      if (own === undefined || address === undefined) continue;
      if (parseAddress(own)?.afi !== parseAddress(address)?.afi)
        report.error(
          placed(local),
          `\`local address ${own}\` and \`neighbor ${address}\` of \`${name}\` are not of one address family`,
        );
      else if (own === address)
        report.error(placed(local), `\`local address\` and \`neighbor\` of \`${name}\` are the same address`);
    }
    const families = familiesOf(session);
    if (!families.ipv4 && !families.ipv6)
      report.error(placed(first(session, 'ipv4')!), `\`${name}\` carries no routes, expected \`ipv4;\` or \`ipv6;\``);
    const passive = first(session, 'passive');
    if (passive !== undefined && flag(session, 'passive') && !listens && !report.damaged)
      report.error(placed(passive), `\`${name}\` would wait for ever, expected a \`bgp listen;\` outside of blocks`);
  }
}

/** Two stations cannot listen at one place, nor a station where BGP sessions are accepted. */
function checkStations(config: readonly Entry[], report: Report): void {
  const placeOf = (listen: Entry) => `${text(listen, 'address')} port ${number(listen, 'port')}`;
  const taken = new Map(all(config, 'bgp listen').map(listen => [placeOf(listen), listen]));
  for (const station of all(config, 'protocol bmp')) {
    const listen = stated(station.block, 'bmp', 'listen');
    if (!listen.whole || flag(station.block, 'disabled')) continue;
    const place = placeOf(listen);
    const by = listen.place === null ? station : listen;
    const before = taken.get(place);
    if (before === undefined) taken.set(place, by);
    else report.error(placed(by), `\`${place}\` is listened at already, by the statement at ${where(placed(before))}`);
  }
}

/** An address to connect to must be one that some host can have, and must not need an interface to be named. */
function checkUsable(one: Entry, address: string, report: Report): void {
  if (address === '::' || address.startsWith('0.')) report.error(placed(one), `\`${address}\` is no host's address`);
  else if (/^fe[89ab]/i.test(address))
    report.error(placed(one), `\`${address}\` is link-local: it needs an interface, which cannot be stated`);
}

function checkWatches(config: readonly Entry[], report: Report): void {
  if (report.damaged) return;
  const irrs = all(config, 'irr');
  const sources = namesOf(irrs, 'source');
  const groups = namesOf(all(config, 'group'), 'name');
  const anyMail = all(config, 'notify mail').length > 0;
  for (const watch of all(config, 'watch')) {
    const name = text(watch, 'name') ?? '';
    const selectors = ['maintainer', 'x-keiro', 'prefix'].flatMap(head => all(watch.block, head));
    if (watch.whole && selectors.length === 0)
      report.error(
        placed(watch),
        `\`watch ${name}\` guards nothing, expected \`maintainer\`, \`x-keiro\` or \`prefix\``,
      );
    for (const one of selectors) {
      const source = text(one, 'source');
      if (lacks(sources, source)) report.error(placed(one), `no \`irr ${source}\` is defined`);
      else if (irrs.length === 0 && one.whole && list(one, 'asn').length === 0)
        report.error(
          placed(one),
          `nothing tells who may announce it, expected ${one.spec.head[0] === 'prefix' ? '`origin` here or ' : ''}an \`irr\` outside of blocks`,
        );
    }
    for (const one of all(watch.block, 'group')) {
      const group = text(one, 'group');
      if (lacks(groups, group)) report.error(placed(one), `no \`group ${group}\` is defined`);
    }
    if (!anyMail) report.warning(placed(watch), `nobody is told of \`watch ${name}\`: there is no \`notify\``);
  }
}

function checkMail(config: readonly Entry[], report: Report): void {
  for (const { block } of all(config, 'notify mail')) {
    const to = first(block, 'to');
    if (
      to !== undefined &&
      list(to, 'recipient').includes('group') &&
      all(config, 'group').length === 0 &&
      !report.damaged
    )
      report.error(placed(to), '`to group` needs a `group`, and none is defined');
    const user = first(block, 'user');
    const password = first(block, 'password');
    if (user !== undefined && password === undefined) report.error(placed(user), '`user` needs a `password`');
    if (password === undefined) continue;
    if (user === undefined) report.error(placed(password), '`password` needs a `user`');
    const tls = first(block, 'tls');
    if (tls !== undefined && text(tls, 'tls') === 'none')
      report.warning(placed(tls), '`tls none` sends the password in the clear');
    const { source } = placed(password);
    if (source.readableByAll)
      report.warning(placed(password), `every user can read this password: ${source.file} is readable by all`);
  }
}

function checkTraceback(config: readonly Entry[], report: Report): void {
  const own = first(config, 'local as');
  for (const { block } of all(config, 'traceback'))
    for (const peer of all(block, 'peer as')) {
      if (own !== undefined && number(peer, 'asn') !== undefined && number(peer, 'asn') === number(own, 'asn'))
        report.error(placed(peer), `\`peer as ${number(peer, 'asn')}\` is the own AS`);
      const address = first(peer.block, 'address');
      if (address !== undefined) checkUsable(address, text(address, 'address') ?? '', report);
    }
}
