/**
 * One RTR cache: its connection, its clock and its data. What to do is decided by `rtr-session.ts`; payload goes into the
 * table as it comes, and is undone when the response does not reach its End of Data.
 */
import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { Afi } from '../../net/address.ts';
import { readInTurns } from '../../net/read-in-turns.ts';
import { providersOf, sameProviders } from './aspa.ts';
import { aspaKey, formatVrp, MAX_ASPAS, MAX_VRPS, noPayloads, type PayloadChange, type Payloads } from './payloads.ts';
import {
  CORRUPT_DATA,
  DUPLICATE_ANNOUNCEMENT,
  HEADER,
  type Intervals,
  type RtrFault,
  type RtrPdu,
  type RtrVersion,
  UNEXPECTED_VERSION,
  WITHDRAWAL_OF_UNKNOWN,
  writePdu,
} from './rtr-pdu.ts';
import { initialState, type RtrAction, type RtrEvent, type RtrOptions, type RtrPhase, step } from './rtr-session.ts';
import { type RtrStream, rtrStream } from './rtr-stream.ts';
import { vrpLog } from './vrp-log.ts';

export interface RtrAddress {
  readonly host: string;
  readonly port: number;
  /** Speaks TLS (RFC 8210 section 9.2) with these options; null: plain TCP. Asked for at each connection. */
  readonly tls: (() => Promise<ConnectionOptions>) | null;
}

export interface RtrClientListener {
  /** At End of Data: `payloads` has the change. */
  readonly onChange: (change: PayloadChange) => void;
  /** This was in `payloads` for a while, and is not: the response had no End of Data. */
  readonly onUndone: (change: PayloadChange) => void;
  /** Trouble, in words. */
  readonly onTrouble: (why: string) => void;
  /** The phase has changed. */
  readonly onPhase: () => void;
}

export interface RtrStatus {
  readonly phase: RtrPhase;
  readonly version: RtrVersion;
  /** Null before the first End of Data. */
  readonly session: number | null;
  readonly serial: number | null;
  readonly intervals: Intervals;
  /** Milliseconds since the last End of Data; null before the first. */
  readonly age: number | null;
  /** Responses put in force, and faults of the cache that ended a connection. */
  readonly updates: number;
  readonly faults: number;
}

export interface RtrClient {
  start(): void;
  /** Ends the connection; the data stays. */
  stop(): void;
  /** Null before the first End of Data. */
  readonly payloads: Payloads | null;
  status(): RtrStatus;
}

/** VRPs that there is room for at first, about as many as the Internet has; memory that is not touched costs nothing. */
const USUAL = 600_000;

/** A customer's providers before a response changed them. */
interface AspaBefore {
  readonly key: number;
  readonly providers: readonly number[] | undefined;
}

