/** Commands about the machines that share the work, and those that all of them are asked. */
import type { Call, Command } from './commands.ts';
import type { MachineDetail } from './machine-rows.ts';

const ALONE = 'This machine is alone: no `bus nats` is configured.';
const UNHEARD = 'No machine is heard: the bus is not there, see `show status`.';
const UNSHARED = 'The cases are those of this machine alone: no `store postgresql` is configured.';

/** The words of `show route PREFIX` that an answer of all machines may be narrowed by. */
export const ROUTE_WORDS = {
  exact: 'Routes of this prefix alone',
  longer: 'Routes of this prefix and all inside it',
  shorter: 'Routes of this prefix and all that cover it',
  peer: 'Routes from one peer only',
  'origin-as': 'Routes that this AS originated',
  path: 'Routes whose AS path matches',
  community: 'Routes that bear this community',
  validity: 'Routes in this state against the registry',
  detail: 'With all attributes, those that are not known in hex',
};
export const ROUTE_OPTIONS =
  '[exact|longer|shorter] [peer PEER] [origin-as AS] [path REGEX] [community COMMUNITY] [validity STATE] [detail]';
/** The same as typed: the word, and the argument behind it. */
const TYPED: readonly (readonly [word: string, argument: string | null])[] = [
  ['exact', null],
  ['longer', null],
  ['shorter', null],
  ['peer', 'PEER'],
  ['origin-as', 'AS'],
  ['path', 'REGEX'],
  ['community', 'COMMUNITY'],
  ['validity', 'STATE'],
  ['detail', null],
];

export const MACHINE_COMMANDS: readonly Command[] = [
  {
    syntax: 'show collector',
    help: 'The machines that share the work: their peers, what waits, their cases',
    async run({ daemon, row, note }) {
      const machines = await daemon.machines();
      for (const one of machines) await row(one);
      // A machine hears itself over the bus as it hears the others.
      const onBus = machines.length === 0 && (await daemon.shared()) !== null;
      if (machines.length === 0) note(onBus ? UNHEARD : ALONE);
    },
  },
  {
    syntax: 'clear collector MACHINE',
    help: 'Forget a machine that was removed for good: what its peers held is gone',
    async run({ daemon, args, by, row, note }) {
      const { rows, notes } = await daemon.forgetMachine(args.MACHINE!, by);
      for (const one of rows) await row(one);
      for (const words of notes) note(words);
    },
  },
  {
    syntax: 'show collector MACHINE',
    help: 'One of them: what it says of itself, and what is not believed of it here',
    async run({ daemon, args, row }) {
      const found = (await daemon.machines()).find(({ machine }) => machine === args.MACHINE);
      if (found === undefined) throw new Error(`no machine ${args.MACHINE} was heard: show collector`);
      const refused = (await daemon.refused()).filter(({ machine }) => machine === args.MACHINE);
      await row({ ...found, refused } satisfies MachineDetail);
    },
  },
  {
    syntax: 'show partition',
    help: 'Partitions of the cases: who has them, and how far each is behind',
    async run({ daemon, row, note }) {
      const partitions = await daemon.partitions();
      for (const one of partitions) await row(one);
      if (partitions.length === 0) note(UNSHARED);
    },
  },
  {
    syntax: 'show partition PARTITION',
    help: 'One of them, with how far it has taken in what each collector tells',
    async run({ daemon, args, row }) {
      const partitions = await daemon.partitions();
      if (partitions.length === 0) throw new Error(UNSHARED);
      const found = partitions.find(({ partition }) => partition === Number(args.PARTITION));
      if (found === undefined) throw new Error(`there is no partition ${args.PARTITION}: show partition`);
      await row(found);
    },
  },
  {
    syntax: 'show bgp summary all',
    help: 'One line for each peer of every machine',
    async run(call) {
      await askAll(call, ['show', 'bgp', 'summary']);
    },
  },
  {
    syntax: `show route PREFIX all ${ROUTE_OPTIONS}`,
    help: 'The same of every machine',
    words: ROUTE_WORDS,
    async run(call) {
      const { args } = call;
      const narrowed = TYPED.flatMap(([word, argument]) =>
        args[word] === undefined ? [] : argument === null ? [word] : [word, args[argument]!],
      );
      const routes = await askAll(call, ['show', 'route', args.PREFIX!, ...narrowed]);
      if (routes === 0) call.note(`no such route is held for ${args.PREFIX}`);
    },
  },
];

/**
 * Asks all machines, and sends their rows, each with its machine, and behind them one for each machine that did not answer.
 * Resolves to how many rows were answered; rejects when nobody answered.
 */
async function askAll({ daemon, signal, row, note }: Call, words: readonly string[]): Promise<number> {
  const answers = await daemon.askAll(words, signal);
  const silent = answers.filter(one => one.silent !== '');
  // What is wrong with the question all say alike.
  const [first] = silent;
  if (first !== undefined && silent.length === answers.length) throw new Error(first.silent);
  let found = 0;
  for (const { machine, rows } of answers)
    for (const one of rows) {
      found++;
      await row({ ...(one as object), machine });
    }
  for (const one of silent) await row({ machine: one.machine, silent: one.silent });
  const missing = silent.filter(({ machine }) => machine !== '').length;
  if (missing > 0) note(`${missing} of ${answers.length} machines did not answer`);
  if (answers.length === 1 && (await daemon.machines()).length === 0) note(ALONE);
  return found;
}
