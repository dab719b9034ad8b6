/** The commands about contacts: whom to call. */
import { parseAsn } from '../bgp/as-path.ts';
import type { Call, Command } from './commands.ts';

/** Part of COMMANDS. */
export const CONTACT_COMMANDS: readonly Command[] = [
  {
    syntax: 'show contact AS',
    help: 'Whom to call about an AS',
    run: call => show(call, { as: parseAsn(call.args.AS!)! }),
  },
  {
    syntax: 'show contact PREFIX',
    help: 'Whom to call about a prefix, and about the ASes that it is registered to',
    run: call => show(call, { prefix: call.args.PREFIX! }),
  },
  {
    syntax: 'show contact CASE-ID [ja|en]',
    help: 'Whom to call about a case, with a draft to each',
    words: { ja: 'Drafts in Japanese', en: 'Drafts in English (the default)' },
    run: showCalls,
  },
];

async function show({ daemon, signal, row }: Call, subject: { as: number } | { prefix: string }): Promise<void> {
  for (const sheet of await daemon.contacts(subject, signal)) await row(sheet);
}

async function showCalls({ daemon, args, signal, row, note }: Call): Promise<void> {
  const id = args['CASE-ID']!;
  const found = await daemon.case(id);
  if (found === null) throw new Error(`there is no case ${id}`);
  const sheets = await daemon.calls(found, args.ja === undefined ? 'en' : 'ja', signal);
  for (const sheet of sheets) await row(sheet);
  if (sheets.length === 0) note('the path ends in an AS_SET and has no AS before it: nobody can be named');
}
