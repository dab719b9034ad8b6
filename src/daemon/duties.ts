/** What of a configuration that several machines have in common is this one's to do. */
import type { Config } from '../config/tree.ts';

/** Without a duty, what it is done with is as if it were not configured. */
export function asDutiesSay(config: Config): Config {
  const has = (duty: Config['duties'][number]) => config.duties.includes(duty);
  const isHere = ({ machines }: Config['peers'][number]) => machines?.includes(config.routerId) ?? true;
  return {
    ...config,
    peers: config.peers.filter(isHere),
    ...(!has('collector') && { peers: [], bgpListen: [], bmp: [], archive: null }),
    ...(!has('traceback') && { traceback: null, probes: [], probeListen: [], ids: [], bridges: NO_BRIDGES }),
  };
}

/** Throws, in words, at a machine that does not trace. */
export function mustTrace({ duties }: Pick<Config, 'duties'>): void {
  if (duties.includes('traceback')) return;
  throw new Error(
    `this machine is ${duties.join(' and ')} and does not trace: ask one that is traceback; \`show collector\` shows which`,
  );
}

const NO_BRIDGES: Config['bridges'] = { rid: null, packter: null, intertrack2010: null };