/** `clock`: monotonic, milliseconds. */
export function rtrClient(
  address: RtrAddress,
  options: RtrOptions,
  clock: () => number,
  listener: RtrClientListener,
): RtrClient {
  let state = initialState(options);
  let socket: Socket | null = null;
  let stream: RtrStream | null = null;
  let timer: NodeJS.Timeout | null = null;
  let running = false;
  // A connection that is still to be opened, when its certificates are read.
  let opening: object | null = null;
  let payloads: Payloads | null = null;
  // What the response under way writes to: a new set, or the one in hand, with what undoes it.
  let target: Payloads | null = null;
  let log = vrpLog();
  let before: AspaBefore[] = [];
  let keysBefore = 0;
  let updated: number | null = null;
  let updates = 0;
  let faults = 0;

  function happen(event: RtrEvent): void {
    if (!running) return;
    if (event.type === 'fault') faults++;
    const { phase } = state;
    const next = step(state, event, options);
    state = next.state;
    for (const action of next.actions) act(action);
    if (state.phase !== phase) listener.onPhase();
  }

  function act(action: RtrAction): void {
    switch (action.do) {
      case 'connect':
        open();
        break;
      case 'send':
        socket?.write(writePdu(action.pdu));
        break;
      case 'close':
        close();
        break;
      case 'begin':
        begin(action.full);
        break;
      case 'commit':
        commit();
        break;
      case 'arm':
        if (timer !== null) clearTimeout(timer);
        timer = setTimeout(() => happen({ type: action.timer }), action.seconds * 1000);
        timer.unref();
        break;
      case 'say':
        listener.onTrouble(action.text);
        break;
    }
  }

  function open(): void {
    const { host, port, tls } = address;
    if (tls === null) {
      attach(connect({ host, port }), 'connect');
      return;
    }
    const mine = {};
    opening = mine;
    tls().then(
      secure => {
        if (opening === mine) attach(connectTls({ ...secure, host, port }), 'secureConnect');
      },
      (error: Error) => {
        if (opening === mine) happen({ type: 'closed', reason: error.message });
      },
    );
  }

  function attach(mine: Socket, ready: 'connect' | 'secureConnect'): void {
    opening = null;
    socket = mine;
    let reason = 'the cache closed the connection';
    const own = (event: RtrEvent) => {
      if (socket === mine) happen(event);
    };
    mine.setNoDelay(true);
    mine.setKeepAlive(true, 60_000);
    const mineStream = rtrStream({
      version: () => state.version,
      onPrefix,
      onPdu,
      onFault: ({ code, reason: why }, enclosed) => own({ type: 'fault', code, reason: why, enclosed }),
    });
    stream = mineStream;
    mine.once(ready, () => own({ type: 'connected' }));
    mine.on('error', error => {
      reason = error.message;
    });
    mine.on('close', () => own({ type: 'closed', reason }));
    // At once, though a cache that writes PDU by PDU wakes us for each: what waits in the kernel, a segment for a prefix, soon
    // fills its buffer, and is then dropped and sent again only seconds later.
    readInTurns(mine, chunk => mineStream.push(chunk));
  }

  function close(): void {
    opening = null;
    undo();
    stream?.stop();
    stream = null;
    // Waits for what was written, an Error Report, but not for a cache that does not read it.
    const closing = socket;
    socket = null;
    if (closing === null) return;
    closing.destroySoon();
    setTimeout(() => closing.destroy(), 1000).unref();
  }

  function begin(full: boolean): void {
    target = full || payloads === null ? noPayloads(new Map(), payloads?.vrps.count ?? USUAL) : payloads;
    log = vrpLog();
    before = [];
    keysBefore = target.routerKeys;
  }

  /**
   * Takes back what came of a response without its End of Data. It is told as a change: a walk through the data in slices may
   * have seen it half done.
   */
  function undo(): void {
    const undone = target !== null && target === payloads && log.count + before.length > 0;
    if (target !== null && undone) {
      const { vrps, aspas } = target;
      log.backwards((announce, ...vrp) => {
        if (announce) vrps.remove(...vrp);
        else vrps.add(...vrp);
      });
      for (const { key, providers } of before.reverse())
        if (providers === undefined) aspas.delete(key);
        else aspas.set(key, providers);
      target.routerKeys = keysBefore;
    }
    target = null;
    if (undone) listener.onUndone({ whole: false, vrps: log, customers: new Set(before.map(({ key }) => key)) });
  }

  function commit(): void {
    const customers = new Set(before.map(({ key }) => key));
    const change: PayloadChange = target === payloads ? { whole: false, vrps: log, customers } : { whole: true };
    // Version 2 alone has them: one that answers in an older version now takes them with it.
    const lost = state.version < 2 && target?.aspas.size === 0 ? (payloads?.aspas.size ?? 0) : 0;
    payloads = target;
    target = null;
    log = vrpLog();
    before = [];
    updated = clock();
    updates++;
    listener.onChange(change);
    if (lost > 0) listener.onTrouble(`it speaks version ${state.version} now, without ASPAs: ${lost} are given up`);
  }

  const refuse = (code: number, reason: string): RtrFault => ({ code, offset: HEADER, reason });

  function onPrefix(
    announce: boolean,
    afi: Afi,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    length: number,
    maxLength: number,
    asn: number,
  ): RtrFault | null {
    if (target === null || state.phase !== 'receiving') return refuse(CORRUPT_DATA, `prefix in phase ${state.phase}`);
    const { vrps } = target;
    if (announce) {
      if (vrps.count >= MAX_VRPS) return refuse(CORRUPT_DATA, `more than ${MAX_VRPS} VRPs`);
      if (!vrps.add(afi, w0, w1, w2, w3, length, maxLength, asn))
        return refuse(DUPLICATE_ANNOUNCEMENT, formatVrp(afi, w0, w1, w2, w3, length, maxLength, asn));
    } else if (!vrps.remove(afi, w0, w1, w2, w3, length, maxLength, asn))
      return refuse(WITHDRAWAL_OF_UNKNOWN, formatVrp(afi, w0, w1, w2, w3, length, maxLength, asn));
    if (target === payloads) log.add(announce, afi, w0, w1, w2, w3, length, maxLength, asn);
    return null;
  }

  function onPdu(pdu: RtrPdu): void {
    if (pdu.type !== 'prefix' && pdu.type !== 'aspa' && pdu.type !== 'router-key') {
      happen({ type: 'pdu', pdu });
      return;
    }
    const wrong =
      pdu.version !== state.version
        ? refuse(UNEXPECTED_VERSION, `${pdu.type} of version ${pdu.version}`)
        : target === null || state.phase !== 'receiving'
          ? refuse(CORRUPT_DATA, `${pdu.type} in phase ${state.phase}`)
          : take(target, pdu);
    if (wrong !== null) {
      stream?.stop();
      happen({ type: 'fault', code: wrong.code, reason: wrong.reason, enclosed: writePdu(pdu) });
    }
  }

  function take(into: Payloads, pdu: RtrPdu & { readonly type: 'prefix' | 'aspa' | 'router-key' }): RtrFault | null {
    if (pdu.type === 'prefix') {
      const { announce, afi, words, length, maxLength, asn } = pdu;
      return onPrefix(announce, afi, ...words, length, maxLength, asn);
    }
    if (pdu.type === 'router-key') {
      into.routerKeys = Math.max(0, into.routerKeys + (pdu.announce ? 1 : -1));
      return null;
    }
    const key = aspaKey(pdu.customer, pdu.afi);
    const providers = into.aspas.get(key);
    if (!pdu.announce && providers === undefined) return refuse(WITHDRAWAL_OF_UNKNOWN, `ASPA of AS${pdu.customer}`);
    // An announcement replaces what the customer had (8210bis-25 section 5.12).
    if (pdu.announce && into.aspas.size >= MAX_ASPAS) return refuse(CORRUPT_DATA, `more than ${MAX_ASPAS} ASPAs`);
    // The older form names what it withdraws, also after the announcement that has replaced it.
    const named = providersOf(pdu.providers);
    if (!pdu.announce && named.length > 0 && !sameProviders(providers, named)) return null;
    before.push({ key, providers });
    if (pdu.announce) into.aspas.set(key, named);
    else into.aspas.delete(key);
    return null;
  }

  return {
    start() {
      if (running) return;
      running = true;
      happen({ type: 'start' });
    },
    stop() {
      if (!running) return;
      running = false;
      if (timer !== null) clearTimeout(timer);
      close();
      state = { ...state, phase: 'idle', agreed: false };
    },
    get payloads() {
      return payloads;
    },
    status: () => ({
      phase: state.phase,
      version: state.version,
      session: state.held?.session ?? null,
      serial: state.held?.serial ?? null,
      intervals: state.intervals,
      age: updated === null ? null : clock() - updated,
      updates,
      faults,
    }),
  };
}
