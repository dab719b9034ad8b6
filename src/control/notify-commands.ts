/** Commands about notices. */
import type { NotifyConfig } from '../config/tree.ts';
import type { Call, Command } from './commands.ts';

const CHANNELS = ['mail', 'webhook', 'syslog', 'exec', 'xmpp'] as const satisfies readonly NotifyConfig['kind'][];

/** Part of COMMANDS. */
export const NOTIFY_COMMANDS: readonly Command[] = [
  {
    syntax: `test notify [${CHANNELS.join('|')}]`,
    help: 'Send a marked test notice through every channel, and tell how it ended',
    words: {
      test: 'Try something out',
      notify: 'Send a marked test notice through every channel, and tell how it ended',
      mail: 'By mail only, to the groups of the configuration',
      webhook: 'Through web hooks only',
      syslog: 'To syslog servers only',
      exec: 'By programs only',
      xmpp: 'To chat rooms only',
    },
    run: testNotify,
  },
];

async function testNotify({ daemon, args, by, signal, row, note }: Call): Promise<void> {
  const kind = CHANNELS.find(word => args[word] !== undefined) ?? null;
  let tried = 0;
  await daemon.testNotify(
    kind,
    by,
    async result => {
      tried++;
      await row(result);
    },
    signal,
  );
  if (tried === 0) note(`the configuration has no notify ${kind ?? ''}`.trim());
}
