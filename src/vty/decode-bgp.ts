/** `itctl decode bgp`: BGP messages in hex from the standard input, what they say and what is to be done about them in JSON. */
import { attributeName, listAttributes } from '../bgp/attributes.ts';
import { capabilityName, readCapability } from '../bgp/capabilities.ts';
import { formatFamily } from '../bgp/family.ts';
import { formatFlow } from '../bgp/flowspec.ts';
import { type Inspection, inspectMessage } from '../bgp/inspect.ts';
import { HEADER_LENGTH, messageName } from '../bgp/message.ts';
import type { Nlri } from '../bgp/nlri.ts';
import { communicationFault, formatNotification, hardResetReason, shutdownCommunication } from '../bgp/notification.ts';
import type { Reach, Unreach } from '../bgp/reach.ts';
import { REFRESH_END, refreshName } from '../bgp/route-refresh.ts';
import type { DecodedUpdate } from '../bgp/update.ts';
import { readLines } from '../control/lines.ts';
import { formatPrefix } from '../net/prefix.ts';
import { type DecodeRequest, parseDecodeLine } from './decode-line.ts';

/** Longest line, octets: the longest message (RFC 8654), blanks between its octets, and a session. */
const MAX_LINE_OCTETS = 256 * 1024;

/**
 * Decodes a message a line and writes a JSON object a line. A line that holds no message gives an object with its number
 * and `error`, and the next line is read all the same. Resolves to the number of such lines. `write` may delay the reading.
 */
export async function decodeBgp(
  input: AsyncIterable<Uint8Array>,
  write: (text: string) => Promise<void> | void,
): Promise<number> {
  let number = 0;
  let bad = 0;
  for await (const line of readLines(input, MAX_LINE_OCTETS)) {
    number++;
    if ('text' in line && line.text.trim() === '') continue;
    const request = 'text' in line ? parseDecodeLine(line.text.trim()) : `longer than ${MAX_LINE_OCTETS} octets`;
    if (typeof request === 'string') bad++;
    const answer = typeof request === 'string' ? { line: number, error: request } : decodeLine(request);
    await write(`${JSON.stringify(answer)}\n`);
  }
  return bad;
}

function decodeLine({ message, context }: DecodeRequest): object {
  const inspection = inspectMessage(message, context);
  const { type, action, errors, body } = inspection;
  const update = body !== null && 'update' in body ? body.update : null;
  const sent = body !== null && 'received' in body ? body.received : inspection.notification;
  return {
    type: messageName(type),
    action,
    notification: sent && [sent.code, sent.subcode],
    errors: errors.map(({ code, offset, clause, what, action: made }) => ({
      attribute: code === 0 ? null : code,
      ...(code !== 0 && { name: attributeName(code) }),
      offset,
      clause,
      what,
      action: made,
    })),
    announce: update === null ? [] : [...update.announced, ...update.otherAnnounced].map(showRoute),
    withdraw: update === null ? [] : [...update.withdrawn, ...update.otherWithdrawn].map(showRoute),
    attributes: update === null ? {} : showAttributes(update, message),
    ...(update !== null && showRest(update)),
    ...showBody(inspection),
  };
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

function showRoute(route: Nlri): object {
  const family = formatFamily(route);
  if ('octets' in route) return { family, hex: hex(route.octets) };
  const { pathId, rd } = route;
  const what =
    'components' in route ? { flowspec: formatFlow(route.components, route.afi) } : { prefix: formatPrefix(route) };
  return {
    family,
    ...what,
    ...(pathId !== null && { pathId }),
    ...(rd !== null && { rd }),
    ...('labels' in route && route.labels.length > 0 && { labels: route.labels }),
  };
}

/**
 * Attributes by their names. One that is not read is an object of its flags and octets; the multiprotocol ones show their family,
 * and the octets of its routes where these were not read.
 */
function showAttributes(update: DecodedUpdate, message: Uint8Array): object {
  const { mpReach, mpUnreach, unknown } = update.attributes;
  const shown = listAttributes(update.attributes).map(({ code, name, value }) => {
    const kept = unknown.find(one => one.code === code);
    if (kept !== undefined) return [name, { flags: kept.flags, hex: value }];
    if (code === 14 && mpReach !== null) {
      const { nextHop, linkLocal } = mpReach;
      const hops = { nextHop, ...(linkLocal !== null && { linkLocal }) };
      return [name, { family: formatFamily(mpReach), ...hops, ...unread(update, message, mpReach) }];
    }
    if (code === 15 && mpUnreach !== null)
      return [name, { family: formatFamily(mpUnreach), ...unread(update, message, mpUnreach) }];
    return [name, value];
  });
  return Object.fromEntries(shown);
}

/** The NLRI of an attribute in hex, unless they are among the routes of the update. */
function unread(update: DecodedUpdate, message: Uint8Array, { afi, safi, start, end }: Reach | Unreach): object {
  const { announced, withdrawn, otherAnnounced, otherWithdrawn } = update;
  const routes = [announced, withdrawn, otherAnnounced, otherWithdrawn].flat();
  const read = start === end || routes.some(route => route.afi === afi && route.safi === safi);
  return read ? {} : { nlri: hex(message.subarray(start, end)) };
}

/** What only some UPDATEs have. */
function showRest({ disabled, endOfRib, remarks }: DecodedUpdate): object {
  return {
    ...(disabled.length > 0 && { disabled: disabled.map(formatFamily) }),
    ...(endOfRib !== null && { endOfRib: formatFamily(endOfRib) }),
    ...(remarks.length > 0 && {
      remarks: remarks.map(({ code, offset, clause, what }) => ({
        attribute: code === 0 ? null : code,
        offset,
        clause,
        what,
      })),
    }),
  };
}

const remarkOn = (offset: number, clause: string, what: string) => ({ attribute: null, offset, clause, what });

function showBody({ body }: Inspection): object {
  if (body === null || 'update' in body) return {};
  if ('open' in body) {
    const { version, as, holdTime, id, capabilities } = body.open;
    const shown = capabilities.map(capability => ({
      code: capability.code,
      name: capabilityName(capability.code),
      value: readCapability(capability),
    }));
    return { open: { version, as, holdTime, id, capabilities: shown } };
  }
  if ('received' in body) {
    const reason = hardResetReason(body.received) ?? body.received;
    const words = shutdownCommunication(reason);
    const wrong = communicationFault(reason);
    return {
      received: {
        text: formatNotification(body.received),
        ...(words !== null && { communication: words }),
        data: hex(body.received.data),
      },
      ...(wrong !== null && { remarks: [remarkOn(HEADER_LENGTH + 2, 'RFC 9003 4', wrong)] }),
    };
  }
  const { subtype, filters } = body.refresh;
  return {
    refresh: {
      family: formatFamily(body.refresh),
      subtype: refreshName(subtype),
      ...(filters.length > 0 && { filters: hex(filters) }),
    },
    ...(subtype > REFRESH_END && {
      remarks: [remarkOn(HEADER_LENGTH + 2, 'RFC 7313 5', `subtype ${subtype}: the message is to be ignored`)],
    }),
  };
}
