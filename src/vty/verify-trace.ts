/** `itctl trace verify FILE`: who signed what in the evidence of a trace, without any daemon. */
import type { X509Certificate } from 'node:crypto';
import { WINDOW_SECONDS } from '../probe/window-messages.ts';
import {
  type Checked,
  type CheckedEvidence,
  type CheckedProof,
  checkEvidence,
  readAuthorities,
} from '../traceback/evidence-file.ts';
import { type OfflineStreams, sentence } from './decode-mrt.ts';
import { readDocument } from './read-document.ts';
import { count, fold, plain } from './render/text.ts';
import { instant } from './render/time.ts';
import { EXIT } from './run.ts';

/** Octets of a file that are read. */
const MOST_OCTETS = 32 * 1024 * 1024;

/** Checks the file, `-` for the standard input, and prints what each of it is; returns the exit code. */
export async function verifyTrace(
  file: string,
  authorityFiles: readonly string[],
  json: boolean,
  { stdin, stdout, err }: OfflineStreams,
): Promise<number> {
  const fail = (name: string, why: string): number => {
    err(plain(`${name}: ${why}`));
    return EXIT.failed;
  };
  const authorities: X509Certificate[] = [];
  for (const one of authorityFiles) {
    const read = await readDocument(one, stdin, MOST_OCTETS).then(readAuthorities, sentence);
    if (typeof read === 'string') return fail(one, read);
    authorities.push(...read);
  }
  const name = file === '-' ? 'standard input' : file;
  let text: string;
  try {
    text = await readDocument(file, stdin, MOST_OCTETS);
  } catch (error) {
    return fail(name, sentence(error));
  }
  const checked = checkEvidence(text, authorities);
  if (typeof checked === 'string') return fail(name, checked);
  const shown = json ? [JSON.stringify(checked, hexOctets)] : render(checked);
  stdout.write(shown.map(line => `${plain(line)}\n`).join(''));
  if (authorities.length === 0) err('nobody vouches for the certificates: name their authority with --authority');
  return checked.good ? EXIT.ok : EXIT.failed;
}

/** Octets in JSON are hex, as everywhere. */
function hexOctets(_: string, value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
}

function render({ trace, request, statements, proofs, unsaid, good }: CheckedEvidence): string[] {
  const asked = request.says;
  const what =
    asked === null
      ? ''
      : `: ${count(new Set(asked.questions.map(({ packet }) => packet)).size, 'packet')}, ${asked.need} needed`;
  const broken = statements.filter(({ fault, doubt = null }) => fault !== null || doubt !== null).length;
  return [
    `Trace ${trace}`,
    ...about(`Request${what}`, request),
    ...proofs.flatMap(sightOf),
    ...statements.flatMap(one => {
      const { says } = one;
      return about(says === null ? 'A statement' : `AS${says.as} ${says.verdict}: ${says.reason}`, one);
    }),
    ...unsaid.map(line => `Not borne out: ${line}`),
    good
      ? `All is as it was signed: the request and ${count(statements.length, 'statement')}`
      : `Not all is as it was signed: ${broken} of ${count(statements.length, 'statement')} cannot be believed`,
  ];
}

/** What a proof of sight shows. */
function sightOf({ proof, shows, fault }: CheckedProof): string[] {
  if (shows === null) return fold(`Proof of sight ${proof + 1}: BROKEN: ${fault}`, 4, 2);
  const { packet, window, commitment, chance } = shows;
  return [
    ...fold(
      `Proof of sight ${proof + 1}: packet ${packet + 1} was in a window of ${instant(window * WINDOW_SECONDS * 1000)}; ` +
        `a guess would pass once in ${Math.round(1 / chance)}`,
      4,
      2,
    ),
    `  commitment ${commitment}`,
  ];
}

function about(title: string, { by, time, certificate, fault, doubt }: Checked): string[] {
  const who = by === null ? 'nobody known' : `AS${by}`;
  const when = time === null ? '' : `, ${instant(time)}`;
  const state =
    fault === null
      ? doubt === undefined
        ? 'good'
        : doubt === null
          ? 'good, vouched for'
          : `good, but the ${doubt}`
      : `BROKEN: ${fault}`;
  return [
    ...fold(title, 2),
    ...fold(`by ${who}${when}: ${state}`, 4, 2),
    ...(certificate === null ? [] : [`  certificate ${certificate.replaceAll(':', '').toLowerCase()}`]),
  ];
}
