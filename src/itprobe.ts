/** itprobe(8): remembers the packets of a tap by their digests, and answers for them. */
import { createReadStream, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { hideBin } from 'yargs/helpers';
import { loadKernel } from './packet/digest-kernel.ts';
import { SHORTEST_SECRET, secretOf } from './packet/itk1.ts';
import { inheritedSockets, openSockets, startWithout } from './probe/capture/capture-sockets.ts';
import { parseFlowPort } from './probe/flows/flow-sockets.ts';
import { askProbe } from './probe/process/ask-command.ts';
import { askOptions } from './probe/process/ask-options.ts';
import { hostAndPort, type ProbeWords, probeOptions } from './probe/process/options.ts';
import { printDigests } from './probe/process/print-digests.ts';
import { type ProbeInput, runProbe } from './probe/process/run.ts';
import { runTranslator } from './probe/process/run-translator.ts';
import type { RemoteDaemon } from './probe/socket/link.ts';
import { readCertificate } from './probe/socket/tls-door.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

const say = (line: string) => process.stderr.write(`itprobe: ${line}\n`);

/** Reads what it is to capture; the first time, opens the sockets and starts the program anew without any rights. */
function capture(words: ProbeWords): ProbeInput {
  const { interface: interfaces = [], threads, filter = null, snapshotLength: snaplen, user = null } = words;
  const sockets = inheritedSockets() ?? startWithout(openSockets({ interfaces, threads, filter, snaplen }), user);
  return {
    kind: 'capture',
    sockets,
    threads,
    settings: {
      octets: words.bufferSize * 1024,
      snaplen,
      direction: words.direction,
      promiscuous: !words.noPromiscuousMode,
      fanout: words.fanout,
    },
  };
}

/** The daemon in another machine that was named, and what this probe proves itself by; null when none was. */
function remoteDaemon({ connect, identity, certificate, daemon }: ProbeWords): RemoteDaemon | null {
  if (connect === undefined) return null;
  const known = readCertificate(readFileSync(daemon!, 'utf8'));
  if (typeof known === 'string') throw new Error(`${daemon}: ${known}`);
  const own = { key: readFileSync(identity!, 'utf8'), certificate: readFileSync(certificate!, 'utf8') };
  return { ...hostAndPort(connect)!, ...own, daemon: known };
}

/** Where the packets come from. */
function inputOf(words: ProbeWords): ProbeInput {
  if (words.flow !== undefined) return { kind: 'flows', ports: words.flow.map(text => parseFlowPort(text)!) };
  return words.interface === undefined ? { kind: 'files', files: words.read ?? [] } : capture(words);
}

async function ask(given: string[]): Promise<number> {
  const words = await askOptions(given, message => {
    say(message);
    process.exit(EXIT_USAGE);
  });
  await askProbe(words, line => process.stdout.write(`${line}\n`));
  return 0;
}

async function main(): Promise<number> {
  const [command, ...given] = hideBin(process.argv);
  if (command === 'ask') return ask(given);
  const words = await probeOptions(hideBin(process.argv), message => {
    say(message);
    process.exit(EXIT_USAGE);
  });
  const { digests, directory = null, keyFile, name, read = [], socket, mirror = null } = words;
  const door = { name: name!, socket: words.connect ?? socket, remote: remoteDaemon(words) };
  if (words.translator) process.exit(await runTranslator({ ...door, say }));
  if (!digests) {
    const input = inputOf(words);
    // Standard input may stay open for ever: it must not keep a probe that was told to end.
    const asked = words.connect === undefined ? dirname(socket) : '/run/intertrack';
    const askSocket = words.askSocket ?? join(asked, `itprobe-${name}.ask`);
    process.exit(await runProbe({ ...door, input, mirror, directory, askSocket, say }));
  }
  const file = read[0]!;
  const input =
    file === '-' ? process.stdin : createReadStream('', { fd: openSync(file, 'r'), highWaterMark: 1 << 20 });
  const secret = secretOf(readFileSync(keyFile!));
  if (secret === null) throw new Error(`${keyFile}: a secret has at least ${SHORTEST_SECRET} octets`);
  // A reader that has seen enough, such as head(1), closes the pipe: that is no failure.
  process.stdout.on('error', () => process.exit(0));
  return printDigests({ kernel: loadKernel(), input, file, secret, output: process.stdout, say });
}

main().then(
  status => {
    process.exitCode = status;
  },
  (error: unknown) => {
    say(error instanceof Error ? error.message : String(error));
    process.exit(EXIT_FAILED);
  },
);
