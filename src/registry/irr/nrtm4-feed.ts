/**
 * One IRR source by NRTMv4: looks at the Update Notification File once a refresh, does what the plan says (nrtm4-plan.ts),
 * and keeps keys, session and files for the next run (nrtm4-copy.ts). Whatever is refused or does not come leaves the last
 * good copy in use; it is told as trouble as long as it lasts, and tried again more and more slowly.
 */
import type { PublicKey } from '../../net/public-key.ts';
import { isSafeUrl } from '../../net/safe-url.ts';
import { type SourceBook, sourceBook } from '../source-book.ts';
import { whyOf } from './dump-reader.ts';
import { type Feed, type FeedListener, type Operation, operationOf } from './feed.ts';
import { type FetchLimits, fetchUrl } from './http-fetch.ts';
import { lookout } from './lookout.ts';
import { MAX_OPERATIONS } from './nrtm-answer.ts';
import { bring, FILE_LIMITS, type KeptCopy, readKept, readState, sweep, writeState } from './nrtm4-copy.ts';
import { type FileType, wordsOf } from './nrtm4-file.ts';
import { afterNotification, announced, type KnownKeys, keysToTry, knownKeys } from './nrtm4-keys.ts';
import {
  decodeNotification,
  type FileReference,
  MAX_NOTIFICATION,
  type Notification,
  urlOfFile,
  verifyNotification,
} from './nrtm4-notification.ts';
import { emptyTally, objectOf, type Tally, tell } from './nrtm4-objects.ts';
import { believableTime, doubtOfAge, type Plan, planUpdate, reload } from './nrtm4-plan.ts';

export interface Nrtm4Options {
  /** The configured name. */
  readonly source: string;
  /** Of the Update Notification File. */
  readonly url: string;
  /** The key it is signed with, as far as the operator knows. */
  readonly key: PublicKey;
  /** Milliseconds from one look to the next; 0: only when asked. */
  readonly refresh: number;
  /** Its own directory, for what is kept. */
  readonly directory: string;
  /** The publisher is not asked and nothing is written: what was kept is taken once. */
  readonly offline?: boolean;
  readonly limits?: Partial<Record<FileType | 'notification', FetchLimits>>;
  /** More deltas than these behind the kept snapshot are exchanged for a newer one. */
  readonly manyDeltas?: number;
}

const NOTIFICATION_LIMITS: FetchLimits = { octets: MAX_NOTIFICATION, total: 60_000, silence: 20_000 };
/** Looks that fail in a row make the next one wait twice as long, up to this. */
const SLOWEST = 900_000;
/** So many looks in a row at which deltas could not be used: the snapshot is taken ("Error Recovery"). */
const PATIENCE = 3;
/** Milliseconds to the next look after so many that failed in a row. */
export function delayAfter(failures: number, refresh: number): number {
  return failures === 0 ? refresh : Math.max(refresh, Math.min(SLOWEST, refresh * 2 ** (failures - 1)));
}

