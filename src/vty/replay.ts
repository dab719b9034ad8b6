/** `itctl replay FILE … --to ADDRESS`: plays archives into a BGP speaker, over a session like any other. */
import { setTimeout as wait } from 'node:timers/promises';
import { openMrt, readMrt } from '../mrt/source.ts';
import { type ArchivedUpdate, updatesOf } from '../mrt/updates.ts';
import { createWalker } from '../mrt/walk.ts';
import { formatAddress } from '../net/address.ts';
import { farText, howFar, type OfflineStreams, sentence } from './decode-mrt.ts';
import { pace } from './progress.ts';
import { count, plain } from './render/text.ts';
import type { ReplayOptions } from './replay-options.ts';
import { EXIT } from './run.ts';
import { openSpeaker, type Speaker } from './speaker.ts';

/** A message on its way. */
interface Played {
  readonly time: number;
  readonly as: number;
  readonly ipv6: boolean;
  readonly message: Uint8Array;
}

/** There is no session, or there is none any more: the playing ends. */
class Ended extends Error {}

/**
 * Plays the files in their order and tells what was done. Then keeps the session until it is interrupted or the peer ends
 * it; with `close` it ends at once. Returns the exit code: failed when a file was damaged or the session lost.
 */
export async function replay(
  options: ReplayOptions,
  { stdin, stdout, err, progress }: OfflineStreams,
): Promise<number> {
  const { speed, peer } = options;
  const queue: Played[] = [];
  const peers = new Set<string>();
  const leftOut = new Map<string, number>();
  const began = performance.now();
  let speaker: Speaker | null = null;
  let lost = '';
  let played = 0;
  let damaged = 0;
  let firstTime: number | null = null;
  let firstAt = 0;
  let interrupted = false;
  let playing = '';
  const { opened, far } = howFar();
  const interruption = new AbortController();
  const interrupt = () => {
    interrupted = true;
    interruption.abort();
  };

  const leaveOut = (reason: string) => void leftOut.set(reason, (leftOut.get(reason) ?? 0) + 1);

  function enqueue({ time, peerAs, peerAfi, peerAddress, ipv6, message }: ArchivedUpdate): void {
    const address = formatAddress({ afi: peerAfi, bytes: peerAddress });
    if (peer !== undefined && peer !== address) return;
    peers.add(`${address} ${peerAs}`);
    queue.push({ time, as: peerAs, ipv6, message });
  }

  /** Waits until a message of `time` is due. The sleep is short, so that the end of the session is not slept through. */
  async function due(time: number): Promise<void> {
    if (speed === undefined) return;
    firstTime ??= time;
    const at = firstAt + (time - firstTime) / speed;
    for (let left = at - performance.now(); left > 0 && !interrupted && lost === ''; left = at - performance.now())
      await wait(Math.min(left, 500), undefined, { signal: interruption.signal }).catch(() => {});
  }

  async function connected(as: number): Promise<Speaker> {
    if (speaker !== null) return speaker;
    const { host, port, from } = options;
    const wanted = { host, port, as: options.as ?? as, ...(from !== undefined && { from }) };
    speaker = await openSpeaker(wanted).catch((error: Error) => {
      throw new Ended(`no session with ${host} port ${port}: ${error.message}`);
    });
    firstAt = performance.now();
    void speaker.ended.then(reason => {
      lost = reason;
    });
    return speaker;
  }

  async function send(): Promise<void> {
    for (const { time, as, ipv6, message } of queue) {
      const to = await connected(as);
      if (ipv6 && !to.negotiated.ipv6) {
        leaveOut('of IPv6, which the peer does not take');
        continue;
      }
      await due(time);
      if (interrupted || lost !== '') throw new Ended();
      if (!to.send(message)) await to.drained();
      played++;
      progress?.show(() =>
        farText(
          playing,
          far(),
          [count(played, 'update'), pace(played, performance.now() - firstAt)].filter(Boolean).join(', '),
        ),
      );
    }
    queue.length = 0;
  }

  async function play(file: string): Promise<void> {
    const name = file === '-' ? 'standard input' : file;
    playing = name;
    // What is left of a file when the session has ended was not read, and is not torn.
    let stopped = false;
    const complain = (text: string) => {
      if (!stopped && ++damaged <= 20) err(plain(`${name}: ${text}`));
    };
    const visitor = updatesOf({
      update: enqueue,
      leftOut: leaveOut,
    });
    const walker = createWalker(visitor);
    await readMrt(openMrt(file, stdin, opened), {
      record(record) {
        const wrong = walker.walk(record);
        if (wrong !== null) complain(`record ${record.number} at octet ${record.offset}: ${wrong}`);
      },
      gap: ({ offset, octets, reason }) => complain(`octet ${offset}: ${reason}; ${octets} octets are left out`),
      drained() {
        if (queue.length === 0) return undefined;
        return send().catch(error => {
          stopped = true;
          throw error;
        });
      },
    }).catch(error => {
      if (error instanceof Ended) throw error;
      complain(sentence(error));
    });
  }

  const summary = () => {
    progress?.clear();
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const from = peers.size === 1 ? '1 peer' : `${peers.size} peers`;
    stdout.write(`${played} updates of ${from} were played in ${seconds} s\n`);
    for (const [reason, count] of leftOut) err(`${count} left out: ${reason}`);
    if (peers.size > 1)
      err(`the routes of all ${peers.size} peers went over one session: of a prefix the last one stays`);
  };

  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  let failure = '';
  try {
    for (const file of options.files) await play(file);
  } catch (error) {
    if (!(error instanceof Ended)) throw error;
    failure = error.message;
  }
  if (failure !== '') {
    err(plain(failure));
    return EXIT.failed;
  }
  const session = speaker as Speaker | null;
  if (session === null) {
    err('there is no update to play');
    return EXIT.failed;
  }
  summary();
  if (!interrupted && lost === '' && !options.close) {
    err('the session stays up until it is interrupted');
    await Promise.race([session.ended, new Promise(resolve => interruption.signal.addEventListener('abort', resolve))]);
  }
  if (lost !== '') err(plain(`the session has ended: ${lost}`));
  const failed = lost !== '' || damaged > 0;
  await session.close();
  return failed ? EXIT.failed : EXIT.ok;
}
