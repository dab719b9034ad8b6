/**
 * A router's side of the RPKI to Router protocol as a table: RFC 8210 section 8 (protocol sequences), section 7 (versions)
 * and section 6 (times). Clock, socket and data are outside; the data in use stays untouched until the End of Data of what
 * replaces it, also where the RFC flushes first: a route must not lose its verdict because a cache was restarted.
 */
import {
  CORRUPT_DATA,
  ERROR_REPORT,
  errorName,
  type Intervals,
  NO_DATA_AVAILABLE,
  type RtrPdu,
  type RtrVersion,
  UNEXPECTED_VERSION,
  UNSUPPORTED_VERSION,
} from './rtr-pdu.ts';

export type RtrPhase =
  /** Not connected; the retry timer runs. */
  | 'idle'
  | 'connecting'
  /** A query is sent, and not yet answered. */
  | 'asked'
  /** Between Cache Response and End of Data. */
  | 'receiving'
  /** Up to date; the refresh timer runs. */
  | 'synchronised'
  /** Connected to a cache that has no data yet; the retry timer runs. */
  | 'no-data';

export interface RtrState {
  readonly phase: RtrPhase;
  readonly version: RtrVersion;
  /** The cache has answered in this version on this connection. */
  readonly agreed: boolean;
  /** What the data in hand is: a cache continues it only in the same version and session. Null: there is none to continue. */
  readonly held: { readonly version: RtrVersion; readonly session: number; readonly serial: number } | null;
  /** Session of the response under way. */
  readonly session: number;
  /** The response under way is to a Reset Query. */
  readonly full: boolean;
  /** A Serial Notify came, and the query that it asks for has not been sent yet. */
  readonly notified: boolean;
  readonly intervals: Intervals;
  /** Seconds that a cache which failed is left alone at most. */
  readonly longestWait: number;
  /** Connections that ended one after the other without an End of Data. */
  readonly failures: number;
  /** What was said of the times that the cache asks for: it is said again only when it is something else. */
  readonly remark: string;
}

export interface RtrOptions {
  /** The version that is tried first. */
  readonly newest: RtrVersion;
  /** Seconds that stand in the configuration; they go before those of the cache. */
  readonly refresh: number | null;
  readonly retry: number | null;
  readonly expire: number | null;
}

export type RtrEvent =
  | { readonly type: 'start' | 'connected' | 'refresh' | 'retry' | 'stall' }
  | { readonly type: 'closed'; readonly reason: string }
  /** The octets, or the data of a PDU, are wrong; `enclosed` is sent back. */
  | { readonly type: 'fault'; readonly code: number; readonly reason: string; readonly enclosed: Uint8Array }
  /** A PDU that is not payload. */
  | { readonly type: 'pdu'; readonly pdu: RtrPdu };

export type RtrTimer = 'refresh' | 'retry' | 'stall';

export type RtrAction =
  | { readonly do: 'connect' }
  | { readonly do: 'send'; readonly pdu: RtrPdu }
  /** Ends the connection once what was sent has left; what came of a response is undone. */
  | { readonly do: 'close' }
  /** Payload follows: on an empty table, or on the data in hand. */
  | { readonly do: 'begin'; readonly full: boolean }
  /** What came since `begin` is in force. */
  | { readonly do: 'commit' }
  /** One timer runs at a time: this one, for so many seconds. */
  | { readonly do: 'arm'; readonly timer: RtrTimer; readonly seconds: number }
  /** Trouble, in words. */
  | { readonly do: 'say'; readonly text: string };

export interface RtrStep {
  readonly state: RtrState;
  readonly actions: readonly RtrAction[];
}

/** RFC 8210 section 6: bounds and defaults, seconds. */
export const INTERVALS = {
  refresh: { min: 1, max: 86_400, usual: 3600 },
  retry: { min: 1, max: 7200, usual: 600 },
  expire: { min: 600, max: 172_800, usual: 7200 },
} as const;

