/** `itprobe -n NAME --translator`: follows what translators of addresses tell, and answers out of it, until told to end. */
import { FIRST_HASH } from '../proof/commitments.ts';
import { openProbeLink, type RemoteDaemon } from '../socket/link.ts';
import { openTranslator } from '../translators/translator.ts';

export interface TranslatorOptions {
  readonly name: string;
  readonly socket: string;
  /** A daemon in another machine; null: in this one. */
  readonly remote: RemoteDaemon | null;
  readonly say: (line: string) => void;
}

/** Resolves with the exit status 0 after SIGTERM or SIGINT. */
export async function runTranslator({ name, socket, remote, say }: TranslatorOptions): Promise<number> {
  const translator = openTranslator(say);
  const ended = Promise.withResolvers<void>();
  const link = openProbeLink({
    socket,
    ...(remote && { remote }),
    name,
    onWelcome(probe) {
      if (probe.translator === undefined) say(`probe ${name} has no \`translator\` in the daemon's configuration`);
      translator.configure(probe.translator ?? null, probe);
    },
    // It takes no packets: the daemon does not ask it for any.
    answer: () => Promise.reject(new Error('it takes no packets')),
    flows: async () => ({ probe: name, places: [], retained: null }),
    status: async () => {
      const { told, held, gaps, evicted, cutShort } = translator.status();
      return { packets: told, windows: held, retained: null, lost: gaps + evicted + cutShort, flows: null };
    },
    onNeighbors: () => {},
    epochs: async () => ({ epochs: [], head: FIRST_HASH }),
    vantages: async () => ({ rows: [], notes: [] }),
    forms: translator.find,
    log: say,
  });
  process.once('SIGTERM', ended.resolve);
  process.once('SIGINT', ended.resolve);
  await ended.promise;
  link.close();
  translator.close();
  return 0;
}
