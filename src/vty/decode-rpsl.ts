/** `itctl decode rpsl FILE`: what the dump of an IRR holds, object by object, or why not. */
import { once } from 'node:events';
import { openMrt } from '../mrt/source.ts';
import type { Policy } from '../registry/aut-num.ts';
import { CLASSES, type PlainObject, plainObject } from '../registry/plain-object.ts';
import { type RpslProblem, rpslReader } from '../registry/rpsl.ts';
import { farText, howFar, type OfflineStreams, sentence } from './decode-mrt.ts';
import { plain } from './render/text.ts';
import { EXIT } from './run.ts';

/**
 * Decodes one file, `-` for the standard input, to the standard output, as fast as that takes it; the counts go to the
 * standard error. Returns the exit code: failed when anything was left out.
 */
export async function decodeRpsl(
  file: string,
  json: boolean,
  { stdin, stdout, err, progress }: OfflineStreams,
): Promise<number> {
  const name = file === '-' ? 'standard input' : file;
  const byClass = new Map<string, number>();
  let lines: string[] = [];
  let refused = 0;
  let leftOut = 0;
  let unreadable = false;
  const { opened, far } = howFar();

  const tell = (line: number, object: object, text: string) =>
    lines.push(json ? JSON.stringify({ line, ...object }) : plain(`${line}: ${text}`));
  /** Problems that belong to no object, or to the one that comes next. */
  let pending: RpslProblem[] = [];
  const tellPending = () => {
    for (const { line, why } of pending) tell(line, { error: why }, `refused: ${why}`);
    pending = [];
  };
  const reader = rpslReader(
    rpsl => {
      const wrong = pending.filter(({ line }) => line >= rpsl.line);
      pending = pending.filter(({ line }) => line < rpsl.line);
      tellPending();
      const reading = plainObject(rpsl);
      if (!reading.ok) {
        const { line, why } = reading.problem;
        refused++;
        tell(rpsl.line, { class: rpsl.class, error: why, at: line }, `refused: line ${line}: ${why}`);
        return;
      }
      const { object } = reading;
      const problems = [...wrong, ...reading.problems].sort((a, b) => a.line - b.line);
      byClass.set(rpsl.class, (byClass.get(rpsl.class) ?? 0) + 1);
      leftOut += problems.length - wrong.length;
      tell(rpsl.line, { ...object, problems }, summary(object));
      if (!json) for (const { line, why } of problems) lines.push(plain(`  ${line}: ${why}`));
    },
    problem => pending.push(problem),
    CLASSES,
    {
      onSkipped: ({ line, class: objectClass, dead }) => {
        tellPending();
        const why = dead ? 'deleted in place' : 'a class that is not read';
        tell(line, { class: objectClass, skipped: why }, `skipped: ${objectClass}: ${why}`);
      },
    },
  );
  const flush = async () => {
    const text = lines.map(line => `${line}\n`).join('');
    lines = [];
    if (text !== '' && !stdout.write(text)) await once(stdout, 'drain');
  };
  try {
    for await (const chunk of openMrt(file, stdin, opened)) {
      progress?.show(() => farText(name, far(), `${reader.counts.lines} lines`));
      reader.push(chunk);
      tellPending();
      await flush();
    }
  } catch (error) {
    unreadable = true;
    err(plain(`${name}: ${sentence(error)}`));
  }
  reader.end();
  tellPending();
  await flush();
  const { skipped, dead, problems } = reader.counts;
  const read = [...byClass.values()].reduce((sum, count) => sum + count, 0);
  const classes = [...byClass].map(([objectClass, count]) => `${objectClass} ${count}`).join(', ');
  err(
    plain(
      `${name}: ${reader.counts.lines} lines; ${read} objects read${classes === '' ? '' : ` (${classes})`}, ` +
        `${refused} refused, ${leftOut} values left out, ${problems} other problems, ` +
        `${skipped} of other classes, ${dead} deleted in place`,
    ),
  );
  return unreadable || refused + leftOut + problems > 0 ? EXIT.failed : EXIT.ok;
}

/** An object in one line: its class and name, and what it says that is not empty, by the names of RPSL. */
function summary({
  class: objectClass,
  key,
  prefix,
  origin,
  asn,
  policies,
  descr,
  text,
  ...rest
}: PlainObject): string {
  const name = prefix === undefined ? key : `${prefix} AS${origin}`;
  const told = Object.entries(rest).flatMap(([attribute, value]) => {
    const words = wordsOf(attribute, value);
    return words === '' ? [] : [`${RPSL_NAMES[attribute] ?? attribute} ${words}`];
  });
  return [`${objectClass} ${name}`, ...told, ...neighbors(policies)].join('; ');
}

const RPSL_NAMES: Readonly<Record<string, string>> = {
  asName: 'as-name',
  keiro: 'x-keiro',
  lastModified: 'last-modified',
  localAs: 'local-as',
  mbrsByRef: 'mbrs-by-ref',
  memberOf: 'member-of',
  mntBy: 'mnt-by',
  mntNfy: 'mnt-nfy',
  updTo: 'upd-to',
};
const DATES = ['created', 'changed', 'lastModified'];

function wordsOf(name: string, value: unknown): string {
  if (value === null) return '';
  if (DATES.includes(name)) return new Date(Number(value)).toISOString().slice(0, 10);
  if (!Array.isArray(value)) return String(value);
  return value.map(one => (typeof one === 'object' ? Object.values(one).join(' ') : String(one))).join(', ');
}

/** With whom an aut-num has policies. */
function neighbors(policies: unknown): string[] {
  const all = (policies ?? []) as readonly Policy[];
  return (['import', 'export'] as const).flatMap(direction => {
    const ases = new Set(all.filter(policy => policy.direction === direction).flatMap(policy => policy.neighbors));
    return ases.size === 0 ? [] : [`${direction} ${[...ases].map(as => `AS${as}`).join(', ')}`];
  });
}
