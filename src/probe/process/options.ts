/** The words of itprobe(8), as far as they can be tried for sense before anything is opened. Letters are those of tcpdump. */
import yargs from 'yargs';
import { MIRRORS, type Mirror } from '../capture/mirror.ts';
import type { CaptureDirection, Fanout } from '../capture/ring.ts';
import { parseFlowPort } from '../flows/flow-sockets.ts';

export interface ProbeWords {
  readonly digests: boolean;
  readonly directory?: string;
  readonly askSocket?: string;
  readonly keyFile?: string;
  readonly name?: string;
  readonly socket: string;
  /** A daemon in another machine, HOST or HOST:PORT, and the files that go with it. */
  readonly connect?: string;
  readonly identity?: string;
  readonly certificate?: string;
  readonly daemon?: string;
  readonly read?: readonly string[];
  readonly interface?: readonly string[];
  readonly filter?: string;
  readonly threads: number;
  readonly fanout: Fanout;
  readonly noPromiscuousMode: boolean;
  /** KiB of each ring. */
  readonly bufferSize: number;
  readonly snapshotLength: number;
  readonly direction: CaptureDirection;
  readonly user?: string;
  readonly mirror?: Mirror;
  /** Addresses and ports that exporters of flows send to (probe/flows/flow-sockets.ts). */
  readonly flow?: readonly string[];
  /** Follow translators of addresses, and take no packets. */
  readonly translator: boolean;
}

/** Options that belong to a capture: without -i they mean nothing. */
const OF_CAPTURE: readonly [letter: string, word: keyof ProbeWords][] = [
  ['-f', 'filter'],
  ['-Z', 'user'],
];

interface Bounds {
  readonly least: number;
  readonly most: number;
}
const THREADS: Bounds = { least: 1, most: 64 };
/** A ring has 4 blocks of 128 KiB at least; 4 GiB are more than a kernel gives. */
const BUFFER: Bounds = { least: 512, most: 4 * 1024 * 1024 };
/** An Ethernet, an IPv6 header and what of the packet is hashed, up to the longest packet there is. */
const SNAPLEN: Bounds = { least: 96, most: 65535 };

const once = { type: 'string', requiresArg: true } as const;
// Not an array of yargs: it takes - for no argument.
const several = { type: 'string', requiresArg: true, coerce: (given: string | string[]) => [given].flat() } as const;
const number = { type: 'number', requiresArg: true } as const;

/** Each option: its name, its letter, what it takes and what the help says of it. */
export const OPTIONS = {
  'buffer-size': { alias: 'B', ...number, default: 65536, description: 'KiB of the ring of each interface' },
  digests: {
    alias: 'd',
    type: 'boolean' as const,
    default: false,
    description: 'print the digests of the packets, and end',
  },
  'ask-socket': { ...once, description: 'path of the socket at which `itprobe ask` asks' },
  directory: { alias: 'D', ...once, description: 'keep windows here; without it in memory only' },
  direction: {
    alias: 'Q',
    ...once,
    choices: ['in', 'out', 'inout'] as const,
    default: 'inout' as const,
    description: 'capture what is received, what is sent, or both',
  },
  fanout: {
    ...once,
    choices: ['lb', 'hash', 'cpu'] as const,
    default: 'lb' as const,
    description: 'how threads share packets: in turn, by flow, by processor',
  },
  filter: { alias: 'f', ...once, description: 'capture only what matches this expression of pcap-filter(7)' },
  flow: { ...several, description: 'take sFlow, NetFlow and IPFIX at this address and port' },
  interface: { alias: 'i', ...several, description: 'capture here' },
  'key-file': { alias: 'k', ...once, description: "file of the federation's secret" },
  mirror: { ...once, choices: MIRRORS, description: 'the packets are those of a remote mirror' },
  name: { alias: 'n', ...once, description: 'name of the probe' },
  'no-promiscuous-mode': {
    alias: 'p',
    type: 'boolean' as const,
    default: false,
    description: 'frames for this machine only',
  },
  read: { alias: 'r', ...several, description: 'pcap or pcapng file; - is standard input' },
  'snapshot-length': { ...number, default: 256, description: 'octets of each packet that are looked at' },
  socket: {
    alias: 's',
    ...once,
    default: '/run/intertrack/itprobe.sock',
    description: "path of the daemon's probe socket",
  },
  connect: { alias: 'C', ...once, description: 'HOST[:PORT] of a daemon in another machine' },
  identity: { ...once, description: 'with -C: file of the private key of this probe' },
  certificate: { ...once, description: 'with -C: file of the certificate of this probe' },
  daemon: { ...once, description: 'with -C: file of the certificate of the daemon, or of its authority' },
  threads: { alias: 't', ...number, default: 1, description: 'threads that share the packets of each interface' },
  translator: {
    type: 'boolean' as const,
    default: false,
    description: 'follow translators of addresses, as the daemon is configured',
  },
  user: { alias: 'Z', ...once, description: 'user to become when started as root' },
};

