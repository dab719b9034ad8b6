/** Asks PeeringDB about an AS: by its API, or in a local copy, which a thread of its own reads. */
import { Worker } from 'node:worker_threads';
import type { Answered } from './contact.ts';
import { getJson } from './get-json.ts';
import { networkOf, readPeeringdb, rowsOf } from './peeringdb-answer.ts';
import type { CopyAnswer } from './peeringdb-copy-worker.ts';
import type { Asked } from './politeness.ts';

const NOTHING: Answered = { name: '', contacts: [], present: [] };

/** By the API below `base`; `key`: the API key. Three questions, which count as one. */
export async function peeringdbContacts(
  base: string,
  key: string | undefined,
  as: number,
  signal: AbortSignal,
): Promise<Asked<Answered>> {
  const headers = { accept: 'application/json', ...(key !== undefined && { authorization: `Api-Key ${key}` }) };
  const ask = (path: string) => getJson(new URL(path, base.endsWith('/') ? base : `${base}/`), headers, signal);
  const net = await ask(`net?asn=${as}`);
  if (!net.ok) return net;
  const network = networkOf(rowsOf(net.value), as);
  if (network === null) return { ok: true, value: NOTHING };
  const poc = await ask(`poc?net_id=${network.id}`);
  if (!poc.ok) return poc;
  const netixlan = await ask(`netixlan?net_id=${network.id}`);
  if (!netixlan.ok) return netixlan;
  const ours = (value: unknown) => rowsOf(value, row => row.net_id === network.id);
  return { ok: true, value: readPeeringdb(network.name, ours(poc.value), ours(netixlan.value)) };
}

/** Heap of the thread that reads a copy, MiB. */
const HEAP = 4096;

/** In a local copy. All of PeeringDB holds a thread for seconds: that is not this one. */
export function peeringdbCopy(file: string, as: number, signal: AbortSignal): Promise<Asked<Answered>> {
  return new Promise(resolve => {
    const { url } = import.meta;
    const name = url.endsWith('.ts') ? './peeringdb-copy-worker.ts' : './peeringdb-copy-worker.js';
    const thread = new Worker(new URL(name, url), {
      workerData: { file, as },
      resourceLimits: { maxOldGenerationSizeMb: HEAP },
    });
    const failed = (why: string) => resolve({ ok: false, why, wait: 0 });
    const end = () => {
      failed('given up');
      void thread.terminate();
    };
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    thread.once('message', (answer: CopyAnswer) => {
      if (!answer.ok) failed(`${file}: ${answer.why}`);
      else if (answer.network === null) resolve({ ok: true, value: NOTHING });
      else resolve({ ok: true, value: readPeeringdb(answer.network.name, answer.poc, answer.netixlan) });
    });
    thread.once('error', error => failed(`${file}: ${error.message}`));
    thread.once('exit', () => {
      signal.removeEventListener('abort', end);
      failed(`${file}: the reading thread ended`);
    });
  });
}
