/**
 * What an NRTMv4 client does about a notification whose signature it has checked (draft-ietf-grow-nrtm-v4-11, "Mirror
 * Client Use"): a table of cases from what is held and what is offered, with the clock and the sockets outside.
 */
import type { FileReference, Notification } from './nrtm4-notification.ts';

/** What the client holds of a session. */
export interface Held {
  readonly session: string;
  readonly version: number;
  /** When the newest notification that was believed was made, ms since the epoch. */
  readonly timestamp: number;
  /** The files that it named. */
  readonly snapshot: FileReference;
  readonly deltas: readonly FileReference[];
}

export type Plan =
  | { readonly what: 'nothing' }
  | { readonly what: 'deltas'; readonly deltas: readonly FileReference[] }
  /** A whole copy anew, then the deltas that are newer than it; `why` is for the log. */
  | {
      readonly what: 'snapshot';
      readonly snapshot: FileReference;
      readonly deltas: readonly FileReference[];
      readonly why: string;
    }
  /** The notification is refused; the copy in use stays. */
  | { readonly what: 'refuse'; readonly why: string };

/** Milliseconds that a publisher's clock may be ahead of ours. */
const AHEAD = 600_000;

/** A mirror server makes a new notification at least every 24 hours ("Signature and Staleness Verification"). */
export const STALE = 24 * 3600_000;

/** What the age of a notification says, in words; empty when nothing. It is used all the same. */
export function doubtOfAge(timestamp: number, now: number): string {
  const hours = Math.floor((now - timestamp) / 3600_000);
  if (now - timestamp > STALE) return `the newest notification was made ${hours} hours ago: the publisher stands still`;
  if (timestamp - now > AHEAD) return 'the newest notification was made in the future: one of the clocks is wrong';
  return '';
}

/** When a notification was made, as far as it is believed: a clock that is far ahead must not make all later ones seem old. */
export const believableTime = (timestamp: number, now: number): number => (timestamp - now > AHEAD ? now : timestamp);

/** `source` is the configured name; `held` is null as long as there is no copy. */
export function planUpdate(source: string, held: Held | null, offered: Notification): Plan {
  if (offered.source !== source.toUpperCase()) return refuse(`it is of the source ${offered.source}`);
  if (held === null) return reload(offered, 'there is no copy yet');
  if (offered.session !== held.session) {
    // An old notification played again is signed as well as a new one; a server that begins anew does not turn its clock back.
    if (offered.timestamp < held.timestamp)
      return refuse(`it is of another session, ${offered.session}, and older than one that was believed`);
    return reload(offered, `the server began a new session, ${offered.session}`);
  }
  if (offered.version === held.version - 1)
    return refuse(`it is one version older than the copy in use (${offered.version}, ${held.version} is held)`);
  if (offered.version < held.version)
    return refuse(`its version went back from ${held.version} to ${offered.version}: played again, or a broken server`);
  const changed = changedFile(held, offered);
  if (changed !== null) return refuse(`the hash of ${changed} is not what it was`);
  if (offered.version === held.version) return { what: 'nothing' };
  const first = offered.deltas[0];
  if (first !== undefined && first.version <= held.version + 1 && offered.deltas.at(-1)!.version === offered.version)
    return { what: 'deltas', deltas: offered.deltas.filter(({ version }) => version > held.version) };
  return reload(offered, `there are no deltas from version ${held.version + 1} on`);
}

/** The snapshot, with the deltas after it; these must lead from it to the version of the notification. */
export function reload(offered: Notification, why: string): Plan {
  const { snapshot } = offered;
  const deltas = offered.deltas.filter(({ version }) => version > snapshot.version);
  if (snapshot.version + deltas.length !== offered.version)
    return refuse(`nothing leads from its snapshot, version ${snapshot.version}, to version ${offered.version}`);
  return { what: 'snapshot', snapshot, deltas, why };
}

function changedFile(held: Held, offered: Notification): string | null {
  if (held.snapshot.version === offered.snapshot.version && held.snapshot.hash !== offered.snapshot.hash)
    return `snapshot ${held.snapshot.version}`;
  const hashes = new Map(held.deltas.map(({ version, hash }) => [version, hash]));
  const changed = offered.deltas.find(({ version, hash }) => (hashes.get(version) ?? hash) !== hash);
  return changed === undefined ? null : `delta ${changed.version}`;
}

const refuse = (why: string): Plan => ({ what: 'refuse', why });
