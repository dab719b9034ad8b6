/** The commands about whois: who asks this daemon, and what it asks others. */
import type { Call, Command } from './commands.ts';

/** Part of COMMANDS. */
export const WHOIS_COMMANDS: readonly Command[] = [
  {
    syntax: 'show whois',
    help: 'The whois server: listeners, clients, queries, refusals',
    one: true,
    run: async ({ daemon, row }) => row(await daemon.whois()),
  },
  {
    syntax: 'whois QUERY [source SOURCE]',
    help: 'Answer a whois query from the mirror, or by asking other servers',
    words: { source: 'Of this source alone' },
    one: true,
    run: ask,
  },
  {
    syntax: 'whois set SET [source SOURCE]',
    help: 'ASes of an as-set, from the mirror or by asking other servers',
    words: { set: 'ASes of an as-set' },
    one: true,
    run: askSet,
  },
];

const sourceOf = ({ args }: Call) => args.SOURCE?.toUpperCase() ?? null;

async function ask(call: Call): Promise<void> {
  const found = await call.daemon.lookUp(call.args.QUERY!, sourceOf(call), call.signal);
  await call.row(found);
  found.failures.forEach(call.note);
  if (found.from === '') call.note(`nothing was found for ${call.args.QUERY}`);
}

async function askSet(call: Call): Promise<void> {
  const found = await call.daemon.lookUpSet(call.args.SET!, sourceOf(call), call.signal);
  await call.row(found);
  found.failures.forEach(call.note);
  if (found.by === null) call.note(`no as-set ${call.args.SET} was found`);
}
