/** The words of `itprobe ask`. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import yargs from 'yargs';
import { readDuration } from '../../config/units.ts';
import { EPOCH_MILLISECONDS, epochOf } from '../../packet/itk1.ts';

/** Where probes of this machine are asked: beside the daemon's sockets, and of the system service in folders of their own. */
const FOLDER = '/run/intertrack';
const FOLDERS = '/run/itprobe';

export interface AskWords {
  /** Path of the probe's ask socket. */
  readonly socket: string;
  /** 16 hex digits; null when a packet is asked about. */
  readonly digest: string | null;
  readonly keyFile: string | null;
  readonly read: string | null;
  /** Number of the packet in the file, from 1. */
  readonly number: number;
  /** Milliseconds since the epoch; null: not said. */
  readonly from: number | null;
  readonly to: number | null;
  readonly epoch: number | null;
  readonly json: boolean;
}

const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?([Zz]|[+-]\d{2}:\d{2})$/;

/** A time: RFC 3339, seconds since the epoch, or so long ago (`-10m`). Null when it is none. */
export function readTime(text: string, now: number): number | null {
  if (/^\d{1,11}(\.\d{1,9})?$/.test(text)) return Math.floor(Number(text) * 1000);
  if (RFC3339.test(text)) {
    const time = Date.parse(text.replace(' ', 'T').toUpperCase());
    return Number.isNaN(time) || time < 0 ? null : time;
  }
  const ago = text.startsWith('-') ? readDuration(text.slice(1)) : null;
  return ago === null ? null : Math.max(0, now - ago);
}

/** Reads the words behind `ask`. `refuse` is told, in one sentence, what is wrong with them, and does not return. */
export async function askOptions(words: string[], refuse: (message: string) => never): Promise<AskWords> {
  const once = { type: 'string', requiresArg: true } as const;
  const given = await yargs(words)
    .scriptName('itprobe ask')
    .usage('itprobe ask [-s SOCKET] DIGEST …\nitprobe ask [-s SOCKET] -k SECRET -r FILE [-n NUMBER] …')
    .options({
      epoch: { ...once, description: 'hour that the digest was made in, since 1970' },
      from: { ...once, description: 'since when it may have passed: RFC 3339, Unix seconds, or -10m' },
      json: { alias: 'j', type: 'boolean', default: false, description: 'print the answer in JSON' },
      'key-file': { alias: 'k', ...once, description: "file of the federation's secret" },
      number: { alias: 'n', ...once, default: '1', description: 'number of the packet in the file' },
      read: { alias: 'r', ...once, description: 'pcap or pcapng file that has the packet' },
      socket: { alias: 's', ...once, description: "path of the probe's ask socket" },
      to: { ...once, description: 'until when' },
    })
    .strictOptions()
    .parserConfiguration({
      'duplicate-arguments-array': false,
      'boolean-negation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
    .alias('help', 'h')
    .fail((message, error) => refuse(message ?? error.message))
    .parseAsync();

  const now = Date.now();
  const time = (name: 'from' | 'to'): number | null => {
    const text = given[name];
    if (text === undefined) return null;
    return readTime(text, now) ?? refuse(`--${name} ${text} is no time`);
  };
  const whole = (name: 'epoch' | 'number', most: number): number | null => {
    const text = given[name];
    if (text === undefined) return null;
    return /^\d{1,10}$/.test(text) && Number(text) <= most ? Number(text) : refuse(`--${name} ${text} is no number`);
  };
  const [digest = null, ...more] = given._.map(String);
  if (more.length > 0) refuse(`unexpected argument: ${more[0]}`);
  const { keyFile = null, read = null, json } = given;
  if (digest === null && read === null) refuse('a DIGEST is needed, or -k SECRET and -r FILE');
  if (digest !== null && (read !== null || keyFile !== null)) refuse('a DIGEST needs neither -k nor -r');
  if (digest === null && keyFile === null) refuse('-r needs -k SECRET');
  if (digest !== null && !/^[0-9a-fA-F]{16}$/.test(digest)) refuse(`${digest} is no digest: 16 hex digits`);
  const [from, to] = [time('from'), time('to')];
  if (from !== null && to !== null && to < from) refuse('--to is before --from');
  return {
    socket: given.socket ?? onlySocket(refuse),
    digest: digest?.toLowerCase() ?? null,
    ...{ keyFile, read, json, from, to },
    number: whole('number', 2 ** 31) ?? 1,
    epoch: whole('epoch', 0xffffffff),
  };
}

/** The one probe of this machine. */
function onlySocket(refuse: (message: string) => never): string {
  const namesIn = (folder: string): string[] => {
    try {
      return readdirSync(folder);
    } catch {
      // There is no folder: no probe either.
      return [];
    }
  };
  const folders = [FOLDER, ...namesIn(FOLDERS).map(name => join(FOLDERS, name))];
  const there = folders.flatMap(folder =>
    namesIn(folder).flatMap(name => (/^itprobe-.*\.ask$/.test(name) ? [join(folder, name)] : [])),
  );
  if (there.length === 1) return there[0]!;
  const found =
    there.length === 0 ? `no probe listens in ${FOLDER} or ${FOLDERS}` : `several probes listen: ${there.join(', ')}`;
  return refuse(`${found}; say which with -s`);
}

/** The hour that a digest of these words belongs to, and the interval that is asked about: all of the hour, if nothing is said. */
export function askedTime({ epoch, from, to }: AskWords, now: number): { epoch: number; from: number; to: number } {
  const hour = epoch ?? epochOf(from ?? to ?? now);
  const begin = hour * EPOCH_MILLISECONDS;
  return { epoch: hour, from: from ?? begin, to: to ?? Math.max(from ?? 0, begin + EPOCH_MILLISECONDS - 1) };
}
