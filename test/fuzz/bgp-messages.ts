/** Every decoder of BGP messages: the framer, and each type of message as sessions of three kinds read it. */
import { showAttributes } from '../../src/bgp/attributes.ts';
import { decodeCapabilities, encodeCapabilities, formatCapability } from '../../src/bgp/capabilities.ts';
import { inspectMessage, type MessageContext } from '../../src/bgp/inspect.ts';
import { createFramer } from '../../src/bgp/message.ts';
import { formatNlri } from '../../src/bgp/nlri.ts';
import { formatNotification } from '../../src/bgp/notification.ts';
import { quarantine, renderQuarantine } from '../../src/bgp/quarantine.ts';
import { Cursor } from '../../src/net/cursor.ts';
import { EVERYTHING, NOTHING } from '../bgp/sessions.ts';
import { mutateMessage } from './mutate.ts';
import type { Target } from './target.ts';

const ADD_PATH: MessageContext = {
  ...EVERYTHING,
  as4: false,
  ebgp: true,
  extendedNextHop: [],
  addPath: [...(EVERYTHING.others ?? []), { afi: 1, safi: 1 }, { afi: 2, safi: 1 }],
  ownAddresses: ['192.0.2.1'],
  role: { ours: 'peer', peerAs: 64496 },
};

function inspect(message: Uint8Array, context: MessageContext): string {
  const inspection = inspectMessage(message, context);
  const { action, notification, errors, body } = inspection;
  if ((action === 'session-reset') !== (notification !== null)) throw new Error('a NOTIFICATION exactly with a reset');
  if ((action === 'accept') !== (errors.length === 0)) throw new Error('accepted exactly without an error');
  if (errors.some(({ offset }) => offset < 0 || offset > message.length))
    throw new Error('an error outside the message');
  if (body !== null && 'update' in body) {
    const { announced, withdrawn, otherAnnounced, otherWithdrawn, attributes } = body.update;
    [announced, withdrawn, otherAnnounced, otherWithdrawn].flat().forEach(formatNlri);
    showAttributes(attributes);
  }
  if (body !== null && 'open' in body) {
    const { capabilities } = body.open;
    capabilities.forEach(formatCapability);
    const again = Uint8Array.from(encodeCapabilities(capabilities));
    if (decodeCapabilities(new Cursor(again))?.length !== capabilities.length)
      throw new Error('capabilities that are written are read as others');
  }
  if (body !== null && 'received' in body) formatNotification(body.received);
  if (errors.length > 0) renderQuarantine(quarantine(0, message, inspection));
  return `${message[18]} ${action} ${errors.map(({ clause, what }) => clause + what.replace(/[0-9a-f.:/]+/g, '#'))}`;
}

/** What the framer makes of a stream that comes in pieces of so many octets. */
function framed(stream: Uint8Array, piece: number): string {
  const lengths: number[] = [];
  const framer = createFramer((type, _, start, end) => lengths.push(type, end - start) > 0);
  for (let at = 0; at < stream.length; at += piece) {
    const error = framer.push(stream.subarray(at, at + piece));
    if (error !== null) return `${lengths} ${error.code}/${error.subcode}`;
  }
  return `${lengths}`;
}

/** The target; `seeds` are whole messages. */
export function bgpMessageTarget(seeds: readonly Uint8Array[]): Target {
  let before: Uint8Array = new Uint8Array(0);
  return {
    name: 'BGP messages',
    seeds,
    mutate: mutateMessage,
    judge(message) {
      const stream = Buffer.concat([before, message, before]);
      if (framed(stream, stream.length) !== framed(stream, 1 + (message.length % 61)))
        throw new Error('messages that come in pieces are others than those that come whole');
      before = message.slice(0, 200);
      return [NOTHING, EVERYTHING, ADD_PATH].map(context => inspect(message, context)).join('; ');
    },
    begin() {
      before = new Uint8Array(0);
    },
  };
}
