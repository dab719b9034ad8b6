/** itprobe(8): remembers the packets of a tap by their digests, and answers for them. */
import { createReadStream, openSync, readFileSync } from 'node:fs';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { loadKernel } from './packet/digest-kernel.ts';
import { SHORTEST_SECRET, secretOf } from './packet/itk1.ts';
import { parseFlowPort } from './probe/flow-sockets.ts';
import { printDigests } from './probe/print-digests.ts';
import { runProbe } from './probe/run.ts';
import { runFlowProbe } from './probe/run-flows.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

const say = (line: string) => process.stderr.write(`itprobe: ${line}\n`);

const options = yargs(hideBin(process.argv))
  .scriptName('itprobe')
  .usage(
    'itprobe -n NAME [-s SOCKET] -r FILE\nitprobe -n NAME [-s SOCKET] --flow [ADDRESS]:PORT …\nitprobe -d -k SECRET -r FILE',
  )
  .options({
    digests: { alias: 'd', type: 'boolean', description: 'print the digests of the packets, and end' },
    flow: {
      type: 'string',
      array: true,
      requiresArg: true,
      description: 'take sFlow, NetFlow and IPFIX at this address and port',
    },
    'key-file': { alias: 'k', type: 'string', requiresArg: true, description: "file of the federation's secret" },
    name: { alias: 'n', type: 'string', requiresArg: true, description: 'name of the probe' },
    read: { alias: 'r', type: 'string', requiresArg: true, description: 'pcap or pcapng file; - is standard input' },
    socket: {
      alias: 's',
      type: 'string',
      requiresArg: true,
      default: '/run/intertrack/itprobe.sock',
      description: "path of the daemon's probe socket",
    },
  })
  .check(({ digests, flow, keyFile, name, read, _: words }) => {
    if (words.length > 0) throw new Error(`unexpected argument: ${words[0]}`);
    const wrong = flow?.find(text => parseFlowPort(text) === null);
    if (wrong !== undefined) throw new Error(`--flow ${wrong}: expected [ADDRESS]:PORT`);
    if (flow !== undefined && (digests || read !== undefined)) throw new Error('--flow goes with -n only');
    if (flow === undefined && read === undefined) throw new Error('-r FILE is needed, or --flow [ADDRESS]:PORT');
    if (digests && keyFile === undefined) throw new Error('-d needs -k SECRET');
    if (!digests && name === undefined) throw new Error('-n NAME is needed, or -d');
    if (digests && name !== undefined) throw new Error('-d and -n exclude each other');
    if (!digests && keyFile !== undefined) throw new Error('-k belongs to -d: a probe gets its keys from the daemon');
    return true;
  })
  .strictOptions()
  .parserConfiguration({ 'duplicate-arguments-array': false, 'boolean-negation': false })
  .alias('help', 'h')
  .fail((message, error) => {
    say(message ?? error.message);
    process.exit(EXIT_USAGE);
  });

async function main(): Promise<number> {
  const { digests, flow, keyFile, name, read, socket } = await options.parseAsync();
  const kernel = loadKernel();
  if (flow !== undefined) {
    const ports = flow.map(text => parseFlowPort(text)!);
    process.exit(await runFlowProbe({ kernel, ports, name: name!, socket, say }));
  }
  const input =
    read === '-' ? process.stdin : createReadStream('', { fd: openSync(read!, 'r'), highWaterMark: 1 << 20 });
  // Standard input may stay open for ever: it must not keep a probe that was told to end.
  if (!digests) process.exit(await runProbe({ kernel, input, file: read!, name: name!, socket, say }));

  const secret = secretOf(readFileSync(keyFile!));
  if (secret === null) throw new Error(`${keyFile}: a secret has at least ${SHORTEST_SECRET} octets`);
  // A reader that has seen enough, such as head(1), closes the pipe: that is no failure.
  process.stdout.on('error', () => process.exit(0));
  return printDigests({ kernel, input, file: read!, secret, output: process.stdout, say });
}

main().then(
  status => {
    process.exitCode = status;
  },
  (error: unknown) => {
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = EXIT_FAILED;
  },
);
