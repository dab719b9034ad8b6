/**
 * What crosses the probe socket about translators: how one is watched, and which other form a packet had. Addresses go over
 * this socket, between a probe and the daemon of its own AS, and nowhere else.
 */
import type { LogLines, TranslatorConfig } from '../../config/translator-tree.ts';
import { type Fields, type Finding, fail, fields, flag, integer, list, text } from '../message-fields.ts';

const MOST_STATED = 1024;
/** Other forms of one packet that are told. */
export const MOST_FORMS = 16;

/** A packet whose other form is wanted; of ICMP queries the identifier is both ports. `time` in ms. */
export interface FormQuestion {
  readonly protocol: number;
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly time: number;
}

/** Another form of it; null for what the translator's log does not tell. */
export interface FormAnswer {
  readonly source: Uint8Array | null;
  readonly destination: Uint8Array | null;
  readonly sourcePort: number | null;
  readonly destinationPort: number | null;
  /** `near`: before the session's first packet was translated, which is the inside of a source NAT. */
  readonly side: 'near' | 'far';
}

/** The `translator` of a probe's configuration as it came. */
export function translatorConfig(f: Finding, value: unknown): TranslatorConfig {
  const from = fields(f, value, 'translator');
  const each = <T>(name: string, read: (one: Fields) => T): T[] =>
    list(f, from, name, MOST_STATED).map(one => read(fields(f, one, name)));
  const short = (one: Fields, name: string) => integer(f, one, name, 0xffff);
  const lines = (one: Fields): LogLines => ({
    ...(one.format === undefined ? {} : { format: format(f, one.format) }),
    ...(one.pattern === undefined ? {} : { pattern: text(f, one, 'pattern', 512) }),
  });
  return {
    conntrack: flag(f, from, 'conntrack'),
    files: each('files', one => ({ file: text(f, one, 'file', 1024), ...lines(one) })),
    udp: each('udp', one => ({
      ...{ address: text(f, one, 'address', 64), port: short(one, 'port'), ...lines(one) },
      allow: list(f, one, 'allow', MOST_STATED).map(prefix => text(f, { prefix }, 'prefix', 64)),
    })),
    pools: each('pools', one => ({
      ...{ inside: text(f, one, 'inside', 64), outside: text(f, one, 'outside', 64) },
      ...{ reserved: short(one, 'reserved'), dynamic: short(one, 'dynamic') },
    })),
  };
}

const FORMATS = ['juniper', 'cisco', 'conntrack'] as const;

function format(f: Finding, value: unknown): NonNullable<LogLines['format']> {
  return FORMATS.find(one => one === value) ?? fail(f, 'format is none that is known', 'conntrack');
}

/** A question as it came. */
export function formQuestion(f: Finding, value: unknown): FormQuestion {
  const from = fields(f, value, 'packet');
  const source = address(f, from.source, 'source');
  const destination = address(f, from.destination, 'destination');
  if (source.length !== destination.length) fail(f, 'source and destination are of two families', null);
  return {
    ...{ source, destination, protocol: integer(f, from, 'protocol', 255), time: integer(f, from, 'time') },
    sourcePort: integer(f, from, 'sourcePort', 0xffff),
    destinationPort: integer(f, from, 'destinationPort', 0xffff),
  };
}

/** An answer as it came. */
export function formAnswers(f: Finding, from: Fields): FormAnswer[] {
  return list(f, from, 'forms', MOST_FORMS).map(value => {
    const form = fields(f, value, 'form');
    const port = (name: string) => (form[name] === null ? null : integer(f, form, name, 0xffff));
    const end = (name: string) => (form[name] === null ? null : address(f, form[name], name));
    if (form.side !== 'near' && form.side !== 'far') fail(f, 'side is neither near nor far', null);
    return {
      ...{ source: end('source'), destination: end('destination') },
      ...{ sourcePort: port('sourcePort'), destinationPort: port('destinationPort') },
      side: form.side === 'near' ? 'near' : 'far',
    };
  });
}

function address(f: Finding, value: unknown, name: string): Uint8Array {
  if (value instanceof Uint8Array && (value.length === 4 || value.length === 16)) return Uint8Array.from(value);
  return fail(f, `${name} is no address`, new Uint8Array(4));
}
