/** The exchange of traces as the configuration has it: begun, changed, and begun anew where this AS has another number. */
import type { Config } from '../config/tree.ts';
import type { Identity } from '../traceback/identity.ts';
import type { Traceback } from '../traceback/traceback.ts';
import type { Log } from './log.ts';

export interface TraceExchange {
  /** Null: there is none. */
  now(): Traceback | null;
  /** Takes another configuration, which has a `traceback`. Rejects in words, and goes on as before, when it cannot. */
  take(next: Config, identity: Identity): Promise<void>;
  /** Ends it: this AS takes part no more. */
  end(): void;
}

interface Running {
  readonly traceback: Traceback;
  readonly config: Config;
  readonly identity: Identity;
}

/** `begin` makes one, and rejects when it cannot listen. */
export function createTraceExchange(
  begin: (config: Config, identity: Identity) => Promise<Traceback>,
  log: Log,
): TraceExchange {
  let running: Running | null = null;

  /** Every session was opened as another AS: all of them end, and what listens has to let go of the ports. */
  const beginAnew = async (before: Running, next: Config, identity: Identity): Promise<Traceback> => {
    const { traceback, config } = before;
    // Where it cannot listen is found out before every session is closed.
    await traceback.reconfigure({ ...config.traceback!, listen: next.traceback!.listen }, before.identity);
    traceback.close(true);
    running = null;
    try {
      return await begin(next, identity);
    } catch (error) {
      // Somebody has taken a port in between.
      try {
        running = { ...before, traceback: await begin(config, before.identity) };
      } catch (again) {
        log('error', `no traces are exchanged any more: ${(again as Error).message}`);
      }
      throw error;
    }
  };

  return {
    now: () => running?.traceback ?? null,
    async take(next, identity) {
      const before = running;
      let traceback: Traceback;
      if (before === null) traceback = await begin(next, identity);
      else if (before.config.localAs !== next.localAs) traceback = await beginAnew(before, next, identity);
      else {
        ({ traceback } = before);
        await traceback.reconfigure(next.traceback!, identity);
      }
      running = { traceback, config: next, identity };
    },
    end() {
      running?.traceback.close(true);
      running = null;
    },
  };
}
