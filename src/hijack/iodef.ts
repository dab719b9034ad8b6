/**
 * A case as an IODEF document (RFC 7970): for CSIRTs, and for the other AS. The elements stand in the order of the RFC's
 * classes; what a case has and IODEF has no class for is AdditionalData.
 */
import { parsePrefix } from '../net/prefix.ts';
import type { Case, Witness } from './case.ts';
import type { SealedEvidence } from './evidence-chain.ts';
import { incidentOf } from './incident.ts';
import { isOfRoa } from './kinds.ts';

/** What a document needs beside the case. */
export interface IodefOptions {
  /** Who writes it: a name that is unique in the world, the host's (section 3.4). */
  readonly name: string;
  /** Mail address of the creator; null: its name has to do. */
  readonly contact: string | null;
  /** Other cases of its incident. */
  readonly related: readonly string[];
  readonly evidence: readonly SealedEvidence[];
  /** Now, ms since the epoch. */
  readonly now: number;
}

type Attributes = Readonly<Record<string, string>>;
/** An element, already as text. */
type Xml = string;

/** The case's document, with its XML declaration, in UTF-8 when written so. */
export function iodefDocument(of: Case, options: IodefOptions): string {
  const { name, contact, related, evidence, now } = options;
  const status = of.state === 'resolved' ? 'resolved' : of.acknowledged === undefined ? 'new' : 'in-progress';
  const incident = element(
    'Incident',
    { purpose: 'reporting', status, 'xml:lang': 'en', restriction: 'need-to-know' },
    [
      element('IncidentID', { name }, of.id),
      ...relatedActivity(of, name, related),
      time('DetectTime', of.opened),
      time('StartTime', Math.min(of.opened, ...of.witnesses.map(({ since }) => since))),
      ...(of.ended === null ? [] : [time('EndTime', of.ended)]),
      time('GenerationTime', now),
      element('Description', {}, what(of)),
      ...(of.hints ?? []).map(({ hint, text }) => element('Description', {}, `${hint}: ${text}`)),
      element('Discovery', { source: 'ext-value', 'ext-source': 'bgp-monitoring' }, [
        element('Description', {}, `Routes of ${of.witnesses.length} BGP peers against the IRR and the RPKI`),
      ]),
      assessment(of),
      creator(name, contact),
      element('EventData', {}, [
        element('Description', {}, of.why === undefined ? what(of) : of.why.rule),
        element('Flow', {}, systems(of)),
        ...of.objects.map(({ source, text }) => data('string', `registered object, ${source}`, text)),
      ]),
      history(of),
      ...(of.why === undefined ? [] : [data('json', 'why-record', JSON.stringify(of.why))]),
      ...evidence.map(({ number, hash, body }) => data('json', `evidence ${number}, SHA-256 ${hash}`, body)),
    ],
  );
  const document = element(
    'IODEF-Document',
    { version: '2.00', 'xml:lang': 'en', xmlns: 'urn:ietf:params:xml:ns:iodef-2.0' },
    [incident],
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n${document}\n`;
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

/** Section 3.9. */
const creator = (name: string, contact: string | null): Xml =>
  element('Contact', { role: 'creator', type: 'organization' }, [
    element('ContactName', {}, name),
    ...(contact === null ? [] : [element('Email', {}, [element('EmailTo', {}, contact)])]),
  ]);

/** Section 3.17: the AS that announces, the prefix and the ASes that it is registered to, and those who saw it. */
function systems(of: Case): Xml[] {
  const net = parsePrefix(of.prefix)?.afi === 2 ? 'ipv6-net' : 'ipv4-net';
  const one = (category: string, addresses: readonly (readonly [string, string])[], words: string) =>
    element('System', { category }, [
      element(
        'Node',
        {},
        addresses.map(([kind, address]) => element('Address', { category: kind }, address)),
      ),
      element('Description', {}, words),
    ]);
  const asn = (as: number) => ['asn', String(as)] as const;
  return [
    ...(of.offender === null || isOfRoa(of.kind) ? [] : [one('source', [asn(of.offender)], 'announces the prefix')]),
    ...(of.upstream === null ? [] : [one('intermediate', [asn(of.upstream)], 'one up the path of most peers')]),
    one('target', [[net, of.prefix], ...of.expected.map(asn)], 'the prefix, and whom it is registered to'),
    ...of.witnesses.map(witness => one('sensor', sensor(witness), seen(witness))),
  ];
}

const sensor = ({ address, as }: Witness): (readonly [string, string])[] => [
  ...(address === '' ? [] : [[address.includes(':') ? 'ipv6-addr' : 'ipv4-addr', address] as const]),
  ['asn', String(as)],
];

function seen({ peer, state, since, until, path }: Witness): string {
  const hops = path.map(hop => (typeof hop === 'number' ? String(hop) : `{${hop.join(',')}}`)).join(' ');
  return `${peer} ${state}, since ${iso(since)}${until === null ? '' : `, until ${iso(until)}`}, AS path ${hops}`;
}

/** Section 3.13. */
function history({ timeline }: Case): Xml {
  const items = timeline.map(({ time: at, what: line, state, by }) =>
    element('HistoryItem', { action: 'other' }, [
      time('DateTime', at),
      element('Description', {}, `${state}: ${line}${by === undefined ? '' : ` (${by})`}`),
    ]),
  );
  return items.length === 0 ? '' : element('History', {}, items);
}

const data = (dtype: 'json' | 'string', meaning: string, text: string): Xml =>
  element('AdditionalData', { dtype, meaning }, text);

const iso = (at: number): string => new Date(at).toISOString();

const time = (tag: string, at: number): Xml => element(tag, {}, iso(at));

/** An element with its content: elements, or a text that is escaped. */
function element(tag: string, attributes: Attributes, content: readonly Xml[] | string): Xml {
  const given = Object.entries(attributes).map(([name, value]) => ` ${name}="${escaped(value)}"`);
  const inner = typeof content === 'string' ? escaped(content) : content.join('');
  return inner === '' ? `<${tag}${given.join('')}/>` : `<${tag}${given.join('')}>${inner}</${tag}>`;
}

/** XML 1.0 section 2.2: what may stand in a document at all; the rest, and half a surrogate pair, becomes U+FFFD. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  // As they are they would be read as blanks in an attribute, or as another line end in a text.
  '\t': '&#9;',
  '\r': '&#13;',
};

function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(FORBIDDEN, '\ufffd')
    .replace(/[&<>"\t\r]/g, found => ESCAPES[found]!);
}
