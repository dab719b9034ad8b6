/** The RPKI of the daemon: its news go to the log, its changes to the registry. */
import { openRpki, type Rpki, type RpkiChange } from '../registry/rpki/rpki.ts';
import type { Log } from './log.ts';

/** `onChange` is called when a new state is in force. */
export function createRpki(onChange: (change: RpkiChange) => void, log: Log): Rpki {
  const rpki = openRpki({
    onChange(change) {
      const { vrps, aspas } = rpki.view();
      log(change.whole ? 'info' : 'debug', `rpki: ${vrps.count} VRPs and ${aspas.size} ASPAs in force`, {
        touched: change.whole ? 'all' : change.touched.length,
      });
      onChange(change);
    },
    onTrouble: (source, why) => log('error', `rpki ${source}: ${why}`),
    onNews: (source, what) => log('info', `rpki ${source}: ${what}`),
  });
  return rpki;
}
