import { expect } from 'chai';
import type { RtrPdu, RtrVersion } from '../../../src/registry/rpki/rtr-pdu.ts';
import {
  initialState,
  type RtrAction,
  type RtrEvent,
  type RtrOptions,
  type RtrState,
  step,
} from '../../../src/registry/rpki/rtr-session.ts';

const OPTIONS: RtrOptions = { newest: 2, refresh: null, retry: null, expire: null };
const NOTHING = new Uint8Array(0);
const INTERVALS = { refresh: 3600, retry: 600, expire: 7200 };

const pdu = (one: RtrPdu): RtrEvent => ({ type: 'pdu', pdu: one });
const response = (session: number, version: RtrVersion = 2) => pdu({ version, type: 'cache-response', session });
const endOfData = (session: number, serial: number, version: RtrVersion = 2, intervals = INTERVALS) =>
  pdu({ version, type: 'end-of-data', session, serial, intervals: version === 0 ? null : intervals });
const notify = (session: number, serial: number, version: RtrVersion = 2) =>
  pdu({ version, type: 'serial-notify', session, serial });
const report = (code: number, version: RtrVersion = 2, text = '') =>
  pdu({ version, type: 'error-report', code, enclosed: NOTHING, text });
const START: RtrEvent = { type: 'start' };
const CONNECTED: RtrEvent = { type: 'connected' };
const CLOSED: RtrEvent = { type: 'closed', reason: 'gone' };
const RETRY: RtrEvent = { type: 'retry' };

/** Actions in short: what a reader of the RFC would write in the margin. */
function short(action: RtrAction): string {
  switch (action.do) {
    case 'send': {
      const { pdu: sent } = action;
      const what =
        sent.type === 'serial-query'
          ? ` ${sent.session}/${sent.serial}`
          : sent.type === 'error-report'
            ? ` ${sent.code}`
            : '';
      return `${sent.type}${what} v${sent.version}`;
    }
    case 'arm':
      return `${action.timer} ${action.seconds}`;
    case 'begin':
      return action.full ? 'begin full' : 'begin';
    case 'say':
      return 'say';
    default:
      return action.do;
  }
}

/** The actions of the last event, and the state after it. */
function play(events: readonly RtrEvent[], options = OPTIONS): { state: RtrState; actions: string[]; said: string[] } {
  let state = initialState(options);
  let actions: readonly RtrAction[] = [];
  for (const event of events) ({ state, actions } = step(state, event, options));
  const said = actions.flatMap(action => (action.do === 'say' ? [action.text] : []));
  return { state, actions: actions.map(short), said };
}

const UP = [START, CONNECTED, response(7), endOfData(7, 1)];

