/**
 * A case as an IODEF document (RFC 7970): for CSIRTs, and for the other AS. The elements stand in the order of the RFC's
 * classes; what a case has and IODEF has no class for is AdditionalData.
 */
import { parsePrefix } from '../net/prefix.ts';
import { element, type Xml } from '../xml/element.ts';
import {
  type IodefCreator,
  iodefAs,
  iodefCreator,
  iodefData,
  iodefIncident,
  iodefInstant,
  iodefOf,
  iodefSystem,
  iodefTime,
} from '../xml/iodef.ts';
import type { Case, Witness } from './case.ts';
import type { SealedEvidence } from './evidence-chain.ts';
import { incidentOf } from './incident.ts';
import { isOfRoa } from './kinds.ts';

/** What a document needs beside the case. */
export interface IodefOptions extends IodefCreator {
  /** Other cases of its incident. */
  readonly related: readonly string[];
  readonly evidence: readonly SealedEvidence[];
  /** Now, ms since the epoch. */
  readonly now: number;
}

/** The case's document, with its XML declaration, in UTF-8 when written so. */
export function iodefDocument(of: Case, options: IodefOptions): string {
  const { name, related, evidence, now } = options;
  const status = of.state === 'resolved' ? 'resolved' : of.acknowledged === undefined ? 'new' : 'in-progress';
  return iodefOf(
    iodefIncident({ purpose: 'reporting', status }, [
      element('IncidentID', { name }, of.id),
      ...relatedActivity(of, name, related),
      iodefTime('DetectTime', of.opened),
      iodefTime('StartTime', Math.min(of.opened, ...of.witnesses.map(({ since }) => since))),
      ...(of.ended === null ? [] : [iodefTime('EndTime', of.ended)]),
      iodefTime('GenerationTime', now),
      element('Description', {}, what(of)),
      ...(of.hints ?? []).map(({ hint, text }) => element('Description', {}, `${hint}: ${text}`)),
      element('Discovery', { source: 'ext-value', 'ext-source': 'bgp-monitoring' }, [
        element('Description', {}, `Routes of ${of.witnesses.length} BGP peers against the IRR and the RPKI`),
      ]),
      assessment(of),
      iodefCreator(options),
      element('EventData', {}, [
        element('Description', {}, of.why === undefined ? what(of) : of.why.rule),
        element('Flow', {}, systems(of)),
        ...of.objects.map(({ source, text }) => iodefData('string', `registered object, ${source}`, text)),
      ]),
      history(of),
      ...(of.why === undefined ? [] : [iodefData('json', 'why-record', JSON.stringify(of.why))]),
      ...evidence.map(({ number, hash, body }) => iodefData('json', `evidence ${number}, SHA-256 ${hash}`, body)),
    ]),
  );
}

function what({
  kind,
  prefix,
  origin,
  offender,
  ground,
  expected,
  decidedBy,
  upstream,
  peakWitnesses,
  drill,
}: Case): string {
  const asn = (as: number | null) => (as === null ? 'an AS_SET' : `AS${as}`);
  const registered = expected.length === 0 ? [] : [`${decidedBy} is registered to ${expected.map(asn).join(', ')}`];
  const parts = [
    `${drill ? 'Drill, no such route exists: ' : ''}${kind}: ${prefix} ${isOfRoa(kind) ? 'of' : 'announced by'} ${asn(origin)}${upstream === null ? '' : ` via AS${upstream}`}`,
    ...(offender === origin ? [] : [`to be asked is ${asn(offender)}`]),
    ...(ground === '' ? [] : [ground]),
    ...registered,
    `seen by ${peakWitnesses} peers at most`,
  ];
  return parts.join('; ');
}

function relatedActivity(of: Case, name: string, related: readonly string[]): Xml[] {
  const ids = related.filter(id => id !== of.id);
  if (ids.length === 0) return [];
  return [
    element('RelatedActivity', {}, [
      ...ids.map(id => element('IncidentID', { name }, id)),
      element('Description', {}, `cases of incident ${incidentOf(of)}`),
    ]),
  ];
}

/** Section 3.12. The RFC knows three severities. */
function assessment({ kind, severity, hints = [], state }: Case): Xml {
  const words = {
    critical: 'high',
    major: 'high',
    minor: 'medium',
    info: 'low',
    ok: 'low',
    'no-opinion': 'low',
  } as const;
  const impact = { type: 'traffic-redirection', ...(severity !== undefined && { severity: words[severity] }) };
  const completion = state === 'suspected' ? {} : { completion: 'succeeded' };
  return element('Assessment', { occurrence: 'potential' }, [
    element('SystemImpact', { ...impact, ...completion }, [
      element(
        'Description',
        {},
        isOfRoa(kind)
          ? 'Networks that validate origins no longer refuse false ones for the prefix'
          : 'Traffic to the prefix may be drawn to the AS that announces it',
      ),
    ]),
    ...hints.map(({ text }) => element('MitigatingFactor', {}, text)),
  ]);
}

/** Section 3.17: the AS that announces, the prefix and the ASes that it is registered to, and those who saw it. */
function systems(of: Case): Xml[] {
  const net = parsePrefix(of.prefix)?.afi === 2 ? 'ipv6-net' : 'ipv4-net';
  return [
    ...(of.offender === null || isOfRoa(of.kind)
      ? []
      : [iodefSystem('source', [iodefAs(of.offender)], 'announces the prefix')]),
    ...(of.upstream === null
      ? []
      : [iodefSystem('intermediate', [iodefAs(of.upstream)], 'one up the path of most peers')]),
    iodefSystem('target', [[net, of.prefix], ...of.expected.map(iodefAs)], 'the prefix, and whom it is registered to'),
    ...of.witnesses.map(witness => iodefSystem('sensor', sensor(witness), seen(witness))),
  ];
}

const sensor = ({ address, as }: Witness): (readonly [string, string])[] => [
  ...(address === '' ? [] : [[address.includes(':') ? 'ipv6-addr' : 'ipv4-addr', address] as const]),
  ['asn', String(as)],
];

function seen({ peer, state, since, until, path }: Witness): string {
  const hops = path.map(hop => (typeof hop === 'number' ? String(hop) : `{${hop.join(',')}}`)).join(' ');
  return `${peer} ${state}, since ${iodefInstant(since)}${until === null ? '' : `, until ${iodefInstant(until)}`}, AS path ${hops}`;
}

/** Section 3.13. */
function history({ timeline }: Case): Xml {
  const items = timeline.map(({ time: at, what: line, state, by }) =>
    element('HistoryItem', { action: 'other' }, [
      iodefTime('DateTime', at),
      element('Description', {}, `${state}: ${line}${by === undefined ? '' : ` (${by})`}`),
    ]),
  );
  return items.length === 0 ? '' : element('History', {}, items);
}
