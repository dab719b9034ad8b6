/**
 * Whom to call, in the words of a notice: the contacts of the AS that announces and of the AS one up the path, and a draft
 * to each that can be sent as it is.
 */
import type { Case, Witness } from '../hijack/case.ts';
import { type CallWording, callWordings, type Wrong } from './call-wording.ts';
import type { CallLine } from './contacts/call-list.ts';
import { hang, printable } from './layout.ts';

export type Language = 'ja' | 'en';

/** Paths, objects and lines of an object that a draft brings as evidence. */
const MOST_PATHS = 5;
const MOST_OBJECTS = 2;
const MOST_OBJECT_LINES = 24;

/** The contacts of one AS, a line each, to stand below it; a line that says so when there is none. */
export function contactLines(contacts: readonly CallLine[], language: Language): string[] {
  const say = callWordings[language];
  if (contacts.length === 0) return [say.noContact];
  return contacts.map(({ role, name, reach, source, age }) =>
    printable(say.contact(say.roles[role], name, reach.join(', '), source, age === null ? '' : say.age(age))),
  );
}

/** To whom there can be a draft: the AS that announces, then the AS one up the path. */
export const calleesOf = ({ offender, upstream }: Pick<Case, 'offender' | 'upstream'>): readonly number[] =>
  [offender, upstream].filter(as => as !== null);

/** One draft as a text of its own. */
export function draftText(of: Case, as: number, language: Language, to: readonly string[]): string {
  return `${draft(of, as, callWordings[language], to).join('\n')}\n`;
}

/** The drafts of a case, one below the other; empty when nobody can be named. `addressed`: mail addresses of an AS. */
export function draftLines(of: Case, language: Language, addressed: (as: number) => readonly string[]): string[] {
  const say = callWordings[language];
  return calleesOf(of).flatMap((as, i) => [
    ...(i === 0 ? [] : ['']),
    say.draftFor(as),
    '',
    ...draft(of, as, say, addressed(as)).map(line => (line === '' ? '' : `  ${line}`)),
  ]);
}

/** One draft as lines of at most 72 columns. */
function draft(of: Case, as: number, say: CallWording, to: readonly string[]): string[] {
  const prefix = printable(of.prefix);
  const { offender } = of;
  const registered = of.expected.map(one => `AS${one}`).join(', ');
  // A case of an older version has no origin beside its offender, and no ground.
  const origin = of.origin === undefined ? offender : of.origin;
  const why = wrongOf(of);
  const words = { decidedBy: printable(of.decidedBy), registered, ground: printable(of.ground ?? '') };
  const please =
    as !== offender
      ? say.pleaseFilter(prefix, offender, as)
      : why === 'path'
        ? say.pleaseHold(prefix)
        : say.pleaseStop(prefix);
  const paragraph = (text: string) => hang('', printable(text), 72);
  return [
    ...(to.length === 0 ? [] : [`${say.to}: ${to.map(printable).join(', ')}`]),
    `${say.subject}: ${say.subjectLine(prefix, offender)}`,
    '',
    ...paragraph(say.greeting(as)),
    '',
    ...paragraph(`${say.seen(prefix, origin, utc(of.opened))}${say.between}${say.wrong[why](words)}`),
    ...paragraph(please),
    '',
    say.evidence,
    '',
    ...paths(of).map(path => `  ${say.path} ${path}`),
    ...of.objects.slice(0, MOST_OBJECTS).flatMap(({ source, text }) => [
      '',
      `  ${say.object(printable(source))}`,
      ...text
        .trimEnd()
        .split(/\r?\n/, MOST_OBJECT_LINES)
        .map(line => `    ${printable(line.replaceAll('\t', '        '))}`.trimEnd()),
    ]),
    '',
    ...paragraph(say.closing(of.id)),
    '',
    say.signature,
  ];
}

/** Why the route of a case is wrong, in a draft. */
function wrongOf({ kind, prefix, decidedBy }: Case): Wrong {
  switch (kind) {
    case 'super-prefix':
      return 'covers';
    case 'rpki-invalid':
      return 'invalid';
    case 'squatting':
    case 'ix-lan':
    case 'bogon':
      return 'nobody';
    case 'new-prefix':
      return 'unregistered';
    case 'upstream':
    case 'leak':
    case 'path':
      return 'path';
    default:
      return prefix === decidedBy ? 'same' : 'inside';
  }
}

/** Distinct paths, those still held first. */
function paths({ witnesses }: Case): string[] {
  const held = (one: Witness) => (one.state === 'holds' ? 0 : 1);
  const texts = witnesses
    .toSorted((a, b) => held(a) - held(b))
    .map(({ path }) => path.map(hop => (typeof hop === 'number' ? String(hop) : `{${hop.join(',')}}`)).join(' '))
    .filter(path => path !== '');
  return [...new Set(texts)].slice(0, MOST_PATHS);
}

function utc(time: number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? '?' : `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