/** Events one after the other, what the last one brings about, and the phase that follows. */
const ROWS: readonly [string, readonly RtrEvent[], readonly string[], RtrState['phase']][] = [
  ['starts by a connection', [START], ['connect', 'stall 30'], 'connecting'],
  ['asks for all when it has nothing (8.1)', [START, CONNECTED], ['reset-query v2', 'stall 30'], 'asked'],
  ['takes the response on an empty table', [START, CONNECTED, response(7)], ['begin full', 'stall 300'], 'receiving'],
  ['puts it in force at End of Data', UP, ['commit', 'refresh 3600'], 'synchronised'],
  ['asks for what is new when it is time', [...UP, { type: 'refresh' }], ['serial-query 7/1 v2', 'stall 30'], 'asked'],
  ['takes what is new on what it has', [...UP, { type: 'refresh' }, response(7)], ['begin', 'stall 300'], 'receiving'],
  ['asks soon after a Serial Notify (5.2)', [...UP, notify(7, 2)], ['refresh 0.25'], 'synchronised'],
  ['does not ask for the serial that it has', [...UP, notify(7, 1)], [], 'synchronised'],
  [
    'asks again when notified while a response came',
    [...UP, { type: 'refresh' }, response(7), notify(7, 3), endOfData(7, 2)],
    ['commit', 'refresh 0.25'],
    'synchronised',
  ],
  [
    'asks for all after a Cache Reset (8.3)',
    [...UP, { type: 'refresh' }, pdu({ version: 2, type: 'cache-reset' })],
    ['reset-query v2', 'stall 30'],
    'asked',
  ],
  [
    'refuses a Cache Reset in answer to a Reset Query, which would be asked for ever',
    [START, CONNECTED, pdu({ version: 2, type: 'cache-reset' })],
    ['error-report 0 v2', 'close', 'retry 1', 'say'],
    'idle',
  ],
  [
    'refuses a second Cache Reset in a row',
    [...UP, { type: 'refresh' }, pdu({ version: 2, type: 'cache-reset' }), pdu({ version: 2, type: 'cache-reset' })],
    ['error-report 0 v2', 'close', 'retry 1', 'say'],
    'idle',
  ],
  ['is not put off by a second Serial Notify', [...UP, notify(7, 2), notify(7, 3)], [], 'synchronised'],
  [
    'is not put off by one that came while a response did',
    [...UP, { type: 'refresh' }, response(7), notify(7, 3), endOfData(7, 2), notify(7, 4)],
    [],
    'synchronised',
  ],
  [
    'hears the next Serial Notify after it has asked',
    [...UP, notify(7, 2), { type: 'refresh' }, response(7), endOfData(7, 2), notify(7, 3)],
    ['refresh 0.25'],
    'synchronised',
  ],
  [
    'continues its session on a new connection',
    [...UP, CLOSED, RETRY, CONNECTED],
    ['serial-query 7/1 v2', 'stall 30'],
    'asked',
  ],
  ['tries again soon after a loss', [...UP, CLOSED], ['close', 'retry 1', 'say'], 'idle'],
  ['waits longer each time', [...UP, CLOSED, RETRY, CLOSED, RETRY, CLOSED], ['close', 'retry 4', 'say'], 'idle'],
  [
    'waits a minute at most',
    [...UP, ...Array.from({ length: 14 }, () => [CLOSED, RETRY]).flat(), CLOSED],
    ['close', 'retry 60', 'say'],
    'idle',
  ],
  [
    'refuses an answer of another session (5.1)',
    [...UP, { type: 'refresh' }, response(8)],
    ['error-report 0 v2', 'close', 'retry 1', 'say'],
    'idle',
  ],
  [
    'and asks for all then',
    [...UP, { type: 'refresh' }, response(8), RETRY, CONNECTED],
    ['reset-query v2', 'stall 30'],
    'asked',
  ],
  [
    'takes any session as the answer to a Reset Query',
    [...UP, { type: 'refresh' }, response(8), RETRY, CONNECTED, response(8)],
    ['begin full', 'stall 300'],
    'receiving',
  ],
  [
    'refuses a Serial Notify of another session',
    [...UP, notify(8, 2)],
    ['error-report 0 v2', 'close', 'retry 1', 'say'],
    'idle',
  ],
  [
    'refuses an End of Data of another session',
    [START, CONNECTED, response(7), endOfData(8, 1)],
    ['error-report 0 v2', 'close', 'retry 1', 'say'],
    'idle',
  ],
  ['waits for a cache without data (8.4)', [START, CONNECTED, report(2)], ['retry 60', 'say'], 'no-data'],
  [
    'and asks it again on the same connection',
    [START, CONNECTED, report(2), RETRY],
    ['reset-query v2', 'stall 30'],
    'asked',
  ],
  [
    'asks soon when a cache without data notifies',
    [START, CONNECTED, report(2), notify(7, 1)],
    ['retry 0.25'],
    'no-data',
  ],
  ['once', [START, CONNECTED, report(2), notify(7, 1), notify(7, 2)], [], 'no-data'],
  [
    'steps down when its version is not supported (7)',
    [START, CONNECTED, report(4, 1)],
    ['close', 'connect', 'stall 30'],
    'connecting',
  ],
  [
    'one version at a time, whatever the report names',
    [START, CONNECTED, report(4, 0), CONNECTED],
    ['reset-query v1', 'stall 30'],
    'asked',
  ],
  [
    'gives up for a while below version 0',
    [START, CONNECTED, report(4, 0), CONNECTED, report(4, 0), CONNECTED, report(4, 0)],
    ['close', 'retry 1', 'say'],
    'idle',
  ],
  [
    'begins with the newest version when it tries such a cache again',
    [START, CONNECTED, report(4, 0), CONNECTED, report(4, 0), CONNECTED, report(4, 0), RETRY, CONNECTED],
    ['reset-query v2', 'stall 30'],
    'asked',
  ],
  [
    'settles for an older version that the cache answers in',
    [START, CONNECTED, response(7, 1)],
    ['begin full', 'stall 300'],
    'receiving',
  ],
  [
    'has the usual times in version 0',
    [START, CONNECTED, response(7, 0), endOfData(7, 1, 0)],
    ['commit', 'refresh 3600'],
    'synchronised',
  ],
  [
    'refuses another version once it is settled',
    [START, CONNECTED, response(7, 1), endOfData(7, 1, 0)],
    ['error-report 8 v1', 'close', 'retry 1', 'say'],
    'idle',
  ],
  ['ignores a Serial Notify before the version is settled', [START, CONNECTED, notify(9, 9, 0)], [], 'asked'],
  [
    'tries the newest version again after a working session',
    [START, CONNECTED, response(7, 1), endOfData(7, 1, 1), CLOSED, RETRY, CONNECTED],
    ['reset-query v2', 'stall 30'],
    'asked',
  ],
  [
    'continues the session of an older version when it is back at that',
    [START, CONNECTED, response(7, 1), endOfData(7, 1, 1), CLOSED, RETRY, CONNECTED, report(4, 1), CONNECTED],
    ['serial-query 7/1 v1', 'stall 30'],
    'asked',
  ],
  [
    'continues no session in another version, though it have the same number (5.1)',
    [...UP, CLOSED, RETRY, CONNECTED, response(7, 1)],
    ['error-report 8 v1', 'close', 'retry 2', 'say'],
    'idle',
  ],
  [
    'tries an older version when a cache closes on the query again and again',
    [START, ...Array.from({ length: 4 }, () => [CONNECTED, CLOSED, RETRY]).flat(), CONNECTED],
    ['reset-query v1', 'stall 30'],
    'asked',
  ],
  ['does not wait for ever for a connection', [START, { type: 'stall' }], ['close', 'retry 1', 'say'], 'idle'],
  ['nor for an answer', [START, CONNECTED, { type: 'stall' }], ['close', 'retry 1', 'say'], 'idle'],
  ['nor for an End of Data', [START, CONNECTED, response(7), { type: 'stall' }], ['close', 'retry 1', 'say'], 'idle'],
  [
    'refuses an End of Data without a response',
    [START, CONNECTED, endOfData(7, 1)],
    ['error-report 0 v2', 'close', 'retry 1', 'say'],
    'idle',
  ],
  [
    'refuses a response that was not asked for',
    [...UP, response(7)],
    ['error-report 0 v2', 'close', 'retry 1', 'say'],
    'idle',
  ],
  [
    'refuses what routers send',
    [...UP, pdu({ version: 2, type: 'reset-query' })],
    ['error-report 0 v2', 'close', 'retry 1', 'say'],
    'idle',
  ],
  ['answers a report by no report', [...UP, report(1)], ['close', 'retry 1', 'say'], 'idle'],
  ['starts anew after a report', [...UP, report(1), RETRY, CONNECTED], ['reset-query v2', 'stall 30'], 'asked'],
  [
    'reports what is wrong with the octets, and starts anew',
    [...UP, { type: 'fault', code: 6, reason: 'withdrawn', enclosed: NOTHING }],
    ['error-report 6 v2', 'close', 'retry 1', 'say'],
    'idle',
  ],
  [
    'asks a restarted cache for all at once',
    [...UP, CLOSED, RETRY, CLOSED, RETRY, CONNECTED, report(0)],
    ['close', 'retry 1', 'say'],
    'idle',
  ],
  [
    'answers what is wrong with a report by no report (5.11)',
    [...UP, { type: 'fault', code: 0, reason: 'lengths', enclosed: Uint8Array.of(2, 10, 0, 0) }],
    ['close', 'retry 1', 'say'],
    'idle',
  ],
  ['hears nothing when it is not connected', [START, notify(7, 1)], [], 'connecting'],
  ['is not closed twice', [...UP, CLOSED, CLOSED], [], 'idle'],
];

