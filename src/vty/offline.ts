/** The commands of itctl that need no daemon. Their words are not cut short: the daemon, who knows all others, is not asked. */
import { once } from 'node:events';
import { checkOptions, namesFiles } from './check-options.ts';
import type { OfflineStreams } from './decode-mrt.ts';
import { EXIT } from './run.ts';

export interface OfflineCommand {
  /** Words that begin it. */
  readonly words: readonly string[];
  /** As in itctl(8). */
  readonly syntax: string;
  /** Whether it is this command with the words that follow; when it is not, the daemon's of the same name is meant. */
  takes?(args: readonly string[]): boolean;
  /** What may stand for the last of the words that follow; where it is not there, the name of a file may. */
  next?(args: readonly string[]): Promise<readonly string[]>;
  /** Carries it out with the words that follow; returns the exit code. A `string` tells what is wrong with the usage. */
  run(args: readonly string[], json: boolean, streams: OfflineStreams): Promise<number | string>;
}

type Words = (words: readonly string[], json: boolean, streams: OfflineStreams) => number | string;

/** A command whose words are sorted where it is carried out; that is loaded when it is asked for. */
function offline(words: readonly string[], rest: string, load: () => Promise<Words>): OfflineCommand {
  return {
    words,
    syntax: `${words.join(' ')} ${rest}`,
    async run(args, json, streams) {
      const command = await load();
      return command(args, json, streams);
    },
  };
}

const certificate = async () => import('./certificate.ts');
const key = async () => import('./key.ts');

type Decode = (file: string, json: boolean, streams: OfflineStreams) => Promise<number>;

/** `decode FORMAT FILE`; what decodes it is loaded when it is asked for. */
function decodesFile(format: string, load: () => Promise<Decode>): OfflineCommand {
  return {
    words: ['decode', format],
    syntax: `decode ${format} FILE`,
    async run([file, ...more], json, streams) {
      if (file === undefined) return 'a file is missing';
      if (more.length > 0) return `unexpected "${more[0]}"`;
      const decode = await load();
      return decode(file, json, streams);
    },
  };
}

