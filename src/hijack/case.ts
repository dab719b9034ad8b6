/** A case: one suspicious fact with a life. Plain data: stored, shown and mailed as it is. Times are ms since the epoch. */
import type { Hint, HintName } from '../registry/hints.ts';
import type { FoundKind } from '../registry/judged-change.ts';
import type { AspaState, IrrState, RovReason, RovState, Severity } from '../registry/verdict.ts';

/**
 * `fading`: a fifth at most of those who held the route still does. `flapping`: it comes and goes, more than three times an
 * hour. The others: intertrack(7).
 */
export type CaseState =
  | 'suspected'
  | 'ongoing'
  | 'dormant'
  | 'fading'
  | 'flapping'
  | 'unseen'
  | 'resolved'
  | 'dismissed';

/**
 * Of what nobody may announce an `origin` or `more-specific` is one of these: `squatting` on own space that is not in use,
 * `ix-lan` for the LAN of an exchange point or a link between networks, `bogon` for special space.
 */
export type CaseKind = FoundKind | 'squatting' | 'ix-lan' | 'bogon';

/** An AS_PATH, neighbour AS first; an AS_SET is an inner array. */
export type AsPath = readonly (number | readonly number[])[];

/** A peer that holds, or held, the offending route. */
export interface Witness {
  readonly peer: string;
  readonly as: number;
  readonly address: string;
  readonly path: AsPath;
  readonly since: number;
  readonly until: number | null;
  /** `holds`; `gone`: withdrawn or replaced; `unseen`: the session was lost while it held the route. */
  readonly state: 'holds' | 'gone' | 'unseen';
  /** Of a `super-prefix`: it has no route for what is covered. */
  readonly drawing?: boolean;
  /** Its route asks to drop what is sent to it (BLACKHOLE, RFC 7999). */
  readonly blackhole?: boolean;
  /** How likely the route is just stuck at this peer, and why; not there when nothing says so. */
  readonly stale?: Staleness;
}

/** A sum of named reasons; from 0.5 on the peer is no good witness. */
export interface Staleness {
  /** The sum, from 0 to 1. */
  readonly score: number;
  /** What speaks against the peer as a witness, in words. */
  readonly reasons: readonly string[];
}

/** What may make a case harmless. The first sentence of what people are told is that of the first hint. */
export interface CaseHint extends Omit<Hint, 'hint'> {
  /** Its name. */
  readonly hint: CaseHintName;
}

/** The registry's hints, and those that take the case's own facts. */
export type CaseHintName = HintName | 'scrubbing' | 'blip' | 'stuck-route' | 'blackhole';

/** Why a case is as grave as it is: what the registry said, of which state of it, and by what rule. */
export interface WhyRecord {
  readonly time: number;
  /** How states and hints come to the severity, a sentence without its full stop. */
  readonly rule: string;
  readonly rov: RovState;
  /** Why it is ROV invalid; null: it is not. */
  readonly rovReason: RovReason | null;
  readonly irr: IrrState;
  readonly aspa: AspaState;
  /** By the registry alone, before the hints. */
  readonly severity: Severity;
  /** The registered prefix that decided; null: none. */
  readonly decidedBy: string | null;
  /** The path that was judged. */
  readonly path: AsPath;
  /** Route objects that touch it; `serial`: of their source then, null where it has none. */
  readonly objects: readonly {
    readonly source: string;
    readonly serial: number | null;
    readonly prefix: string;
    readonly origin: number;
    /** It is the object that decided. */
    readonly decides: boolean;
    /** The RPKI contradicts the object itself, for this reason. */
    readonly disputed: RovReason | null;
    /** The object as it stood, where it is not one of those that stand with the case. */
    readonly text?: string;
  }[];
  readonly vrps: readonly {
    readonly prefix: string;
    readonly maxLength: number;
    readonly asn: number;
    /** It makes the route valid. */
    readonly matches: boolean;
  }[];
  /** The ground of each state. */
  readonly why: {
    /** The ground of the origin validation, in words. */
    readonly rov: string;
    /** The ground of the state in the IRR, in words. */
    readonly irr: string;
    /** The ground of what ASPAs say, in words. */
    readonly aspa: string;
  };
}

