import { checkBridges } from './bridge.ts';
import {
  all,
  type Entry,
  everyoneCanRead,
  first,
  flag,
  headOf,
  lacks,
  list,
  namesOf,
  number,
  placed,
  stated,
  text,
} from './entry.ts';
import { checkExporters } from './exporter.ts';
import { checkUsable } from './host-address.ts';
import { checkHttp } from './http.ts';
import { checkMachines } from './machines.ts';
import { checkPeers, everyoneReads, type Kernel } from './peer-rules.ts';
import { checkProbe, checkRemoteProbes } from './probe.ts';
import type { Report } from './report.ts';
import { where } from './source.ts';
import { checkTraceback } from './traceback.ts';
import { checkTranslator } from './translator.ts';
import { MINUTE } from './units.ts';

/**
 * Checks what one statement says against what others say: names that must be defined, addresses that must fit, what
 * would never work. What could not be read is passed over.
 */
export function checkRules(config: readonly Entry[], report: Report, kernel: Kernel): void {
  checkPeers(config, report, kernel);
  checkStations(config, report);
  checkSources(config, report);
  checkRpki(config, report);
  checkWatches(config, report);
  checkMail(config, report);
  checkContacts(config, report);
  checkChannels(config, report);
  for (const probe of all(config, 'probe')) {
    checkProbe(probe, report);
    checkExporters(probe, report);
    checkTranslator(probe, report);
  }
  checkRemoteProbes(config, report);
  checkIds(config, report);
  checkTraceback(config, report);
  checkBridges(config, report);
  checkHttp(config, report);
  checkMachines(config, report);
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

/** Nothing of the source is mirrored. */
const isAskedOnly = (irr: Entry): boolean =>
  first(irr.block, 'dump') === undefined && first(irr.block, 'nrtm4') === undefined;

/** A source has one beginning: a dump, which NRTM may go on from, or NRTMv4, which brings its own. */
function checkSources(config: readonly Entry[], report: Report): void {
  for (const irr of all(config, 'irr')) {
    if (!irr.whole || report.damaged) continue;
    const [dump, serial, nrtm, nrtm4, whois] = ['dump', 'serial', 'nrtm', 'nrtm4', 'whois'].map(head =>
      first(irr.block, head),
    );
    if (dump === undefined && nrtm4 === undefined && whois === undefined)
      report.error(
        placed(irr),
        `\`irr ${text(irr, 'source')}\` has nothing to read, expected \`dump\`, \`nrtm4\` or \`whois\` in its block`,
      );
    for (const one of [dump, serial, nrtm])
      if (one !== undefined && nrtm4 !== undefined)
        report.error(placed(one), `\`${one.spec.head[0]}\` does not go with \`nrtm4\`, which brings everything itself`);
    const expiry = first(irr.block, 'expiry');
    if (expiry !== undefined && (number(expiry, 'removal') ?? 0) <= (number(expiry, 'notice') ?? 0))
      report.error(placed(expiry), 'the removal comes before its notice, expected more months for `removal`');
    const refresh = first(irr.block, 'refresh');
    const every = refresh && number(refresh, 'duration');
    if (nrtm4 !== undefined && every && every < MINUTE)
      report.error(placed(refresh), 'NRTMv4 allows one look a minute, expected `refresh 1m` or more');
  }
}

function checkRpki(config: readonly Entry[], report: Report): void {
  for (const rpki of all(config, 'rpki')) {
    if (!rpki.whole || report.damaged || all(rpki.block, 'rtr').length + all(rpki.block, 'file').length > 0) continue;
    report.error(
      placed(rpki),
      `\`rpki ${text(rpki, 'name')}\` has nothing to ask, expected \`rtr\` or \`file\` in its block`,
    );
  }
}

/** What says by the registry which prefixes a watch guards, and what says it by itself. */
const REGISTERED = ['maintainer', 'x-keiro', 'prefix', 'as', 'as-set', 'source'];
const DECLARED = ['originated', 'segment', 'unused', 'bogons'];

function checkWatches(config: readonly Entry[], report: Report): void {
  if (report.damaged) return;
  const irrs = all(config, 'irr');
  const sources = namesOf(irrs, 'source');
  const groups = namesOf(all(config, 'group'), 'name');
  const anyNotify = config.some(({ spec }) => spec.head[0] === 'notify');
  for (const watch of all(config, 'watch')) {
    const name = text(watch, 'name') ?? '';
    const selectors = REGISTERED.flatMap(head => all(watch.block, head));
    const declared = DECLARED.flatMap(head => all(watch.block, head));
    if (watch.whole && selectors.length + declared.length === 0)
      report.error(
        placed(watch),
        `\`watch ${name}\` guards nothing, expected \`maintainer\`, \`x-keiro\`, \`prefix\` or another selector`,
      );
    for (const one of selectors) {
      const source = text(one, 'source');
      if (lacks(sources, source)) report.error(placed(one), `no \`irr ${source}\` is defined`);
      else if (irrs.some(irr => text(irr, 'source') === source && irr.whole && isAskedOnly(irr)))
        report.error(
          placed(one),
          `\`irr ${source}\` is only asked by whois, expected \`dump\` or \`nrtm4\` in its block`,
        );
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
    if (!anyNotify) report.warning(placed(watch), `nobody is told of \`watch ${name}\`: there is no \`notify\``);
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
    if (everyoneCanRead(password)) report.warning(placed(password), everyoneReads(password));
  }
}

function checkContacts(config: readonly Entry[], report: Report): void {
  for (const { block } of all(config, 'contacts')) {
    const [file, url, key] = ['file', 'url', 'key'].map(head => first(block, `peeringdb ${head}`));
    if (file !== undefined && url !== undefined)
      report.error(placed(url), '`peeringdb url` does not go with `peeringdb file`: expected one of them');
    if (key === undefined) continue;
    if (url === undefined && !report.damaged) report.error(placed(key), '`peeringdb key` needs a `peeringdb url`');
    if (everyoneCanRead(key)) report.warning(placed(key), everyoneReads(key));
  }
}

/** Webhooks, syslog servers and programs. */
function checkChannels(config: readonly Entry[], report: Report): void {
  const groups = namesOf(all(config, 'group'), 'name');
  for (const one of config) {
    if (one.spec.head[0] !== 'notify' || headOf(one) === 'notify mail') continue;
    const { block } = one;
    const group = first(block, 'group');
    const named = group && text(group, 'group');
    if (group !== undefined && !report.damaged && lacks(groups, named))
      report.error(placed(group), `no \`group ${named}\` is defined`);
    const secret = first(block, 'secret') ?? first(block, 'account');
    if (secret !== undefined && everyoneCanRead(secret)) report.warning(placed(secret), everyoneReads(secret));
    if (headOf(one) !== 'notify syslog') continue;
    checkUsable(one, text(one, 'address') ?? '', false, report);
    if (text(stated(block, 'syslog', 'protocol'), 'transport') === 'tls') continue;
    for (const head of ['server name', 'authority'])
      for (const tls of all(block, head)) report.error(placed(tls), `\`${head}\` needs \`protocol tls\``);
  }
}

/** Where alerts come from, and which of them are traced. */
function checkIds(config: readonly Entry[], report: Report): void {
  if (report.damaged) return;
  for (const ids of all(config, 'ids')) {
    const having = (...heads: string[]) => heads.some(head => first(ids.block, head) !== undefined);
    const name = `\`ids ${text(ids, 'name') ?? ''}\``;
    const eve = having('eve file', 'eve socket');
    const rule = having('on alert signature', 'on alert text', 'on alert category', 'on alert severity');
    if (!ids.whole) continue;
    if (!eve && !having('spool'))
      report.error(
        placed(ids),
        `${name} has nothing to read, expected \`eve file\`, \`eve socket\` or \`spool\` in its block`,
      );
    else if (eve && !rule)
      report.error(
        placed(ids),
        `${name} traces no alert, expected \`on alert signature\` or another \`on alert\` in its block`,
      );
    if (first(config, 'traceback') === undefined)
      report.warning(placed(ids), `nothing of ${name} can be traced: there is no \`traceback\``);
  }
}
