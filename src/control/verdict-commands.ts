/** The commands about verdicts: what the registry says of a route, and why. */
import { parseAsn } from '../bgp/as-path.ts';
import type { Call, Command } from './commands.ts';
import type { VerdictQuestion } from './verdict-rows.ts';

const WORDS = {
  check: 'What would be said of something before it is done',
  route: 'What the registry says of a route',
  '--path': 'AS path, neighbour first, as one word',
  '--from': 'What the neighbour is to us; default: provider',
};

/** Part of COMMANDS. */
export const VERDICT_COMMANDS: readonly Command[] = [
  {
    syntax: 'check route PREFIX AS [--path PATH] [--from ROLE]',
    help: 'What filters would say of a route, and who holds the prefix now',
    words: WORDS,
    one: true,
    run: async call => call.row(await call.daemon.checkRoute(questionOf(call))),
  },
  {
    syntax: 'explain PREFIX AS [--path PATH] [--from ROLE]',
    help: 'Every rule that makes the verdict on a route, and what would change it',
    words: WORDS,
    one: true,
    run: async call => call.row(await call.daemon.explain(questionOf(call))),
  },
  {
    syntax: 'explain route PREFIX [peer PEER]',
    help: 'The same of the routes that are held, by longest match',
    words: { route: 'Routes that are held', peer: 'Those that one peer holds' },
    async run({ daemon, args, row }) {
      for (const one of await daemon.explainHeld(args.PREFIX!, args.PEER ?? null)) await row(one);
    },
  },
];

/** The grammar has seen that every word is one of its kind. */
function questionOf({ args }: Call): VerdictQuestion {
  return {
    prefix: args.PREFIX!,
    as: parseAsn(args.AS!)!,
    path: args.PATH ?? null,
    from: (args.ROLE ?? 'provider') as VerdictQuestion['from'],
  };
}