export const OFFLINE: readonly OfflineCommand[] = [
  {
    words: ['audit', 'export'],
    syntax: 'audit export FILE',
    async run([file, ...more], _, streams) {
      if (file === undefined) return 'a file is missing';
      if (more.length > 0) return `unexpected "${more[0]}"`;
      const { exportAudit } = await import('./audit.ts');
      return exportAudit(file, streams);
    },
  },
  {
    words: ['audit', 'verify'],
    syntax: 'audit verify FILE [--head HEAD ...]',
    async run([file, ...more], json, streams) {
      if (file === undefined) return 'a file is missing';
      const { headsOf, verifyAudit } = await import('./audit.ts');
      const heads = headsOf(more);
      return typeof heads === 'string' ? heads : verifyAudit(file, heads, json, streams);
    },
  },
  offline(
    ['cert', 'authority', 'make'],
    'NAME --key FILE --out FILE [--days NUMBER] [--force]',
    async () => (await certificate()).makeAuthority,
  ),
  offline(['cert', 'checklist'], 'FILE [--out DIRECTORY] [--force]', async () => (await certificate()).checklistFor),
  offline(
    ['cert', 'issue'],
    'FILE --authority FILE --key FILE --out FILE [--days NUMBER] [--force]',
    async () => (await certificate()).issueToMember,
  ),
  offline(
    ['cert', 'make'],
    'AS --key FILE --out FILE [--days NUMBER] [--force]',
    async () => (await certificate()).makeCertificate,
  ),
  offline(['cert', 'pin'], 'FILE', async () => (await certificate()).pinCertificate),
  offline(
    ['cert', 'renew'],
    'FILE --key FILE [--out FILE] [--days NUMBER]',
    async () => (await certificate()).renewCertificate,
  ),
  offline(['cert', 'show'], 'FILE', async () => (await certificate()).showCertificate),
  {
    words: ['check', 'route'],
    syntax:
      'check route PREFIX AS [--irr FILE ...] [--vrp FILE ...] [--aspa FILE ...] [--path PATH] [--from ROLE] [--ix-lan PREFIX]',
    takes: namesFiles,
    async run(args, json, streams) {
      const options = checkOptions(args);
      if (typeof options === 'string') return options;
      const { checkByFiles } = await import('./check-route.ts');
      return checkByFiles(options, json, streams);
    },
  },
  {
    words: ['check', 'evidence'],
    syntax: 'check evidence FILE',
    takes: ([word = '', ...more]) => more.length > 0 || !/^\d{4}-\d{2}-\d{2}-\d{2,6}$/.test(word),
    async run([file, ...more], json, streams) {
      if (file === undefined) return 'a file is missing';
      if (more.length > 0) return `unexpected "${more[0]}"`;
      const { checkEvidenceFile } = await import('./check-evidence.ts');
      return checkEvidenceFile(file, json, streams);
    },
  },
  {
    words: ['config', 'check'],
    syntax: 'config check FILE',
    takes: args => args.length > 0,
    async run([file, ...more], json, streams) {
      if (file === undefined) return 'a file is missing';
      if (more.length > 0) return `unexpected "${more[0]}"`;
      const { checkConfigFile } = await import('./check-config.ts');
      return checkConfigFile(file, json, streams);
    },
  },
  {
    words: ['decode', 'bgp'],
    syntax: 'decode bgp',
    async run(args, _, { stdin, stdout }) {
      if (args.length > 0) return `unexpected "${args[0]}"`;
      const { decodeBgp } = await import('./decode-bgp.ts');
      const write = async (text: string) => void (stdout.write(text) || (await once(stdout, 'drain')));
      return (await decodeBgp(stdin, write)) === 0 ? EXIT.ok : EXIT.failed;
    },
  },
  decodesFile('mrt', async () => (await import('./decode-mrt.ts')).decodeMrt),
  decodesFile('rpsl', async () => (await import('./decode-rpsl.ts')).decodeRpsl),
  decodesFile('nrtm', async () => (await import('./decode-nrtm.ts')).decodeNrtm),
  {
    words: ['digest'],
    syntax: 'digest FILE [-n NUMBER] [--profile PROFILE ...] [--key KEY] [--key-file SECRET] [--reassemble]',
    async run(args, json, streams) {
      const { digestOptions } = await import('./digest-options.ts');
      const options = digestOptions(args);
      if (typeof options === 'string') return options;
      const { digest } = await import('./digest.ts');
      return digest(options, json, streams);
    },
  },
  offline(['key', 'make'], 'FILE [--force]', async () => (await key()).makeKey),
  offline(['key', 'show'], 'FILE', async () => (await key()).showKey),
  {
    words: ['replay'],
    syntax: 'replay FILE ... --to ADDRESS [--from ADDRESS] [--as NUMBER] [--peer ADDRESS] [--speed NUMBER] [--close]',
    async run(args, _, streams) {
      const { replayOptions } = await import('./replay-options.ts');
      const options = replayOptions(args);
      if (typeof options === 'string') return options;
      const { replay } = await import('./replay.ts');
      return replay(options, streams);
    },
  },
  {
    words: ['schema'],
    syntax: 'schema [WORD ...]',
    next: async args => (await import('./schema.ts')).nextWords(args),
    async run(args, _, { stdout }) {
      const { printSchema } = await import('./schema.ts');
      return printSchema(args, stdout);
    },
  },
  {
    words: ['trace', 'verify'],
    syntax: 'trace verify FILE [--authority FILE ...]',
    async run([file, ...more], json, streams) {
      if (file === undefined) return 'a file is missing';
      const authorities: string[] = [];
      for (let i = 0; i < more.length; i += 2) {
        if (more[i] !== '--authority') return `unexpected "${more[i]}"`;
        if (more[i + 1] === undefined) return 'a file is missing after --authority';
        authorities.push(more[i + 1]!);
      }
      const { verifyTrace } = await import('./verify-trace.ts');
      return verifyTrace(file, authorities, json, streams);
    },
  },
];

/** The command that the words are; null when they are the daemon's. */
export function offlineCommand(words: readonly string[]): OfflineCommand | null {
  const begins = (command: OfflineCommand) => command.words.every((word, i) => words[i] === word);
  return OFFLINE.find(one => begins(one) && (one.takes?.(words.slice(one.words.length)) ?? true)) ?? null;
}

/** What a shell says of words that are none of its commands, for they need no daemon; null of others. */
export function notInShell(words: readonly string[]): string | null {
  const command = offlineCommand(words);
  return command === null ? null : `this needs no daemon, and no shell: itctl ${command.syntax}`;
}

/** Carries out a command that needs no daemon; returns the exit code. */
export async function runOffline(
  command: OfflineCommand,
  words: readonly string[],
  json: boolean,
  streams: OfflineStreams,
): Promise<number> {
  const answer = await command.run(words.slice(command.words.length), json, streams);
  if (typeof answer === 'number') return answer;
  streams.err(`${answer}; usage: itctl ${command.syntax}`);
  return EXIT.usage;
}
