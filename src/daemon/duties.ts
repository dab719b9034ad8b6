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

const NO_BRIDGES: Config['bridges'] = { rid: null, packter: null, intertrack2010: null };
