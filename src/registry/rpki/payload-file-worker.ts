/** The thread that reads one JSON file of payloads and ends: half a million of them hold a thread for a second. */
import { readFileSync, statSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { wordsOfError } from './file-mark.ts';
import { MAX_FILE, readPayloadJson } from './payload-json.ts';
import type { VrpMarks } from './vrp-marks.ts';

/** What the thread says of the file: its payloads in a form that can be sent. */
export type FileAnswer =
  | {
      readonly ok: true;
      /** The words of every entry's VRP, and what is said of it. */
      readonly words: Int32Array;
      readonly marks: Omit<VrpMarks, 'vrps'>;
      readonly aspas: readonly (readonly [number, readonly number[]])[];
      readonly routerKeys: number;
      readonly anchors: readonly (readonly [string, number])[];
      readonly generated: number | null;
      readonly expired: number;
      readonly refused: number;
      readonly problems: readonly string[];
    }
  | { readonly ok: false; readonly why: string };

function read(file: string): FileAnswer {
  const { size } = statSync(file);
  if (size > MAX_FILE) return { ok: false, why: `${size} octets, at most ${MAX_FILE} are read` };
  const reading = readPayloadJson(readFileSync(file, 'utf8'), Date.now());
  if (!reading.ok) return reading;
  const { payloads, generated, expired, refused, problems } = reading;
  const { aspas, routerKeys, anchors } = payloads;
  const { vrps, expires, anchors: anchorOf, names } = payloads.marks!;
  return {
    ...{ ok: true, words: vrps.words.slice(), aspas: [...aspas], routerKeys, anchors: [...anchors] },
    marks: { expires: expires.slice(), anchors: anchorOf.slice(), names },
    ...{ generated, expired, refused, problems },
  };
}

function answer(): FileAnswer {
  try {
    return read((workerData as { readonly file: string }).file);
  } catch (error) {
    return { ok: false, why: wordsOfError(error) };
  }
}

const said = answer();
parentPort!.postMessage(
  said,
  said.ok ? [said.words, said.marks.expires, said.marks.anchors].map(({ buffer }) => buffer as ArrayBuffer) : [],
);
