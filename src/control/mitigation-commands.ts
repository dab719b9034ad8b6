/** The commands about counter-measures: a plan, and what is done on order. */
import type { Call, Command } from './commands.ts';

const WORDS = {
  announce: 'Announce what the plan says over a peer, until the case is over',
  plan: 'What can be announced against a case, what that needs, and what there is instead',
  stop: 'Withdraw what is announced against a case',
  length: 'Prefixes of this length; default: one longer than the offender announces',
  peer: 'The peer to announce to: it needs a `mitigate` block',
  confirm: 'The number of the case once more',
  force: 'Announce what is RPKI invalid too',
};

/** Part of COMMANDS. */
export const MITIGATION_COMMANDS: readonly Command[] = [
  {
    syntax: 'mitigate announce CASE-ID peer PEER [length LENGTH] [confirm CONFIRMATION] [force]',
    help: 'Announce what the plan says over a peer, until the case is over',
    words: WORDS,
    one: true,
    run: announce,
  },
  {
    syntax: 'mitigate plan CASE-ID [length LENGTH]',
    help: 'What can be done against a case, and what that needs; does nothing',
    words: WORDS,
    one: true,
    run: async ({ daemon, args, row }) => row(await daemon.planMitigation(args['CASE-ID']!, lengthOf(args))),
  },
  {
    syntax: 'mitigate stop CASE-ID',
    help: 'Withdraw what is announced against a case',
    words: WORDS,
    async run({ daemon, args, by, row }) {
      for (const one of await daemon.stopMitigation(args['CASE-ID']!, by)) await row(one);
    },
  },
  {
    syntax: 'show mitigation',
    help: 'What is, and was, announced against cases',
    async run({ daemon, row, note }) {
      const rows = await daemon.mitigations();
      for (const one of rows) await row(one);
      if (rows.length === 0) note('nothing was ever announced against a case');
    },
  },
];

const lengthOf = (args: Call['args']): number | null => (args.LENGTH === undefined ? null : Number(args.LENGTH));

async function announce({ daemon, args, by, row, note }: Call): Promise<void> {
  const [caseId, peer] = [args['CASE-ID']!, args.PEER!];
  const answer = await daemon.announceMitigation(
    {
      caseId,
      peer,
      length: lengthOf(args),
      confirmed: args.CONFIRMATION ?? null,
      force: args.force !== undefined,
    },
    by,
  );
  await row(answer);
  if (answer.announced) return;
  const more = args.LENGTH === undefined ? '' : ` length ${args.LENGTH}`;
  const forced = args.force === undefined ? '' : ' force';
  note(
    `nothing is announced yet; to do it: mitigate announce ${caseId} peer ${peer}${more} confirm ${caseId}${forced}`,
  );
}