/** Seconds to wait for the answer to a query, and for the End of Data after it. */
const ANSWER = 30;
const TRANSFER = 300;
/**
 * The wait at most where the configuration does not say: the ten minutes that the RFC proposes are long for a cache that was
 * only restarted, and there is but one connection to be refused.
 */
const WAIT = 60;
/** Seconds between a Serial Notify and the query: several notices become one, and a cache cannot make us spin. */
const NOTICE = 0.25;
/** Connections closed on a query without a word, after which an older version is tried. */
const SILENT = 3;

export function initialState(options: RtrOptions): RtrState {
  const { refresh, retry, expire } = INTERVALS;
  return {
    phase: 'idle',
    version: options.newest,
    agreed: false,
    held: null,
    session: 0,
    full: false,
    notified: false,
    intervals: {
      refresh: options.refresh ?? refresh.usual,
      retry: options.retry ?? retry.usual,
      expire: options.expire ?? expire.usual,
    },
    longestWait: options.retry ?? WAIT,
    failures: 0,
    remark: '',
  };
}

const NOTHING = new Uint8Array(0);
const arm = (timer: RtrTimer, seconds: number): RtrAction => ({ do: 'arm', timer, seconds });
const say = (text: string): RtrAction => ({ do: 'say', text });

/** The wait before a cache is tried again: short at first. */
const patience = ({ failures, longestWait }: RtrState): number => Math.min(2 ** Math.min(failures, 12), longestWait);

/** Asks for what is new, or for all where nothing can be continued (section 8.1 and 8.2). */
function ask(state: RtrState): RtrStep {
  const { held, version } = state;
  const pdu: RtrPdu =
    held !== null && held.version === version
      ? { version, type: 'serial-query', session: held.session, serial: held.serial }
      : { version, type: 'reset-query' };
  return {
    state: { ...state, phase: 'asked', full: pdu.type === 'reset-query', notified: false },
    actions: [{ do: 'send', pdu }, arm('stall', ANSWER)],
  };
}

/** Ends the connection and tries again later. */
function fail(state: RtrState, text: string, ...before: readonly RtrAction[]): RtrStep {
  const next: RtrState = { ...state, phase: 'idle', agreed: false, failures: state.failures + 1 };
  return { state: next, actions: [...before, { do: 'close' }, arm('retry', patience(state)), say(text)] };
}

/**
 * Tells the cache what is wrong with it, and starts anew: nothing of its session is continued. What is wrong with a report of
 * its own is not reported (section 5.11): two that do not understand each other would never end.
 */
function refuse(state: RtrState, code: number, reason: string, enclosed: Uint8Array = NOTHING): RtrStep {
  const report: RtrAction = {
    do: 'send',
    pdu: { version: state.version, type: 'error-report', code, enclosed, text: reason },
  };
  const told = enclosed[1] === ERROR_REPORT ? [] : [report];
  return fail({ ...state, held: null }, `${errorName(code)}: ${reason}`, ...told);
}

/** Section 7: the cache speaks an older version. Caches have been seen to name 0 where they speak 1: one step at a time. */
function downgrade(state: RtrState, options: RtrOptions): RtrStep {
  // The next try begins at the top again: the cache may be another one then.
  if (state.version === 0) return fail({ ...state, version: options.newest }, 'the cache speaks none of our versions');
  const version = (state.version - 1) as RtrVersion;
  const next: RtrState = { ...state, phase: 'connecting', version, agreed: false };
  return { state: next, actions: [{ do: 'close' }, { do: 'connect' }, arm('stall', ANSWER)] };
}

