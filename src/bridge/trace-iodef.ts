/** A trace as an IODEF document (RFC 7970): for CSIRTs, and for the other AS. Elements stand in the order of the RFC. */
import type { Trace } from '../traceback/trace.ts';
import { element, type Xml } from '../xml/element.ts';
import {
  iodefContact,
  iodefCreator,
  iodefData,
  iodefExpectation,
  iodefIncident,
  iodefOf,
  iodefTime,
} from '../xml/iodef.ts';
import type { EntryContacts } from './conclusion.ts';
import { recordOf, systemOf } from './iodef-v1.ts';
import { type TraceIncidentOptions, traceIncident } from './trace-incident.ts';

/** The document, with its XML declaration, in UTF-8 when written so. */
export function traceIodef(trace: Trace, options: TraceIncidentOptions): string {
  const incident = traceIncident(trace, options);
  const { confidence, descriptions, expected, records, systems } = incident;
  const status = trace.state === 'partial' ? 'in-progress' : 'new';
  return iodefOf(
    iodefIncident({ purpose: 'traceback', status }, [
      element('IncidentID', { name: incident.incident.name }, incident.incident.id),
      iodefTime('DetectTime', trace.time),
      iodefTime('StartTime', trace.from),
      iodefTime('EndTime', trace.to),
      iodefTime('GenerationTime', options.now),
      ...descriptions.map(text => element('Description', {}, text)),
      element('Assessment', { occurrence: 'actual' }, [
        element('SystemImpact', { type: 'unknown' }, ''),
        ...(confidence === null ? [] : [element('Confidence', { rating: 'numeric' }, String(confidence))]),
      ]),
      iodefCreator(options.creator),
      element('EventData', {}, [
        ...options.contacts.flatMap(contactsOf),
        element('Flow', {}, systems.map(systemOf)),
        ...iodefExpectation(expected),
        element('Record', {}, records.map(recordOf)),
      ]),
      ...incident.data.map(({ meaning, text }) => iodefData('json', meaning, text)),
    ]),
  );
}

/** Section 3.9: whom to call about an AS. */
function contactsOf({ as, lines }: EntryContacts): Xml[] {
  const attributes = { role: 'tech', type: 'organization' };
  if (lines.length === 0) return [iodefContact(attributes, `AS${as}`, [], [], 'no contact known')];
  return lines.map(({ role, name, reach, source }) =>
    iodefContact(
      { ...attributes, role: role === 'administrative' ? 'admin' : role === 'abuse' ? 'abuse' : 'tech' },
      name === '' ? `AS${as}` : name,
      reach.filter(to => to.includes('@')),
      reach.filter(to => !to.includes('@')),
      `${role} of AS${as}, from ${source}`,
    ),
  );
}