/** Reads the words of a command line. `refuse` is told, in one sentence, what is wrong with them, and does not return. */
export async function probeOptions(args: readonly string[], refuse: (message: string) => never): Promise<ProbeWords> {
  const words = await yargs([...args])
    .scriptName('itprobe')
    .usage(
      'itprobe -n NAME -i INTERFACE …\nitprobe -n NAME -r FILE …\nitprobe -n NAME --flow [ADDRESS]:PORT …\nitprobe -n NAME --translator\nitprobe -d -k SECRET -r FILE',
    )
    .options(OPTIONS)
    .check(words => {
      const wrong = senseless(words as unknown as ProbeWords & { _: unknown[] });
      if (wrong !== null) throw new Error(wrong);
      return true;
    })
    .strictOptions()
    .parserConfiguration({ 'boolean-negation': false })
    .alias('help', 'h')
    .fail((message, error) => refuse((message ?? error.message).replace(/\s*\n\s*/g, ' ').trim()))
    .parseAsync();
  return words as unknown as ProbeWords;
}

/** What is wrong with the words together; null when nothing is. */
function senseless(words: ProbeWords & { readonly _: readonly unknown[] }): string | null {
  const { digests, flow, keyFile, name, read, interface: interfaces, socket } = words;
  if (words._.length > 0) return `unexpected argument: ${words._[0]}`;
  const twice = Object.entries(words).find(
    ([word, value]) => Array.isArray(value) && !['_', 'read', 'r', 'interface', 'i', 'flow'].includes(word),
  );
  if (twice !== undefined) return `--${twice[0]} is given more than once`;
  if (interfaces !== undefined && read !== undefined) return '-i and -r exclude each other';
  const port = flow?.find(text => parseFlowPort(text) === null);
  if (port !== undefined) return `--flow takes [ADDRESS]:PORT, not ${port}`;
  if (flow !== undefined && (digests || read !== undefined || interfaces !== undefined || words.mirror !== undefined))
    return '--flow excludes -i, -r, -d and --mirror: a probe of flows captures nothing';
  const input = interfaces ?? read ?? flow;
  if (words.translator && (input !== undefined || digests || words.directory !== undefined))
    return '--translator goes with -n and -s only: such a probe takes no packets';
  if (input === undefined && !words.translator)
    return '-i INTERFACE, -r FILE, --flow [ADDRESS]:PORT or --translator is needed';
  if (digests && keyFile === undefined) return '-d needs -k SECRET';
  if (!digests && name === undefined) return '-n NAME is needed, or -d';
  if ((digests || words.translator) && words.askSocket !== undefined)
    return '--ask-socket belongs to a probe of packets';
  if (digests && words.directory !== undefined) return '-D belongs to -n';
  if (digests && words.mirror !== undefined) return '--mirror belongs to -n';
  if (digests && name !== undefined) return '-d and -n exclude each other';
  if (digests && (read?.length ?? 0) !== 1) return '-d needs one -r FILE';
  if (!digests && keyFile !== undefined) return '-k belongs to -d: a probe gets its keys from the daemon';
  if (/^\d+$/.test(socket)) return "-s is the daemon's socket; the octets of a packet are --snapshot-length";
  const far = FAR.filter(word => words[word] !== undefined);
  if (words.connect === undefined && far.length > 0) return `--${far[0]} belongs to -C`;
  if (words.connect !== undefined) {
    const missing = FAR.find(word => words[word] === undefined);
    if (digests) return '-C belongs to -n';
    if (missing !== undefined) return `-C needs --${missing}`;
    if (hostAndPort(words.connect) === null) return '-C takes HOST or HOST:PORT, an IPv6 address in brackets';
  }
  if (interfaces !== undefined && new Set(interfaces).size < interfaces.length) return 'an interface is named twice';
  if ((read ?? []).filter(file => file === '-').length > 1) return 'standard input can be read once';
  const idle = OF_CAPTURE.find(([, word]) => interfaces === undefined && words[word] !== undefined);
  if (idle !== undefined) return `${idle[0]} belongs to -i`;
  return (
    outside('-t', words.threads, THREADS) ??
    outside('-B', words.bufferSize, BUFFER) ??
    outside('--snapshot-length', words.snapshotLength, SNAPLEN)
  );
}

/** What belongs to a daemon in another machine. */
const FAR = ['identity', 'certificate', 'daemon'] as const;
const DEFAULT_PORT = 4955;

/** Host and port of `HOST`, `HOST:PORT`, `[ADDRESS]` and `[ADDRESS]:PORT`; null when it is none of them. */
export function hostAndPort(text: string): { readonly host: string; readonly port: number } | null {
  const [, bracketed, plain, digits] = /^(?:\[([0-9a-f:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/i.exec(text) ?? [];
  const port = digits === undefined ? DEFAULT_PORT : Number(digits);
  const host = bracketed ?? plain;
  return host === undefined || port < 1 || port > 65535 ? null : { host, port };
}

function outside(option: string, value: number, { least, most }: Bounds): string | null {
  return Number.isInteger(value) && value >= least && value <= most ? null : `${option} takes ${least} to ${most}`;
}
