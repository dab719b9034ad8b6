import type { CaseSheet, ContactSheet } from '../../control/contact-rows.ts';
import { asIs } from './page.ts';
import { duration } from './time.ts';

type Finding = ContactSheet['findings'][number];

function ageOf({ asked, source }: Finding, now: number): string {
  if (asked !== null) return `${duration(Math.max(0, now - asked))} old`;
  return source.startsWith('irr ') ? 'mirrored' : 'no answer';
}

function findingLines(finding: Finding, now: number): string[] {
  const { source, name, contacts, present, why } = finding;
  return [
    `  ${[source, ageOf(finding, now), name].filter(one => one !== '').join(', ')}`,
    ...contacts.map(one => {
      const who = [one.name, one.handle].filter(text => text !== '').join(' ');
      const reach = [...one.emails, ...one.phones].join(', ');
      return `    ${[`${one.role}:`, who, reach === '' ? '' : reach].filter(text => text !== '').join(' ')}`;
    }),
    ...(contacts.length === 0 && why === '' ? ['    no contact'] : []),
    ...(present.length === 0 ? [] : [`    met at: ${present.join('; ')}`]),
    ...(why === '' ? [] : [`    ${why}`]),
  ];
}

/** `show contact AS` and `show contact PREFIX`: what each source says, with its age. */
export function renderContacts(sheets: readonly ContactSheet[], now: number): string[] {
  return sheets.flatMap((sheet, i) => [
    ...(i === 0 ? [] : ['']),
    sheet.subject,
    ...sheet.findings.flatMap(finding => findingLines(finding, now)),
    ...(sheet.findings.length === 0 ? ['  nothing is registered here, and nobody else is asked (contacts)'] : []),
  ]);
}

/** `show contact CASE-ID`: the same, each with a draft below it. */
export function renderCalls(sheets: readonly CaseSheet[], now: number): string[] {
  return sheets.flatMap((sheet, i) => [
    ...(i === 0 ? [] : ['']),
    ...renderContacts([sheet], now),
    '',
    ...asIs(
      (sheet.draft === '' ? 'a drill: there is nothing to send' : sheet.draft)
        .trimEnd()
        .split('\n')
        .map(line => (line === '' ? '' : `    ${line}`)),
    ),
  ]);
}