/** A report of the cache (section 5.11); there is never a report about a report. */
function reported(state: RtrState, pdu: RtrPdu & { readonly type: 'error-report' }, options: RtrOptions): RtrStep {
  if (pdu.code === UNSUPPORTED_VERSION && !state.agreed) return downgrade(state, options);
  const words = `${errorName(pdu.code)}${pdu.text === '' ? '' : `: ${readable(pdu.text)}`}`;
  if (pdu.code === NO_DATA_AVAILABLE && state.phase === 'asked') {
    // Section 8.4: the cache is alive; it is asked again after the retry interval, others serve meanwhile.
    const next: RtrState = { ...state, phase: 'no-data', failures: state.failures + 1, notified: false };
    return { state: next, actions: [arm('retry', state.longestWait), say(`the cache reports ${words}`)] };
  }
  // A cache that was restarted does not know the session that it is asked about: it is asked for all, and soon.
  const failures = state.phase === 'asked' && state.held !== null ? 0 : state.failures;
  return fail({ ...state, held: null, failures }, `the cache reports ${words}`);
}

/** Text of a cache, fit for a log: one line, no control characters, not endless. */
function readable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').slice(0, 200);
}

/** Section 8.2: Cache Response. A cache that answers in an older version has settled the version (section 7). */
function responded(state: RtrState, pdu: RtrPdu & { readonly type: 'cache-response' }): RtrStep {
  const { held, full } = state;
  // Section 5.1: another session than the one that is continued means that both sides disagree about the data.
  if (!full && held !== null && pdu.session !== held.session)
    return refuse(state, CORRUPT_DATA, `session ${pdu.session} in an answer about session ${held.session}`);
  // The same number in another version is another session (section 5.1): it continues nothing.
  if (!full && held !== null && pdu.version !== held.version)
    return refuse(
      state,
      UNEXPECTED_VERSION,
      `version ${pdu.version} in an answer about a session of version ${held.version}`,
    );
  const next: RtrState = { ...state, phase: 'receiving', session: pdu.session };
  return { state: next, actions: [{ do: 'begin', full }, arm('stall', TRANSFER)] };
}

/** Section 5.8: End of Data puts in force what came. */
function completed(state: RtrState, pdu: RtrPdu & { readonly type: 'end-of-data' }, options: RtrOptions): RtrStep {
  if (pdu.session !== state.session)
    return refuse(state, CORRUPT_DATA, `End of Data of session ${pdu.session} in session ${state.session}`);
  const { intervals, wrong } = intervalsOf(pdu.intervals, options);
  const remark = wrong.join('; ');
  const next: RtrState = {
    ...state,
    phase: 'synchronised',
    held: { version: state.version, session: pdu.session, serial: pdu.serial },
    intervals,
    longestWait: options.retry === null ? Math.min(WAIT, intervals.retry) : intervals.retry,
    failures: 0,
    remark,
  };
  const wait = state.notified ? NOTICE : intervals.refresh;
  const said = remark === '' || remark === state.remark ? [] : [say(remark)];
  return { state: next, actions: [{ do: 'commit' }, arm('refresh', wait), ...said] };
}

/** The times of the cache within the bounds of section 6, those of the configuration before them. */
function intervalsOf(given: Intervals | null, options: RtrOptions): { intervals: Intervals; wrong: string[] } {
  const wrong: string[] = [];
  const one = (name: keyof Intervals): number => {
    const { min, max, usual } = INTERVALS[name];
    const value = options[name] ?? given?.[name] ?? usual;
    if (value >= min && value <= max) return value;
    const taken = Math.min(max, Math.max(min, value));
    wrong.push(`the cache asks for ${name} ${value}s, ${taken}s is used (RFC 8210 section 6)`);
    return taken;
  };
  const [refresh, retry, expire] = [one('refresh'), one('retry'), one('expire')];
  // Data that expires before it is asked for again would come and go.
  return { intervals: { refresh: Math.min(refresh, expire), retry: Math.min(retry, expire), expire }, wrong };
}

/**
 * Section 5.2. Before the version is settled it is only noted (section 7). The first one sets the timer: a cache that does not
 * stop to notify must not put the query off for ever.
 */
