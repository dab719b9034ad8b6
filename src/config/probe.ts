/** A `probe` block: from its statements to the tree and back, and the rules that concern several of them. */
import {
  all,
  type Entry,
  entry,
  first,
  list,
  must,
  number,
  numberIn,
  optional,
  placed,
  stated,
  text,
} from './entry.ts';
import { exporterEntry, exporterOf } from './exporter.ts';
import type { InterfaceConfig, ProbeConfig } from './probe-tree.ts';
import type { Report } from './report.ts';
import { where } from './source.ts';
import { translatorEntry, translatorOf } from './translator.ts';

/** The tree of a block in which nothing is wrong. */
export function probeOf(probe: Entry): ProbeConfig {
  const { block } = probe;
  const learn = first(block, 'learn');
  const translator = first(block, 'translator');
  return {
    name: must(text(probe, 'name')),
    neighbors: all(block, 'neighbor as').map(one => ({
      as: must(number(one, 'asn')),
      macs: list(one, 'mac').map(String),
      ...optional('vlan', number(one, 'vlan')),
      ...optional('interface', text(one, 'interface')),
    })),
    interfaces: all(block, 'interface').map(one => ({
      interface: must(text(one, 'interface')),
      ...optional('vlan', number(one, 'vlan')),
      direction: must(text(one, 'direction')) as InterfaceConfig['direction'],
      ...optional('as', number(one, 'asn')),
    })),
    ...optional('certificate', text(stated(block, 'probe', 'certificate'), 'certificate')),
    inside: all(block, 'inside mac').flatMap(one => list(one, 'mac').map(String)),
    learn: learn === undefined ? [] : (list(learn, 'learned') as ProbeConfig['learn']),
    members: all(block, 'members ix-f').map(one => ({
      location: must(text(one, 'location')),
      ...optional('lan', text(one, 'prefix')),
    })),
    ...optional('exporters', exportersOf(block)),
    ...optional('profiles', profilesOf(block)),
    ...optional('translator', translator && translatorOf(translator)),
    retention: numberIn(block, 'probe', 'retention', 'duration'),
    memory: numberIn(block, 'probe', 'memory', 'size'),
    ...optional('disk', diskOf(block)),
    ...optional('precision', precisionOf(block)),
  };
}

function diskOf(block: readonly Entry[]): number | undefined {
  const disk = first(block, 'disk');
  return disk && number(disk, 'size');
}

/** Undefined when it is what it is without a word. */
function precisionOf(block: readonly Entry[]): 8 | undefined {
  const precision = first(block, 'precision');
  return precision && text(precision, 'bits') === '8' ? 8 : undefined;
}

/** Undefined when there is none. */
function exportersOf(block: readonly Entry[]): ProbeConfig['exporters'] {
  const exporters = all(block, 'exporter').map(exporterOf);
  return exporters.length === 0 ? undefined : exporters;
}

/** Undefined when none is stated. */
function profilesOf(block: readonly Entry[]): ProbeConfig['profiles'] {
  const profile = first(block, 'profile');
  return profile === undefined ? undefined : (list(profile, 'profile') as ProbeConfig['profiles']);
}

/** The statements of a tree, everything written out. */
export function probeEntry(probe: ProbeConfig): Entry {
  return entry('global', 'probe', { name: probe.name }, [
    ...probe.neighbors.map(({ as, macs, vlan, interface: name }) =>
      entry('probe', 'neighbor as', { asn: as, mac: macs, vlan, interface: name }),
    ),
    ...probe.interfaces.map(({ interface: name, vlan, direction, as }) =>
      entry('probe', 'interface', { interface: name, vlan, direction, asn: as }),
    ),
    ...(probe.certificate === undefined ? [] : [entry('probe', 'certificate', { certificate: probe.certificate })]),
    ...(probe.inside.length > 0 ? [entry('probe', 'inside mac', { mac: probe.inside })] : []),
    ...(probe.learn.length > 0 ? [entry('probe', 'learn', { learned: probe.learn })] : []),
    ...probe.members.map(({ location, lan }) => entry('probe', 'members ix-f', { location, prefix: lan })),
    ...(probe.exporters ?? []).map(exporterEntry),
    ...(probe.profiles === undefined ? [] : [entry('probe', 'profile', { profile: probe.profiles })]),
    ...(probe.translator === undefined ? [] : [translatorEntry(probe.translator)]),
    entry('probe', 'retention', { duration: probe.retention }),
    entry('probe', 'memory', { size: probe.memory }),
    ...(probe.disk === undefined ? [] : [entry('probe', 'disk', { size: probe.disk })]),
    ...(probe.translator === undefined ? [entry('probe', 'precision', { bits: String(probe.precision ?? 16) })] : []),
  ]);
}

/** Reports probes of other machines that have no door, and a door without a key. */
export function checkRemoteProbes(config: readonly Entry[], report: Report): void {
  const [listen] = all(config, 'probe listen');
  const identity = first(config, 'probe identity') ?? first(config, 'traceback');
  if (listen !== undefined && identity === undefined && !report.damaged)
    report.error(placed(listen), 'nothing is there to be shown to probes, expected `probe identity` or a `traceback`');
  for (const probe of all(config, 'probe'))
    for (const one of all(probe.block, 'certificate'))
      if (listen === undefined && !report.damaged)
        report.error(placed(one), `\`probe ${text(probe, 'name')}\` could not connect, expected a \`probe listen\``);
}

/** Reports addresses that stand for two things, interfaces of which nothing is said, and what would never be learned. */
export function checkProbe(probe: Entry, report: Report): void {
  const { block } = probe;
  const taken = new Map<string, Entry>();
  const take = (key: string, mac: string, one: Entry) => {
    const before = taken.get(key);
    // Of statements that are the same in all of it more has been said already.
    if (before === undefined) taken.set(key, one);
    else if (before === one || String(before.values.mac) !== String(one.values.mac) || before.spec !== one.spec)
      report.error(placed(one), `\`mac ${mac}\` stands in the statement at ${where(placed(before))} already`);
  };
  for (const one of all(block, 'inside mac')) for (const mac of list(one, 'mac')) take(`${mac}`, `${mac}`, one);
  for (const one of all(block, 'neighbor as'))
    for (const mac of list(one, 'mac')) {
      const inside = taken.get(`${mac}`);
      if (inside !== undefined) take(`${mac}`, `${mac}`, one);
      else take(`${mac} ${one.values.vlan ?? ''} ${one.values.interface ?? ''}`, `${mac}`, one);
    }
  for (const one of all(block, 'interface'))
    if (one.whole && text(one, 'direction') === 'both' && number(one, 'asn') === undefined)
      report.error(
        placed(one),
        'nothing is said of this interface, expected `direction in`, `direction out` or `as ASN`',
      );
    else if (one.whole && text(one, 'direction') === 'both' && first(block, 'inside mac') === undefined)
      report.warning(
        placed(one),
        'nothing tells which way a packet goes here, expected `direction in` or `direction out`, or an `inside mac`',
      );
  const [members] = all(block, 'members ix-f');
  const learn = first(block, 'learn');
  if (learn?.whole && !list(learn, 'learned').includes('bgp') && members === undefined)
    report.warning(
      placed(learn),
      'addresses of configured sessions are learned only, expected `learn bgp` or `members ix-f` for others',
    );
}
