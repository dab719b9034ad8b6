/** The commands about the RPKI: where its data comes from, and what it says. */
import { parseAsn } from '../bgp/as-path.ts';
import type { Call, Command } from './commands.ts';

/** Part of COMMANDS. */
export const RPKI_COMMANDS: readonly Command[] = [
  {
    syntax: 'show rpki',
    help: 'Caches and files that VRPs and ASPAs come from',
    run: async ({ daemon, row }) => {
      for (const one of await daemon.rpkiStatus()) await row(one);
    },
  },
  {
    syntax: 'show rpki cache RPKI',
    help: 'All about one source of the RPKI',
    words: { cache: 'All about one source of the RPKI' },
    one: true,
    run: showSource,
  },
  { syntax: 'show rpki PREFIX', help: 'VRPs that cover a prefix', run: showCovering },
  { syntax: 'show rpki AS', help: 'VRPs of an AS, its providers by ASPA, and who names it as one', run: showAs },
];

async function showSource({ daemon, args, row }: Call): Promise<void> {
  const found = (await daemon.rpkiStatus()).find(({ source }) => source === args.RPKI);
  if (found === undefined) throw new Error(`there is no rpki ${args.RPKI}`);
  await row(found);
}

async function showCovering({ daemon, args, row, note }: Call): Promise<void> {
  const { rows } = await daemon.rpkiPayloads({ prefix: args.PREFIX! });
  for (const one of rows) await row(one);
  if (rows.length === 0) note(`no VRP covers ${args.PREFIX}`);
}

async function showAs({ daemon, args, row, note }: Call): Promise<void> {
  const as = parseAsn(args.AS!)!;
  const { rows, omitted } = await daemon.rpkiPayloads({ as });
  for (const one of rows) await row(one);
  if (rows.length === 0) note(`there is neither a VRP nor an ASPA of AS${as}`);
  if (omitted > 0) note(`${omitted} more VRPs and ASPAs of AS${as} are not shown`);
}