/** What a person said of a case. */
export interface Mark {
  readonly time: number;
  /** As the kernel has it: user and process. Or the watch whose exception it is. */
  readonly by: string;
  readonly reason: string;
}

/** Set aside: followed in silence. `until`: taken up again then; null: as long as it lasts. */
export interface Dismissal extends Mark {
  readonly until: number | null;
  /** It is an `except` of a watch that has set it aside: it ends with that. */
  readonly exception?: true;
}

/** A registered object as it stood when the case was opened. */
export interface ObjectEvidence {
  readonly source: string;
  readonly prefix: string;
  readonly origin: number;
  /** `mnt-by:` of the object. */
  readonly maintainers: readonly string[];
  readonly text: string;
}

/** One line of the case's timeline. */
export interface CaseEvent {
  readonly time: number;
  readonly what: string;
  readonly state: CaseState;
  /** Who did it, where a person did. */
  readonly by?: string;
}

export interface Case {
  /** `YYYY-MM-DD-NN`, counted within the UTC day of opening; never used twice. */
  readonly id: string;
  readonly kind: CaseKind;
  readonly state: CaseState;
  readonly prefix: string;
  /** The origin of the route; null when the path ends in an AS_SET. */
  readonly origin: number | null;
  /** The AS that is to be asked: the wrong origin, or one in the path; null when the path ends in an AS_SET. */
  readonly offender: number | null;
  /** What the path is blamed for, in words; '' for what the registry says. */
  readonly ground: string;
  /** Of an `origin` or `more-specific`: peers that held the registered prefix from a registered origin, when it was last heard. */
  readonly rightly?: number;
  /** Of a `visibility`: peers that have or had the prefix, when it was last heard. */
  readonly hadBy?: number;
  /** Registered origins for `decidedBy`, ascending. */
  readonly expected: readonly number[];
  /** The registered prefix that decided: the case's own, one that covers it, or (`super-prefix`) that it covers. */
  readonly decidedBy: string;
  /** Names of the watches it falls under. */
  readonly watches: readonly string[];
  /** The watch that it falls under is critical. */
  readonly critical: boolean;
  readonly opened: number;
  readonly changed: number;
  /** When the last witness was gone, for a resolved case. */
  readonly ended: number | null;
  readonly witnesses: readonly Witness[];
  readonly peakWitnesses: number;
  /** The AS one up the path from the offender, common to most witnesses; null when no path has one. */
  readonly upstream: number | null;
  /** The registered objects that it contradicts. */
  readonly objects: readonly ObjectEvidence[];
  /** Mail addresses that are told, each with the reason: `x-keiro`, `group noc`, `notify`. */
  readonly recipients: readonly { readonly address: string; readonly because: string }[];
  readonly timeline: readonly CaseEvent[];
  /** Which notices were put into the outbox, so that none is sent twice. */
  readonly told: readonly ('begin' | 'end')[];
  // What follows is not there in cases of older versions.
  /** How grave it is, hints taken in. */
  readonly severity?: Severity;
  /** What may make it harmless. */
  readonly hints?: readonly CaseHint[];
  /** How it came to its severity. */
  readonly why?: WhyRecord;
  /** The incident that it is part of: `I` and the id of its first case. */
  readonly incident?: string;
  /** Who has acknowledged it; not there: nobody. */
  readonly acknowledged?: Mark;
  /** Who has set it aside, and why; not there: nobody. */
  readonly dismissed?: Dismissal;
  /** How often the route was gone and came back. */
  readonly flaps?: number;
  /** It is a drill: no peer holds such a route. */
  readonly drill?: true;
}
