/** Tells the service manager how the daemon is: ready, alive, ending (sd_notify(3), systemd.service(5)). */
import { connectUnixDatagrams, type DatagramSocket } from '../net/datagram-socket.ts';

export interface ServiceManager {
  /** The daemon serves: whoever waited for it goes on. From now on it is also told that it is alive. */
  ready(): void;
  /** It will serve, and needs half a minute more for that, or less. */
  working(): void;
  reloading(): void;
  stopping(): void;
  /** The manager hears no more. */
  close(): void;
}

const NOBODY: ServiceManager = { ready() {}, working() {}, reloading() {}, stopping() {}, close() {} };

/**
 * The manager that the environment names by `NOTIFY_SOCKET`; nobody where there is none. Takes the variables away:
 * programs that the daemon starts are no part of it. `failed` hears, in words, why a manager that is named is not told.
 */
export function serviceManager(
  environment: NodeJS.ProcessEnv,
  failed: (why: string) => void,
  monotonic: () => bigint = process.hrtime.bigint,
): ServiceManager {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: interval, WATCHDOG_PID: whose } = environment;
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete environment[name];
  if (socket === undefined || socket === '') return NOBODY;
  let channel: DatagramSocket;
  try {
    channel = connectUnixDatagrams(socket);
  } catch (error) {
    failed(`the service manager at ${socket} is not told: ${(error as Error).message}`);
    return NOBODY;
  }
  let said = false;
  const tell = (state: string) => {
    try {
      channel.send(Buffer.from(state));
    } catch (error) {
      if (!said) failed(`the service manager is not told ${state}: ${(error as Error).message}`);
      said = true;
    }
  };
  let alive: NodeJS.Timeout | undefined;
  const watched = Number(interval ?? 0) / 1000;
  return {
    ready() {
      tell('READY=1');
      const ours = whose === undefined || whose === '' || Number(whose) === process.pid;
      // Twice in the time that it is given, as sd_watchdog_enabled(3) asks for.
      if (watched > 0 && ours) alive ??= setInterval(() => tell('WATCHDOG=1'), watched / 2).unref();
    },
    working: () => tell('EXTEND_TIMEOUT_USEC=30000000'),
    reloading: () => tell(`RELOADING=1\nMONOTONIC_USEC=${monotonic() / 1000n}`),
    stopping: () => tell('STOPPING=1'),
    close() {
      clearInterval(alive);
      channel.close();
    },
  };
}
