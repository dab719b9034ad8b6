/** One question of NRTM 1 or 3 over TCP: asked, answered, closed. Polling keeps no connection (`-k` is not asked for). */
import { connect } from 'node:net';
import { whyOf } from './dump-reader.ts';
import { type NrtmOutcome, type NrtmQuestion, nrtmAnswer, nrtmQuery } from './nrtm-answer.ts';

/** Milliseconds to be connected, without a single octet, and for all of it. */
export interface NrtmTimes {
  readonly connect: number;
  readonly silence: number;
  readonly total: number;
}

/** IRRd may think for a while before the first octet of a long answer. */
export const NRTM_TIMES: NrtmTimes = { connect: 20_000, silence: 120_000, total: 900_000 };

/** Asks a server. Never rejects: whatever fails is `refused` or `broken`, in words. */
export function askNrtm(
  server: { readonly host: string; readonly port: number },
  question: NrtmQuestion,
  signal: AbortSignal,
  times: NrtmTimes = NRTM_TIMES,
): Promise<NrtmOutcome> {
  return new Promise(resolve => {
    const answer = nrtmAnswer(question);
    const socket = connect({ host: server.host, port: server.port, signal });
    const finish = (outcome: NrtmOutcome) => {
      clearTimeout(silence);
      clearTimeout(total);
      socket.destroy();
      resolve(outcome);
    };
    const fail = (why: string) => finish({ what: 'refused', why });
    const late = (milliseconds: number, what: string) =>
      setTimeout(fail, milliseconds, `${what} for ${milliseconds / 1000} s`);
    let silence = late(times.connect, 'no connection');
    const total = late(times.total, 'the answer goes on');
    socket.on('connect', () => {
      clearTimeout(silence);
      silence = late(times.silence, 'the server says nothing');
      socket.write(nrtmQuery(question));
    });
    socket.on('data', (chunk: Buffer) => {
      silence.refresh();
      const outcome = answer.push(chunk);
      if (outcome !== null) finish(outcome);
    });
    socket.on('end', () => finish(answer.end()));
    socket.on('error', error => fail(signal.aborted ? 'it was given up' : whyOf(error)));
  });
}
