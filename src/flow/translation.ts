/**
 * What a translator of addresses says it did: one event of NAT44, NAT64 or CGN, from whichever log it came (RFC 8158 over
 * IPFIX or NetFlow 9, conntrack, text). It joins the digests of the two sides of one packet.
 */

/** Ends of a flow on one side of a translator. What the event does not state is null. */
export interface FlowEnds {
  /** 4 or 16 octets in network byte order. */
  readonly source: Uint8Array | null;
  readonly destination: Uint8Array | null;
  readonly sourcePort: number | null;
  readonly destinationPort: number | null;
}

/**
 * `create`, `delete`: one session, from now on or until now. `block-create`, `block-delete`: a range of outside ports is
 * given to an inside address, or taken back. `seen`: no event, but one packet or flow that was reported translated.
 */
export type TranslationEvent = 'create' | 'delete' | 'block-create' | 'block-delete' | 'seen';

/** A range of outside ports, `first` and `last` included; every `step`-th of them, 1 for all. */
export interface PortBlock {
  readonly first: number;
  readonly last: number;
  readonly step: number;
}

export interface Translation {
  /** When it happened, milliseconds since the epoch. */
  readonly time: number;
  readonly event: TranslationEvent;
  /** IANA protocol number; null when it is of all. */
  readonly protocol: number | null;
  /** As the packet of the session's originator is inside, before it is translated. */
  readonly inside: FlowEnds;
  /** The same packet outside: an end that is not translated is the same as inside. */
  readonly outside: FlowEnds;
  /** Of block events: the outside ports. */
  readonly block: PortBlock | null;
  /** VRF of the inside (ingressVRFID), which keeps equal private addresses apart; null when not stated. */
  readonly realm: number | null;
  /** Who says so: the address of the exporter, or the name of another log. */
  readonly exporter: string;
}

/**
 * natEvent (230): RFC 8158 table 1 with the values of the IANA registry; the historic 1 and 2 are what most exporters still
 * send. Null for what is no translation: exhausted pools, quotas, thresholds, address bindings.
 */
export function translationEvent(natEvent: number): TranslationEvent | null {
  switch (natEvent) {
    case 1: // NAT translation create (historic)
    case 4: // NAT44 session create
    case 6: // NAT64 session create
      return 'create';
    case 2: // NAT translation delete (historic)
    case 5: // NAT44 session delete
    case 7: // NAT64 session delete
      return 'delete';
    case 16: // NAT port block allocation
      return 'block-create';
    case 17: // NAT port block de-allocation
      return 'block-delete';
    default:
      return null;
  }
}
