/**
 * The contents of MRT files as plain objects, one for each route, withdrawal, message or state change: for programs, where
 * the lines of bgpdump are for scripts. Nothing is left out: unknown records and attributes are shown in hex.
 */
import { formatCapability } from '../bgp/capabilities.ts';
import { isSessionError } from '../bgp/errors.ts';
import { messageName, NOTIFICATION, OPEN } from '../bgp/message.ts';
import { decodeNotification, formatNotification } from '../bgp/notification.ts';
import { decodeOpen } from '../bgp/open.ts';
import { formatAddress } from '../net/address.ts';
import type { DumpedMessage, DumpedState, SessionEnds } from './bgp4mp.ts';
import { addressAt, hex } from './element-attributes.ts';
import { decodePeerIndex } from './peer-index.ts';
import { PEER_INDEX_TABLE, RIB_GENERIC, RIB_GENERIC_ADDPATH, TABLE_DUMP_V2, typeName } from './record-types.ts';
import { bodyOf, type MrtRecord } from './records.ts';
import { decodeGenericRib } from './rib.ts';
import type { MrtVisitor } from './walk.ts';

/** One element. `time` is milliseconds since the epoch, with microseconds as fraction where the record has them. */
export interface MrtElement {
  readonly what: string;
  readonly type: string;
  readonly time: number;
  readonly [name: string]: unknown;
}

const STATES = ['Idle', 'Connect', 'Active', 'OpenSent', 'OpenConfirm', 'Established', 'Clearing', 'Deleted'] as const;
/** What every element begins with. */
export const base = (record: MrtRecord, what: string) => ({
  what,
  type: typeName(record.type),
  time: record.seconds * 1000 + record.microseconds / 1000,
});

/** The two ends of a session. */
const endsOf = (bytes: Uint8Array, ends: SessionEnds) => ({
  peerAddress: addressAt(bytes, ends.peerAddress, ends.afi),
  peerAs: ends.peerAs,
  ...(ends.localAddress >= 0 && {
    localAddress: addressAt(bytes, ends.localAddress, ends.afi),
    localAs: ends.localAs,
  }),
});

/** The two ends of the session of a message; `sent` of one that was not received. */
export const messageEnds = (bytes: Uint8Array, message: DumpedMessage) => ({
  ...endsOf(bytes, message),
  ...(message.local && { sent: true }),
});

/** A visitor that gives what is neither a route nor an UPDATE to `give`. */
export function otherElements(give: (element: MrtElement) => void): Omit<MrtVisitor, 'route'> {
  return {
    message(record, message) {
      const { bytes } = record;
      const { start, end, type } = message;
      const ends = messageEnds(bytes, message);
      const head = { ...base(record, messageName(type).toLowerCase()), ...ends };
      if (type === OPEN) {
        const open = decodeOpen(bytes, start, end);
        if (isSessionError(open)) give({ ...head, error: open.what ?? '', hex: hex(bytes.subarray(start, end)) });
        else give({ ...head, ...open, capabilities: open.capabilities.map(formatCapability) });
      } else if (type === NOTIFICATION) {
        const error = decodeNotification(bytes, start, end);
        give({ ...head, code: error.code, subcode: error.subcode, text: formatNotification(error) });
      } else give(end > start ? { ...head, hex: hex(bytes.subarray(start, end)) } : head);
    },

    state(record, state: DumpedState) {
      const name = (number: number) => STATES[number - 1] ?? number;
      const ends = endsOf(record.bytes, state);
      give({ ...base(record, 'state'), ...ends, from: name(state.from), to: name(state.to) });
    },

    other(record) {
      const { bytes, start, end, type, subtype } = record;
      if (type === TABLE_DUMP_V2 && subtype === PEER_INDEX_TABLE) {
        const table = decodePeerIndex(bodyOf(record));
        if (typeof table === 'string') return;
        const peers = table.peers.map(({ id, address, as }) => ({
          id: id.join('.'),
          address: formatAddress(address),
          as,
        }));
        give({ ...base(record, 'peers'), collector: table.collector.join('.'), view: table.view, peers });
      } else if (type === TABLE_DUMP_V2 && (subtype === RIB_GENERIC || subtype === RIB_GENERIC_ADDPATH)) {
        const rib = decodeGenericRib(bodyOf(record), subtype);
        if (typeof rib === 'string') return;
        give({ ...base(record, 'rib'), family: `${rib.afi}/${rib.safi}`, addPath: rib.addPath, hex: hex(rib.octets) });
      } else give({ ...base(record, 'record'), subtype, hex: hex(bytes.subarray(start, end)) });
    },
  };
}
