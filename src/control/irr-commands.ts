/** The commands about the IRR: its sources, and what they hold. */
import { formatPrefix } from '../net/prefix.ts';
import type { Call, Command } from './commands.ts';
import type { IrrObjectRow } from './daemon.ts';

/** Part of COMMANDS. */
export const IRR_COMMANDS: readonly Command[] = [
  {
    syntax: 'reload irr SOURCE [force]',
    help: 'Ask for a whole copy of an IRR source',
    words: { force: 'Take it though it has lost more than 10 % of its objects' },
    one: true,
    run: reloadIrr,
  },
  {
    syntax: 'show drift [days NUMBER]',
    help: 'Where announcements and registry have come apart, in watched space',
    words: { days: 'Registered and not seen for so many days; default: 90' },
    one: true,
    run: async ({ daemon, args, row }) => row(await daemon.drift(Number(args.NUMBER ?? 90))),
  },
  {
    syntax: 'show irr',
    help: 'Sources of the registry',
    async run({ daemon, row }) {
      for (const one of await daemon.irrStatus()) await row(one);
    },
  },
  { syntax: 'show irr PREFIX', help: 'Registered objects for a prefix or covering it', run: showIrrObjects },
  { syntax: 'show irr NAME', help: 'What is registered under a name, or all about a source', run: showIrrNamed },
];

async function reloadIrr({ daemon, args, row }: Call): Promise<void> {
  const source = args.SOURCE!.toUpperCase();
  const report = await daemon.reloadIrr(source, args.force !== undefined);
  if (report === null) throw new Error(`no irr ${source} is mirrored`);
  if (report.why !== '') throw new Error(`irr ${source}: ${report.what}: ${report.why}`);
  await row(report);
}

async function showIrrObjects({ daemon, args, row, note }: Call): Promise<void> {
  const objects = await daemon.irrObjects(args.PREFIX!);
  for (const object of objects) {
    const { prefix, holes, ...more } = object;
    const shown: IrrObjectRow = { ...more, prefix: formatPrefix(prefix), holes: holes.map(formatPrefix) };
    await row(shown);
  }
  if (objects.length === 0) note(`no object is registered for ${args.PREFIX}, nor for a prefix that covers it`);
}

async function showIrrNamed({ daemon, args, signal, row, note }: Call): Promise<void> {
  const name = args.NAME!;
  const { rows, remarks } = await daemon.irrNamed(name, signal);
  for (const one of rows) await row(one);
  remarks.forEach(note);
  if (rows.length === 0) note(`nothing is registered under ${name}`);
}
