/** A trace: a question about packets of one attack, and all that came back. Plain data: stored, shown and sent as it is. */
import type { TracePurpose } from '../config/traceback-tree.ts';
import type { Entropy } from '../packet/entropy.ts';
import type { FlowAnswer } from '../probe/flows/flow-question.ts';

/**
 * What an AS says, or what is found about it (research: traceback 5.5).
 * `saw`, `saw-weak` (only some of the packets), `clear`, `clear-partial`, `not-yet`, `expired`, `cannot-know`,
 * `translated`, `refused`, `pending` (a person has to approve) and `busy` are its own words; `silent` and `unreachable`
 * are the asker's finding; `absent`: it takes no part and was placed by the AS graph; `conflict`: what it says
 * contradicts what others have signed, or itself.
 */
export type TraceVerdict =
  | 'saw'
  | 'saw-weak'
  | 'clear'
  | 'clear-partial'
  | 'not-yet'
  | 'expired'
  | 'cannot-know'
  | 'translated'
  | 'refused'
  | 'pending'
  | 'busy'
  | 'silent'
  | 'unreachable'
  | 'absent'
  | 'conflict';

/** What began a trace that no person asked for: a rule of `ids`. */
export interface TraceCause {
  /** Name of the `ids`. */
  readonly ids: string;
  /** The signature's number; null for a capture of a spool. */
  readonly signature: number | null;
  /** The signature's text, or the capture's file name. */
  readonly text: string;
  /** Time of the alert, or of the capture's packet; ms since the epoch. */
  readonly at: number;
  /** Packets of the flow that were looked at. */
  readonly packets: number;
}

/** Another system that asked for a trace, at a bridge. */
export interface TraceRequester {
  /** By which protocol it asked. */
  readonly by: 'rid' | 'packter' | 'intertrack-2010';
  /** Name of the peer in the configuration, or the address that it asked from. */
  readonly peer: string;
  /** The other's own name for it. */
  readonly reference: string;
}

/** What came of the other forms of a packet that a translator of this AS has changed. */
export interface TraceTranslation {
  /** Probes that follow translators and know of it. */
  readonly by: readonly string[];
  /** `outward`: asked for as it was outside, and linked to its inside; `inward`: the reverse. */
  readonly way: 'outward' | 'inward';
  /** Digests of the other forms, and the one that both sides have (profile `nat`). They never leave this AS. */
  readonly linked: readonly {
    readonly epoch: number;
    readonly digest: string;
    /** Which digest it is of a form. */
    readonly profile: 'strict' | 'nat';
  }[];
  /** Why a form could not be reckoned from what is told, where that was so. */
  readonly unreckoned: readonly string[];
  /** Where the packet was seen on the other side. `profile`: by which digest. */
  readonly seen: readonly {
    readonly probe: string;
    /** Which way it went there. */
    readonly direction: 'in' | 'out' | 'inside' | 'unknown';
    /** Neighbour AS; null: not known. */
    readonly neighbor: number | null;
    /** By which digest it was seen. */
    readonly profile: 'strict' | 'nat';
  }[];
  /** Seen on both sides. */
  readonly both: boolean;
}

/** What sites and domains of this AS say of a packet. It never leaves the AS. */
export interface TraceInside {
  /** Domains in which it came in from another AS, and went out to one. */
  readonly came: readonly string[];
  /** Domains in which it went out to another AS. */
  readonly left: readonly string[];
  /** Where it began, if it began inside: several, when it may have been any of them. */
  readonly began: readonly string[];
  /** What each daemon of this AS says. */
  readonly sites: readonly TraceSite[];
}

/** What one daemon of this AS says, of its own part of the border; `silent` when it does not answer. */
export interface TraceSite {
  /** Null: the daemon that has traced. */
  readonly site: string | null;
  readonly verdict: TraceVerdict;
  readonly reason: string;
  /** Neighbour ASes that it was seen coming in from. */
  readonly ingress: readonly number[];
  /** Neighbour ASes that it was seen going out to. */
  readonly egress: readonly number[];
  /** Domains in which it was seen. */
  readonly domains: readonly string[];
  /** Milliseconds from the question to the answer. */
  readonly after: number;
}

