/**
 * IODEF version 2 (RFC 7970): what the documents of cases and of traces have in common; systems, expectations and instants
 * are the same in version 1. The elements stand in the order of the RFC's classes.
 */
import { type Attributes, document, element, type Xml } from './element.ts';

/** Who writes a document. */
export interface IodefCreator {
  /** A name that is unique in the world, the host's (section 3.4). */
  readonly name: string;
  /** Mail address; null: the name has to do. */
  readonly contact: string | null;
}

/** A document of one incident (section 3.1). */
export function iodefOf(incident: Xml): string {
  return document(
    element('IODEF-Document', { version: '2.00', 'xml:lang': 'en', xmlns: 'urn:ietf:params:xml:ns:iodef-2.0' }, [
      incident,
    ]),
  );
}

/** An incident in English that only those read who have to (section 3.2). */
export const iodefIncident = (attributes: Attributes, content: readonly Xml[]): Xml =>
  element('Incident', { ...attributes, 'xml:lang': 'en', restriction: 'need-to-know' }, content);

/** Section 3.9: the creator of the document. */
export const iodefCreator = ({ name, contact }: IodefCreator): Xml =>
  iodefContact({ role: 'creator', type: 'organization' }, name, contact === null ? [] : [contact], []);

/** Section 3.9: a contact with its mail addresses and telephone numbers. */
export const iodefContact = (
  attributes: Attributes,
  name: string,
  mail: readonly string[],
  telephone: readonly string[],
  remark = '',
): Xml =>
  element('Contact', attributes, [
    element('ContactName', {}, name),
    ...(remark === '' ? [] : [element('Description', {}, remark)]),
    ...mail.map(to => element('Email', {}, [element('EmailTo', {}, to)])),
    ...telephone.map(number => element('Telephone', {}, [element('TelephoneNumber', {}, number)])),
  ]);

/** Section 3.17: a system by its addresses, each with its category, and a word about it. */
export const iodefSystem = (
  category: string,
  addresses: readonly (readonly [category: string, address: string])[],
  words: string,
): Xml =>
  element('System', { category }, [
    element(
      'Node',
      {},
      addresses.map(([kind, address]) => element('Address', { category: kind }, address)),
    ),
    element('Description', {}, words),
  ]);

/** An AS as an address (section 3.18.1). */
export const iodefAs = (as: number): readonly [string, string] => ['asn', String(as)];

/** Section 3.15: what the reader is asked to find out, in words; empty: nothing. */
export const iodefExpectation = (words: string): readonly Xml[] =>
  words === '' ? [] : [element('Expectation', { action: 'investigate' }, [element('Description', {}, words)])];

/** Section 2.3: what IODEF has no class for. */
export const iodefData = (dtype: 'json' | 'string', meaning: string, text: string): Xml =>
  element('AdditionalData', { dtype, meaning }, text);

/** Section 2.8: an instant, ms since the epoch. */
export const iodefTime = (tag: string, at: number): Xml => element(tag, {}, iodefInstant(at));

/** The same as text. */
export const iodefInstant = (at: number): string => new Date(at).toISOString();