function notified(state: RtrState, pdu: RtrPdu & { readonly type: 'serial-notify' }): RtrStep {
  const { held, phase } = state;
  const noted = { ...state, notified: true };
  // A cache that had no data has some now.
  if (phase === 'no-data') return { state: noted, actions: state.notified ? [] : [arm('retry', NOTICE)] };
  if (phase !== 'synchronised') return { state: noted, actions: [] };
  if (held !== null && held.session !== pdu.session)
    return refuse(state, CORRUPT_DATA, `Serial Notify of session ${pdu.session} in session ${held.session}`);
  if (held?.serial === pdu.serial || state.notified) return { state, actions: [] };
  return { state: noted, actions: [arm('refresh', NOTICE)] };
}

/** Section 8.3: the cache cannot continue what we have. To a Reset Query it is no answer: it would be asked for ever. */
function reset(state: RtrState): RtrStep {
  if (state.full) return refuse(state, CORRUPT_DATA, 'Cache Reset in answer to a Reset Query');
  return ask({ ...state, held: null });
}

/** What a PDU means. Types that only routers send, and those that come at the wrong time, are Corrupt Data. */
function onPdu(before: RtrState, pdu: RtrPdu, options: RtrOptions): RtrStep {
  const { phase } = before;
  const connected = phase !== 'idle' && phase !== 'connecting';
  if (!connected) return { state: before, actions: [] };
  if (pdu.type === 'error-report') return reported(before, pdu, options);
  // Section 7: a Serial Notify that comes before the version is settled is ignored whatever its version.
  if (!before.agreed && pdu.type === 'serial-notify') return notified(before, pdu);
  const settles = !before.agreed && pdu.version < before.version;
  if (pdu.version !== before.version && !settles)
    return refuse(before, UNEXPECTED_VERSION, `version ${pdu.version} in a session of version ${before.version}`);
  const state: RtrState = { ...before, version: pdu.version, agreed: true };
  if (pdu.type === 'serial-notify') return notified(state, pdu);
  if (pdu.type === 'cache-response' && phase === 'asked') return responded(state, pdu);
  if (pdu.type === 'cache-reset' && phase === 'asked') return reset(state);
  if (pdu.type === 'end-of-data' && phase === 'receiving') return completed(state, pdu, options);
  return refuse(state, CORRUPT_DATA, `${pdu.type} in phase ${phase}`);
}

type Row = Partial<Readonly<Record<Exclude<RtrEvent['type'], 'pdu' | 'fault'>, (state: RtrState) => RtrStep>>>;

const connect = (state: RtrState): RtrStep => ({
  state: { ...state, phase: 'connecting', agreed: false },
  actions: [{ do: 'connect' }, arm('stall', ANSWER)],
});
const stalled = (what: string) => (state: RtrState) => fail(state, what);

/** Events that mean nothing in a phase are not in its row, and leave it alone. */
const TABLE: Readonly<Record<RtrPhase, Row>> = {
  idle: { start: connect, retry: connect },
  connecting: {
    connected: ask,
    stall: stalled('no connection'),
  },
  asked: { stall: stalled('no answer to a query') },
  receiving: { stall: stalled('no End of Data') },
  synchronised: { refresh: ask },
  'no-data': { retry: ask },
};

/** A connection that ends: what was in force before is tried from the newest version again, as caches are upgraded. */
function closed(state: RtrState, reason: string, options: RtrOptions): RtrStep {
  if (state.phase === 'idle') return { state, actions: [] };
  // The report about a version that the cache does not speak can be lost with the connection (section 7).
  if (state.phase === 'asked' && !state.agreed && state.failures >= SILENT) {
    const version = state.version === 0 ? options.newest : ((state.version - 1) as RtrVersion);
    return fail({ ...state, version }, reason);
  }
  const version = state.phase === 'synchronised' ? options.newest : state.version;
  return fail({ ...state, version }, reason);
}

/** One step of a session. */
export function step(state: RtrState, event: RtrEvent, options: RtrOptions): RtrStep {
  if (event.type === 'pdu') return onPdu(state, event.pdu, options);
  if (event.type === 'closed') return closed(state, event.reason, options);
  if (event.type === 'fault') return refuse(state, event.code, event.reason, event.enclosed);
  return TABLE[state.phase][event.type]?.(state) ?? { state, actions: [] };
}