/** One AS in the tree. The root is the AS that asked; children are nearer the entry point. */
export interface TraceNode {
  readonly as: number;
  readonly verdict: TraceVerdict;
  /** Why, in words: `no probe holds windows for 12:00:03`, `refused by policy`. */
  readonly reason: string;
  /** Neighbour ASes the packet came in from, as the AS said; empty when it came from inside or was withheld. */
  readonly ingress: readonly number[];
  /** Neighbour ASes that it went out to, as the AS said; not there in traces of old. */
  readonly egress?: readonly number[];
  /** True when the AS says that the packet began inside it (seen going out, never coming in). */
  readonly source: boolean;
  readonly falsePositive: number | null;
  readonly coverage: number | null;
  readonly loss: number | null;
  readonly sampling: number | null;
  /** From when on it has windows, milliseconds since the epoch; null: it does not say. */
  readonly retainedFrom: number | null;
  /** Until when it has windows, milliseconds since the epoch; null: it does not say. */
  readonly retainedTo: number | null;
  /** Packets of the trace seen, at most, at one vantage; windows that were asked. */
  readonly packets: number;
  /** Windows that were asked. */
  readonly windows: number;
  readonly provisional: boolean;
  /**
   * How many times likelier what it found is when the packets passed it than when they did not, as it reckons it; null where
   * it is no word on that. Not there in traces of old.
   */
  readonly likelihood?: number | null;
  /**
   * Who vouches for what is said: this AS itself; a signature that is good; or one by somebody whose certificate nobody
   * here trusts.
   */
  readonly signed: 'own' | 'good' | 'unknown';
  /** Who signed it: the AS itself, or of one that could not be asked, who says so. Not there: this AS. */
  readonly by?: number;
  /** Milliseconds from the trace's start to this answer. */
  readonly after: number;
  readonly children: readonly TraceNode[];
}

/** An AS that remains possible beyond the entry, and why nothing rules it out. */
export interface TraceUnknown {
  readonly as: number;
  readonly verdict: TraceVerdict;
  readonly reason: string;
  /** From when it has windows, where it said so; ms. */
  readonly retainedFrom: number | null;
}

/** A way that BGP told. */
export interface ClaimedPath {
  /** Neighbour first; an AS_SET is an inner array; empty: a route of our own AS. */
  readonly path: readonly (number | readonly number[])[];
  readonly origin: number | null;
  /** Peers that told it. */
  readonly peers: number;
}

/** What BGP said of the way to the packets' source addresses, beside where they came in. It never leaves this AS. */
export interface TraceClaim {
  /** Told by most peers first; empty: nobody announces them. */
  readonly paths: readonly ClaimedPath[];
  /** `then`: routes of the packets' time, by the archive; `now`: those held when it was asked. */
  readonly of: 'then' | 'now';
  /** Neighbours that the packets came in from. */
  readonly seen: readonly number[];
  /**
   * `as-bgp-says`: from a neighbour that has told such a route; `elsewhere`: from another, so the source is forged or the
   * ways there and back differ; `unrouted`: nobody announces it; `own`: it is an address of this AS; `not-seen`: nobody
   * knows from where they came.
   */
  readonly verdict: 'as-bgp-says' | 'elsewhere' | 'unrouted' | 'own' | 'not-seen';
}