describe('a session with a cache', () => {
  for (const [what, events, actions, phase] of ROWS)
    it(what, () => {
      const played = play(events);
      expect(played.actions).to.deep.equal(actions);
      expect(played.state.phase).to.equal(phase);
    });

  it('keeps the times of the cache within their bounds (6)', () => {
    const far = { refresh: 0, retry: 1_000_000, expire: 10 };
    const events = [START, CONNECTED, response(7), endOfData(7, 1, 2, far)];
    const { state, said } = play(events);
    expect(state.intervals).to.deep.equal({ refresh: 1, retry: 600, expire: 600 });
    expect(said).to.deep.equal([
      'the cache asks for refresh 0s, 1s is used (RFC 8210 section 6); ' +
        'the cache asks for retry 1000000s, 7200s is used (RFC 8210 section 6); ' +
        'the cache asks for expire 10s, 600s is used (RFC 8210 section 6)',
    ]);
    const again: readonly RtrEvent[] = [{ type: 'refresh' }, response(7), endOfData(7, 2, 2, far)];
    expect(play([...events, ...again]).said, 'it is said once').to.deep.equal([]);
  });

  it('puts the times of the configuration before those of the cache', () => {
    const { state } = play(UP, { ...OPTIONS, refresh: 60, expire: 86_400 });
    expect(state.intervals).to.deep.equal({ refresh: 60, retry: 600, expire: 86_400 });
  });

  it('waits for the retry interval of the configuration', () => {
    const options = { ...OPTIONS, retry: 300 };
    expect(
      play([...UP, ...Array.from({ length: 14 }, () => [CLOSED, RETRY]).flat(), CLOSED], options).actions,
    ).to.include('retry 300');
  });

  it('begins with the version of the configuration', () => {
    expect(play([START, CONNECTED], { ...OPTIONS, newest: 1 }).actions).to.deep.equal(['reset-query v1', 'stall 30']);
  });

  it('shows the text of a report as one short line', () => {
    const { said } = play([...UP, report(1, 2, `out of\nmemory\x1b[2J${'x'.repeat(500)}`)]);
    expect(said[0]).to.match(/^the cache reports Internal Error \(1\): out of memory \[2Jx+$/);
    expect(said[0]!.length).to.be.below(260);
  });
});