/** Starts with what an earlier run kept, if anything: `started` resolves after that. Then it looks. */
export function nrtm4Feed(options: Nrtm4Options, listener: FeedListener): Feed {
  const { source, key, refresh, directory, offline = false, manyDeltas = 1000 } = options;
  const notificationUrl = new URL(options.url);
  const limits = { notification: NOTIFICATION_LIMITS, ...FILE_LIMITS, ...options.limits };
  const end = new AbortController();
  let keys: KnownKeys = knownKeys(key, null);
  let copy: KeptCopy | null = null;
  let etag: string | null = null;
  /** What was refused, and why: a snapshot that the listener did not want, or files that cannot be read. They are not tried again. */
  let refused: { readonly hashes: string; readonly why: string } | null = null;
  /** When the newest notification that was believed was made. */
  let made: number | null = null;
  let failures = 0;
  /** Looks in a row at which deltas could not be used. */
  let stuck = 0;
  let operations = 0;
  /** How much of a copy is read; null: none is being read. */
  let progress: { octets: number; objects: number } | null = null;

  const fetched = (url: URL, bounds: FetchLimits, tag: string | null, take: (chunk: Buffer) => Promise<void> | void) =>
    fetchUrl(url, { limits: bounds, allow: isSafeUrl, signal: end.signal, etag: tag }, take);

  /** Brings a file of the notification into the directory. */
  async function get(type: FileType, reference: FileReference): Promise<string | null> {
    const url = urlOfFile(notificationUrl, reference);
    const name = `${type} ${reference.version}`;
    if (url === null) return `${name}: its URL leads out of the directory of the notification`;
    const why = await bring(directory, type, reference, async take => {
      const answer = await fetched(url, limits[type], null, take);
      return typeof answer === 'string' ? answer : null;
    });
    return why === null ? null : `${name}: ${why}`;
  }

  /** Reads a snapshot and the deltas after it, all of them in the directory, into a book. */
  async function readCopy(session: string, base: FileReference, steps: readonly FileReference[]) {
    progress = { octets: 0, objects: 0 };
    try {
      return await readFiles(session, base, steps, progress);
    } finally {
      progress = null;
    }
  }

  async function readFiles(
    session: string,
    base: FileReference,
    steps: readonly FileReference[],
    far: NonNullable<typeof progress>,
  ) {
    const book = sourceBook(source);
    const tally = emptyTally();
    for (const [type, file] of [['snapshot', base] as const, ...steps.map(step => ['delta', step] as const)]) {
      const name = `${type} ${file.version}`;
      const why = await readKept(
        directory,
        type,
        file,
        { source, session },
        (change, record) => {
          const reading = objectOf(change, source);
          if (reading.what === 'object') {
            apply(book, change.op, reading.object, name, record, tally);
            far.octets += reading.object.bytes.length;
            far.objects = book.routes.count;
          } else count(tally, reading, name, record);
        },
        offline,
      );
      if (why !== null) return `${name}: ${why}`;
    }
    return { book, tally };
  }

  /** Takes a whole copy: it and the deltas behind it are in the directory before the listener hears of it. */
  async function takeWhole(offered: Notification, plan: Plan & { what: 'snapshot' }, anyway: boolean): Promise<string> {
    const { session, version, timestamp } = offered;
    const { hash } = plan.snapshot;
    const hashes = [plan.snapshot, ...plan.deltas].map(file => file.hash).join();
    if (refused !== null && [hash, hashes].includes(refused.hashes) && !anyway) return refused.why;
    const lacking = await get('snapshot', plan.snapshot);
    if (lacking !== null) return lacking;
    for (const delta of plan.deltas) {
      const why = await get('delta', delta);
      if (why !== null) return why;
    }
    const read = await readCopy(session, plan.snapshot, plan.deltas);
    if (typeof read === 'string') {
      refused = { hashes, why: read };
      return read;
    }
    if (end.signal.aborted) return '';
    const reading = { book: read.book, ...read.tally };
    const why = await listener.whole(reading, { place: options.url, serial: version, written: timestamp, kept: false });
    refused = why === null ? null : { hashes: hash, why };
    if (why !== null) return why;
    if (copy !== null) listener.alarm(`${plan.why}: read anew from the snapshot of version ${plan.snapshot.version}`);
    copy = { held: heldOf(offered, version), base: plan.snapshot, steps: plan.deltas };
    return '';
  }

  /** Takes deltas one after the other; those before one that cannot be used stay taken. */
  async function takeDeltas(offered: Notification, deltas: readonly FileReference[]): Promise<string> {
    for (const delta of deltas) {
      const why = (await get('delta', delta)) ?? (await takeDelta(offered.session, delta));
      if (why !== null || end.signal.aborted) return why ?? '';
      copy = { held: heldOf(offered, delta.version), base: copy!.base, steps: [...copy!.steps, delta] };
    }
    return '';
  }

  /** A delta is one transaction. */
  async function takeDelta(session: string, delta: FileReference): Promise<string | null> {
    const found: Operation[] = [];
    const tally = emptyTally();
    const name = `delta ${delta.version}`;
    let tooMany = false;
    const why = await readKept(directory, 'delta', delta, { source, session }, (change, record) => {
      const reading = objectOf(change, source);
      if (reading.what !== 'object') count(tally, reading, name, record);
      else if (found.length >= MAX_OPERATIONS) tooMany = true;
      else found.push(operationOf(change.op, delta.version, reading.object));
    });
    if (why !== null) return `${name}: ${why}`;
    if (tooMany) return `${name}: more than ${MAX_OPERATIONS} changes, which are none any more`;
    const not = await listener.changes(found, delta.version);
    if (not !== null) return not;
    operations += found.length;
    const [first] = tally.firstProblems;
    if (first !== undefined) listener.alarm(`${first.why} (record ${first.line}; ${tally.problems} left out)`);
    return null;
  }

  function heldOf(offered: Notification, version: number): KeptCopy['held'] {
    const { session, snapshot, deltas } = offered;
    const timestamp = Math.max(copy?.held.timestamp ?? 0, believableTime(offered.timestamp, Date.now()));
    return { session, version, timestamp, snapshot, deltas };
  }

  /** One look. What is wrong, in words; empty when all is well. */
  async function lookOnce(whole: boolean): Promise<string> {
    const chunks: Buffer[] = [];
    const tag = whole || failures > 0 ? null : etag;
    const answer = await fetched(notificationUrl, limits.notification, tag, chunk => void chunks.push(chunk));
    if (typeof answer === 'string') return `${options.url}: ${answer}`;
    if (!answer.changed) return '';
    const jws = Buffer.concat(chunks);
    const believed = await verifyNotification(jws, keysToTry(keys));
    if (typeof believed === 'string') return `${options.url}: ${await whyNotBelieved(jws, believed)}`;
    const decoded = decodeNotification(believed.payload);
    if (!decoded.ok) return `${options.url}: ${wordsOf(decoded.problem)}`;
    const offered = decoded.value;
    const plan = planOf(offered, whole);
    if (plan.what === 'refuse') return `${options.url}: ${plan.why}`;
    if (believed.key.spki !== keys.current.spki)
      listener.alarm('the publisher signs with the key that it had announced; the old one is not believed any more');
    keys = afterNotification(keys, believed.key, announced(keys.next, copy?.held ?? null, offered));
    etag = answer.etag;
    made = offered.timestamp;
    const why = await carryOut(plan, offered, whole);
    await writeState(directory, { keys, copy });
    if (why === '' && copy !== null) await sweep(directory, copy);
    return why;
  }

  /** Who configured a key that the publisher has left since is told so, not that the publisher is false. */
  async function whyNotBelieved(jws: Uint8Array, why: string): Promise<string> {
    if (typeof (await verifyNotification(jws, [key])) === 'string') return why;
    return 'its signature is by the configured key, which the publisher had left for the next one';
  }

  function planOf(offered: Notification, whole: boolean): Plan {
    const plan = planUpdate(source, copy?.held ?? null, offered);
    if (plan.what === 'refuse' || plan.what === 'snapshot') return plan;
    if (whole) return reload(offered, 'a whole copy was asked for');
    return plan.what === 'deltas' && stuck >= PATIENCE ? reload(offered, 'its deltas could not be used') : plan;
  }

  async function carryOut(
    plan: Exclude<Plan, { what: 'refuse' }>,
    offered: Notification,
    whole: boolean,
  ): Promise<string> {
    const before = stuck;
    stuck = 0;
    if (plan.what === 'snapshot') return takeWhole(offered, plan, whole);
    if (plan.what === 'deltas') {
      const why = await takeDeltas(offered, plan.deltas);
      if (why !== '') {
        stuck = before + 1;
        return why;
      }
    }
    copy = { ...copy!, held: heldOf(offered, offered.version) };
    await shorten(offered, copy);
    return '';
  }

  /** Lets a newer snapshot take the place of the kept one and of many deltas. Nothing changes but what the next start reads. */
  async function shorten({ snapshot }: Notification, { base, steps, held }: KeptCopy): Promise<void> {
    if (steps.length <= manyDeltas || snapshot.version <= base.version || snapshot.version > held.version) return;
    if (refused?.hashes === snapshot.hash) return;
    const why = await get('snapshot', snapshot);
    if (why === null) copy = { held, base: snapshot, steps: steps.filter(({ version }) => version > snapshot.version) };
    else refused = { hashes: snapshot.hash, why };
  }

  /** One look, told; a failing disk is a trouble as any other. */
  async function look(whole: boolean): Promise<void> {
    await started;
    const why = await lookOnce(whole).catch(whyOf);
    if (end.signal.aborted) return;
    failures = why === '' ? 0 : failures + 1;
    if (why === '') turns.succeeded();
    listener.trouble(why || (made === null ? '' : doubtOfAge(made, Date.now())));
  }

  /** What an earlier run kept is in use before the publisher is asked. */
  async function begin(): Promise<void> {
    const kept = await readState(directory);
    keys = knownKeys(key, kept?.keys ?? null);
    if (!kept?.copy) return;
    const { held, base, steps } = kept.copy;
    const read = await readCopy(held.session, base, steps);
    if (typeof read === 'string') return listener.alarm(`what was kept cannot be used: ${read}`);
    if (end.signal.aborted) return;
    const reading = { book: read.book, ...read.tally };
    const origin = { place: options.url, serial: held.version, written: held.timestamp, kept: true };
    if ((await listener.whole(reading, origin)) !== null) return;
    copy = kept.copy;
    made = held.timestamp;
  }

  const started = begin().catch(error => listener.alarm(`what was kept cannot be used: ${whyOf(error)}`));
  const turns = lookout(() => delayAfter(failures, refresh), end.signal, look);
  if (!offline) void turns.now(false);
  return {
    started,
    get status() {
      const serial = copy?.held.version ?? null;
      const reading = progress === null ? {} : { reading: { ...progress } };
      return { transport: 'nrtm4', serial, ...turns.times(), operations, replayed: 0, ...reading };
    },
    look: turns.now,
    stop: () => end.abort(),
  };
}

/** `name` is the file's; `line` of a problem is the record in it. */
function apply(
  book: SourceBook,
  op: 'add' | 'del',
  object: Operation['object'],
  name: string,
  record: number,
  tally: Tally,
): void {
  const applied = book.apply(op, object);
  if (!applied.ok) {
    tell(tally, record, `${name}: ${applied.problem.why}`);
    return;
  }
  tally.refusedAddresses += applied.refused.length;
  for (const { why } of applied.refused) tell(tally, record, `${name}: ${why}`);
}

type NoObject = Exclude<ReturnType<typeof objectOf>, { what: 'object' }>;

function count(tally: Tally, reading: NoObject, name: string, record: number): void {
  if (reading.what === 'problem') tell(tally, record, `${name}: ${reading.why}`);
  else tally[reading.what]++;
}