export interface Trace {
  /** `tYYYYMMDD-HHMMSS-XXXX`. */
  readonly id: string;
  /** When it was asked for; milliseconds since the epoch. */
  readonly asked: number;
  /**
   * `partial` until every branch has ended or the deadline passed; `cancelled`: it was ended before; `interrupted`: the
   * daemon ended before, and this is what was known.
   */
  readonly state: 'partial' | 'final' | 'cancelled' | 'interrupted';
  /** Who ended it, in words. Not there: nobody. */
  readonly cancelledBy?: string;
  /** Why it was not asked again; of an interrupted trace only. */
  readonly interrupted?: string;
  /** It was in work when the daemon ended, and was asked again at `asked`; `first`: when it was asked first, ms. */
  readonly again?: { readonly first: number };
  /** Digests asked, 16 hex digits each, with the epoch. No header octet is kept. */
  readonly questions: readonly {
    readonly packet?: number;
    readonly epoch: number;
    readonly digest: string;
    /** When this packet was seen, where that was said of each. */
    readonly time?: number;
  }[];
  /** Packets asked for, and how many of them one vantage has to have seen. Not there in traces of old: one of one. */
  readonly packets?: number;
  readonly need?: number;
  /** The first packet's time and the interval asked, ms since the epoch. */
  readonly time: number;
  readonly from: number;
  readonly to: number;
  readonly milliseconds: number;
  readonly queries: number;
  readonly tree: TraceNode;
  /** The entry AS found, and the ASes that remain possible beyond it. */
  readonly entry: { readonly as: number; readonly via: number | null; readonly source: boolean } | null;
  readonly ambiguity: readonly number[];
  /** The chance that the packet passed the entry AS, 0 to 1; null without an entry. Not there in traces of old. */
  readonly certainty?: number | null;
  /**
   * Who says that the entry AS saw the packet: both ends of the link to the AS before it; that AS, while the entry does not
   * tell where the packet went; or the entry alone. Null where the entry is the AS that traces. Not there in traces of old.
   */
  readonly attested?: 'both' | 'downstream' | 'own' | null;
  /** What speaks against the entry: words of other ASes that exclude it, in words. Not there in traces of old. */
  readonly doubts?: readonly string[];
  /** What was measured of ASes of the tree, in words, and so is believed of them. Not there where nothing was. */
  readonly measured?: readonly { readonly as: number; readonly text: string }[];
  /** The branch that is likeliest in the place of the entry: an AS, who stands before it, and the chance of it without the entry. */
  readonly runnerUp?: { readonly as: number; readonly via: number | null; readonly certainty: number } | null;
  /** The chance of each AS of the tree that the packets passed it. Not there in traces of old. */
  readonly chances?: readonly { readonly as: number; readonly chance: number }[];
  /** Those of `ambiguity`, each with why it could not be ruled out. */
  readonly unknown?: readonly TraceUnknown[];
  /** Ways on which the packet went round, each from an AS back to it, as it travelled. */
  readonly loops?: readonly (readonly number[])[];
  /** QUERYs that the trace might cost, those sent from here and in how many waves, and ANSWERs that came here. */
  readonly cost?: {
    readonly budget: number;
    readonly here: number;
    readonly waves: number;
    readonly answers: number;
  };
  /** What others were told that it is for. Not there in traces of old, nor are the next two. */
  readonly purpose?: TracePurpose;
  readonly reference?: string;
  /** How hard the packets are to guess, as others were told. */
  readonly entropy?: Entropy | 'unknown';
  /** A packet asked for is a fragment without the whole. */
  readonly fragment?: true;
  /** The trace whose questions this one asked again. */
  readonly repeats?: string;
  /** Not there: a person asked, or `requester`. */
  readonly cause?: TraceCause;
  /** The system that asked for it at a bridge; not there: none. */
  readonly requester?: TraceRequester;
  /** The case that it is for, and which source the standing trace had the packets from; not there: for none. */
  readonly caseId?: string;
  readonly source?: string;
  readonly claim?: TraceClaim;
  /** What flow records of this AS say of packets with these headers: priors, no sightings. */
  readonly flows?: readonly FlowAnswer[];
  /** The packets are replies, so that the entry is where the reflector sent them from. Not there: they are none. */
  readonly reflection?: {
    /** What kind of replies they are. */
    readonly kind: 'amplifier' | 'error' | 'reply';
    /** The service that was abused, by its name. */
    readonly service: string;
  };
  /** What was traced is what triggered the replies that were given. */
  readonly trigger?: true;
  /** Not there: no translator of this AS knows of the packet. */
  readonly translation?: TraceTranslation;
  /** Not there: this AS is one daemon, and has no domains. */
  readonly inside?: TraceInside;
}
