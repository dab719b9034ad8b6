/** Reading of what messages about flows say (socket/messages.ts): every field is looked at before it is believed. */
import type { ExporterConfig } from '../../config/exporter-tree.ts';
import type { ExporterStatus, FlowVersion } from '../../flow/exporter.ts';
import { type Fields, type Finding, fail, fields, integer, interval, list, text, vantage } from '../message-fields.ts';
import type { FlowAnswer, FlowPlace, FlowQuestion, FlowStatus } from './flow-question.ts';

/** Headers asked for in one message: a packet has eight IP layers at most. */
export const MOST_FLOW_QUESTIONS = 16;
const MOST_PLACES = 1024;
const MOST_LISTED = 4096;
const MOST_EXPORTERS = 512;
const VERSIONS: readonly FlowVersion[] = ['sFlow 5', 'NetFlow 5', 'NetFlow 9', 'IPFIX'];

function amount(f: Finding, from: Fields, name: string): number {
  const value = from[name];
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
    ? value
    : fail(f, `${name} is not a number from 0 on`, 0);
}

function retained(f: Finding, value: unknown): FlowAnswer['retained'] {
  return value === null ? null : interval(f, fields(f, value, 'retained'));
}

function address(f: Finding, from: Fields, name: string): Uint8Array {
  const value = from[name];
  return value instanceof Uint8Array && (value.length === 4 || value.length === 16)
    ? value
    : fail(f, `${name} is not an address`, new Uint8Array(4));
}

const port = (f: Finding, from: Fields, name: string): number | null =>
  from[name] === null ? null : integer(f, from, name, 0xffff);

/** What the daemon's configuration says of an exporter. */
export function exporterConfig(f: Finding, value: unknown): ExporterConfig {
  const from = fields(f, value, 'exporter');
  return {
    address: text(f, from, 'address', 64),
    domains: list(f, from, 'domains', MOST_LISTED).map(one => integer(f, { domain: one }, 'domain', 0xffffffff)),
    ...(from.sampling === undefined ? {} : { sampling: integer(f, from, 'sampling', 0xffffffff) }),
    interfaces: list(f, from, 'interfaces', MOST_LISTED).map(one => {
      const stated = fields(f, one, 'interface');
      return {
        index: integer(f, stated, 'index', 0xffffffff),
        ...(stated.vlan === undefined ? {} : { vlan: integer(f, stated, 'vlan', 4095) }),
        as: integer(f, stated, 'as', 0xffffffff),
      };
    }),
  };
}

export function flowQuestion(f: Finding, value: unknown): FlowQuestion {
  const from = fields(f, value, 'flow question');
  const [source, destination] = [address(f, from, 'source'), address(f, from, 'destination')];
  if (source.length !== destination.length) fail(f, 'source and destination are of two families', null);
  return {
    protocol: integer(f, from, 'protocol', 255),
    ...{ source, destination },
    sourcePort: port(f, from, 'sourcePort'),
    destinationPort: port(f, from, 'destinationPort'),
    ...interval(f, from),
  };
}

function place(f: Finding, value: unknown): FlowPlace {
  const from = fields(f, value, 'place');
  return {
    vantage: vantage(f, from.vantage),
    exporter: text(f, from, 'exporter', 64),
    input: integer(f, from, 'input', 0xffffffff),
    output: integer(f, from, 'output', 0xffffffff),
    records: integer(f, from, 'records'),
    packets: amount(f, from, 'packets'),
    sampling: amount(f, from, 'sampling'),
    first: amount(f, from, 'first'),
    last: amount(f, from, 'last'),
  };
}

export function flowAnswer(f: Finding, from: Fields): FlowAnswer {
  return {
    probe: text(f, from, 'probe', 64),
    places: list(f, from, 'places', MOST_PLACES).map(value => place(f, value)),
    retained: retained(f, from.retained),
  };
}

function exporter(f: Finding, value: unknown): ExporterStatus {
  const from = fields(f, value, 'exporter');
  const count = (name: string) => integer(f, from, name);
  const versions = list(f, from, 'versions', VERSIONS.length).map(
    one => VERSIONS.find(version => version === one) ?? fail(f, 'versions has one that is not known', 'IPFIX' as const),
  );
  return {
    exporter: text(f, from, 'exporter', 64),
    versions,
    ...{ datagrams: count('datagrams'), records: count('records'), sections: count('sections') },
    ...{ translations: count('translations'), options: count('options'), templates: count('templates') },
    templatesDropped: count('templatesDropped'),
    ...{ withoutTemplate: count('withoutTemplate'), passedOver: count('passedOver'), malformed: count('malformed') },
    ...{ domains: count('domains'), templatesHeld: count('templatesHeld'), lost: count('lost') },
    ...{ restarts: count('restarts'), otherDomains: count('otherDomains'), sampling: amount(f, from, 'sampling') },
    seen: from.seen === null ? null : count('seen'),
  };
}

/** Null: the probe takes no flows. */
export function flowStatus(f: Finding, value: unknown): FlowStatus | null {
  if (value === null || value === undefined) return null;
  const from = fields(f, value, 'flows');
  return {
    exporters: list(f, from, 'exporters', MOST_EXPORTERS).map(one => exporter(f, one)),
    refused: integer(f, from, 'refused'),
    dropped: integer(f, from, 'dropped'),
    records: integer(f, from, 'records'),
    droppedForMemory: integer(f, from, 'droppedForMemory'),
  };
}
